using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Logins;

namespace Seawall.Rehearsal.Lints;

/// <summary>What decides how a login goes, all of it known without one.</summary>
/// <param name="Greeted">The plugin that the server greets with.</param>
/// <param name="AccountPlugin">The account's plugin, as the server keeps it.</param>
/// <param name="IsWarm">Whether caching_sha2_password has the account in its cache.</param>
/// <param name="IsTls">Whether TLS is used.</param>
/// <param name="TlsTurns">The round trips of its handshake: 1 for 1.3 and for a resumed 1.2, 2 for a whole 1.2, 1 more if the server asks again.</param>
/// <param name="MayAskForKey">Whether the driver is told that it may ask for the server's key.</param>
internal readonly record struct LoginConditions(
    string Greeted, string AccountPlugin, bool IsWarm, bool IsTls = false, int TlsTurns = 0, bool MayAskForKey = false);

/// <summary>How a login will go. A pure function of three facts: the greeting's plugin, the account's, and what the driver begins with.</summary>
/// <param name="End">How it ends.</param>
/// <param name="RoundTrips">Waits for the other side, the one for the TCP connection among them; until it fails, if it does.</param>
/// <param name="ServerPackets">Packets from the server.</param>
/// <param name="ClientPackets">Packets from the client.</param>
/// <param name="IsSwitched">Whether the server asks for another plugin: an exchange more.</param>
/// <param name="IsFull">Whether the password goes whole, because the server's cache does not know it.</param>
internal readonly record struct LoginForecast(
    LoginEnd End, int RoundTrips, int ServerPackets, int ClientPackets, bool IsSwitched, bool IsFull)
{
    /// <summary>What the TCP connection and the greeting take, before a driver can say anything.</summary>
    private const int UntilGreeting = 2;

    /// <summary>Whether the client gets in.</summary>
    public bool IsIn => End == LoginEnd.In;

    /// <summary>Works it out.</summary>
    public static LoginForecast Of(DriverProfile profile, LoginConditions conditions)
    {
        var plugin = WireName(conditions.AccountPlugin);
        var began = profile.Begins(conditions.Greeted);
        // The manual's rule: a switch when the greeting's plugin or the client's first one is not the account's. A nonce of the greeting
        // is good for the greeting's plugin only; ed25519 never has one there.
        var isSwitched = began != plugin || conditions.Greeted != plugin;
        var path = new LoginForecast(
            LoginEnd.In, UntilGreeting + conditions.TlsTurns + 1, 1, conditions.IsTls ? 2 : 1, isSwitched, false);
        if (isSwitched)
        {
            path = path with { ServerPackets = path.ServerPackets + 1 };
            if (!profile.Plugins.Contains(plugin) || plugin.Length == 0)
                return path with { End = LoginEnd.UnknownPlugin };
            path = path.Exchange(serverPackets: 0);
        }
        return plugin switch
        {
            "caching_sha2_password" when conditions.IsWarm => path.Ends(serverPackets: 2),
            "caching_sha2_password" => path.Whole(profile, conditions),
            "sha256_password" when conditions.IsTls => path.Ends(serverPackets: 1),
            "sha256_password" when profile.AsksForKey || conditions.MayAskForKey => path.Exchange(1).Ends(1),
            "sha256_password" => path with { End = LoginEnd.KeyNotAsked },
            "mysql_clear_password" or "dialog" when !conditions.IsTls => path with { End = LoginEnd.UnknownPlugin },
            _ => path.Ends(serverPackets: 1),
        };
    }

    /// <summary>The name that goes over the wire for an account's plugin; empty for those that no driver here speaks.</summary>
    public static string WireName(string accountPlugin) => accountPlugin.ToLowerInvariant() switch
    {
        "" or "mysql_native_password" => "mysql_native_password",
        "caching_sha2_password" => "caching_sha2_password",
        "sha256_password" => "sha256_password",
        "ed25519" => "client_ed25519",
        "pam" => "dialog",
        "authentication_pam" or "authentication_ldap_simple" => "mysql_clear_password",
        _ => "",
    };

    private LoginForecast Whole(DriverProfile profile, LoginConditions conditions)
    {
        var asked = this with { ServerPackets = ServerPackets + 1, IsFull = true };
        if (conditions.IsTls)
            return asked.Exchange(0).Ends(1);
        return profile.AsksForKey || conditions.MayAskForKey
            ? asked.Exchange(1).Exchange(0).Ends(1)
            : asked with { End = LoginEnd.KeyNotAsked };
    }

    private LoginForecast Exchange(int serverPackets) => this with
    {
        RoundTrips = RoundTrips + 1,
        ClientPackets = ClientPackets + 1,
        ServerPackets = ServerPackets + serverPackets,
    };

    private LoginForecast Ends(int serverPackets) => this with { ServerPackets = ServerPackets + serverPackets };
}
