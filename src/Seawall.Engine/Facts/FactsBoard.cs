using System.Collections.Immutable;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;

namespace Seawall.Engine.Facts;

/// <summary>Everything the data path knows of the world, at one moment. Immutable.</summary>
public sealed class FactsSnapshot
{
    private FactsSnapshot(IReadOnlyList<ServerFacts> servers, AccountBook accounts, TopologyFacts topology)
    {
        Servers = servers;
        Accounts = accounts;
        Topology = topology;
        Primary = servers.FirstOrDefault(server => server.Role == ServerRole.Primary);
        Readers = Primary is { } primary ? [.. servers.Where(server => server.Role == ServerRole.Replica
            && ReplicaFitness.Judge(primary, server) == Unfitness.None)] : [];
    }

    /// <summary>Before anything is known.</summary>
    public static FactsSnapshot Empty { get; } = new([], AccountBook.Empty, TopologyFacts.Empty);

    /// <summary>The servers, in the order of the settings.</summary>
    public IReadOnlyList<ServerFacts> Servers { get; }

    /// <summary>One server by its name; null when the settings have none of it.</summary>
    public ServerFacts? Find(ServerId id)
    {
        for (var i = 0; i < Servers.Count; i++)
        {
            if (Servers[i].Id == id)
                return Servers[i];
        }
        return null;
    }

    /// <summary>Who may log in.</summary>
    public AccountBook Accounts { get; }

    /// <summary>The servers as a set: which of them is the primary, and whether it takes writes now.</summary>
    public TopologyFacts Topology { get; }

    /// <summary>
    /// The server that takes what changes something. While there is none, the one that was last: sessions are what it made of them, and
    /// <see cref="TopologyFacts.TakesWrites"/> says whether anything may be sent to it.
    /// </summary>
    public ServerFacts? Primary { get; }

    /// <summary>The replicas whose answers would be the primary's, if they have applied what they must have.</summary>
    public ImmutableArray<ServerFacts> Readers { get; }

    /// <summary>The same with other servers.</summary>
    public FactsSnapshot With(IReadOnlyList<ServerFacts> servers) => new(servers, Accounts, Topology);

    /// <summary>The same with other accounts.</summary>
    public FactsSnapshot With(AccountBook accounts) => new(Servers, accounts, Topology);

    /// <summary>
    /// The same with what <see cref="TopologyJudge"/> makes of it now. A new primary goes on with the global values of the one before,
    /// changed to its own: sessions that began there keep what they began with.
    /// </summary>
    public FactsSnapshot Judged(long nowMs)
    {
        var topology = TopologyJudge.Judge(Servers, Topology, nowMs);
        if (ReferenceEquals(topology, Topology))
            return this;
        var before = Primary;
        return new([.. Servers.Select(server => Placed(server, topology, before))], Accounts, topology);
    }

    private static ServerFacts Placed(ServerFacts server, TopologyFacts topology, ServerFacts? before)
    {
        var role = server.Id == topology.Primary ? ServerRole.Primary : ServerRole.Replica;
        if (server.IsRoleFixed || server.Role == role)
            return server;
        return role == ServerRole.Primary && before is not null && before.Id != server.Id
            ? server with { Role = role, Globals = before.Globals.With(server.Globals.Values) }
            : server with { Role = role };
    }

    /// <summary>The same with one server as <paramref name="change"/> makes it.</summary>
    public FactsSnapshot With(ServerId id, Func<ServerFacts, ServerFacts> change) =>
        With([.. Servers.Select(server => server.Id == id ? change(server) : server)]);
}

/// <summary>
/// Where those who watch put what they see, and the data path reads it: one volatile reference to something immutable.
/// Thread-safe.
/// </summary>
public sealed class FactsBoard
{
    private readonly Lock _writers = new();
    private volatile FactsSnapshot _current = FactsSnapshot.Empty;

    /// <summary>What is known now. Take it once for each statement.</summary>
    public FactsSnapshot Current => _current;

    /// <summary>Puts up what <paramref name="change"/> makes of the present facts; writers take turns.</summary>
    public void Publish(Func<FactsSnapshot, FactsSnapshot> change)
    {
        lock (_writers)
            _current = change(_current);
    }
}
