using Seawall.MySql.Passwords;

namespace Seawall.Engine.Facts.Accounts;

/// <summary>
/// What one account's logins have taught, enough to check the next client and to log in to servers. In memory only.
/// Thread-safe.
/// </summary>
/// <remarks>
/// A client's proof by <c>mysql_native_password</c> gives SHA1(password), which is all that the plugin needs at a server.
/// <c>caching_sha2_password</c> gives the password itself at the first full exchange and SHA256(password) at each fast one;
/// the password is kept as well, since a server that has forgotten its cache asks for it.
/// </remarks>
public sealed class LearntSecrets
{
    private Secret? _password;
    private Secret? _nativeKey;
    private Secret? _sha2Key;
    private byte[]? _sha2Remembered;

    /// <summary>The password, when it is known.</summary>
    public Secret? Password => Volatile.Read(ref _password);

    /// <summary>SHA1(password), when it is known.</summary>
    public Secret? NativeKey => Volatile.Read(ref _nativeKey);

    /// <summary>SHA256(password), when it is known.</summary>
    public Secret? Sha2Key => Volatile.Read(ref _sha2Key);

    /// <summary>SHA256(SHA256(password)), with which a fast proof is checked; nothing when it is not known.</summary>
    public ReadOnlySpan<byte> Sha2Remembered => Volatile.Read(ref _sha2Remembered);

    /// <summary>When a server last confirmed the password, in the loops' milliseconds; for accounts that were learnt.</summary>
    public long ConfirmedAtMs { get; set; }

    /// <summary>Keeps the password, and what follows from it.</summary>
    public void LearnPassword(ReadOnlySpan<byte> password)
    {
        if (Password is { } known && known.Matches(password))
            return;
        Span<byte> key = stackalloc byte[CachingSha2Password.ProofLength];
        Span<byte> remembered = stackalloc byte[CachingSha2Password.ProofLength];
        var length = CachingSha2Password.WriteKey(password, key); // None for the empty password, which needs no proof.
        CachingSha2Password.WriteRemembered(key, remembered);
        Interlocked.Exchange(ref _password, new Secret(password))?.Dispose();
        Interlocked.Exchange(ref _sha2Key, new Secret(key[..length]))?.Dispose();
        Volatile.Write(ref _sha2Remembered, length > 0 ? remembered.ToArray() : null);
        key.Clear();
        Interlocked.Exchange(ref _nativeKey, null)?.Dispose(); // Made from the password where it is needed.
    }

    /// <summary>Keeps SHA1(password).</summary>
    public void LearnNativeKey(ReadOnlySpan<byte> key)
    {
        if (NativeKey is null && Password is null)
            Interlocked.Exchange(ref _nativeKey, new Secret(key))?.Dispose();
    }

    /// <summary>Forgets everything: the password was changed, or a server refused it.</summary>
    public void Forget()
    {
        Interlocked.Exchange(ref _password, null)?.Dispose();
        Interlocked.Exchange(ref _nativeKey, null)?.Dispose();
        Interlocked.Exchange(ref _sha2Key, null)?.Dispose();
        Volatile.Write(ref _sha2Remembered, null);
    }
}
