using Seawall.Rehearsal.Targets;

namespace Seawall.Rehearsal.Xrays;

/// <summary>
/// Accounts that a rehearsal has made, or has begun to make, and not dropped yet. Any thread may ask: whoever ends a rehearsal at once is told of them.
/// </summary>
internal sealed class MadeAccounts
{
    private readonly Lock _lock = new();
    private readonly List<(Target Target, string User)> _all = [];

    private volatile bool _isRestarting;

    /// <summary>Whether a server is being restarted, and can drop nothing before it is there again.</summary>
    public bool IsRestarting
    {
        get => _isRestarting;
        set => _isRestarting = value;
    }

    /// <summary>One is about to be made.</summary>
    public void Add(Target target, string user)
    {
        lock (_lock)
            _all.Add((target, user));
    }

    /// <summary>A server has none of them any more.</summary>
    public void Remove(Target target)
    {
        lock (_lock)
            _all.RemoveAll(one => one.Target == target);
    }

    /// <summary>Those that there are, by server.</summary>
    public IReadOnlyList<(Target Target, string[] Users)> ByServer
    {
        get
        {
            lock (_lock)
                return [.. _all.GroupBy(one => one.Target).Select(group => (group.Key, group.Select(one => one.User).Distinct().ToArray()))];
        }
    }

    /// <summary>What drops them by hand, server by server.</summary>
    public IReadOnlyList<string> Statements => [.. ByServer.Select(one => $"on the {one.Target.Name} server ({one.Target.Dsn}): {Statement(one.Users)}")];

    /// <summary>What drops accounts. One by one: a server may drop none of several where one of them is not there.</summary>
    public static string Statement(IEnumerable<string> users) => string.Join("; ", users.Select(user => $"DROP USER '{user}'@'%'"));
}
