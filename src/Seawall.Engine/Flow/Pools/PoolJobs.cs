using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Pools;

/// <summary>Runs where idle connections of a pool are: gives them to those who wait, wherever these are.</summary>
internal sealed class StealJob(Pool pool, PoolShard shard) : LoopJob
{
    /// <inheritdoc/>
    public override void Run(Loop loop)
    {
        while (pool.Waiting > 0 && shard.Oldest is { } connection)
        {
            shard.Remove(connection);
            if (!connection.WakeFromIdle())
                pool.Drop(connection);
            else if (!pool.Offer(connection))
                return;
        }
        if (pool.Waiting > 0)
            shard.CallBackSoftLeases();
    }
}

/// <summary>
/// While somebody waits on its loop, looks at what is idle on all of them: whoever was left to the connections of his own loop
/// is not forgotten when none of them comes free. And asks again for room at the server, which an idle connection of another
/// account may have to make.
/// </summary>
internal sealed class WaitReminder(Pool pool, PoolShard shard, int loops) : TimerNode
{
    /// <summary>Begins, unless it runs. Its loop only.</summary>
    internal void Start()
    {
        if (!IsArmed)
            shard.Loop.Arm(this, TimerWheel.TickMs);
    }

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        if (shard.WaitedForSinceMs == long.MaxValue)
            return;
        for (var i = 0; i < loops; i++)
            pool.CallFor(i);
        pool.DialIfNeeded();
        Start();
    }
}

/// <summary>Closes idle connections of one loop: all, or those that are too old or too many, or at least so many.</summary>
internal sealed class TrimJob(Pool pool, PoolShard shard, bool closeAll, int atLeast) : LoopJob
{
    private int _atLeast = atLeast;

    /// <inheritdoc/>
    public override void Run(Loop loop)
    {
        var limits = pool.Limits;
        // All of them: lifetimes differ, so the one that is idle longest need not be the one that ends first.
        var connection = shard.Oldest;
        while (connection is not null)
        {
            var newer = connection.Newer;
            var tooOld = loop.NowMs - connection.IdleSinceMs > limits.IdleMsMax && pool.Total > limits.IdleMin;
            if (closeAll || _atLeast-- > 0 || tooOld || connection.IsExpired || pool.IsTooMany)
            {
                shard.Remove(connection);
                pool.Drop(connection);
            }
            connection = newer;
        }
    }
}
