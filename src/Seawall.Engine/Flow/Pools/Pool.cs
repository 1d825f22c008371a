using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Pools;

/// <summary>
/// The connections of one account to one server. Those that are idle lie on the loop that used them last; those who wait
/// do so here, in order. Taking and giving back on one loop, with nobody waiting, touches nothing that is shared.
/// </summary>
internal sealed class Pool
{
    private readonly PoolContext _context;
    private readonly PoolShard[] _shards;
    private readonly StealJob[] _stealJobs;
    private readonly WaitReminder[] _reminders;
    private readonly Lock _lock = new();
    private readonly WaitList _waiters;
    private int _waiting;
    private int _total;
    private int _dialing;
    private int _generation;
    private int _deposed;
    private volatile bool _mayBeTooMany;

    internal Pool(PoolContext context, PoolKey key, Account account)
    {
        _context = context;
        Key = key;
        Account = account;
        _shards = [.. context.Loops.Select(loop => new PoolShard(loop))];
        _stealJobs = [.. _shards.Select(shard => new StealJob(this, shard))];
        _reminders = [.. _shards.Select(shard => new WaitReminder(this, shard, _shards.Length))];
        _waiters = new WaitList(_shards);
    }

    /// <summary>Whose connections, to what, logged in how.</summary>
    internal PoolKey Key { get; }

    /// <summary>The account as it is known now; dials use it.</summary>
    internal Account Account { get; private set; }

    /// <summary>The server and its gate.</summary>
    internal PoolServer Server => _context.Server;

    /// <summary>The present limits.</summary>
    internal PoolLimits Limits => _context.Limits();

    /// <summary>Connections, idle and in use, and those being opened.</summary>
    internal int Total => Volatile.Read(ref _total);

    /// <summary>Connections being opened, or waiting at the gate.</summary>
    internal int Dialing => Volatile.Read(ref _dialing);

    /// <summary>Statements that wait.</summary>
    internal int Waiting => Volatile.Read(ref _waiting);

    /// <summary>The lowest rank of those who wait; <see cref="WaitList.Ranks"/> when nobody does.</summary>
    internal int BestRank => _waiters.BestRank;

    /// <summary>Connections that nobody uses.</summary>
    internal int Idle
    {
        get
        {
            var idle = 0;
            foreach (var shard in _shards)
                idle += shard.Count;
            return idle;
        }
    }

    /// <summary>Whether a FOUND_ROWS() that only a connection knows is asked for before the connection is given to others.</summary>
    internal FactDemand FoundRows { get; } = new();

    /// <summary>The same of a LAST_INSERT_ID() that no answer told.</summary>
    internal FactDemand InsertId { get; } = new();

    /// <summary>
    /// Facts that clients of this account asked for and could not be told: who has such a fact keeps its connection. Written loosely,
    /// from any loop.
    /// </summary>
    internal PreviousFacts Missed { get; set; }

    /// <summary>What the last dial failed with, until one succeeds.</summary>
    internal DialFailure? LastFailure { get; private set; }

    /// <summary>Since when the oldest waiter waits; the far future when nobody does.</summary>
    internal long OldestWaiterSinceMs
    {
        get
        {
            lock (_lock)
                return _waiters.OldestSinceMs ?? long.MaxValue;
        }
    }

    /// <summary>
    /// Whether somebody has been waiting since then because there can be no more connections: of this account, or, where the
    /// server's are all taken, of any.
    /// </summary>
    internal bool IsWantedSince(long ms) => (IsFull && OldestWaiterSinceMs <= ms) || Server.Slots.AreWantedSince(ms);

    /// <summary>A client that held a connection others waited for has been sent away.</summary>
    internal void NoteStalled(uint client, long forMs) =>
        _context.Telemetry.ClientStalled(this, client, forMs);

    /// <summary>
    /// Takes a connection, if one is there at once and nobody is before us. The statement path: no lock, no allocation.
    /// </summary>
    internal PooledConnection? TryTake(Loop loop, SessionSettings wanted, PooledConnection? last)
    {
        var shard = _shards[loop.Index];
        if (Waiting > 0 && !(IsFull && _waiters.MayGoFirst(shard, loop.NowMs)))
            return null;
        while (shard.Take(wanted, last) is { } connection)
        {
            if (connection.WakeFromIdle())
                return connection;
            Drop(connection);
        }
        return null;
    }

    /// <summary>Waits in line for a connection, before those of higher ranks: await the waiter, which then says what came of it.</summary>
    internal PoolWaiter Wait(PoolWaiter waiter, byte[] attributes, Wire client, int rank, int? limitMs = null)
    {
        waiter.Begin(this, attributes, client, rank);
        if (!Enter(waiter))
            return waiter;
        waiter.WatchClient();
        if (!waiter.IsCompleted)
        {
            waiter.Loop.Arm(waiter, limitMs ?? Limits.WaitMsMax);
            CallForOne(waiter.Loop);
        }
        return waiter;
    }

    /// <summary>
    /// Gives a connection back that is clean and settled; whoever is next gets it. Where the server has no room for one more and those
    /// who wait for another account's matter more, it makes room. Its loop only.
    /// </summary>
    internal void GiveBack(PooledConnection connection)
    {
        if (connection.Generation != _generation || connection.IsExpired || _context.IsClosing() || (_mayBeTooMany && IsTooMany)
            || (Waiting > 0 && Server.Slots.IsWantedBelow(BestRank)))
        {
            Drop(connection);
            return;
        }
        Offer(connection);
    }

    /// <summary>
    /// A session keeps its connection only in case it is asked about the statement before: <paramref name="giveBack"/> is
    /// called when somebody waits. Its loop only.
    /// </summary>
    internal void HoldSoftly(Lease lease, Action giveBack) =>
        ShardOf(lease.Connection).AddSoftLease(lease, giveBack);

    /// <summary>Closes a connection and makes room for another. Its loop only.</summary>
    internal void Drop(PooledConnection connection)
    {
        ShardOf(connection).CountOwned(-1);
        connection.Close();
        Interlocked.Decrement(ref _total);
        Server.Slots.GiveBack();
        DialIfNeeded();
    }

    /// <summary>A connection that was idle turned out to be closed by the server. Its loop only.</summary>
    internal void IdleFailed(PooledConnection connection)
    {
        if (!ShardOf(connection).Remove(connection))
            return;
        _context.Telemetry.LostIdle(this, connection);
        Drop(connection);
    }

    /// <summary>Takes a waiter out of the line, if it is still in. Its loop only.</summary>
    internal void GiveUp(PoolWaiter waiter, LeaseFailure failure)
    {
        lock (_lock)
        {
            if (!_waiters.Remove(waiter))
                return; // A connection is on its way to it already.
            Volatile.Write(ref _waiting, _waiters.Count);
        }
        waiter.Fail(failure);
    }

    /// <summary>
    /// The account has changed: what is idle is closed, what is in use is closed when it comes back. Connections opened from
    /// now on log in as the account is now.
    /// </summary>
    internal void Renew(Account account)
    {
        Account = account;
        LastFailure = null;
        Interlocked.Increment(ref _generation);
        Trim(closeAll: true);
        DialIfNeeded();
    }

    /// <summary>
    /// The server is the primary no more, by somebody else's doing. What is idle is closed, what is in use is closed when it comes back and
    /// takes no more statements, and those who wait go after the new one.
    /// </summary>
    internal void Depose()
    {
        Volatile.Write(ref _deposed, Interlocked.Increment(ref _generation));
        Trim(closeAll: true);
        FailWaiters(LeaseFailure.Moved);
    }

    /// <summary>Whether a connection is one of the time when the server was the primary, and it is not now.</summary>
    internal bool IsDeposed(PooledConnection connection) => connection.Generation < Volatile.Read(ref _deposed);

    /// <summary>Closes idle connections that are too old or too many; <paramref name="closeAll"/> leaves none.</summary>
    internal void Trim(bool closeAll = false)
    {
        // Looked at here, and not with each statement that ends: limits become smaller once in a blue moon.
        _mayBeTooMany = IsTooMany;
        foreach (var shard in _shards)
        {
            if (shard.Count > 0)
                shard.Loop.Post(new TrimJob(this, shard, closeAll, 0));
        }
    }

    /// <summary>Whether a reload has left less room than there are connections.</summary>
    internal bool IsTooMany => Total > Limits.SizeMax || Server.Slots.Used > Server.Slots.Max;

    /// <summary>Closes one idle connection, for another account that has none.</summary>
    internal void GiveUpOneIdle()
    {
        if (_shards.MaxBy(shard => shard.Count) is { Count: > 0 } shard)
            shard.Loop.Post(new TrimJob(this, shard, closeAll: false, atLeast: 1));
    }

    /// <summary>Ends everybody's wait.</summary>
    internal void FailWaiters(LeaseFailure failure)
    {
        List<PoolWaiter> waiters;
        lock (_lock)
        {
            waiters = _waiters.TakeAll();
            Volatile.Write(ref _waiting, 0);
        }
        foreach (var waiter in waiters)
            waiter.Fail(failure);
    }

    /// <summary>Opens connections for those who wait, as far as the limits go. From any thread.</summary>
    internal void DialIfNeeded()
    {
        // A full pool is what those who wait mostly find, and needs no lock: whoever makes room in it calls this again.
        if (IsFull)
            return;
        while (true)
        {
            PoolWaiter? first;
            lock (_lock)
            {
                first = _waiters.First();
                if (first is null || _dialing >= _waiters.Count || Total >= Limits.SizeMax || !Server.Slots.TryTake(this))
                    return;
                Interlocked.Increment(ref _total);
                _dialing++;
            }
            Server.Gate.Request(new PoolDial(this, first.Loop, first.Attributes, _generation));
        }
    }

    /// <summary>Whether a dial that the gate lets go now is still wanted.</summary>
    internal bool IsDialWanted => Waiting > 0 && !_context.IsClosing();

    /// <summary>A dial has ended without a connection.</summary>
    internal void DialFailed(DialFailure? failure)
    {
        lock (_lock)
            _dialing--;
        Interlocked.Decrement(ref _total);
        Server.Slots.GiveBack();
        if (failure is not null)
        {
            LastFailure = failure;
            _context.Telemetry.DialFailed(this, failure);
        }
        if (failure is { IsAccountsFault: true })
            FailWaiters(LeaseFailure.Refused);
        else
            DialIfNeeded();
    }

    /// <summary>The account's generation: connections of an older one are not used any more.</summary>
    internal int Generation => Volatile.Read(ref _generation);

    /// <summary>
    /// Takes over a connection that was opened to ask whether a password is right, if there is room for it. Its loop only.
    /// </summary>
    internal void Adopt(PooledConnection connection)
    {
        lock (_lock)
        {
            if (Total < Limits.SizeMax && Server.Slots.TryTake(this))
            {
                Interlocked.Increment(ref _total);
                LastFailure = null;
            }
            else
            {
                connection.Close();
                return;
            }
        }
        ShardOf(connection).CountOwned(1);
        GiveBack(connection);
    }

    /// <summary>A dial has ended with a connection. Its loop only.</summary>
    internal void Dialed(PooledConnection connection)
    {
        lock (_lock)
            _dialing--;
        LastFailure = null;
        ShardOf(connection).CountOwned(1);
        GiveBack(connection);
    }

    /// <summary>
    /// Logs in once more on a connection that is there: out of a schema, or to a clean session where the server knows no
    /// other way. Its loop only.
    /// </summary>
    internal async LoopTask<bool> LogInAgain(PooledConnection connection)
    {
        if (Server.Facts is not { } server
            || !await ServerLogin.LogInAgain(connection, server, Server.Dialer.Options, Account, Server.Dialer.Keys))
        {
            return false;
        }
        connection.GlobalsEpoch = server.Globals.Epoch;
        return true;
    }

    /// <summary>Whether clients read, in the middle of transactions, what may be left on a connection: <see cref="Leftovers"/>.</summary>
    internal bool ReadsLeftovers { get; set; }

    /// <summary>What a dial needs to know of the world.</summary>
    internal PoolContext Context => _context;

    private bool Enter(PoolWaiter waiter)
    {
        PoolWaiter? displaced = null;
        lock (_lock)
        {
            // Under the lock: whoever closes fails those in the line after having said so, and nobody joins it between.
            if (_context.IsClosing())
            {
                waiter.Fail(LeaseFailure.ShuttingDown);
                return false;
            }
            if (_waiters.Count >= Limits.WaitersMax && (displaced = _waiters.TakeLastAbove(waiter.Rank)) is null)
            {
                waiter.Fail(LeaseFailure.QueueFull);
                return false;
            }
            _waiters.Add(waiter);
            Volatile.Write(ref _waiting, _waiters.Count);
        }
        displaced?.Fail(LeaseFailure.QueueFull);
        return true;
    }

    // No more connections can be opened: what there is, is shared by the loops.
    private bool IsFull => Total >= Limits.SizeMax;

    // Whoever waits looks at what is idle after having joined the line; whoever gives back looks at the line after having
    // put the connection down. With a full fence between the two steps of each, one of them sees the other.
    private void CallForOne(Loop loop)
    {
        Interlocked.MemoryBarrier();
        var here = _shards[loop.Index];
        var isFull = IsFull;
        for (var i = 0; i < _shards.Length; i++)
        {
            if (_shards[i] == here || !isFull || !WaitList.HasShare(0, _shards[i].Owned, here.Owned))
                CallFor(i);
        }
        if ((isFull && _shards.Length > 1) || Server.Slots.IsFull)
            _reminders[loop.Index].Start();
        DialIfNeeded();
    }

    /// <summary>Has the idle connections of a loop, if there are any, given to those who wait.</summary>
    internal void CallFor(int index)
    {
        if (_shards[index].Count > 0 || _shards[index].SoftLeases > 0)
            _shards[index].Loop.Post(_stealJobs[index]);
    }

    private PoolShard ShardOf(PooledConnection connection) => _shards[connection.Wire.Loop.Index];

    /// <summary>Gives a connection to whoever waits, or lays it down; false when nobody got it. Its loop only.</summary>
    internal bool Offer(PooledConnection connection)
    {
        var shard = ShardOf(connection);
        while (true)
        {
            if (Waiting > 0 && TakeWaiter(shard) is { } waiter)
            {
                if (waiter.Loop != shard.Loop)
                {
                    shard.CountOwned(-1);
                    _shards[waiter.Loop.Index].CountOwned(1);
                }
                waiter.Deliver(connection);
                return true;
            }
            connection.GoIdle(this);
            shard.Push(connection);
            Interlocked.MemoryBarrier();
            if (Waiting == 0 || (IsFull && _waiters.MayGoFirst(shard, shard.Loop.NowMs)) || !shard.Remove(connection))
                return false;
            connection.Wire.WhenReadable(null);
        }
    }

    private PoolWaiter? TakeWaiter(PoolShard shard)
    {
        lock (_lock)
        {
            var waiter = _waiters.TakeFor(shard, shard.Loop.NowMs, IsFull);
            Volatile.Write(ref _waiting, _waiters.Count);
            return waiter;
        }
    }
}
