namespace Seawall.Tests.Admission;

/// <summary>Virtual time: what is to happen happens in order, as fast as the machine can, and the same at each run.</summary>
/// <remarks>
/// Most of it comes in order as it is: patience ends in the order in which it began. So there are a few lines, each in order by itself, and only what
/// fits into none of them is sorted: of tens of thousands of clients who wait, a few dozen.
/// </remarks>
internal sealed class ModelClock
{
    private readonly Line[] _lines = [new(), new(), new(), new()];
    private readonly PriorityQueue<Action, (double AtMs, long Number)> _others = new();
    private long _number;

    /// <summary>Now.</summary>
    internal double NowMs { get; private set; }

    /// <summary>Now, as loops see it.</summary>
    internal long Ms => (long)NowMs;

    /// <summary>Has something happen later.</summary>
    internal void In(double ms, Action what)
    {
        var due = new Due(NowMs + Math.Max(0, ms), ++_number, what);
        Line? best = null;
        foreach (var line in _lines)
        {
            if (line.LastMs <= due.AtMs && (best is null || line.LastMs > best.LastMs))
                best = line;
        }
        if (best is null)
            _others.Enqueue(what, (due.AtMs, due.Number));
        else
            best.Add(due);
    }

    /// <summary>Lets time pass.</summary>
    internal void RunUntil(double ms)
    {
        while (TakeNext(ms) is { } what)
            what();
        NowMs = ms;
    }

    private Action? TakeNext(double untilMs)
    {
        Line? from = null;
        var next = new Due(double.PositiveInfinity, long.MaxValue, null);
        foreach (var line in _lines)
        {
            if (line.Items.TryPeek(out var first) && first.IsBefore(next))
                (next, from) = (first, line);
        }
        if (_others.TryPeek(out var what, out var at) && new Due(at.AtMs, at.Number, what) is var other && other.IsBefore(next))
            (next, from) = (other, null);
        if (next.What is null || next.AtMs > untilMs)
            return null;
        if (from is null)
            _others.Dequeue();
        else
            from.Items.Dequeue();
        NowMs = next.AtMs;
        return next.What;
    }

    private readonly record struct Due(double AtMs, long Number, Action? What)
    {
        internal bool IsBefore(Due other) => AtMs < other.AtMs || (AtMs == other.AtMs && Number < other.Number);
    }

    private sealed class Line
    {
        internal Queue<Due> Items { get; } = new();

        internal double LastMs { get; private set; } = double.NegativeInfinity;

        internal void Add(Due due)
        {
            Items.Enqueue(due);
            LastMs = due.AtMs;
        }
    }
}
