using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;

namespace Seawall.Engine.Facts;

/// <summary>Everything the data path knows of the world, at one moment. Replaced whole, never edited.</summary>
/// <param name="Servers">The servers, in the order of the settings.</param>
/// <param name="Accounts">Who may log in.</param>
public sealed record FactsSnapshot(IReadOnlyList<ServerFacts> Servers, AccountBook Accounts)
{
    /// <summary>Before anything is known.</summary>
    public static FactsSnapshot Empty { get; } = new([], AccountBook.Empty);

    /// <summary>The server that takes every statement; null while none is named.</summary>
    public ServerFacts? Primary { get; } = Servers.FirstOrDefault(server => server.Role == ServerRole.Primary);
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
