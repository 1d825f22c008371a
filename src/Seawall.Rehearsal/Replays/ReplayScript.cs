using System.Text;
using Seawall.MySql.Commands;
using Seawall.MySql.Statements;
using Seawall.Rehearsal.Answers;
using Seawall.Rehearsal.Traffics;

namespace Seawall.Rehearsal.Replays;

/// <summary>A command, and what is done with it: the same on both servers.</summary>
/// <param name="Number">Its place among all, from 0.</param>
/// <param name="Command">The command.</param>
/// <param name="Nature">What its text says; null when it has none.</param>
/// <param name="Digest">What statements like it look like.</param>
/// <param name="Skip">Why it is not sent; empty when it is.</param>
/// <param name="Turn">Its place among what is committed, from 1; 0 for none.</param>
internal sealed record ScriptedCommand(int Number, TrafficCommand Command, StatementNature? Nature, string Digest, string Skip, int Turn)
{
    /// <summary>Up to which place all was answered when it came.</summary>
    public int After { get; init; }

    /// <summary>Whether it is sent.</summary>
    public bool IsSent => Skip.Length == 0;

    /// <summary>Whether its answer is measured and compared.</summary>
    public bool IsCompared => IsSent && Nature is not null && Command.Kind is CommandKind.Query or CommandKind.StatementExecute;
}

/// <summary>A connection, and what is done on it.</summary>
internal sealed record ScriptedConnection(TrafficConnection Connection, IReadOnlyList<ScriptedCommand> Commands)
{
    /// <summary>Up to which place all was answered when it began.</summary>
    public int After { get; init; }
}

/// <summary>What a replay does, worked out once, before anything is sent: a pure function of the traffic.</summary>
internal sealed class ReplayScript
{
    private const string Unreadable = "(cannot be read)";

    private readonly Dictionary<string, int> _skipped = [];

    private ReplayScript(bool isWriting) => IsWriting = isWriting;

    /// <summary>Whether writes are sent too.</summary>
    public bool IsWriting { get; }

    /// <summary>By connection.</summary>
    public required IReadOnlyList<ScriptedConnection> Connections { get; init; }

    /// <summary>All commands, sent or not.</summary>
    public required IReadOnlyList<ScriptedCommand> Commands { get; init; }

    /// <summary>How many turns of committing there are.</summary>
    public int Turns { get; private init; }

    /// <summary>How many are not sent, by why.</summary>
    public IReadOnlyDictionary<string, int> Skipped => _skipped;

    /// <summary>The part of all the time that statements took then that is replayed; 1 when nothing took any.</summary>
    public double Covered { get; private init; }

    /// <summary>Works it out. <paramref name="dialect"/> is that of the old server, which these statements were written for.</summary>
    public static ReplayScript Of(Traffic traffic, SqlDialect dialect, bool isWriting)
    {
        var natures = new Dictionary<string, (StatementNature Nature, string Digest)>(StringComparer.Ordinal);
        var ended = isWriting ? Ended(traffic) : [];
        var turns = Enumerable.Range(1, ended.Length)
            .ToDictionary(at => ended[at - 1], at => at, (IEqualityComparer<TrafficCommand>)ReferenceEqualityComparer.Instance);
        var all = new List<ScriptedCommand>(traffic.Commands);
        var connections = new List<ScriptedConnection>(traffic.Connections.Count);
        foreach (var connection in traffic.Connections)
        {
            var first = all.Count;
            var lost = new HashSet<uint>(); // Prepared statements that are not executed because a part of their values is missing.
            foreach (var command in connection.Commands)
            {
                var (nature, digest) = Look(command);
                var skip = Skip(command, nature, isWriting);
                if (command.Kind == CommandKind.StatementSendLongData && skip.Length > 0)
                    lost.Add(command.StatementId);
                if (command.Kind == CommandKind.StatementExecute && lost.Remove(command.StatementId) && skip.Length == 0)
                    skip = "a part of its values is not in the capture";
                all.Add(new(all.Count, command, nature, digest, skip, skip.Length == 0 && Takes(command, nature) ? turns.GetValueOrDefault(command) : 0)
                {
                    After = Before(command.At),
                });
            }
            connections.Add(new(connection, all[first..]) { After = Before(connection.At) });
        }
        var (sent, whole) = (all.Where(one => one.IsSent).Sum(one => one.Command.TookUs), all.Sum(one => one.Command.TookUs));
        var script = new ReplayScript(isWriting)
        {
            Connections = connections,
            Commands = all,
            Turns = turns.Count,
            Covered = whole > 0 ? sent / whole : all.Count == 0 ? 1 : all.Count(one => one.IsSent) / (double)all.Count,
        };
        foreach (var one in all.Where(one => !one.IsSent))
            script._skipped[one.Skip] = script._skipped.GetValueOrDefault(one.Skip) + 1;
        return script;

        // How many had been answered at a time, by halving.
        int Before(double at)
        {
            var (from, to) = (0, ended.Length);
            while (from < to)
            {
                var middle = (from + to) / 2;
                (from, to) = ended[middle].Ended <= at ? (middle + 1, to) : (from, middle);
            }
            return from;
        }

        (StatementNature?, string) Look(TrafficCommand command)
        {
            if (command.Kind is not (CommandKind.Query or CommandKind.StatementPrepare or CommandKind.StatementExecute) || command.Text.IsEmpty)
                return (null, "");
            var key = Encoding.Latin1.GetString(command.Text.Span);
            if (!natures.TryGetValue(key, out var known))
            {
                known = (StatementNature.Of(command.Text.Span, dialect), StatementDigest.Of(command.Text.Span, dialect)?.Text ?? Unreadable);
                if (natures.Count < 100_000)
                    natures[key] = known;
            }
            return known;
        }
    }

    private static string Skip(TrafficCommand command, StatementNature? nature, bool isWriting)
    {
        if (command.Hindrance.Length > 0)
            return command.Hindrance;
        switch (command.Kind)
        {
            case CommandKind.Query or CommandKind.StatementPrepare or CommandKind.StatementExecute:
                return nature switch
                {
                    null => "it has no text",
                    { Use: ReplayUse.Never } => "it changes more than data, or may do anything",
                    { Use: ReplayUse.Write } when !isWriting => "it writes, or may",
                    { AsksToWrite: true } when !isWriting => "it asks for transactions that write",
                    _ => "",
                };
            case CommandKind.InitDb or CommandKind.Ping or CommandKind.ResetConnection or CommandKind.SetOption or CommandKind.StatementReset
                or CommandKind.StatementClose or CommandKind.StatementSendLongData:
                return "";
            case CommandKind.Quit:
                return "the end of a connection";
            case CommandKind.StatementFetch:
                return "rows of a cursor: executions give all rows at once here";
            case CommandKind.ChangeUser:
                return "a change of the user within a connection";
            case CommandKind.StatementBulkExecute:
                return "executions for many sets of values (MariaDB)";
            default:
                return $"a command that is not replayed ({command.Kind})";
        }
    }

    // In the order in which they were answered then: some of them commit, or write outside of a transaction.
    private static TrafficCommand[] Ended(Traffic traffic) =>
    [
        .. traffic.Connections.SelectMany(one => one.Commands).Where(one => one.Kind is CommandKind.Query or CommandKind.StatementExecute)
            .OrderBy(one => one.Ended),
    ];

    private static bool Takes(TrafficCommand command, StatementNature? nature) =>
        nature is not null && (command.InTransaction ? nature.Commits : nature.Use == ReplayUse.Write);
}
