using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Seawall.MySql.Passwords;

/// <summary>How a server salts and stretches a password before it stores it.</summary>
public enum SaltedSha2Scheme
{
    /// <summary>
    /// <c>$A$005$</c>, salt and digest: SHA256-crypt, what <c>caching_sha2_password</c> stores by default.
    /// </summary>
    Crypt,

    /// <summary>
    /// <c>$B$005$</c>, salt and digest: PBKDF2 with SHA-512, an option of <c>caching_sha2_password</c> in 9.7.
    /// </summary>
    Pbkdf2,

    /// <summary><c>$5$</c>, salt, <c>$</c> and digest: SHA256-crypt, what <c>sha256_password</c> stores.</summary>
    Sha256Password,
}

/// <summary>
/// The stored form of the SHA-2 plugins. Only the password itself can be checked against it, and slowly, for that is
/// its purpose: milliseconds by default, seconds at the most rounds that a server can be set to. Check it off the event
/// loop.
/// </summary>
/// <remarks>
/// The form is MySQL's <c>DELIMITER[type]DELIMITER[iterations]DELIMITER[salt][digest]</c> of sql/auth/sha2_password.cc,
/// the iterations three hexadecimal digits that count thousands; <c>$B$</c> is
/// <see href="https://dev.mysql.com/worklog/task/?id=17160">worklog 17160</see>.
/// </remarks>
public sealed class SaltedSha2 : IEquatable<SaltedSha2>
{
    /// <summary>Length of every salt.</summary>
    public const int SaltLength = 20;

    private const int RoundsUnit = 1000;

    // The largest count that three hexadecimal digits hold; MySQL's MAX_ITERATIONS is the same.
    private const int RoundsMax = 0xFFF * RoundsUnit;

    // sha256_password does not store its rounds: they are the specification's default, in 5.6.24 as in 9.7.4.
    private const int RoundsDefault = 5 * RoundsUnit;

    // "$A$005$" and "$5$".
    private const int CachingPrefixLength = 7;
    private const int PlainPrefixLength = 3;

    // 64 bytes in base 64, padding included.
    private const int Pbkdf2DigestLength = 88;

    // The longest of the three digests.
    private const int DigestLengthMax = Pbkdf2DigestLength;

    private readonly byte[] _salt;
    private readonly byte[] _digest;

    private SaltedSha2(SaltedSha2Scheme scheme, int rounds, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> digest)
    {
        Scheme = scheme;
        Rounds = rounds;
        _salt = salt.ToArray();
        _digest = digest.ToArray();
    }

    /// <summary>How it was made.</summary>
    public SaltedSha2Scheme Scheme { get; }

    /// <summary>
    /// How many rounds one check costs: 1,000 to 4,095,000; MySQL's default is 5,000, and 10,000 in 9.7.
    /// </summary>
    public int Rounds { get; }

    /// <summary>Reads what <c>caching_sha2_password</c> stores.</summary>
    public static bool TryParseCaching(ReadOnlySpan<byte> stored, [NotNullWhen(true)] out SaltedSha2? salted)
    {
        salted = null;
        if (stored.Length < CachingPrefixLength + SaltLength
            || stored[0] != '$'
            || stored[2] != '$'
            || stored[6] != '$')
            return false;
        if (!Utf8Parser.TryParse(stored[3..6], out int thousands, out var read, 'X') || read != 3 || thousands == 0)
            return false;

        SaltedSha2Scheme scheme;
        if (stored[1] == 'A')
            scheme = SaltedSha2Scheme.Crypt;
        else if (stored[1] == 'B')
            scheme = SaltedSha2Scheme.Pbkdf2;
        else
            return false;

        var digest = stored[(CachingPrefixLength + SaltLength)..];
        if (digest.Length != DigestLengthOf(scheme))
            return false;

        salted = new SaltedSha2(scheme, thousands * RoundsUnit, stored.Slice(CachingPrefixLength, SaltLength), digest);
        return true;
    }

    /// <summary>Reads what <c>sha256_password</c> stores.</summary>
    public static bool TryParseSha256Password(ReadOnlySpan<byte> stored, [NotNullWhen(true)] out SaltedSha2? salted)
    {
        salted = null;
        if (stored.Length != PlainPrefixLength + SaltLength + 1 + Sha256Crypt.DigestLength
            || !stored.StartsWith("$5$"u8)
            || stored[PlainPrefixLength + SaltLength] != '$')
            return false;

        salted = new SaltedSha2(
            SaltedSha2Scheme.Sha256Password,
            RoundsDefault,
            stored.Slice(PlainPrefixLength, SaltLength),
            stored[(PlainPrefixLength + SaltLength + 1)..]);
        return true;
    }

    /// <summary>
    /// Makes the stored form of a password, as a server would. The salt is an argument; a server's own is a
    /// <see cref="Nonce"/>. Rounds are whole thousands, and always 5,000 for
    /// <see cref="SaltedSha2Scheme.Sha256Password"/>.
    /// </summary>
    public static SaltedSha2 Create(
        SaltedSha2Scheme scheme, ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int rounds = RoundsDefault)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(salt.Length, SaltLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, RoundsUnit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rounds, RoundsMax);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rounds % RoundsUnit, 0);
        if (scheme == SaltedSha2Scheme.Sha256Password)
            ArgumentOutOfRangeException.ThrowIfNotEqual(rounds, RoundsDefault);

        Span<byte> digest = stackalloc byte[DigestLengthMax];
        digest = digest[..DigestLengthOf(scheme)];
        WriteDigest(scheme, password, salt, rounds, digest);
        return new SaltedSha2(scheme, rounds, salt, digest);
    }

    /// <summary>
    /// A stored form that costs as much to check as <paramref name="like"/>, or as MySQL's usual one of a scheme, and that no
    /// password was made to; <paramref name="seed"/> has 32 bytes.
    /// </summary>
    public static SaltedSha2 MakeDecoy(SaltedSha2? like, ReadOnlySpan<byte> seed, SaltedSha2Scheme usual = SaltedSha2Scheme.Crypt)
    {
        var scheme = like?.Scheme ?? usual;
        Span<byte> digest = stackalloc byte[DigestLengthMax];
        digest = digest[..DigestLengthOf(scheme)];
        for (var i = 0; i < digest.Length; i++)
            digest[i] = seed[i % seed.Length];
        return new SaltedSha2(scheme, like?.Rounds ?? RoundsDefault, seed[..SaltLength], digest);
    }

    /// <summary>Whether this was made of <paramref name="password"/>. Slow; see the class.</summary>
    public bool Matches(ReadOnlySpan<byte> password)
    {
        if (password.Length > CachingSha2Password.PasswordLengthMax)
            return false;

        Span<byte> digest = stackalloc byte[DigestLengthMax];
        digest = digest[.._digest.Length];
        WriteDigest(Scheme, password, _salt, Rounds, digest);
        return CryptographicOperations.FixedTimeEquals(digest, _digest);
    }

    /// <summary>The bytes that a server keeps in <c>authentication_string</c>.</summary>
    public byte[] ToStored() => Scheme == SaltedSha2Scheme.Sha256Password
        ? [.. "$5$"u8, .. _salt, (byte)'$', .. _digest]
        : [.. CachingPrefix(), .. _salt, .. _digest];

    /// <inheritdoc/>
    public bool Equals(SaltedSha2? other) =>
        other is not null
        && Scheme == other.Scheme
        && Rounds == other.Rounds
        && _salt.AsSpan().SequenceEqual(other._salt)
        && _digest.AsSpan().SequenceEqual(other._digest);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SaltedSha2);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_salt);
        return hash.ToHashCode();
    }

    /// <summary>The scheme and the rounds, never the digest: this may end in a log.</summary>
    public override string ToString() => $"{Scheme}, {Rounds} rounds";

    private static int DigestLengthOf(SaltedSha2Scheme scheme) =>
        scheme == SaltedSha2Scheme.Pbkdf2 ? Pbkdf2DigestLength : Sha256Crypt.DigestLength;

    private static void WriteDigest(
        SaltedSha2Scheme scheme, ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int rounds, Span<byte> digest)
    {
        if (scheme != SaltedSha2Scheme.Pbkdf2)
        {
            Sha256Crypt.WriteDigest(password, salt, rounds, digest);
            return;
        }

        Span<byte> derived = stackalloc byte[SHA512.HashSizeInBytes];
        Rfc2898DeriveBytes.Pbkdf2(password, salt, derived, rounds, HashAlgorithmName.SHA512);
        Base64.EncodeToUtf8(derived, digest, out _, out _);
    }

    private byte[] CachingPrefix() =>
        Encoding.ASCII.GetBytes($"${(Scheme == SaltedSha2Scheme.Crypt ? 'A' : 'B')}${Rounds / RoundsUnit:X3}$");
}
