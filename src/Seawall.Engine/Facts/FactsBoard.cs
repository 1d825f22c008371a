using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;

namespace Seawall.Engine.Facts;

/// <summary>Everything the data path knows of the world, at one moment. Immutable.</summary>
public sealed class FactsSnapshot
{
    private FactsSnapshot(IReadOnlyList<ServerFacts> servers, AccountBook accounts)
    {
        Servers = servers;
        Accounts = accounts;
        Primary = servers.FirstOrDefault(server => server.Role == ServerRole.Primary);
    }

    /// <summary>Before anything is known.</summary>
    public static FactsSnapshot Empty { get; } = new([], AccountBook.Empty);

    /// <summary>The servers, in the order of the settings.</summary>
    public IReadOnlyList<ServerFacts> Servers { get; }

    /// <summary>Who may log in.</summary>
    public AccountBook Accounts { get; }

    /// <summary>The server that takes every statement; null while none is named.</summary>
    public ServerFacts? Primary { get; }

    /// <summary>The same with other servers.</summary>
    public FactsSnapshot With(IReadOnlyList<ServerFacts> servers) => new(servers, Accounts);

    /// <summary>The same with other accounts.</summary>
    public FactsSnapshot With(AccountBook accounts) => new(Servers, accounts);

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
