using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Seawall.MySql.Passwords;

/// <summary>A server's RSA key, under which Seawall sends a password over a connection without TLS.</summary>
/// <remarks>
/// The key comes from whoever answers on that connection: it protects against listeners, not against someone in
/// between. See <see cref="ServerRsaKey"/> for the form.
/// </remarks>
public sealed class PublicKeyOfServer : IDisposable
{
    // Below 1024 bits a key can be broken by one person with a computer; above 8192 MySQL itself refuses
    // (MAX_CIPHER_LENGTH is 1024 bytes in sql/auth/sha2_password.cc). The PEM text of an 8192-bit key has about 1,500
    // bytes.
    private const int KeyBitsMin = 1024;
    private const int KeyBitsMax = 8192;
    private const int PemLengthMax = 2048;

    // OAEP with SHA-1 costs two hashes and two bytes (RFC 8017, 7.1.1).
    private const int PaddingLength = 42;

    private readonly RSA _rsa;

    private PublicKeyOfServer(RSA rsa) => _rsa = rsa;

    /// <summary>The length of an encrypted password.</summary>
    public int CipherLength => _rsa.KeySize / 8;

    /// <summary>Reads the PEM text that a server sent; false if it is no RSA key of a sensible size.</summary>
    public static bool TryParse(ReadOnlySpan<byte> pem, [NotNullWhen(true)] out PublicKeyOfServer? key)
    {
        key = null;
        if (pem.Length > PemLengthMax
            || !PemEncoding.TryFindUtf8(pem, out var fields)
            || !pem[fields.Label].SequenceEqual("PUBLIC KEY"u8))
            return false;

        var info = new byte[fields.DecodedDataLength];
        if (Base64.DecodeFromUtf8(pem[fields.Base64Data], info, out _, out var length) != OperationStatus.Done)
            return false;

        var rsa = RSA.Create();
        if (TryImport(rsa, info.AsSpan(0, length))
            && rsa.KeySize is >= KeyBitsMin and <= KeyBitsMax
            && rsa.KeySize % 8 == 0)
        {
            key = new PublicKeyOfServer(rsa);
            return true;
        }

        rsa.Dispose();
        return false;
    }

    /// <summary>Masks and encrypts a password; false if it is too long for the key, or the room too small.</summary>
    public bool TryEncrypt(ReadOnlySpan<byte> password, in Nonce nonce, Span<byte> cipher, out int length)
    {
        length = 0;
        Span<byte> masked = stackalloc byte[ClearPassword.LengthMax];
        if (cipher.Length < CipherLength
            || !ClearPassword.TryWrite(password, masked, out var maskedLength)
            || maskedLength > CipherLength - PaddingLength)
            return false;

        masked = masked[..maskedLength];
        ClearPassword.Mask(masked, nonce);
        var done = TryEncrypt(masked, cipher, out length);
        CryptographicOperations.ZeroMemory(masked);
        return done;
    }

    /// <inheritdoc/>
    public void Dispose() => _rsa.Dispose();

    // Some numbers have the form of a key and cannot encrypt, an even modulus for one; a server may send anything.
    private bool TryEncrypt(ReadOnlySpan<byte> masked, Span<byte> cipher, out int length)
    {
        try
        {
            return _rsa.TryEncrypt(masked, cipher, RSAEncryptionPadding.OaepSHA1, out length);
        }
        catch (CryptographicException)
        {
            length = 0;
            return false;
        }
    }

    // The framework reports bytes that are no key by throwing; here they are a server's answer that cannot be used.
    private static bool TryImport(RSA rsa, ReadOnlySpan<byte> info)
    {
        try
        {
            rsa.ImportSubjectPublicKeyInfo(info, out _);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
