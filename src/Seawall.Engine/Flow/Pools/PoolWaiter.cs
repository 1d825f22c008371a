using System.Runtime.CompilerServices;
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
}

/// <summary>
/// A statement that waits for a server connection of a pool: any that comes free, not the result of one particular dial.
/// It is completed exactly once, on its own loop.
/// </summary>
internal sealed class PoolWaiter : TimerNode, ICriticalNotifyCompletion
{
    private readonly Pool _pool;
    private readonly Arrival _arrival;
    private Action? _continuation;

    internal PoolWaiter(Pool pool, Loop loop, SessionSettings wanted, byte[] attributes)
    {
        _pool = pool;
        Loop = loop;
        Wanted = wanted;
        Attributes = attributes;
        SinceMs = loop.NowMs;
        _arrival = new Arrival(this);
    }

    /// <summary>Where it waits.</summary>
    internal Loop Loop { get; }

    /// <summary>The settings that it will need, so that a dial can begin with them.</summary>
    internal SessionSettings Wanted { get; }

    /// <summary>The client's connection attributes, for the dial that it may cause.</summary>
    internal byte[] Attributes { get; }

    /// <summary>Since when, in the loops' milliseconds.</summary>
    internal long SinceMs { get; }

    /// <summary>Its place in its loop's list; null when it is in none.</summary>
    internal LinkedListNode<PoolWaiter>? Place { get; set; }

    /// <summary>What it got.</summary>
    internal PooledConnection? Connection { get; private set; }

    /// <summary>Why it got nothing.</summary>
    internal LeaseFailure Failure { get; private set; }

    /// <summary>For the compiler.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>For the compiler.</summary>
    public PoolWaiter GetAwaiter() => this;

    /// <summary>For the compiler.</summary>
    public void GetResult()
    {
    }

    /// <summary>For the compiler.</summary>
    public void OnCompleted(Action continuation) => _continuation = continuation;

    /// <summary>For the compiler.</summary>
    public void UnsafeOnCompleted(Action continuation) => _continuation = continuation;

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

    /// <summary>The client has left.</summary>
    internal void Abandon() => _pool.GiveUp(this, LeaseFailure.ClientGone);

    /// <inheritdoc/>
    protected internal override void OnDue() => _pool.GiveUp(this, LeaseFailure.TimedOut);

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
