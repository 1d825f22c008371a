namespace Seawall.MySql.Passwords;

/// <summary>
/// A password as a client sends it whole: followed by a NUL, in clear inside TLS, or XORed with the nonce before RSA.
/// The XOR hides nothing by itself; it makes the cipher text of one login useless in another.
/// </summary>
/// <remarks>
/// <c>caching_sha2_password</c>, <c>sha256_password</c> and <c>mysql_clear_password</c> share this form: MySQL source
/// documentation, <c>page_caching_sha2_authentication_exchanges</c>.
/// </remarks>
public static class ClearPassword
{
    /// <summary>The longest form: the longest password and its NUL.</summary>
    public const int LengthMax = CachingSha2Password.PasswordLengthMax + 1;

    /// <summary>Writes a password and its NUL; false if the password is too long or the room too small.</summary>
    public static bool TryWrite(ReadOnlySpan<byte> password, Span<byte> sent, out int length)
    {
        length = 0;
        if (password.Length >= LengthMax || password.Length >= sent.Length)
            return false;

        password.CopyTo(sent);
        sent[password.Length] = 0;
        length = password.Length + 1;
        return true;
    }

    /// <summary>Reads a password that came in clear: everything before the NUL that ends it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> sent, out ReadOnlySpan<byte> password)
    {
        password = default;
        if (sent.Length is 0 or > LengthMax || sent[^1] != 0)
            return false;

        password = sent[..^1];
        return true;
    }

    /// <summary>XORs in place with the nonce, as often as it takes; done twice, it undoes itself.</summary>
    public static void Mask(Span<byte> bytes, in Nonce nonce)
    {
        var pattern = nonce.Bytes;
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] ^= pattern[i % Nonce.Length];
    }
}
