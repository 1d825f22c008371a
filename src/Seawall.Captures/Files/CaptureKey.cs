using System.Security.Cryptography;

namespace Seawall.Captures.Files;

/// <summary>The key that captures are encrypted under: 32 bytes, in a file of their own.</summary>
public sealed class CaptureKey : IDisposable
{
    /// <summary>The length of a key.</summary>
    public const int Bytes = 32;

    private readonly byte[] _key;

    /// <summary>A key of these bytes.</summary>
    public CaptureKey(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, Bytes);
        _key = key.ToArray();
    }

    /// <summary>
    /// Reads a key file: 32 bytes, or 64 hexadecimal digits (<c>openssl rand -hex 32</c>); null and what is wrong with it otherwise.
    /// </summary>
    public static CaptureKey? Read(string path, out string? problem)
    {
        try
        {
            using var file = File.OpenRead(path);
            Span<byte> content = stackalloc byte[(2 * Bytes) + 8];
            var length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            content = content[..length];
            var key = content.Length == Bytes ? new CaptureKey(content) : OfDigits(content.TrimEnd(" \r\n"u8));
            CryptographicOperations.ZeroMemory(content);
            problem = key is null ? $"the key file '{path}' holds neither 32 bytes nor 64 hexadecimal digits" : null;
            return key;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"the key file '{path}' cannot be read: {e.Message}";
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    /// <summary>The cipher of one segment: each has a key of its own, so that numbers of blocks may be used as nonces.</summary>
    internal AesGcm CipherOf(ReadOnlySpan<byte> salt)
    {
        Span<byte> derived = stackalloc byte[Bytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, derived, salt, "seawall capture segment"u8);
        var cipher = new AesGcm(derived, SegmentForm.TagBytes);
        CryptographicOperations.ZeroMemory(derived);
        return cipher;
    }

    private static CaptureKey? OfDigits(ReadOnlySpan<byte> digits)
    {
        Span<byte> key = stackalloc byte[Bytes];
        var isKey = digits.Length == 2 * Bytes
            && Convert.FromHexString(digits, key, out _, out _) == System.Buffers.OperationStatus.Done;
        var made = isKey ? new CaptureKey(key) : null;
        CryptographicOperations.ZeroMemory(key);
        return made;
    }
}
