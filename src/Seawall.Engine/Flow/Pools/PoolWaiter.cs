using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Pools;

/// <summary>Why there is no server connection for a statement.</summary>
internal enum LeaseFailure : byte
{
    /// <summary>There is one.</summary>
    None,

    /// <summary>None came free in time.</summary>
    TimedOut,

    /// <summary>Too many wait already.</summary>
    QueueFull,

    /// <summary>The client left.</summary>
    ClientGone,

    /// <summary>A server refused the account; the pool knows its words.</summary>
    Refused,

    /// <summary>Seawall is going down.</summary>
    ShuttingDown,

    /// <summary>Somebody has ended the statement.</summary>
    Killed,

    /// <summary>The server is the primary no more: the statement goes after it.</summary>
    Moved,
}

/// <summary>
/// A statement that waits for a server connection of a pool: any that comes free, not the result of one particular dial.
/// It is completed exactly once, on its own loop, and can then be used for another wait: when clients are more than server
/// connections, waiting is the steady state, and it allocates nothing. Await it once.
/// </summary>
internal sealed class PoolWaiter : TimerNode, ILoopAwaiter
{
    private readonly Arrival _arrival;
    private readonly Callback _abandon;
    private Pool? _pool;
    private Wire? _client;
    private Resumable? _continuation;

    internal PoolWaiter(Loop loop)
    {
        Loop = loop;
        _arrival = new Arrival(this);
        _abandon = new Callback(() => _pool?.GiveUp(this, LeaseFailure.ClientGone));
    }

    /// <summary>Where it waits.</summary>
    internal Loop Loop { get; }

    /// <summary>The client's connection attributes, for the dial that it may cause.</summary>
    internal byte[] Attributes { get; private set; } = [];

    /// <summary>Since when, in the loops' milliseconds.</summary>
    internal long SinceMs { get; private set; }

    /// <summary>Whom it lets go first: those of lower ranks.</summary>
    internal int Rank { get; private set; }

    /// <summary>Whether it is in its pool's line.</summary>
    internal bool IsInLine { get; set; }

    /// <summary>The one behind it in its loop's line.</summary>
    internal PoolWaiter? Behind { get; set; }

    /// <summary>The one before it in its loop's line.</summary>
    internal PoolWaiter? Ahead { get; set; }

    /// <summary>What it got.</summary>
    internal PooledConnection? Connection { get; private set; }

    /// <summary>Why it got nothing.</summary>
    internal LeaseFailure Failure { get; private set; }

    /// <summary>For the compiler.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>Begins to wait for a client that may leave meanwhile. Only the pool calls this.</summary>
    internal void Begin(Pool pool, byte[] attributes, Wire client, int rank)
    {
        Rank = rank;
        _pool = pool;
        _client = client;
        Attributes = attributes;
        SinceMs = Loop.NowMs;
    }

    /// <summary>From now on, that the client leaves ends the wait.</summary>
    internal void WatchClient() => _client!.WhenGone(_abandon);

    /// <summary>Tells what came of it and forgets it, so that another wait can begin.</summary>
    internal (PooledConnection? Connection, LeaseFailure Failure) End()
    {
        var result = (Connection, Failure);
        _pool = null;
        _client = null;
        _continuation = null;
        Attributes = [];
        Connection = null;
        Failure = LeaseFailure.None;
        IsCompleted = false;
        return result;
    }

    /// <summary>For the compiler.</summary>
    public PoolWaiter GetAwaiter() => this;

    /// <summary>For the compiler.</summary>
    public void GetResult() => _client!.WhenGone(null);

    /// <inheritdoc/>
    public void OnCompleted(Resumable waiting) => _continuation = waiting;

    /// <summary>
    /// Hands over a connection; the waiter is off the list by now. From the connection's loop: the descriptor goes along
    /// when the waiter is on another.
    /// </summary>
    internal void Deliver(PooledConnection connection)
    {
        Connection = connection;
        if (connection.Wire.Loop == Loop)
        {
            Complete();
            return;
        }
        connection.Wire.LetGo();
        Loop.Post(_arrival);
    }

    /// <summary>Ends the wait with nothing; the waiter is off the list by now. From any thread.</summary>
    internal void Fail(LeaseFailure failure)
    {
        Failure = failure;
        if (Loop.IsCurrent)
            Complete();
        else
            Loop.Post(_arrival);
    }

    /// <inheritdoc/>
    protected internal override void OnDue() => _pool?.GiveUp(this, LeaseFailure.TimedOut);

    private void Complete()
    {
        Loop.Timers.Disarm(this);
        IsCompleted = true;
        // Not on the stack of whoever gave the connection back: a chain of these would have no end.
        if (_continuation is { } continuation)
            Loop.RunSoon(continuation);
    }

    private sealed class Arrival(PoolWaiter waiter) : LoopJob
    {
        public override void Run(Loop loop)
        {
            if (waiter.Connection is { } connection)
                loop.Adopt(connection.Wire);
            waiter.Complete();
        }
    }
}
