using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Seawall.MySql.Passwords;

/// <summary>
/// MariaDB's <c>ed25519</c>: the server keeps a public key, the client signs a nonce with the password. It is Ed25519
/// of RFC 8032 except that the password, of any length, stands where the 32-byte seed would: libraries that sign with a
/// seed do not fit, those that verify do. A signature reveals nothing to log in with, so the way to the servers needs a
/// configured secret.
/// </summary>
/// <remarks>
/// <see href="https://mariadb.com/kb/en/authentication-plugin-ed25519/"/>; why libsodium: docs/decisions/0003.
/// </remarks>
public static class Ed25519Password
{
    /// <summary>Length of the nonce that the server sends; any bytes.</summary>
    public const int NonceLength = 32;

    /// <summary>Length of a signature.</summary>
    public const int SignatureLength = 64;

    /// <summary>Length of a public key.</summary>
    public const int PublicKeyLength = 32;

    /// <summary>Length of the stored form: a public key in base 64, without the one padding character.</summary>
    public const int StoredLength = 43;

    private const int ScalarLength = 32;

    /// <summary>The plugin's name in an account row.</summary>
    public static ReadOnlySpan<byte> AccountPluginName => "ed25519"u8;

    /// <summary>The plugin's name on the wire.</summary>
    public static ReadOnlySpan<byte> PluginName => "client_ed25519"u8;

    /// <summary>Signs a nonce; false, and nothing written, if the server sent one of another length.</summary>
    public static bool TrySign(ReadOnlySpan<byte> password, ReadOnlySpan<byte> nonce, Span<byte> signature)
    {
        if (nonce.Length != NonceLength)
            return false;

        Span<byte> secret = stackalloc byte[SHA512.HashSizeInBytes];
        Span<byte> scalar = stackalloc byte[ScalarLength];
        Span<byte> key = stackalloc byte[PublicKeyLength];
        WriteKeyPair(password, secret, scalar, key);

        // RFC 8032, 5.1.6: r = H(second half of the secret, nonce), R = rB, S = r + H(R, key, nonce) × scalar.
        Span<byte> joined = stackalloc byte[SignatureLength + NonceLength];
        secret[ScalarLength..].CopyTo(joined);
        nonce.CopyTo(joined[ScalarLength..]);
        Span<byte> r = stackalloc byte[ScalarLength];
        WriteHashAsScalar(joined[..(ScalarLength + NonceLength)], r);

        Sodium.MultiplyBase(signature, r);
        signature[..ScalarLength].CopyTo(joined);
        key.CopyTo(joined[ScalarLength..]);
        nonce.CopyTo(joined[SignatureLength..]);
        Span<byte> s = stackalloc byte[ScalarLength];
        WriteHashAsScalar(joined, s);
        Sodium.MultiplyScalars(s, s, scalar);
        Sodium.AddScalars(signature[ScalarLength..], s, r);

        CryptographicOperations.ZeroMemory(secret);
        CryptographicOperations.ZeroMemory(scalar);
        CryptographicOperations.ZeroMemory(r);
        return true;
    }

    /// <summary>Writes the public key of a password, to compare a configured secret with the account row.</summary>
    public static void WritePublicKey(ReadOnlySpan<byte> password, Span<byte> key)
    {
        Span<byte> secret = stackalloc byte[SHA512.HashSizeInBytes];
        Span<byte> scalar = stackalloc byte[ScalarLength];
        WriteKeyPair(password, secret, scalar, key);
        CryptographicOperations.ZeroMemory(secret);
        CryptographicOperations.ZeroMemory(scalar);
    }

    /// <summary>Whether <paramref name="signature"/> signs the nonce with the account's password.</summary>
    public static bool Verify(ReadOnlySpan<byte> signature, ReadOnlySpan<byte> nonce, StoredPassword account) =>
        account.Kind == PasswordKind.Ed25519
        && signature.Length == SignatureLength
        && nonce.Length == NonceLength
        && Sodium.VerifySignature(signature, nonce, account.Hash);

    /// <summary>
    /// Reads the stored form. The server's own decoder wants 43 characters too, so an empty form admits nobody.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> stored, Span<byte> key)
    {
        if (stored.Length != StoredLength)
            return false;

        Span<byte> padded = stackalloc byte[StoredLength + 1];
        stored.CopyTo(padded);
        padded[StoredLength] = (byte)'=';
        Span<byte> decoded = stackalloc byte[Base64.GetMaxDecodedFromUtf8Length(StoredLength + 1)];
        if (Base64.DecodeFromUtf8(padded, decoded, out _, out var length) != OperationStatus.Done
            || length != PublicKeyLength)
            return false;

        decoded[..PublicKeyLength].CopyTo(key);
        return true;
    }

    /// <summary>The stored form of a password, as the server writes it.</summary>
    public static string Format(ReadOnlySpan<byte> password)
    {
        Span<byte> key = stackalloc byte[PublicKeyLength];
        WritePublicKey(password, key);
        return Convert.ToBase64String(key)[..StoredLength];
    }

    // RFC 8032, 5.1.5, with the password for the seed. The clamped half is reduced by the group's order at once: the
    // base point has that order, so the point and the signature come out the same, and libsodium wants its scalars
    // reduced.
    private static void WriteKeyPair(ReadOnlySpan<byte> password, Span<byte> secret, Span<byte> scalar, Span<byte> key)
    {
        SHA512.HashData(password, secret);
        Span<byte> wide = stackalloc byte[SHA512.HashSizeInBytes];
        wide.Clear();
        secret[..ScalarLength].CopyTo(wide);
        wide[0] &= 0xF8;
        wide[31] = (byte)((wide[31] & 0x7F) | 0x40);
        Sodium.ReduceScalar(scalar, wide);
        Sodium.MultiplyBase(key, scalar);
        CryptographicOperations.ZeroMemory(wide);
    }

    private static void WriteHashAsScalar(ReadOnlySpan<byte> message, Span<byte> scalar)
    {
        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
        SHA512.HashData(message, hash);
        Sodium.ReduceScalar(scalar, hash);
        CryptographicOperations.ZeroMemory(hash);
    }
}
