using System.Text;
using Seawall.MySql.Passwords;

namespace Seawall.Testing.Servers;

/// <summary>An account of a <see cref="FakeServer"/>. Replace it to change it; the server's checksum changes by itself.</summary>
/// <param name="User">The name.</param>
/// <param name="Password">The password.</param>
/// <param name="Plugin">As the account table has it.</param>
public sealed record FakeAccount(string User, string Password, string Plugin = "mysql_native_password")
{
    /// <summary>Where it may come from.</summary>
    public string Host { get; init; } = "%";

    /// <summary>Whether nobody may use it.</summary>
    public bool IsLocked { get; init; }

    /// <summary>The name of the plugin as the client speaks it.</summary>
    internal string ClientPlugin => Plugin == "ed25519" ? "client_ed25519" : Plugin;

    /// <summary>What the account table keeps of the password.</summary>
    internal string Stored => Store(Plugin, PasswordBytes);

    internal byte[] PasswordBytes => Encoding.UTF8.GetBytes(Password);

    private static string Store(string plugin, byte[] password)
    {
        if (password.Length == 0)
            return "";
        return plugin switch
        {
            "mysql_native_password" => NativePassword.Format(password),
            "caching_sha2_password" => Encoding.Latin1.GetString(SaltedSha2.Create(
                SaltedSha2Scheme.Crypt, password, "ABCDEFGHIJKLMNOPQRST"u8).ToStored()),
            "sha256_password" => Encoding.Latin1.GetString(SaltedSha2.Create(
                SaltedSha2Scheme.Sha256Password, password, "ABCDEFGHIJKLMNOPQRST"u8).ToStored()),
            "ed25519" => Ed25519Password.Format(password),
            _ => "not checked here",
        };
    }
}
