using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Pools;

/// <summary>
/// Those who wait for a connection of one pool, in order. Lower ranks go first. Each loop has lines of its own; of one rank the oldest
/// of all goes first, but a connection is not carried to another loop for the sake of a moment. Callers hold the pool's lock.
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

    /// <summary>How many ranks there are: as many as classes of statements.</summary>
    internal const int Ranks = 5;

    /// <summary>The rank of whoever nobody has said anything about, and of everybody where nobody is held.</summary>
    internal const int UsualRank = 2;

    /// <summary>
    /// A rank of which somebody waits gets a connection at least this often, whoever else there is: as often as a class without a
    /// guaranteed share gets a place at the server.
    /// </summary>
    internal const int ForgottenMs = 500;

    private readonly Line[] _lines = new Line[shards.Length * Ranks];
    private readonly int[] _ofRank = new int[Ranks];
    private readonly long[] _servedMs = new long[Ranks];
    private int _bestRank = Ranks;

    /// <summary>How many wait.</summary>
    internal int Count { get; private set; }

    /// <summary>Since when the oldest waits; null when nobody does.</summary>
    internal long? OldestSinceMs => Oldest()?.SinceMs;

    /// <summary>The lowest rank of which somebody waits; <see cref="Ranks"/> when nobody does. From any thread.</summary>
    internal int BestRank => Volatile.Read(ref _bestRank);

    internal void Add(PoolWaiter waiter)
    {
        ref var line = ref LineOf(waiter.Loop.Index, waiter.Rank);
        waiter.Ahead = line.Last;
        if (line.Last is not null)
            line.Last.Behind = waiter;
        else
            line.First = waiter;
        line.Last = waiter;
        waiter.IsInLine = true;
        Note(waiter, 1);
    }

    /// <summary>Takes a waiter out; false when it is not in any more.</summary>
    internal bool Remove(PoolWaiter waiter)
    {
        if (!waiter.IsInLine)
            return false;
        ref var line = ref LineOf(waiter.Loop.Index, waiter.Rank);
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
        Note(waiter, -1);
        return true;
    }

    /// <summary>
    /// Takes out whoever gets a connection that is free on a loop; null when nobody waits, or when all who do are to wait
    /// for their own loops' connections. <paramref name="isFull"/>: no more connections can be opened.
    /// </summary>
    internal PoolWaiter? TakeFor(PoolShard here, long nowMs, bool isFull)
    {
        var forgotten = ForgottenRank(nowMs);
        var next = forgotten < Ranks ? NextOf(forgotten, here, nowMs, isFull) : null;
        for (var rank = _bestRank; rank < Ranks && next is null; rank++)
        {
            if (_ofRank[rank] > 0)
                next = NextOf(rank, here, nowMs, isFull);
        }
        if (next is null)
            return null;
        Remove(next);
        _servedMs[next.Rank] = nowMs;
        return next;
    }

    /// <summary>Takes out the last of those of the highest rank, if that is above this one: somebody else is to have its place.</summary>
    internal PoolWaiter? TakeLastAbove(int rank)
    {
        for (var other = Ranks - 1; other > rank; other--)
        {
            if (_ofRank[other] == 0)
                continue;
            PoolWaiter? newest = null;
            for (var i = 0; i < shards.Length; i++)
            {
                if (LineOf(i, other).Last is { } last && (newest is null || last.SinceMs >= newest.SinceMs))
                    newest = last;
            }
            Remove(newest!);
            return newest;
        }
        return null;
    }

    private PoolWaiter? NextOf(int rank, PoolShard here, long nowMs, bool isFull)
    {
        var near = LineOf(here.Loop.Index, rank).First;
        var next = near;
        for (var i = 0; i < shards.Length; i++)
        {
            if (LineOf(i, rank).First is not { } first || first == near)
                continue;
            var hasShare = isFull && HasShare((near?.SinceMs ?? nowMs) - first.SinceMs, here.Owned, shards[i].Owned);
            if (hasShare || near?.SinceMs - first.SinceMs <= OvertakeMsMax)
                continue;
            if (next is null || first.SinceMs < next.SinceMs)
                next = first;
        }
        return next;
    }

    // One that others go before all the time.
    private int ForgottenRank(long nowMs)
    {
        for (var rank = _bestRank + 1; rank < Ranks; rank++)
        {
            if (_ofRank[rank] > 0 && nowMs - _servedMs[rank] >= ForgottenMs && nowMs - OldestOf(rank)!.SinceMs >= ForgottenMs)
                return rank;
        }
        return Ranks;
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

    /// <summary>Whoever is next, all loops alike; null when nobody waits.</summary>
    internal PoolWaiter? First() => _bestRank < Ranks ? OldestOf(_bestRank) : null;

    private PoolWaiter? Oldest()
    {
        PoolWaiter? oldest = null;
        for (var rank = _bestRank; rank < Ranks; rank++)
        {
            if (OldestOf(rank) is { } first && (oldest is null || first.SinceMs < oldest.SinceMs))
                oldest = first;
        }
        return oldest;
    }

    private PoolWaiter? OldestOf(int rank)
    {
        PoolWaiter? oldest = null;
        for (var i = 0; i < shards.Length; i++)
        {
            if (LineOf(i, rank).First is { } first && (oldest is null || first.SinceMs < oldest.SinceMs))
                oldest = first;
        }
        return oldest;
    }

    private ref Line LineOf(int loop, int rank) => ref _lines[(loop * Ranks) + rank];

    // One more waits, or one fewer.
    private void Note(PoolWaiter waiter, int change)
    {
        Count += change;
        _ofRank[waiter.Rank] += change;
        var best = 0;
        while (best < Ranks && _ofRank[best] == 0)
            best++;
        Volatile.Write(ref _bestRank, best);
        var index = waiter.Loop.Index;
        var since = long.MaxValue;
        for (var rank = best; rank < Ranks; rank++)
            since = Math.Min(since, LineOf(index, rank).First?.SinceMs ?? long.MaxValue);
        shards[index].WaitedForSinceMs = since;
    }

    // Part of the waiters themselves, so that joining a line allocates nothing.
    private struct Line
    {
        internal PoolWaiter? First;
        internal PoolWaiter? Last;
    }
}
