using System.Buffers;
using System.Security.Cryptography;

namespace Seawall.MySql.Passwords;

/// <summary>
/// <c>mysql_native_password</c>: the proof is SHA1(password) XOR SHA1(nonce, SHA1(SHA1(password))), and the server
/// keeps SHA1(SHA1(password)). Whoever checks a right proof can compute SHA1(password), which is all that a login
/// needs: this is how Seawall logs in to servers as its clients without being told their passwords.
/// </summary>
/// <remarks>
/// MySQL source documentation,
/// <c>page_protocol_connection_phase_authentication_methods_native_password_authentication</c>. An empty password has
/// no hash, no key and an empty proof.
/// </remarks>
public static class NativePassword
{
    /// <summary>Length of a proof, of the key SHA1(password) and of the hash SHA1(SHA1(password)).</summary>
    public const int ProofLength = SHA1.HashSizeInBytes;

    // '*' and 40 hexadecimal digits. The digits alone are refused by servers too (MySQL 5.6.24 ignores the account,
    // MariaDB 10.11.19 the statement); another first character, which 5.6.24 overlooks, no server writes.
    private const int StoredLength = 1 + (2 * ProofLength);

    /// <summary>The plugin's name, the same on both sides.</summary>
    public static ReadOnlySpan<byte> PluginName => "mysql_native_password"u8;

    /// <summary>
    /// Writes the key of a password, SHA1(password), and returns its length: none if the password is empty.
    /// </summary>
    public static int WriteKey(ReadOnlySpan<byte> password, Span<byte> key) =>
        password.IsEmpty ? 0 : Hash(password, key);

    /// <summary>Writes the proof of a password and returns its length: none if the password is empty.</summary>
    public static int WriteProofOfPassword(ReadOnlySpan<byte> password, in Nonce nonce, Span<byte> proof)
    {
        Span<byte> key = stackalloc byte[ProofLength];
        var length = WriteProofOfKey(key[..WriteKey(password, key)], nonce, proof);
        CryptographicOperations.ZeroMemory(key);
        return length;
    }

    /// <summary>Writes the proof of a key, SHA1(password), and returns its length: none if the key is empty.</summary>
    public static int WriteProofOfKey(ReadOnlySpan<byte> key, in Nonce nonce, Span<byte> proof)
    {
        if (key.IsEmpty)
            return 0;

        Span<byte> hash = stackalloc byte[ProofLength];
        Hash(key, hash);
        Mask(nonce, hash, proof);
        for (var i = 0; i < ProofLength; i++)
            proof[i] ^= key[i];
        return ProofLength;
    }

    /// <summary>
    /// Whether <paramref name="proof"/> proves the account's password. If so, <paramref name="key"/> is SHA1(password),
    /// with <paramref name="keyLength"/> 0 for an empty password; if not, it is zeros.
    /// </summary>
    public static bool Verify(
        ReadOnlySpan<byte> proof, in Nonce nonce, StoredPassword account, Span<byte> key, out int keyLength)
    {
        keyLength = 0;
        key = key[..ProofLength];
        key.Clear();
        if (account.Kind != PasswordKind.Native)
            return false;
        if (account.IsEmpty)
            return proof.IsEmpty;
        if (proof.Length != ProofLength)
            return false;

        Mask(nonce, account.Hash, key);
        for (var i = 0; i < ProofLength; i++)
            key[i] ^= proof[i];

        Span<byte> hash = stackalloc byte[ProofLength];
        Hash(key, hash);
        if (!CryptographicOperations.FixedTimeEquals(hash, account.Hash))
        {
            key.Clear();
            return false;
        }

        keyLength = ProofLength;
        return true;
    }

    /// <summary>
    /// Reads the stored form, <c>*</c> and 40 hexadecimal digits of either case. Text that is no hash, such as
    /// MariaDB's <c>invalid</c>, is refused: no password has it.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> stored, Span<byte> hash) =>
        stored.Length == StoredLength
        && stored[0] == (byte)'*'
        && Convert.FromHexString(stored[1..], hash[..ProofLength], out _, out _) == OperationStatus.Done;

    /// <summary>
    /// The stored form of a password, as the server's <c>PASSWORD()</c> writes it; empty for an empty one.
    /// </summary>
    public static string Format(ReadOnlySpan<byte> password)
    {
        Span<byte> hash = stackalloc byte[ProofLength];
        return WriteHash(password, hash) == 0 ? "" : $"*{Convert.ToHexString(hash)}";
    }

    /// <summary>Writes what the server keeps of a password, SHA1(SHA1(password)), and returns its length.</summary>
    internal static int WriteHash(ReadOnlySpan<byte> password, Span<byte> hash)
    {
        var length = WriteKey(password, hash);
        if (length > 0)
            Hash(hash[..length], hash);
        return length;
    }

    private static void Mask(in Nonce nonce, ReadOnlySpan<byte> hash, Span<byte> mask)
    {
        Span<byte> joined = stackalloc byte[Nonce.Length + ProofLength];
        nonce.Bytes.CopyTo(joined);
        hash.CopyTo(joined[Nonce.Length..]);
        Hash(joined, mask);
    }

    // CA5350 is right that SHA-1 is weak; the plugin is what it is, and half of the world's accounts use it.
#pragma warning disable CA5350
    private static int Hash(ReadOnlySpan<byte> bytes, Span<byte> hash) => SHA1.HashData(bytes, hash);
#pragma warning restore CA5350
}
