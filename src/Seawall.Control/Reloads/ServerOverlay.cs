using System.Collections.Immutable;
using Seawall.Control.Settings;
using Seawall.Engine;
using Seawall.Engine.Facts.Topology;

namespace Seawall.Control.Reloads;

/// <summary>
/// Servers that admin commands have added and removed since the start, over what the settings say. It lasts until the process ends, or the
/// settings say the same. Immutable.
/// </summary>
internal sealed record ServerOverlay(ImmutableArray<ServerOptions> Added, ImmutableHashSet<ServerId> Removed)
{
    internal static ServerOverlay None { get; } = new([], []);

    /// <summary>What differs from the settings, for people: the server, and how.</summary>
    internal IReadOnlyList<(string Server, string Difference)> Differences =>
    [
        .. Added.Select(server => (server.Id.Name, "added by an admin command; not in the settings")),
        .. Removed.Select(id => (id.Name, "removed by an admin command; still in the settings")),
    ];

    /// <summary>
    /// The options with it. A server that was the primary because there was no other is found out to be it, or not, once there is another
    /// of which that is found out.
    /// </summary>
    internal EngineOptions On(EngineOptions options) => options with
    {
        Servers =
        [
            .. options.Servers.Where(server => !Removed.Contains(server.Id)).Select(server =>
                server.IsPrimaryByDefault && Added.Any(added => added.Role is null) ? server with { Role = null } : server),
            .. Added,
        ],
    };

    /// <summary>Without what the settings say as well by now.</summary>
    internal ServerOverlay Within(EngineOptions options) => new(
        [.. Added.Where(server => !options.Servers.Any(named => named.Id == server.Id))],
        [.. Removed.Where(id => options.Servers.Any(named => named.Id == id))]);

    /// <summary>With one more server, at an address that is looked up; null, with a problem, when that cannot be.</summary>
    internal async Task<(ServerOverlay? Overlay, string Problem)> Add(
        EngineOptions inUse, Addresses addresses, string name, string address, string? like, string? role, CancellationToken cancel)
    {
        if (!ServersComposer.IsName(name))
            return (null, "a server's name is 1 to 64 letters, digits, \"-\" or \"_\"");
        var servers = On(inUse).Servers;
        if (servers.Any(server => server.Id.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            return (null, $"there is a server '{name}' already; SHOW SERVERS has it");
        var pattern = like is null ? servers.FirstOrDefault() : servers.FirstOrDefault(server => server.Id.Name == like);
        if (pattern is null)
            return (null, $"there is no server '{like}' for it to be like; SHOW SERVERS has those that there are");
        if (WrittenAddress.Read(address, portMin: 1, out var problem) is not { } written)
            return (null, problem);
        (var endpoint, problem) = await addresses.Find(written, cancel);
        if (endpoint is null)
            return (null, problem);
        var added = pattern with
        {
            Id = new ServerId(name),
            Endpoint = endpoint,
            HostName = written.IsUnix ? "" : written.Host,
            IsPrimaryByDefault = false,
            IsDrained = false,
            Role = role switch { "auto" => null, "replica" => ServerRole.Replica, _ => pattern.Role is null ? null : ServerRole.Replica },
        };
        return added.Role is null && inUse.Monitor is null
            ? (null, "its role cannot be found out without a monitoring account: add AS REPLICA")
            : (new(Added.Add(added), Removed), "");
    }

    /// <summary>Without a server; null when there is none of that name.</summary>
    internal ServerOverlay? Without(EngineOptions inUse, string name)
    {
        if (Added.FirstOrDefault(server => server.Id.Name == name) is { } added)
            return this with { Added = Added.Remove(added) };
        return On(inUse).Servers.Any(server => server.Id.Name == name) ? this with { Removed = Removed.Add(new ServerId(name)) } : null;
    }
}
