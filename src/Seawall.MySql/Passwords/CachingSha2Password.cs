using System.Security.Cryptography;

namespace Seawall.MySql.Passwords;

/// <summary>
/// <c>caching_sha2_password</c>, the short way: the proof is SHA256(password) XOR SHA256(SHA256(SHA256(password)),
/// nonce), and the server remembers SHA256(SHA256(password)) after the first full exchange. Whoever checks a right
/// proof can compute SHA256(password), which later short logins need. The stored form is another matter: see
/// <see cref="SaltedSha2"/>.
/// </summary>
/// <remarks>
/// MySQL source documentation, <c>page_caching_sha2_authentication_exchanges</c>. Note the order, hash before nonce,
/// where <see cref="NativePassword"/> has nonce before hash.
/// </remarks>
public static class CachingSha2Password
{
    /// <summary>
    /// Length of a proof, of the key SHA256(password) and of what is remembered, SHA256(SHA256(password)).
    /// </summary>
    public const int ProofLength = SHA256.HashSizeInBytes;

    /// <summary>
    /// The longest password; servers refuse longer ones (MAX_PLAINTEXT_LENGTH in MySQL's crypt_genhash_impl.h).
    /// </summary>
    public const int PasswordLengthMax = 256;

    /// <summary>Client to server: send me your RSA key.</summary>
    public const byte RequestPublicKey = 2;

    /// <summary>Server to client: the proof was right, an OK packet follows.</summary>
    public const byte FastOk = 3;

    /// <summary>Server to client: send me the password, over TLS or under my RSA key.</summary>
    public const byte SendPassword = 4;

    /// <summary>The plugin's name, the same on both sides.</summary>
    public static ReadOnlySpan<byte> PluginName => "caching_sha2_password"u8;

    /// <summary>
    /// Writes the key of a password, SHA256(password), and returns its length: none if the password is empty.
    /// </summary>
    public static int WriteKey(ReadOnlySpan<byte> password, Span<byte> key) =>
        password.IsEmpty ? 0 : SHA256.HashData(password, key);

    /// <summary>Writes what to remember of a key in order to check later proofs: SHA256(key).</summary>
    public static void WriteRemembered(ReadOnlySpan<byte> key, Span<byte> remembered) =>
        SHA256.HashData(key, remembered);

    /// <summary>Writes the proof of a password and returns its length: none if the password is empty.</summary>
    public static int WriteProofOfPassword(ReadOnlySpan<byte> password, in Nonce nonce, Span<byte> proof)
    {
        Span<byte> key = stackalloc byte[ProofLength];
        var length = WriteProofOfKey(key[..WriteKey(password, key)], nonce, proof);
        CryptographicOperations.ZeroMemory(key);
        return length;
    }

    /// <summary>
    /// Writes the proof of a key, SHA256(password), and returns its length: none if the key is empty.
    /// </summary>
    public static int WriteProofOfKey(ReadOnlySpan<byte> key, in Nonce nonce, Span<byte> proof)
    {
        if (key.IsEmpty)
            return 0;

        Span<byte> remembered = stackalloc byte[ProofLength];
        WriteRemembered(key, remembered);
        Mask(remembered, nonce, proof);
        for (var i = 0; i < ProofLength; i++)
            proof[i] ^= key[i];
        return ProofLength;
    }

    /// <summary>
    /// Whether <paramref name="proof"/> proves the password that <paramref name="remembered"/> was made of. If so,
    /// <paramref name="key"/> is SHA256(password); if not, it is zeros. Nothing remembered proves nothing: the empty
    /// password is <see cref="StoredPassword.AdmitsWithoutPassword"/>'s to admit, so that a forgotten account never
    /// means an open one.
    /// </summary>
    public static bool Verify(ReadOnlySpan<byte> proof, in Nonce nonce, ReadOnlySpan<byte> remembered, Span<byte> key)
    {
        key = key[..ProofLength];
        key.Clear();
        if (proof.Length != ProofLength || remembered.Length != ProofLength)
            return false;

        Mask(remembered, nonce, key);
        for (var i = 0; i < ProofLength; i++)
            key[i] ^= proof[i];

        Span<byte> hash = stackalloc byte[ProofLength];
        WriteRemembered(key, hash);
        if (CryptographicOperations.FixedTimeEquals(hash, remembered))
            return true;

        key.Clear();
        return false;
    }

    private static void Mask(ReadOnlySpan<byte> remembered, in Nonce nonce, Span<byte> mask)
    {
        Span<byte> joined = stackalloc byte[ProofLength + Nonce.Length];
        remembered.CopyTo(joined);
        nonce.Bytes.CopyTo(joined[ProofLength..]);
        SHA256.HashData(joined, mask);
    }
}
