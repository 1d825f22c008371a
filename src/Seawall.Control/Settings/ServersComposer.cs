using System.Collections.Immutable;
using Seawall.Engine;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Pools;
using Seawall.MySql.Passwords;

namespace Seawall.Control.Settings;

/// <summary>Makes the servers of a document.</summary>
internal sealed class ServersComposer(
    SettingsComposer composer, SettingsDocument document, SettingsSource source, Addresses addresses, TlsComposer tls)
{
    /// <summary>The longest name: it is in every line about the server.</summary>
    private const int NameLengthMax = 64;

    private bool _isOnly;

    internal async Task<ImmutableArray<ServerOptions>> Compose(CancellationToken cancel)
    {
        var sections = document.List("servers");
        var servers = ImmutableArray.CreateBuilder<ServerOptions>();
        _isOnly = sections.Count(section => section.Text("role") != "replica") == 1;
        foreach (var section in sections)
        {
            if (await ServerOf(section, cancel) is { } server)
                servers.Add(server);
        }
        CheckNames(sections);
        CheckRoles(sections, servers.ToImmutable());
        return servers.ToImmutable();
    }

    private async Task<ServerOptions?> ServerOf(SettingsSection section, CancellationToken cancel)
    {
        var name = section.Text("name");
        var isNamed = IsName(name);
        if (!isNamed)
        {
            composer.Complain(section, "name", section.Has("name")
                ? $"servers.name must be 1 to {NameLengthMax} letters, digits, \"-\" or \"_\""
                : "a server has no name");
        }
        if (!section.Has("address"))
        {
            composer.Complain(section, "address", $"server \"{name}\" has no address");
            return null;
        }
        if (WrittenAddress.Read(section.Text("address"), portMin: 1, out var problem) is not { } address)
        {
            composer.Complain(section, "address", $"servers.address: {problem}");
            return null;
        }
        (var endpoint, problem) = await addresses.Find(address, cancel);
        if (endpoint is null)
        {
            composer.Complain(section, "address", $"servers.address: {problem}");
            return null;
        }
        var compression = SettingsComposer.KindOf(section.Text("compression"));
        composer.WarnOfMissing(section, compression, "servers.compression");
        var (encryption, context) = tls.ForServer(section, name);
        return !isNamed ? null : new ServerOptions
        {
            Id = new ServerId(name),
            Endpoint = endpoint,
            Role = RoleOf(section),
            IsPrimaryByDefault = _isOnly && !section.Has("role"),
            IsDrained = section.Flag("drain"),
            HostName = address.IsUnix ? "" : address.Host,
            ConnectionsMax = section.Number("connections_max"),
            RunningMax = section.Number("running_max"),
            RunningMin = RunningMinOf(section),
            ConnectMsMax = section.Number("connect_ms_max"),
            LoginMsMax = section.Number("login_ms_max"),
            HangMsMax = HangMsMaxOf(section),
            Dial = new DialLimits(
                section.Number("dials_per_second"), section.Number("dial_burst"),
                section.Number("dials_in_progress_max")),
            Compression = compression,
            Cancels = new CancelLimits(section.Number("cancel_connections_max"), section.Number("cancels_per_second")),
            Tls = encryption,
            TlsContext = context,
            ProxyVersion = section.Text("proxy_protocol") switch
            {
                "v1" => 1,
                "v2" => 2,
                _ => 0,
            },
            PublicKey = PublicKeyOf(section, name),
            AllowsPublicKeyRetrieval = section.Flag("allow_public_key_retrieval"),
        };
    }

    // One server that nobody says anything of is the primary. Of several, that is found out.
    private ServerRole? RoleOf(SettingsSection section) => section.Text("role") switch
    {
        "primary" => ServerRole.Primary,
        "replica" => ServerRole.Replica,
        _ => section.Has("role") || _isOnly is false ? null : ServerRole.Primary,
    };

    private int RunningMinOf(SettingsSection section)
    {
        var (min, max) = (section.Number("running_min"), section.Number("running_max"));
        if (section.Has("running_min") && min > max)
            composer.Complain(section, "running_min", $"servers.running_min = {min} is more than servers.running_max = {max}");
        return Math.Min(min, max);
    }

    // Below that a server that writes something down for a moment would be taken to hang.
    private int HangMsMaxOf(SettingsSection section)
    {
        const int Least = 500;
        var ms = section.Number("hang_ms_max");
        if (ms is > 0 and < Least)
            composer.Complain(section, "hang_ms_max", $"servers.hang_ms_max = {ms} is neither 0 nor at least {Least}");
        return ms;
    }

    private PublicKeyOfServer? PublicKeyOf(SettingsSection section, string name)
    {
        if (!section.Has("public_key"))
            return null;
        var path = Path.Combine(source.Folder, section.Text("public_key"));
        try
        {
            if (PublicKeyOfServer.TryParse(File.ReadAllBytes(path), out var key))
            {
                composer.Mark($"servers.{name}.public_key", TlsContexts.MarkOf(path));
                return key;
            }
            composer.Complain(section, "public_key",
                $"servers.public_key: {path} is no RSA public key in PEM (BEGIN PUBLIC KEY)");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            composer.Complain(section, "public_key", $"servers.public_key: {FileProblems.Describe(failure, path)}");
        }
        return null;
    }

    private void CheckNames(IReadOnlyList<SettingsSection> sections)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var places = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var section in sections)
        {
            var (name, address) = (section.Text("name"), section.Text("address"));
            if (name.Length > 0 && !names.Add(name))
                composer.Complain(section, "name", $"servers.name = \"{name}\" is there twice");
            if (address.Length > 0 && !places.TryAdd(address, name))
                composer.Warn(section, "address",
                    $"servers \"{places[address]}\" and \"{name}\" have the same address");
        }
    }

    private void CheckRoles(IReadOnlyList<SettingsSection> sections, ImmutableArray<ServerOptions> servers)
    {
        var primaries = sections.Where(section => section.Text("role") == "primary").ToArray();
        if (primaries.Length > 1)
        {
            composer.Complain(primaries[1], "role", "two servers have servers.role = \"primary\"; leave it out, or set it to \"auto\", "
                + "for Seawall to find out which one is, or name one");
        }
        if (primaries.Length == 0 && sections.All(section => section.Text("role") == "replica"))
        {
            composer.Complain(sections.Count > 0 ? sections[0] : new SettingsSection("servers", 0, 0), "role",
                sections.Count > 0 ? "every server has servers.role = \"replica\": none can be the primary"
                    : "there is no [[servers]]: name at least the primary");
        }
        if (servers.FirstOrDefault(server => server.Role is null) is { } found && !document.Section("monitor").Has("user") && primaries.Length == 0)
        {
            composer.Complain(sections.First(section => section.Text("name") == found.Id.Name), "role",
                $"which role server \"{found.Id}\" has is found out with the monitoring account: set monitor.user, or name the primary with "
                + "servers.role = \"primary\" and the others with \"replica\"");
        }
    }

    internal static bool IsName(string name) =>
        name.Length is > 0 and <= NameLengthMax && name.All(letter => char.IsAsciiLetterOrDigit(letter)
            || letter is '-' or '_');
}
