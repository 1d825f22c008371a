namespace Seawall.Tests.Admission;

/// <summary>Virtual time: what is to happen happens in order, as fast as the machine can, and the same at each run.</summary>
internal sealed class ModelClock
{
    private readonly PriorityQueue<Action, (double AtMs, long Number)> _events = new();
    private long _number;

    /// <summary>Now.</summary>
    internal double NowMs { get; private set; }

    /// <summary>Now, as loops see it.</summary>
    internal long Ms => (long)NowMs;

    /// <summary>Has something happen later.</summary>
    internal void In(double ms, Action what) => _events.Enqueue(what, (NowMs + Math.Max(0, ms), ++_number));

    /// <summary>Lets time pass.</summary>
    internal void RunUntil(double ms)
    {
        while (_events.TryPeek(out var what, out var next) && next.AtMs <= ms)
        {
            _events.Dequeue();
            NowMs = next.AtMs;
            what();
        }
        NowMs = ms;
    }
}
