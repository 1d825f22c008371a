using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Pools;

/// <summary>
/// Those who wait for a connection of one pool, in order. Each loop has a line of its own; the oldest of all goes first,
/// but a connection is not carried to another loop for the sake of a moment. Callers hold the pool's lock.
/// </summary>
internal sealed class WaitList(PoolShard[] shards)
{
    /// <summary>
    /// A waiter of the connection's own loop is served before one of another loop that came up to this much earlier.
    /// Handing a descriptor over costs six system calls; at a pool's usual pace this is less than one statement's time.
    /// </summary>
    internal const int OvertakeMsMax = 2;

    /// <summary>
    /// How much longer a waiter is left to the connections of its own loop, when that has its share of them and no more can
    /// be opened: one of those will come free for it. Loops that are pressed hand over to and fro otherwise, at every
    /// third statement. Two steps of the timer that looks again; far below any limit on waiting that somebody would set.
    /// </summary>
    internal const int OwnLoopMsMax = 2 * TimerWheel.TickMs;

    private readonly Line[] _lines = new Line[shards.Length];

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
        Note(waiter.Loop);
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
        Note(waiter.Loop);
        return true;
    }

    /// <summary>
    /// Takes out whoever gets a connection that is free on a loop; null when nobody waits, or when all who do are to wait
    /// for their own loops' connections. <paramref name="isFull"/>: no more connections can be opened.
    /// </summary>
    internal PoolWaiter? TakeFor(PoolShard here, long nowMs, bool isFull)
    {
        var near = _lines[here.Loop.Index].First;
        var next = near;
        for (var i = 0; i < _lines.Length; i++)
        {
            if (_lines[i].First is not { } first || first == near)
                continue;
            var hasShare = isFull && HasShare((near?.SinceMs ?? nowMs) - first.SinceMs, here.Owned, shards[i].Owned);
            if (hasShare || near?.SinceMs - first.SinceMs <= OvertakeMsMax)
                continue;
            if (next is null || first.SinceMs < next.SinceMs)
                next = first;
        }
        if (next is not null)
            Remove(next);
        return next;
    }

    /// <summary>
    /// Whether somebody who comes now may take what is idle on his loop, although others wait: all of them on loops that have
    /// their share. From any thread, without the lock.
    /// </summary>
    internal bool MayGoFirst(PoolShard here, long nowMs)
    {
        foreach (var shard in shards)
        {
            var sinceMs = shard.WaitedForSinceMs;
            if (sinceMs != long.MaxValue && (shard == here || !HasShare(nowMs - sinceMs, here.Owned, shard.Owned)))
                return false;
        }
        return true;
    }

    /// <summary>
    /// Whether a waiter that came <paramref name="earlierMs"/> ago, or before another, is left to its own loop, given how many
    /// connections that one has and the loop where one is free. One fewer is still its share: an odd one would be handed
    /// over for ever.
    /// </summary>
    internal static bool HasShare(long earlierMs, int connectionsHere, int connectionsThere) =>
        earlierMs <= OwnLoopMsMax && connectionsThere > 0 && connectionsThere >= connectionsHere - 1;

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

    private void Note(Loop loop) =>
        shards[loop.Index].WaitedForSinceMs = _lines[loop.Index].First?.SinceMs ?? long.MaxValue;

    // Part of the waiters themselves, so that joining a line allocates nothing.
    private struct Line
    {
        internal PoolWaiter? First;
        internal PoolWaiter? Last;
    }
}
