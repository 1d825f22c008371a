namespace Seawall.MySql.Passwords;

/// <summary>
/// <c>sha256_password</c> (MySQL 5.6 and later, deprecated): no short way, every login sends the password, over TLS or
/// under the server's RSA key. The stored form is <see cref="SaltedSha2Scheme.Sha256Password"/>.
/// </summary>
/// <remarks>
/// <see href="https://dev.mysql.com/doc/refman/8.0/en/sha256-pluggable-authentication.html"/>.
/// </remarks>
public static class Sha256Password
{
    /// <summary>
    /// Client to server: send me your RSA key. One less than <see cref="CachingSha2Password.RequestPublicKey"/>.
    /// </summary>
    public const byte RequestPublicKey = 1;

    /// <summary>The plugin's name, the same on both sides.</summary>
    public static ReadOnlySpan<byte> PluginName => "sha256_password"u8;
}
