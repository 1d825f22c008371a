namespace Seawall.Engine.Flow.Floodgates.Limits;

/// <summary>Which way a statement goes through a sluice: those that take long must not take all places from those that do not.</summary>
internal enum Lane : byte
{
    /// <summary>It is one of those that do not take long, or nobody knows yet.</summary>
    Short,

    /// <summary>Statements like it take long.</summary>
    Long,

    /// <summary>Statements like it have come to take many times as long as they used to: a plan that has changed.</summary>
    Broken,

    /// <summary>Statements like it wait for one another, and no more of them get done when more of them run: a row that everybody wants to change.</summary>
    Hot,
}

/// <summary>
/// How many statements of each lane run, and how many may. Counting is one atomic operation, and only for those that do not go the
/// common way; ten times a second the counts are put right, since a shape may have changed its lane under those that run.
/// Thread-safe.
/// </summary>
internal sealed class Lanes
{
    /// <summary>How many there are.</summary>
    internal const int Count = 4;

    private readonly int[] _running = new int[Count];
    private readonly int[] _waiting = new int[Count];
    private readonly int[] _max = [int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue];
    private readonly double[] _ranMs = new double[Count];

    /// <summary>Statements of a lane that run.</summary>
    internal int RunningOf(Lane lane) => Math.Max(0, Volatile.Read(ref _running[(int)lane]));

    /// <summary>Statements of a lane that may run.</summary>
    internal int MaxOf(Lane lane) => Volatile.Read(ref _max[(int)lane]);

    /// <summary>How long one of a lane runs; 0 when nobody knows.</summary>
    internal double RanMsOf(Lane lane) => Volatile.Read(ref _ranMs[(int)lane]);

    /// <summary>Whether one more of a lane may run.</summary>
    internal bool HasRoom(Lane lane) => lane == Lane.Short || RunningOf(lane) < MaxOf(lane);

    /// <summary>One runs.</summary>
    internal void Enter(Lane lane)
    {
        if (lane != Lane.Short)
            Interlocked.Increment(ref _running[(int)lane]);
    }

    /// <summary>One runs no more; true when another one waits for that.</summary>
    internal bool Leave(Lane lane)
    {
        if (lane == Lane.Short)
            return false;
        Interlocked.Decrement(ref _running[(int)lane]);
        return Volatile.Read(ref _waiting[(int)lane]) > 0;
    }

    /// <summary>So many wait. Said before whoever says it looks whether there is room: then one of the two sees the other.</summary>
    internal void NoteWaiting(Lane lane, int waiting)
    {
        if (Volatile.Read(ref _waiting[(int)lane]) != waiting)
            Interlocked.Exchange(ref _waiting[(int)lane], waiting);
    }

    /// <summary>What was counted by shape.</summary>
    internal void Set(Lane lane, int running, int max, double ranMs)
    {
        if (lane != Lane.Short)
            Volatile.Write(ref _running[(int)lane], running);
        Volatile.Write(ref _max[(int)lane], Math.Max(1, max));
        Volatile.Write(ref _ranMs[(int)lane], ranMs);
    }
}
