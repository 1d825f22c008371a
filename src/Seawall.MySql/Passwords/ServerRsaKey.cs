using System.Security.Cryptography;
using System.Text;

namespace Seawall.MySql.Passwords;

/// <summary>
/// Seawall's own RSA key pair, under which clients without TLS send their password at full authentication. A client
/// asks for the public half, so a key made afresh at each start serves every client that does not pin one.
/// </summary>
/// <remarks>
/// RSA with OAEP and SHA-1 is fixed by the clients; what is encrypted is <see cref="ClearPassword"/>'s masked form:
/// MySQL source documentation, <c>page_caching_sha2_authentication_exchanges</c>. A decryption costs about half a
/// millisecond: call it off the event loop.
/// </remarks>
public sealed class ServerRsaKey : IDisposable
{
    /// <summary>The one length that an encrypted password has under this key.</summary>
    public const int CipherLength = KeyBits / 8;

    // What MySQL's own key generation uses; clients take what they get.
    private const int KeyBits = 2048;

    private readonly Lock _lock = new();
    private readonly RSA _rsa;
    private readonly byte[] _publicKeyPem;

    private ServerRsaKey(RSA rsa)
    {
        _rsa = rsa;
        _publicKeyPem = Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem() + "\n");
    }

    /// <summary>
    /// The public half as clients expect it: PEM, <c>BEGIN PUBLIC KEY</c>, with the line end of a file.
    /// </summary>
    public ReadOnlySpan<byte> PublicKeyPem => _publicKeyPem;

    /// <summary>Makes a new key pair. Takes some tenths of a second: once, at start.</summary>
    public static ServerRsaKey Generate() => new(RSA.Create(KeyBits));

    /// <summary>
    /// Decrypts and unmasks a password. False for anything that was not encrypted under this key and this nonce; which
    /// of the two it was is not told, least of all to the client.
    /// </summary>
    public bool TryDecrypt(ReadOnlySpan<byte> cipher, in Nonce nonce, Span<byte> password, out int length)
    {
        length = 0;
        if (cipher.Length != CipherLength)
            return false;

        Span<byte> plain = stackalloc byte[CipherLength];
        var right = TryDecrypt(cipher, plain, out var plainLength);
        plain = plain[..plainLength];
        ClearPassword.Mask(plain, nonce);

        // The server takes the password to end at the first NUL, whatever follows.
        var end = plain.IndexOf((byte)0);
        if (right && end >= 0 && end <= password.Length)
        {
            plain[..end].CopyTo(password);
            length = end;
        }
        else
        {
            right = false;
        }

        CryptographicOperations.ZeroMemory(plain);
        return right;
    }

    /// <inheritdoc/>
    public void Dispose() => _rsa.Dispose();

    // The framework reports a cipher text that does not decrypt by throwing; here it is a client's wrong password.
    private bool TryDecrypt(ReadOnlySpan<byte> cipher, Span<byte> plain, out int length)
    {
        try
        {
            // RSA does not promise to be safe for threads.
            lock (_lock)
                return _rsa.TryDecrypt(cipher, plain, RSAEncryptionPadding.OaepSHA1, out length);
        }
        catch (CryptographicException)
        {
            length = 0;
            return false;
        }
    }
}
