using System.Buffers.Binary;
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

    /// <summary>The number of the transaction that it was in, among all; 0 outside of one.</summary>
    public int Transaction { get; init; }

    /// <summary>Whether it is sent.</summary>
    public bool IsSent => Skip.Length == 0;

    /// <summary>Whether an execution opens a cursor, and gives no rows before they are fetched.</summary>
    public bool OpensCursor { get; init; }

    /// <summary>Whether its answer is measured and compared.</summary>
    public bool IsCompared => IsSent && Nature is not null
        && Command.Kind is CommandKind.Query or CommandKind.StatementExecute or CommandKind.StatementBulkExecute or CommandKind.StatementFetch;
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

    /// <summary>
    /// Works it out. <paramref name="dialect"/> is that of the old server, which these statements were written for; <paramref name="hasBulk"/>: both
    /// servers know MariaDB's executions for many sets of values.
    /// </summary>
    public static ReplayScript Of(Traffic traffic, SqlDialect dialect, bool isWriting, bool hasBulk = false)
    {
        var natures = new Dictionary<string, (StatementNature Nature, string Digest)>(StringComparer.Ordinal);
        var ended = isWriting ? Ended(traffic) : [];
        var turns = Enumerable.Range(1, ended.Length)
            .ToDictionary(at => ended[at - 1], at => at, (IEqualityComparer<TrafficCommand>)ReferenceEqualityComparer.Instance);
        var all = new List<ScriptedCommand>(traffic.Commands);
        var connections = new List<ScriptedConnection>(traffic.Connections.Count);
        var transaction = 0;
        foreach (var connection in traffic.Connections)
        {
            var first = all.Count;
            transaction++;
            var cursors = CursorsOf(connection.Commands);
            var state = new StatementStates();
            foreach (var command in connection.Commands)
            {
                var (nature, digest) = Look(command);
                var skip = state.Skip(command, Skip(command, nature, isWriting, hasBulk));
                all.Add(new(all.Count, command, nature, digest, skip, skip.Length == 0 && Takes(command, nature) ? turns.GetValueOrDefault(command) : 0)
                {
                    After = Before(command.At),
                    Transaction = command.InTransaction ? transaction : 0,
                    OpensCursor = cursors.Contains(command),
                });
                // The next one that is in a transaction is in another.
                if (!command.InTransaction || nature is { Commits: true })
                    transaction++;
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
            if (!HasStatement(command.Kind) || command.Text.IsEmpty)
                return (null, "");
            var key = Encoding.Latin1.GetString(command.Text.Span);
            if (!natures.TryGetValue(key, out var known))
            {
                known = (StatementNature.Of(command.Text.Span, dialect), StatementDigest.Of(command.Text.Span, dialect)?.Text ?? Unreadable);
                if (natures.Count < 100_000)
                    natures[key] = known;
            }
            // A few rows of a cursor take another time than what opens it.
            return command.Kind == CommandKind.StatementFetch ? (known.Nature, $"(rows of a cursor) {known.Digest}") : known;
        }
    }

    private static bool HasStatement(CommandKind kind) => kind is CommandKind.Query or CommandKind.StatementPrepare or CommandKind.StatementExecute
        or CommandKind.StatementBulkExecute or CommandKind.StatementFetch or CommandKind.StatementSendLongData;

    private static string Skip(TrafficCommand command, StatementNature? nature, bool isWriting, bool hasBulk)
    {
        if (command.Hindrance.Length > 0)
            return command.Hindrance;
        switch (command.Kind)
        {
            case CommandKind.StatementBulkExecute when !hasBulk:
                return "executions for many sets of values, which MariaDB alone has";
            case CommandKind.StatementFetch when command.Parameters.Length != sizeof(uint):
                return "it does not say how many rows";
            case CommandKind.StatementSendLongData when nature is null:
                return ""; // Its statement was prepared before, or it goes to nobody.
            case var kind when HasStatement(kind):
                return nature switch
                {
                    null => "it has no text",
                    { LoadsLocalFile: true } => "LOAD DATA LOCAL, whose file is in no capture",
                    { Use: ReplayUse.Never } => "it changes more than data, or may do anything",
                    { Use: ReplayUse.Write } when !isWriting => "it writes, or may",
                    { AsksToWrite: true } when !isWriting => "it asks for transactions that write",
                    _ => "",
                };
            case CommandKind.InitDb or CommandKind.Ping or CommandKind.ResetConnection or CommandKind.SetOption or CommandKind.StatementReset
                or CommandKind.StatementClose or CommandKind.ChangeUser:
                return "";
            case CommandKind.Quit:
                return "the end of a connection";
            default:
                return $"a command that is not replayed ({command.Kind})";
        }
    }

    // Executions whose rows are fetched afterwards. What opened a cursor that nobody read of needs none.
    private static HashSet<TrafficCommand> CursorsOf(IReadOnlyList<TrafficCommand> commands)
    {
        var (found, fetched) = (new HashSet<TrafficCommand>(ReferenceEqualityComparer.Instance), new HashSet<uint>());
        for (var at = commands.Count - 1; at >= 0; at--)
        {
            var command = commands[at];
            switch (command.Kind)
            {
                case CommandKind.StatementFetch:
                    fetched.Add(command.StatementId);
                    break;
                case CommandKind.StatementExecute when fetched.Remove(command.StatementId):
                    found.Add(command);
                    break;
                case CommandKind.StatementClose or CommandKind.StatementReset:
                    fetched.Remove(command.StatementId);
                    break;
                case CommandKind.ResetConnection or CommandKind.ChangeUser:
                    fetched.Clear();
                    break;
            }
        }
        return found;
    }

    // In the order in which they were answered then: some of them commit, or write outside of a transaction.
    private static TrafficCommand[] Ended(Traffic traffic) =>
    [
        .. traffic.Connections.SelectMany(one => one.Commands)
            .Where(one => one.Kind is CommandKind.Query or CommandKind.StatementExecute or CommandKind.StatementBulkExecute).OrderBy(one => one.Ended),
    ];

    private static bool Takes(TrafficCommand command, StatementNature? nature) =>
        nature is not null && (command.InTransaction ? nature.Commits : nature.Use == ReplayUse.Write);
}

/// <summary>What commands on one connection need of those before them: of prepared statements, by the number that the client knew.</summary>
internal sealed class StatementStates
{
    private const ushort SendsTypes = 128; // STMT_BULK_FLAG_CLIENT_SEND_TYPES.

    private readonly HashSet<uint> _cut = []; // A part of their values is missing.
    private readonly HashSet<uint> _opened = []; // Their cursors are there.
    private readonly HashSet<uint> _typed = []; // Their types have been said.

    /// <summary>Why a command is not sent, given what its own text says.</summary>
    public string Skip(TrafficCommand command, string skip)
    {
        var id = command.StatementId;
        switch (command.Kind)
        {
            case CommandKind.StatementSendLongData when skip.Length > 0:
                _cut.Add(id);
                return skip;
            case CommandKind.StatementExecute:
                if (_cut.Remove(id) && skip.Length == 0)
                    skip = "a part of its values is not in the capture";
                if (skip.Length == 0)
                    _opened.Add(id);
                else
                    _opened.Remove(id);
                return skip;
            case CommandKind.StatementFetch when skip.Length == 0 && !_opened.Contains(id):
                return "rows of a cursor whose execution is not in the capture, or is not sent";
            case CommandKind.StatementBulkExecute when skip.Length == 0:
                if (command.Parameters.Length < 2)
                    return "an execution for many sets of values without any";
                if ((BinaryPrimitives.ReadUInt16LittleEndian(command.Parameters.Span) & SendsTypes) != 0)
                    _typed.Add(id);
                return _typed.Contains(id) ? "" : "executions for many sets of values, whose types were said before the capture";
            case CommandKind.StatementClose:
                _opened.Remove(id);
                _typed.Remove(id);
                return skip;
            case CommandKind.ResetConnection or CommandKind.ChangeUser:
                _cut.Clear();
                _opened.Clear();
                _typed.Clear();
                return skip;
            default:
                return skip;
        }
    }
}
