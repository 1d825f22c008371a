namespace Seawall.Engine.Flow.Pools;

/// <summary>
/// How many connections Seawall has to one server, over all accounts, and how many it may have. When there is no room, the
/// account with the most idle ones gives one up. Thread-safe.
/// </summary>
internal sealed class ServerSlots(Func<int> max)
{
    private readonly Lock _lock = new();
    private readonly List<Pool> _pools = [];
    private int _used;
    private int _wantedRank = WaitList.Ranks;

    /// <summary>Connections that exist or are being opened.</summary>
    internal int Used => Volatile.Read(ref _used);

    /// <summary>How many there may be.</summary>
    internal int Max => max();

    /// <summary>Whether there is no room: whoever waits for some must ask again, since nobody tells of connections that lie idle.</summary>
    internal bool IsFull => Used >= Max;

    /// <summary>Whether there is no room, and somebody has been waiting for some since then.</summary>
    internal bool AreWantedSince(long ms)
    {
        if (!IsFull)
            return false;
        Pool[] pools;
        lock (_lock)
            pools = [.. _pools];
        return pools.Any(pool => pool.OldestWaiterSinceMs <= ms); // Outside the lock: a pool that asks for room holds its own.
    }

    /// <summary>Whether somebody found no room who matters more than those of this rank.</summary>
    internal bool IsWantedBelow(int rank) => Volatile.Read(ref _wantedRank) < rank;

    internal void Join(Pool pool)
    {
        lock (_lock)
        {
            if (!_pools.Contains(pool))
                _pools.Add(pool);
        }
    }

    internal void Leave(Pool pool)
    {
        lock (_lock)
            _pools.Remove(pool);
    }

    /// <summary>Takes room for one connection, if there is any; otherwise somebody is asked to make some.</summary>
    internal bool TryTake(Pool pool)
    {
        lock (_lock)
        {
            if (_used < Max)
            {
                _used++;
                Volatile.Write(ref _wantedRank, WaitList.Ranks);
                return true;
            }
            // Until somebody gets some: whoever still wants it then says so again within one tick of the timers.
            if (pool.BestRank < _wantedRank)
                Volatile.Write(ref _wantedRank, pool.BestRank);
            Pool? richest = null;
            foreach (var other in _pools)
            {
                if (other != pool && other.Idle > 0 && (richest is null || other.Idle > richest.Idle))
                    richest = other;
            }
            richest?.GiveUpOneIdle();
            return false;
        }
    }

    /// <summary>A connection is gone; whoever waits for room may have it.</summary>
    internal void GiveBack()
    {
        Pool[] pools;
        lock (_lock)
        {
            _used--;
            pools = [.. _pools];
        }
        // Outside the lock: a pool that asks for room holds its own lock.
        foreach (var pool in pools.Where(pool => pool.Waiting > 0).OrderBy(pool => pool.BestRank).ThenBy(pool => pool.OldestWaiterSinceMs))
            pool.DialIfNeeded();
    }
}
