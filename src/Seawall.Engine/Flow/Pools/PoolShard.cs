using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Pools;

/// <summary>
/// The idle connections of one pool on one loop, by the settings that they have and by how long they have been idle. Only
/// the loop's thread touches it; others may read <see cref="Count"/>.
/// </summary>
internal sealed class PoolShard(Loop loop)
{
    /// <summary>Empty buckets are kept, so that a steady state allocates nothing, up to this many.</summary>
    private const int BucketsKept = 64;

    /// <summary>How many connections are looked at for one that has no schema; they are few in any pool.</summary>
    private const int SchemaSearchMax = 64;

    /// <summary>After so many, those that have ended are swept out of the list.</summary>
    private const int SoftLeasesKept = 64;

    private readonly Dictionary<SessionSettings, Bucket> _buckets = [];
    private Bucket? _lastBucket;
    private PooledConnection? _newest;
    private PooledConnection? _oldest;
    private readonly List<(LeaseMark Mark, Action GiveBack)> _softLeases = [];
    private int _count;
    private int _softCount;
    private int _owned;
    private long _waitedForSinceMs = long.MaxValue;

    /// <summary>The loop.</summary>
    internal Loop Loop { get; } = loop;

    /// <summary>How many are idle.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>How many connections are on this loop, idle or in use. Read from any thread; exact when nothing moves.</summary>
    internal int Owned => Volatile.Read(ref _owned);

    /// <summary>Since when the first in this loop's line waits; the far future when nobody does. Written by the line.</summary>
    internal long WaitedForSinceMs
    {
        get => Volatile.Read(ref _waitedForSinceMs);
        set => Volatile.Write(ref _waitedForSinceMs, value);
    }

    /// <summary>About how many leases are only held in case of a question.</summary>
    internal int SoftLeases => Volatile.Read(ref _softCount);

    /// <summary>The connection that has been idle longest.</summary>
    internal PooledConnection? Oldest => _oldest;

    /// <summary>A connection has come to this loop, or left it: from any thread.</summary>
    internal void CountOwned(int change) => Interlocked.Add(ref _owned, change);

    /// <summary>Notes a lease that can be called back.</summary>
    internal void AddSoftLease(Lease lease, Action giveBack)
    {
        if (_softLeases.Count >= SoftLeasesKept)
            _softLeases.RemoveAll(soft => !soft.Mark.Connection!.Lease.IsHeld || !soft.Mark.IsUntouched);
        _softLeases.Add((lease.Mark, giveBack));
        Volatile.Write(ref _softCount, _softLeases.Count);
    }

    /// <summary>Calls all of them back that are still the same.</summary>
    internal void CallBackSoftLeases()
    {
        var softLeases = _softLeases.ToArray();
        _softLeases.Clear();
        Volatile.Write(ref _softCount, 0);
        foreach (var (mark, giveBack) in softLeases)
        {
            if (mark.IsUntouched && mark.Connection!.Lease.IsHeld)
                giveBack();
        }
    }

    /// <summary>Puts a connection in.</summary>
    internal void Push(PooledConnection connection)
    {
        connection.IdleSinceMs = Loop.NowMs;
        connection.Older = _newest;
        connection.Newer = null;
        if (_newest is not null)
            _newest.Newer = connection;
        else
            _oldest = connection;
        _newest = connection;
        var bucket = BucketOf(connection.Applied) ?? Add(connection.Applied);
        connection.Bucket = bucket;
        connection.NextInBucket = bucket.First;
        connection.PreviousInBucket = null;
        if (bucket.First is not null)
            bucket.First.PreviousInBucket = connection;
        bucket.First = connection;
        connection.IdleOn = this;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Takes a connection out; false when it was not in.</summary>
    internal bool Remove(PooledConnection connection)
    {
        if (connection.IdleOn != this)
            return false;
        Unlink(connection);
        return true;
    }

    /// <summary>
    /// Takes out the best connection for these settings: the session's own last one, the freshest that has them, or the
    /// one idle longest that can be moved to them; null when there is none.
    /// </summary>
    internal PooledConnection? Take(SessionSettings wanted, PooledConnection? last)
    {
        if (_newest is null)
            return null;
        var chosen = last?.IdleOn == this && last.Applied == wanted ? last
            : BucketOf(wanted)?.First ?? Movable(wanted);
        if (chosen is not null)
            Unlink(chosen);
        return chosen;
    }

    // The sessions of one pool have the same settings mostly: the one that was looked for last is the one that is looked for.
    private Bucket? BucketOf(SessionSettings settings)
    {
        if (_lastBucket?.Settings == settings)
            return _lastBucket;
        return _buckets.TryGetValue(settings, out var bucket) ? _lastBucket = bucket : null;
    }

    private Bucket Add(SessionSettings settings) => _lastBucket = _buckets[settings] = new Bucket(settings);

    private PooledConnection? Movable(SessionSettings wanted)
    {
        // A connection that is in a schema cannot leave it without a new login; one that is in none can enter any.
        var candidate = _oldest;
        if (wanted.Schema is not null)
            return candidate;
        for (var left = SchemaSearchMax; candidate is not null && left > 0; left--, candidate = candidate.Newer)
        {
            if (candidate.Applied.Schema is null)
                return candidate;
        }
        return null;
    }

    private void Unlink(PooledConnection connection)
    {
        if (connection.Newer is not null)
            connection.Newer.Older = connection.Older;
        else
            _newest = connection.Older;
        if (connection.Older is not null)
            connection.Older.Newer = connection.Newer;
        else
            _oldest = connection.Newer;
        connection.Newer = connection.Older = null;
        UnlinkBucket(connection);
        connection.IdleOn = null;
        Volatile.Write(ref _count, _count - 1);
    }

    private void UnlinkBucket(PooledConnection connection)
    {
        var bucket = connection.Bucket!;
        if (connection.NextInBucket is not null)
            connection.NextInBucket.PreviousInBucket = connection.PreviousInBucket;
        if (connection.PreviousInBucket is not null)
            connection.PreviousInBucket.NextInBucket = connection.NextInBucket;
        else
            bucket.First = connection.NextInBucket;
        connection.NextInBucket = connection.PreviousInBucket = null;
        connection.Bucket = null;
        if (bucket.First is null && _buckets.Count > BucketsKept)
            Forget(bucket);
    }

    private void Forget(Bucket bucket)
    {
        _buckets.Remove(bucket.Settings);
        if (_lastBucket == bucket)
            _lastBucket = null;
    }

    /// <summary>The idle connections that have the same settings, the newest first.</summary>
    internal sealed class Bucket(SessionSettings settings)
    {
        internal SessionSettings Settings { get; } = settings;

        internal PooledConnection? First { get; set; }
    }
}
