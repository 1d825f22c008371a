using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Watch;

/// <summary>
/// A dial that asks a server whether an account's password is right. It goes through the gate like every dial. Await it once.
/// </summary>
internal sealed class TrialDial : DialTicket, ILoopAwaiter
{
    private readonly Pool _pool;
    private readonly Account _account;
    private readonly byte[] _attributes;
    private readonly Func<ServerConnection, ServerId, LoopTask> _opened;
    private readonly Func<Pool> _home;
    private Resumable? _continuation;

    /// <summary>
    /// A dial for an account's pool, or one like it; <paramref name="home"/> is the pool that keeps the connection if the server
    /// lets the account in.
    /// </summary>
    internal TrialDial(
        Pool pool, Account account, Loop loop, byte[] attributes, Func<ServerConnection, ServerId, LoopTask> opened, Func<Pool> home)
        : base(loop)
    {
        _home = home;
        _pool = pool;
        _account = account;
        _attributes = attributes;
        _opened = opened;
        Limit = new TimeLimit(this);
    }

    /// <summary>Why the account was not let in; null when it was.</summary>
    internal DialFailure? Failure { get; private set; }

    /// <summary>Ends the wait for the gate.</summary>
    internal TimerNode Limit { get; }

    /// <summary>For the compiler.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>For the compiler.</summary>
    public TrialDial GetAwaiter() => this;

    /// <summary>For the compiler.</summary>
    public void GetResult()
    {
    }

    /// <inheritdoc/>
    public void OnCompleted(Resumable waiting) => _continuation = waiting;

    /// <inheritdoc/>
    protected override void Go()
    {
        if (IsCompleted)
            _pool.Server.Gate.Finished(Loop, DialOutcome.Cancelled, 0);
        else
            Dial().Forget(Loop.Report);
    }

    private async LoopTask Dial()
    {
        var started = Loop.Timestamp();
        var (connection, failure) = await _pool.Server.Dialer.Dial(_pool, _account, Loop, _attributes, _pool.Generation);
        var tookUs = Loop.MicrosecondsSince(started);
        _pool.Server.Gate.Finished(Loop, DialOutcomes.Of(failure), tookUs);
        _pool.Context.Telemetry.Dialed(_pool, connection, failure, tookUs);
        if (connection is not null)
        {
            await _opened(connection, _pool.Key.Server);
            _home().Adopt(connection);
        }
        End(failure);
    }

    private void End(DialFailure? failure)
    {
        if (IsCompleted)
            return;
        Failure = failure;
        IsCompleted = true;
        _continuation?.Resume();
    }

    private sealed class TimeLimit(TrialDial dial) : TimerNode
    {
        protected internal override void OnDue() =>
            dial.End(new DialFailure(DialFailureKind.TimedOut, "no server answered in time"));
    }
}
