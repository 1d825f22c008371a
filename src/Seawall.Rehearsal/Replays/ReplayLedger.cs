using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.Rehearsal.Answers;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Measures;

namespace Seawall.Rehearsal.Replays;

/// <summary>One of the passes of a replay: the same traffic, once more.</summary>
/// <param name="IsNew">On which server.</param>
/// <param name="Number">The how manieth on it, from 0.</param>
internal readonly record struct ReplayPass(bool IsNew, int Number)
{
    /// <summary>Old, new, old, new, and so on: no server has two turns in a row, for other work to fall into both.</summary>
    public static IReadOnlyList<ReplayPass> InTurns(int each) =>
        [.. Enumerable.Range(0, each).SelectMany(number => (ReplayPass[])[new(false, number), new(true, number)])];
}

/// <summary>What became of one connect.</summary>
/// <param name="Ms">Milliseconds from when it was due until it was in.</param>
/// <param name="LateMs">By how much of that this machine began it late.</param>
/// <param name="Outcome">How it ended.</param>
internal readonly record struct ReplayedConnect(double Ms, double LateMs, LoginOutcome Outcome);

/// <summary>What became of one change of the user within a connection.</summary>
/// <param name="Ms">Milliseconds that it took.</param>
/// <param name="Change">How it ended, and after how many exchanges.</param>
internal readonly record struct ReplayedChange(double Ms, LoginChange Change);

/// <summary>A statement whose answers differ.</summary>
/// <param name="Command">The statement.</param>
/// <param name="Found">In what.</param>
/// <param name="New">The new server's answer.</param>
internal sealed record FoundDifference(ScriptedCommand Command, IReadOnlyList<Difference> Found, Answer New);

/// <summary>What was seen in all passes, written by all connections at once.</summary>
/// <param name="commands">How many commands there are.</param>
/// <param name="isWriting">Whether they change what is in the servers.</param>
internal sealed class ReplayLedger(int commands, bool isWriting = false)
{
    private readonly Lock _lock = new();
    private readonly Answer?[] _old = new Answer?[commands];
    private readonly Dictionary<int, FoundDifference> _differences = [];
    private readonly Dictionary<int, ReplayPass> _unsteady = []; // With the pass that showed it.
    private readonly HashSet<int> _lost = [];
    private readonly Dictionary<ReplayPass, (int GaveWay, int All)> _counts = [];
    private double _apartFrom = double.PositiveInfinity;
    private readonly Dictionary<ReplayPass, float[]> _took = [];
    private readonly Dictionary<ReplayPass, List<ReplayedConnect>> _connects = [];
    private readonly Dictionary<ReplayPass, List<ReplayedChange>> _changes = [];
    private readonly Dictionary<ReplayPass, List<double>> _late = [];
    private readonly Dictionary<ReplayPass, int> _unanswered = [];

    /// <summary>Passes that have begun.</summary>
    public IEnumerable<ReplayPass> Passes => _took.Keys;

    /// <summary>Statements that were compared.</summary>
    public int Compared { get; private set; }

    /// <summary>Commits that did not keep the order.</summary>
    public int OutOfOrder { get; set; }

    /// <summary>Statements whose answers differ, each as it was first seen; those that differ from themselves are not among them.</summary>
    public IEnumerable<FoundDifference> Differences => _differences.Where(pair => !_unsteady.ContainsKey(pair.Key)).Select(pair => pair.Value);

    /// <summary>Statements that gave one server two answers.</summary>
    public int Unsteady => _unsteady.Count;

    /// <summary>Statements that were not compared: on one server their transaction had given way to others' locks before.</summary>
    public int Excused { get; private set; }

    /// <summary>Answers of statements that are compared, in all passes, and how many of them say that they gave way to others' locks.</summary>
    public (int GaveWay, int All) Answers(bool isNew)
    {
        var ofIt = _counts.Where(pair => pair.Key.IsNew == isNew).Select(pair => pair.Value).ToArray();
        return (ofIt.Sum(one => one.GaveWay), ofIt.Sum(one => one.All));
    }

    /// <summary>
    /// Whether a difference may come from a transaction that one server has and the other has not, since it gave way to locks there: of rows, and what
    /// depends on them.
    /// </summary>
    public bool MayComeFromLocks(FoundDifference one, DifferenceKind kind) =>
        one.Command.Command.At >= _apartFrom && kind is not (DifferenceKind.Metadata or DifferenceKind.MetadataMinor or DifferenceKind.Locks);

    /// <summary>Connects of one server, of all passes.</summary>
    public IEnumerable<ReplayedConnect> Connects(bool isNew) => _connects.Where(pair => pair.Key.IsNew == isNew).SelectMany(pair => pair.Value);

    /// <summary>Changes of the user on one server, of all passes.</summary>
    public IEnumerable<ReplayedChange> Changes(bool isNew) => _changes.Where(pair => pair.Key.IsNew == isNew).SelectMany(pair => pair.Value);

    /// <summary>Milliseconds by which this machine was late, of everything it sent to one server.</summary>
    public IEnumerable<double> LateMs(bool isNew) => _late.Where(pair => pair.Key.IsNew == isNew).SelectMany(pair => pair.Value);

    /// <summary>Commands that were not sent because their connection was not there.</summary>
    public int Unanswered(bool isNew) => _unanswered.Where(pair => pair.Key.IsNew == isNew).Sum(pair => pair.Value);

    /// <summary>A pass begins.</summary>
    public void Begin(ReplayPass pass)
    {
        lock (_lock)
        {
            _took[pass] = new float[commands];
            _connects[pass] = [];
            _changes[pass] = [];
            _late[pass] = [];
        }
    }

    /// <summary>A pass in which its server was lost counts for nothing: what nobody answered is no difference between two servers.</summary>
    public void Forget(ReplayPass pass)
    {
        lock (_lock)
        {
            _took.Remove(pass);
            _connects.Remove(pass);
            _changes.Remove(pass);
            _late.Remove(pass);
            _unanswered.Remove(pass);
            _counts.Remove(pass);
            foreach (var number in _unsteady.Where(pair => pair.Value == pass).Select(pair => pair.Key).ToArray())
                _unsteady.Remove(number);
            if (pass.Number > 0)
                return;
            // With the first of each all others are compared.
            _differences.Clear();
            _lost.Clear();
            (Compared, Excused, _apartFrom) = (0, 0, double.PositiveInfinity);
        }
    }

    /// <summary>A connect has ended, one way or the other.</summary>
    public void Add(ReplayPass pass, ReplayedConnect connect)
    {
        lock (_lock)
        {
            _connects[pass].Add(connect);
            _late[pass].Add(connect.LateMs);
        }
    }

    /// <summary>A change of the user has ended.</summary>
    public void Add(ReplayPass pass, ReplayedChange change, double lateMs)
    {
        lock (_lock)
        {
            _changes[pass].Add(change);
            _late[pass].Add(lateMs);
        }
    }

    /// <summary>A command could not be sent.</summary>
    public void AddUnanswered(ReplayPass pass)
    {
        lock (_lock)
            _unanswered[pass] = _unanswered.GetValueOrDefault(pass) + 1;
    }

    /// <summary>A command was answered.</summary>
    public void Add(ReplayPass pass, ScriptedCommand command, Answer answer, double us, double lateMs)
    {
        lock (_lock)
        {
            _late[pass].Add(lateMs);
            if (!command.IsCompared)
                return;
            var (gaveWay, all) = _counts.GetValueOrDefault(pass);
            _counts[pass] = (gaveWay + (answer.GaveWay ? 1 : 0), all + 1);
            _took[pass][command.Number] = answer.IsOk ? (float)us : 0;
            if (pass is { IsNew: false, Number: 0 })
                _old[command.Number] = answer;
            else if (_old[command.Number] is { } old)
                Compare(pass, command, old, answer);
        }
    }

    /// <summary>
    /// Latencies of statements that look alike, in pairs: for each turn in which both servers answered, and for each two turns that follow each other.
    /// </summary>
    public DigestPairs Pairs(string digest, IReadOnlyList<ScriptedCommand> alike)
    {
        var (turns, between) = (new List<IReadOnlyList<(double, double)>>(), new List<IReadOnlyList<(double, double)>>());
        for (var number = 0; _took.TryGetValue(new(false, number), out var old) && _took.TryGetValue(new(true, number), out var @new); number++)
        {
            turns.Add(Both(old, @new));
            if (_took.TryGetValue(new(false, number + 1), out var following))
                between.Add(Both(following, @new));
        }
        return new DigestPairs(digest, turns, between);

        List<(double, double)> Both(float[] old, float[] @new) =>
            [.. alike.Where(one => old[one.Number] > 0 && @new[one.Number] > 0).Select(one => ((double)old[one.Number], (double)@new[one.Number]))];
    }

    // What gives one server two answers says nothing of two servers.
    private void Compare(ReplayPass pass, ScriptedCommand command, Answer old, Answer answer)
    {
        if (pass is { IsNew: true, Number: 0 })
        {
            if (_lost.Contains(command.Transaction))
            {
                Excused++;
                return;
            }
            Compared++;
            var found = AnswerComparison.Of(old, answer, NatureOf(command, old, answer));
            if (found.Count > 0)
                _differences[command.Number] = new FoundDifference(command, found, answer);
            if (found is [.., { Kind: DifferenceKind.Locks }])
                Lose(command);
            return;
        }
        if (old.GaveWay || answer.GaveWay)
            return; // Who gives way is another each time.
        var before = pass.IsNew && _differences.TryGetValue(command.Number, out var first) ? first.New : old;
        if (_unsteady.ContainsKey(command.Number) || (pass.IsNew && !_differences.ContainsKey(command.Number)))
            return;
        if (AnswerComparison.Of(before, answer, NatureOf(command, before, answer))
            .Any(one => one.Kind is not (DifferenceKind.MetadataMinor or DifferenceKind.Metadata)))
            _unsteady[command.Number] = pass;
    }

    // As long as not all of a cursor's rows were fetched, which these are is as free as with a LIMIT.
    private static StatementNature NatureOf(ScriptedCommand command, Answer one, Answer other)
    {
        var nature = command.Nature!;
        var isAll = one.Status.HasFlag(ServerStatus.LastRowSent) && other.Status.HasFlag(ServerStatus.LastRowSent);
        return command.Command.Kind != CommandKind.StatementFetch || isAll ? nature
            : nature with { IsLimited = true, LetsChoose = nature.LetsChoose || !nature.IsOrdered };
    }

    // What is left of its transaction finds other rows, or none open. What one that only read has lost, nobody else misses.
    private void Lose(ScriptedCommand command)
    {
        if (command.Transaction > 0)
            _lost.Add(command.Transaction);
        if (isWriting)
            _apartFrom = Math.Min(_apartFrom, command.Command.At);
    }
}
