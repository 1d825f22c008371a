namespace Seawall.Tests.Admission;

/// <summary>
/// A server of so many cores that share themselves among what runs. More statements than cores hinder one another: each one more
/// costs all of them 0.4 hundredths, as in the overload design's model.
/// </summary>
internal sealed class ModelServer(ModelClock clock, double cores)
{
    private const double Contention = 0.004;

    /// <summary>What each statement that waits for a row costs the one that has it.</summary>
    private const double SearchMs = 0.02;

    private readonly Dictionary<int, Queue<(ModelRequest Request, Action Done)>> _rows = [];
    private readonly PriorityQueue<Action, double> _running = new();
    private readonly List<Action> _done = [];
    private double _work;
    private double _sinceMs;
    private int _version;

    /// <summary>Statements that run.</summary>
    internal int Running => _running.Count;

    /// <summary>The most that ever ran.</summary>
    internal int RunningMost { get; private set; }

    /// <summary>Statements that were begun.</summary>
    internal long Begun { get; private set; }

    /// <summary>Cores, which may become more or fewer.</summary>
    internal double Cores
    {
        get => cores;
        set
        {
            Advance();
            cores = value;
            Plan();
        }
    }

    /// <summary>What a request takes now, when that is not what it says.</summary>
    internal Func<ModelRequest, double>? WorkMs { get; set; }

    /// <summary>Statements that wait for a row that another one has.</summary>
    internal int Blocked => _rows.Values.Sum(waiting => waiting.Count);

    /// <summary>Runs a request, when the row is free that it changes.</summary>
    internal void Run(ModelRequest request, Action done)
    {
        if (request.Row == 0)
            Run(WorkMs?.Invoke(request) ?? request.WorkMs, done);
        else if (_rows.TryGetValue(request.Row, out var waiting))
            waiting.Enqueue((request, done));
        else
        {
            _rows.Add(request.Row, new());
            RunWithRow(request, done);
        }
    }

    // Whether it waits in a circle is looked for the longer the more wait.
    private void RunWithRow(ModelRequest request, Action done) => Run(request.WorkMs + (SearchMs * _rows[request.Row].Count), () =>
    {
        if (_rows[request.Row].TryDequeue(out var next))
            RunWithRow(next.Request, next.Done);
        else
            _rows.Remove(request.Row);
        done();
    });

    /// <summary>Runs something that takes so many milliseconds of one core.</summary>
    internal void Run(double workMs, Action done)
    {
        Advance();
        Begun++;
        _running.Enqueue(done, _work + workMs);
        RunningMost = Math.Max(RunningMost, _running.Count);
        Plan();
    }

    // What one of those that run has got of a core since the beginning: the same for each, so that a statement is done when that
    // has grown by its own work.
    private double Rate => _running.Count == 0 ? 0
        : Math.Min(1, cores / _running.Count) / (1 + (Contention * Math.Max(0, _running.Count - cores)));

    private void Advance()
    {
        _work += (clock.NowMs - _sinceMs) * Rate;
        _sinceMs = clock.NowMs;
    }

    private void Plan()
    {
        if (!_running.TryPeek(out _, out var next))
            return;
        var version = ++_version;
        clock.In((next - _work) / Rate, () => Finish(version));
    }

    private void Finish(int version)
    {
        if (version != _version)
            return;
        Advance();
        // To the end of what is due, rounding included: the first is due in any case.
        _done.Add(_running.Dequeue());
        while (_running.TryPeek(out _, out var next) && next <= _work + 1e-6)
            _done.Add(_running.Dequeue());
        Plan();
        foreach (var action in _done)
            action();
        _done.Clear();
    }
}
