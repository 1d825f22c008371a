using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Pools;

/// <summary>
/// Those who wait for a connection of one pool, in order. Each loop has a line of its own; the oldest of all goes first,
/// but a connection is not carried to another loop for the sake of a moment. Callers hold the pool's lock.
/// </summary>
internal sealed class WaitList(int loops)
{
    /// <summary>
    /// A waiter of the connection's own loop is served before one of another loop that came up to this much earlier.
    /// Handing a descriptor over costs four system calls; at a pool's usual pace this is less than one statement's time.
    /// </summary>
    private const int OvertakeMsMax = 2;

    private readonly Line[] _lines = new Line[loops];

    /// <summary>How many wait.</summary>
    internal int Count { get; private set; }

    /// <summary>Since when the oldest waits; null when nobody does.</summary>
    internal long? OldestSinceMs => Oldest()?.SinceMs;

    internal void Add(PoolWaiter waiter)
    {
        ref var line = ref _lines[waiter.Loop.Index];
        waiter.Ahead = line.Last;
        if (line.Last is not null)
            line.Last.Behind = waiter;
        else
            line.First = waiter;
        line.Last = waiter;
        waiter.IsInLine = true;
        Count++;
    }

    /// <summary>Takes a waiter out; false when it is not in any more.</summary>
    internal bool Remove(PoolWaiter waiter)
    {
        if (!waiter.IsInLine)
            return false;
        ref var line = ref _lines[waiter.Loop.Index];
        if (waiter.Ahead is not null)
            waiter.Ahead.Behind = waiter.Behind;
        else
            line.First = waiter.Behind;
        if (waiter.Behind is not null)
            waiter.Behind.Ahead = waiter.Ahead;
        else
            line.Last = waiter.Ahead;
        waiter.Ahead = waiter.Behind = null;
        waiter.IsInLine = false;
        Count--;
        return true;
    }

    /// <summary>Takes out whoever gets a connection that is on <paramref name="loop"/>; null when nobody waits.</summary>
    internal PoolWaiter? TakeFor(Loop loop)
    {
        var next = Oldest();
        if (next is null)
            return null;
        if (_lines[loop.Index].First is { } near && near.SinceMs - next.SinceMs <= OvertakeMsMax)
            next = near;
        Remove(next);
        return next;
    }

    /// <summary>Takes out everybody.</summary>
    internal List<PoolWaiter> TakeAll()
    {
        var all = new List<PoolWaiter>(Count);
        while (Oldest() is { } waiter)
        {
            Remove(waiter);
            all.Add(waiter);
        }
        return all;
    }

    internal PoolWaiter? Oldest()
    {
        PoolWaiter? oldest = null;
        foreach (var line in _lines)
        {
            if (line.First is { } first && (oldest is null || first.SinceMs < oldest.SinceMs))
                oldest = first;
        }
        return oldest;
    }

    // Part of the waiters themselves, so that joining a line allocates nothing.
    private struct Line
    {
        internal PoolWaiter? First;
        internal PoolWaiter? Last;
    }
}
