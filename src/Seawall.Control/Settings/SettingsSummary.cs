using System.Globalization;
using Seawall.Control.Processes;
using Seawall.Engine;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;

namespace Seawall.Control.Settings;

/// <summary>Says what settings would do, for people who are about to run them.</summary>
public static class SettingsSummary
{
    /// <summary>The lines.</summary>
    public static IEnumerable<string> Of(SeawallSettings settings, SettingsSource source)
    {
        var engine = settings.Engine;
        yield return $"{source.Name}: can be used";
        yield return "";
        yield return $"  clients come in at   {string.Join(", ", engine.Listen)}  (at most {engine.Clients.CountMax})";
        yield return $"  their TLS            {WordOf(engine.Clients)}";
        foreach (var server in engine.Servers)
            yield return $"  {WordOf(server.Role),-20} {Describe(server)}";
        yield return $"  each pool            at most {engine.Pools.SizeMax} connections of one account to one server";
        yield return $"  accounts             {(engine.Monitor is { } monitor ? $"read from the primary as '{monitor.User}'"
            : "learnt from the servers' yes or no (no [monitor])")}";
        if (!engine.Accounts.IsEmpty)
            yield return $"  and [[accounts]]     {string.Join(", ", engine.Accounts.Select(account => $"'{account.User}'"))}";
        yield return $"  admin port           {(settings.Admin is { } admin
            ? $"{admin.Listen} as '{admin.User}'{(admin.Password is null ? ", with a random password made at each start" : "")}" : "off")}";
        yield return $"  metrics              {(settings.Metrics is { } metrics
            ? $"http://{metrics.Listen}/metrics{(metrics.Password is null ? "" : ", with a password")}" : "off")}";
        yield return string.Create(CultureInfo.InvariantCulture,
            $"  open files           {OpenFiles.NeededBy(settings)} needed at most");
        yield return "";
        yield return "  not as by default:";
        var others = settings.Rows.Where(row => row.Value != row.Default).ToArray();
        var width = others.Length > 0 ? others.Max(row => row.Key.Length) : 0;
        foreach (var row in others)
        {
            yield return $"    {row.Key.PadRight(width)} = {row.Value}"
                + (row.Default.Length > 0 ? $"  (default {row.Default})" : "");
        }
    }

    private static string WordOf(ClientOptions clients) => clients.Tls is not { } tls
        ? "none"
        : $"{(clients.RequiresTls ? "required" : "offered")}, with a certificate {(tls.IsSelfMade ? "that Seawall makes, and nobody can verify" : "of yours")}";

    private static string WordOf(ServerTls tls) => tls switch
    {
        ServerTls.Off => "no TLS",
        ServerTls.Preferred => "TLS if it has it and is elsewhere",
        ServerTls.Required => "TLS",
    };

    private static string WordOf(ServerRole? role) => role is not { } known ? "server" : known switch
    {
        ServerRole.Primary => "primary",
        ServerRole.Replica => "replica",
    };

    private static string Describe(ServerOptions server)
    {
        var looked = server.HostName.Length > 0 && !server.Endpoint.Text.StartsWith(server.HostName,
            StringComparison.Ordinal)
            ? $"{server.HostName}, which is {server.Endpoint}"
            : server.Endpoint.Text;
        return $"{server.Id} at {looked}  (at most {server.ConnectionsMax} connections, {server.Dial.PerSecond:0.#} new ones in a second, "
            + $"{server.Dial.InProgressMax} logins at once; {WordOf(server.Tls)})";
    }
}
