using System.Buffers;
using System.Diagnostics;
using System.Security.Cryptography;

namespace Seawall.MySql.Passwords;

/// <summary>
/// A password, or a key made of one, that stays in memory for a while. It lies outside the managed heap, where the
/// collector would leave copies behind, and out of core dumps; it is zeroed when disposed of, and cannot be printed or
/// serialised.
/// </summary>
/// <remarks>
/// The bytes can only be visited, not borrowed: an account can change, and its secret be disposed of, while a login
/// that needs it is under way on another thread, and a borrowed span would then show another account's secret.
/// </remarks>
[DebuggerDisplay("(secret)")]
public sealed unsafe class Secret : IDisposable
{
    /// <summary>
    /// The longest secret: twice the longest password that the SHA-2 plugins take, since MariaDB has no limit.
    /// </summary>
    public const int LengthMax = 512;

    // SHA1(password) and SHA256(password), of which there is one for each account that has logged in.
    private const int KeyLengthMax = SHA256.HashSizeInBytes;

    // Shared by all engines of a process, as the heap is: they hand out memory and remember nothing else.
    private static readonly SecretSlots s_keys = new(KeyLengthMax);
    private static readonly SecretSlots s_passwords = new(LengthMax);

    private readonly Lock _lock = new();
    private readonly int _length;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private byte* _slot;

    /// <summary>Keeps a copy of <paramref name="bytes"/>; the caller zeroes its own.</summary>
    public Secret(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, LengthMax);
        _length = bytes.Length;
        _slot = Slots.Take();
        bytes.CopyTo(new Span<byte>(_slot, _length));
    }

    /// <summary>For a secret that was dropped without being disposed of, so that its bytes do not outlive it.</summary>
    ~Secret() => Release();

    private SecretSlots Slots => _length <= KeyLengthMax ? s_keys : s_passwords;

    /// <summary>
    /// Calls <paramref name="visit"/> with the bytes, which it must not keep; false, without calling it, if the secret
    /// has been disposed of. A disposal on another thread waits, so the visit should be short and touch no other
    /// secret.
    /// </summary>
    public bool TryVisit<TState>(TState state, ReadOnlySpanAction<byte, TState> visit)
        where TState : allows ref struct
    {
        lock (_lock)
        {
            if (_slot == null)
                return false;

            visit(new ReadOnlySpan<byte>(_slot, _length), state);
            return true;
        }
    }

    /// <summary>
    /// Whether the bytes are these, compared in a time that does not depend on them; false once disposed of.
    /// </summary>
    public bool Matches(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            return _slot != null
                && CryptographicOperations.FixedTimeEquals(new ReadOnlySpan<byte>(_slot, _length), bytes);
        }
    }

    /// <summary>Zeroes the bytes. Twice does no harm.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>Never the bytes.</summary>
    public override string ToString() => "(secret)";

    private void Release()
    {
        lock (_lock)
        {
            if (_slot == null)
                return;

            Slots.GiveBack(_slot);
            _slot = null;
        }
    }
}
