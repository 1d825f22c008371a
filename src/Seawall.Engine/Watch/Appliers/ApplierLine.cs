using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Watch.Appliers;

/// <summary>
/// A connection of an <see cref="Applier"/>: opened through the gate as the account whose statements it runs, closed when there are none for a
/// while. Control loop only.
/// </summary>
internal sealed class ApplierLine(Applier applier)
{
    /// <summary>How long it stays without anything to do: the next often comes soon.</summary>
    private const int IdleMsMax = 3_000;

    /// <summary>How long it waits before it looks again whether there is room.</summary>
    private const int RoomMs = 50;

    /// <summary>
    /// How long a server may take for one statement with all that belongs to it; then the connection is closed, and it tries again. Longer than
    /// a server waits for a lock (50 s).
    /// </summary>
    private const int RunMsMax = 120_000;

    /// <summary>Statements of one account in a row, before another one may have the connection's place.</summary>
    private const int InARowMax = 100;

    private readonly Loop _loop = applier.Context.Loop;
    private readonly Sleep _sleep = new(applier.Context.Loop);
    private ServerConnection? _connection;
    private int _inARow;
    private ApplyQuestions? _questions;
    private ServerId _server;

    /// <summary>Whose statements it runs.</summary>
    internal ApplierAccount? Account { get; private set; }

    /// <summary>There is something to do, perhaps.</summary>
    internal void Wake() => _sleep.Wake();

    /// <summary>Works until there is nothing to do for a while.</summary>
    internal async LoopTask Run()
    {
        try
        {
            await Work();
        }
        finally
        {
            Close();
            applier.Ended(this);
        }
    }

    private async LoopTask Work()
    {
        var idleSinceMs = _loop.NowMs;
        while (!applier.IsStopped)
        {
            if (applier.Next(_inARow < InARowMax ? Account : null) is not { } account)
            {
                if (_loop.NowMs - idleSinceMs >= IdleMsMax)
                    return;
                await _sleep.For(IdleMsMax);
                continue;
            }
            idleSinceMs = _loop.NowMs;
            if (account.HasTurn(_loop.NowMs) && applier.TryExpire(account.Ready.Peek()))
            {
                account.Ready.Dequeue();
                await _loop.Yield();
            }
            else if (!applier.HasRoom)
                await _sleep.For(RoomMs);
            else if (await Open(account))
                await WorkFor(account);
        }
    }

    private async LoopTask WorkFor(ApplierAccount account)
    {
        _inARow++;
        var limit = new RunLimit(_connection!.Wire);
        _loop.Arm(limit, RunMsMax);
        if (applier.MaySweep(account))
        {
            // What is not taken away stays: it does no harm.
            if (!await _questions!.Sweep(Applier.TakeSwept(account)))
                _connection.IsBroken = true;
        }
        else if (account.HasTurn(_loop.NowMs))
        {
            var lane = account.Ready.Dequeue();
            var outcome = await _questions!.Run(lane.Waiting.Peek(), applier.Context.Settings);
            if (outcome.Result is ApplyResult.Applied or ApplyResult.Refused)
                applier.Unblock(account);
            applier.Note(lane, outcome);
        }
        _loop.Timers.Disarm(limit);
        if (_connection.IsBroken || _connection.Wire.IsClosed)
            Close();
    }

    private async LoopTask<bool> Open(ApplierAccount account)
    {
        if (applier.Server is not { } server)
        {
            applier.Block(account, "no server is named");
            return false;
        }
        if (_connection is not null && Account == account && _server == server && _connection.IsQuiet())
            return true;
        Close();
        (Account, _inARow) = (account, 0);
        if (applier.Find(account.User, out var problem) is not { } who)
        {
            applier.Block(account, problem);
            return false;
        }
        var to = applier.Context.ContextOf(server).Server;
        await new GateTurn(_loop).Of(to.Gate);
        var started = _loop.Timestamp();
        var (connection, failure) = await to.Dialer.DialToApply(to, who, _loop);
        to.Gate.Finished(_loop, DialOutcomes.Of(failure), _loop.MicrosecondsSince(started));
        if (connection is null)
        {
            applier.Block(account, failure!.Text);
            return false;
        }
        (_connection, _server) = (connection, server);
        _questions = new ApplyQuestions(connection, applier.Context.Options().Table);
        return true;
    }

    private void Close()
    {
        _connection?.Close();
        (_connection, _questions, Account) = (null, null, null);
    }

    private sealed class RunLimit(Wire wire) : TimerNode
    {
        protected internal override void OnDue() => wire.Close();
    }

    /// <summary>The wait for the gate. Await it once.</summary>
    private sealed class GateTurn(Loop loop) : DialTicket(loop), ILoopAwaiter
    {
        /// <summary>Nobody waits for it.</summary>
        internal override int Rank => WaitList.Ranks - 1;

        private Resumable? _continuation;

        public bool IsCompleted { get; private set; }

        public GateTurn GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Resumable waiting) => _continuation = waiting;

        internal GateTurn Of(DialGate gate)
        {
            gate.Request(this);
            return this;
        }

        protected override void Go()
        {
            IsCompleted = true;
            _continuation?.Resume();
        }
    }
}
