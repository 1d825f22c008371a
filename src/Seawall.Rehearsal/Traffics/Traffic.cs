using System.Text;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;

namespace Seawall.Rehearsal.Traffics;

/// <summary>One command of a client, as it was sent.</summary>
internal sealed record TrafficCommand
{
    /// <summary>Seconds from the beginning of the capture until it came.</summary>
    public required double At { get; init; }

    /// <summary>Seconds from the beginning until its answer was complete.</summary>
    public double Ended { get; init; }

    /// <summary>The command.</summary>
    public required CommandKind Kind { get; init; }

    /// <summary>Its text, or that of the prepared statement; of a change of the user its name.</summary>
    public ReadOnlyMemory<byte> Text { get; init; }

    /// <summary>The values of an execution, as the protocol has them without names; what else a command has behind its statement's number.</summary>
    public ReadOnlyMemory<byte> Parameters { get; init; }

    /// <summary>The prepared statement, by the number that the client knew.</summary>
    public uint StatementId { get; init; }

    /// <summary>Of a change of the user the schema that it was in afterwards.</summary>
    public string Schema { get; init; } = "";

    /// <summary>Why it cannot be sent again; empty when it can.</summary>
    public string Hindrance { get; init; } = "";

    /// <summary>Whether a transaction was open before it.</summary>
    public bool InTransaction { get; init; }

    /// <summary>Microseconds that it took then.</summary>
    public double TookUs { get; init; }
}

/// <summary>One connection of a client.</summary>
internal sealed record TrafficConnection
{
    /// <summary>Seconds from the beginning until it was accepted.</summary>
    public required double At { get; init; }

    /// <summary>Seconds until it ended; null when it outlived the capture.</summary>
    public double? Ended { get; init; }

    /// <summary>As whom it logged in.</summary>
    public string User { get; init; } = "";

    /// <summary>The schema that it began with.</summary>
    public string Schema { get; init; } = "";

    /// <summary>What its driver calls itself; empty when it says nothing.</summary>
    public string ClientName { get; init; } = "";

    /// <summary>What its driver says that its version is.</summary>
    public string ClientVersion { get; init; } = "";

    /// <summary>The plugin that it began with.</summary>
    public string FirstPlugin { get; init; } = "";

    /// <summary>The plugin of its account.</summary>
    public string AccountPlugin { get; init; } = "";

    /// <summary>What its client could do; nothing when that is not known.</summary>
    public Capabilities Capabilities { get; init; }

    /// <summary>Whether it used TLS.</summary>
    public bool HasTls { get; init; }

    /// <summary>Whether that was an earlier session, taken up.</summary>
    public bool IsTlsResumed { get; init; }

    /// <summary>Whether it was there before the capture began.</summary>
    public bool WasThere { get; init; }

    /// <summary>Whether its login failed.</summary>
    public bool HasFailed { get; init; }

    /// <summary>What it had set when the capture met it.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    /// <summary>Its commands in order.</summary>
    public IReadOnlyList<TrafficCommand> Commands { get; init; } = [];
}

/// <summary>What clients did: the content of a capture, by connections.</summary>
internal sealed record Traffic
{
    /// <summary>The capture's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its connections, by when they began.</summary>
    public required IReadOnlyList<TrafficConnection> Connections { get; init; }

    /// <summary>How long it is, in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>What was lost of it, and what else there is to be said about how whole it is.</summary>
    public IReadOnlyList<string> Gaps { get; init; } = [];

    /// <summary>Who logged in, and what account each has become within its connection; with as many times as each.</summary>
    public IEnumerable<(string User, string AccountPlugin, int Connections, int Changes)> Users =>
        Connections.Where(one => !one.HasFailed).SelectMany(one => one.Commands.Where(command => command.Kind == CommandKind.ChangeUser)
                .Select(change => (User: Encoding.UTF8.GetString(change.Text.Span), Plugin: "", Connections: 0))
                .Prepend((one.User, Plugin: one.AccountPlugin, Connections: 1)))
            .GroupBy(one => one.User).Select(group => (group.Key, group.Max(one => one.Plugin) ?? "", group.Sum(one => one.Connections),
                group.Count(one => one.Connections == 0)));

    /// <summary>All its commands.</summary>
    public int Commands => Connections.Sum(one => one.Commands.Count);

    /// <summary>Its connects: not those that were there before, nor those that failed.</summary>
    public IEnumerable<TrafficConnection> Connects => Connections.Where(one => !one.WasThere && !one.HasFailed);

    /// <summary>Most connects within one second.</summary>
    public int PeakConnects
    {
        get
        {
            var times = Connects.Select(one => one.At).Order().ToArray();
            var (most, from) = (0, 0);
            for (var to = 0; to < times.Length; to++)
            {
                while (times[to] - times[from] >= 1)
                    from++;
                most = Math.Max(most, to - from + 1);
            }
            return most;
        }
    }

    /// <summary>Most connections at one time.</summary>
    public int MostAtOnce
    {
        get
        {
            var (most, now) = (0, 0);
            // Of what happens at one time, ends come first: whoever comes takes the place of whoever leaves.
            foreach (var (_, change) in Connections.Where(one => !one.HasFailed)
                .SelectMany(one => ((double At, int Change)[])[(one.At, 1), (one.Ended ?? double.PositiveInfinity, -1)])
                .OrderBy(one => one.At).ThenBy(one => one.Change))
            {
                most = Math.Max(most, now += change);
            }
            return most;
        }
    }
}
