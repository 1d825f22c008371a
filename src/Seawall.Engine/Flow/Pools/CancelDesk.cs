using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Pools;

/// <summary>How much may be done to end statements early, for one server.</summary>
/// <param name="ConnectionsMax">Connections for it at one time, beside those of the pools.</param>
/// <param name="PerSecond">Statements of clients that have vanished, ended in a second.</param>
public sealed record CancelLimits(int ConnectionsMax = 2, int PerSecond = 20);

/// <summary>What became of a wish to end a statement.</summary>
internal enum CancelOutcome : byte
{
    /// <summary>The server has taken note of it, or the connection is gone.</summary>
    Done,

    /// <summary>Nothing was sent, and nothing will be.</summary>
    NotSent,

    /// <summary>It was sent, and no answer came: it may still hit whatever the connection does then.</summary>
    Unknown,
}

/// <summary>What became of a wish to end a statement, and why nothing did.</summary>
/// <param name="Outcome">What.</param>
/// <param name="Problem">Why, in words; empty when it was done.</param>
internal readonly record struct CancelResult(CancelOutcome Outcome, string Problem = "");

/// <summary>
/// Ends statements of one server from outside: says KILL QUERY on connections of its own, as the account that runs the
/// statement, since every account may kill its own threads. They do not wait behind a full pool; there are few of them, they are
/// used for one statement after the other, and they stay a while for the next. On the control loop, which answers when the
/// others are busy.
/// </summary>
internal sealed class CancelDesk
{
    /// <summary>Wishes that wait at one time: with one connection, a server takes that many in less than a second.</summary>
    internal const int QueueMax = 256;

    /// <summary>How long a wish may take in all: the next statement of its connection waits for it.</summary>
    internal const int WaitMsMax = 5_000;

    // Longer than this nobody is kept waiting because others of another account wait as well.
    private const int FairMsMax = 1_000;

    private readonly PoolServer _server;
    private readonly Loop _loop;
    private readonly Func<CancelLimits> _limits;
    private readonly List<CancelRequest> _queue = [];
    private readonly List<CancelLine> _lines = [];
    private double _tokens;
    private long _refilledMs;

    internal CancelDesk(PoolServer server, Loop control, Func<CancelLimits> limits)
    {
        _server = server;
        _loop = control;
        _limits = limits;
        _tokens = int.MaxValue; // As many as there may be.
    }

    /// <summary>Connections that it has, or is opening.</summary>
    internal int Connections => _lines.Count;

    /// <summary>
    /// Ends what runs on a server connection of an account. <paramref name="isAsked"/> says that somebody has asked for it and
    /// waits; otherwise it is only done as far as the budget goes. From any data loop, which gets the result.
    /// </summary>
    internal Errand<CancelResult> Cancel(Loop home, Account account, uint thread, bool isAsked) => Errand<CancelResult>.Send(
        home, _loop, () => Run(account, thread, isAsked), new CancelResult(CancelOutcome.Unknown, "Seawall failed over it"));

    /// <summary>Lets the connections go that nobody uses. Control loop only.</summary>
    internal void Close()
    {
        foreach (var line in _lines.ToArray())
            line.Leave();
    }

    /// <summary>The next wish of a line's account; null when there is none, or others have waited for too long.</summary>
    internal CancelRequest? TakeFor(CancelLine line)
    {
        if (_queue is [var first, ..] && first.Account.User != line.Account.User && _loop.NowMs - first.SinceMs > FairMsMax)
            return null;
        var at = _queue.FindIndex(request => request.Account.User == line.Account.User);
        if (at < 0)
            return null;
        var taken = _queue[at];
        _queue.RemoveAt(at);
        return taken;
    }

    /// <summary>Puts a wish back that a line has taken and not sent.</summary>
    internal void PutBack(CancelRequest request) => _queue.Insert(0, request);

    /// <summary>Takes a wish out of the line.</summary>
    internal bool Remove(CancelRequest request) => _queue.Remove(request);

    /// <summary>Whether somebody else's wishes wait.</summary>
    internal bool OthersWait => _queue.Count > 0;

    /// <summary>A line has ended; with a problem, its account's wishes end with it.</summary>
    internal void Ended(CancelLine line, string? problem)
    {
        _lines.Remove(line);
        if (problem is not null)
        {
            foreach (var request in _queue.Where(request => request.Account.User == line.Account.User).ToArray())
            {
                _queue.Remove(request);
                request.End(new CancelResult(CancelOutcome.NotSent, problem));
            }
        }
        Pump();
    }

    private async LoopTask<CancelResult> Run(Account account, uint thread, bool isAsked)
    {
        var limits = _limits();
        if (_queue.Count >= QueueMax)
        {
            return new(CancelOutcome.NotSent,
                $"{QueueMax} statements of server '{_server.Id}' wait to be ended already (servers.cancel_connections_max = "
                + $"{limits.ConnectionsMax})");
        }
        if (!isAsked && !TryTakeToken(limits))
            return new(CancelOutcome.NotSent, $"servers.cancels_per_second = {limits.PerSecond} are used up");
        var request = new CancelRequest(this, _loop, account, thread);
        _queue.Add(request);
        _loop.Arm(request, WaitMsMax);
        Pump();
        await request;
        return request.Result;
    }

    private bool TryTakeToken(CancelLimits limits)
    {
        _tokens = Math.Min(limits.PerSecond, _tokens + ((_loop.NowMs - _refilledMs) * limits.PerSecond / 1000.0));
        _refilledMs = _loop.NowMs;
        if (_tokens < 1)
            return false;
        _tokens--;
        return true;
    }

    // A line that is free, or a new one; or one of somebody else makes room, when nobody waits for it.
    private void Pump()
    {
        foreach (var user in _queue.Select(request => request.Account.User).Distinct().ToArray())
        {
            var wanted = _queue.Count(request => request.Account.User == user)
                - _lines.Count(line => line.Account.User == user && line.IsOnItsWay);
            foreach (var line in _lines.Where(line => line.IsIdle && line.Account.User == user).Take(wanted).ToArray())
            {
                line.Wake();
                wanted--;
            }
            for (; wanted > 0 && _lines.Count < _limits().ConnectionsMax; wanted--)
            {
                var line = new CancelLine(this, _server, _queue.First(request => request.Account.User == user).Account, _loop);
                _lines.Add(line);
                _server.Gate.Request(line, first: true);
            }
            if (wanted > 0 && _lines.Find(line => line.IsIdle && line.Account.User != user) is { } idle)
                idle.Leave();
        }
    }
}

/// <summary>A wish to end a statement. Control loop only; await it once.</summary>
internal sealed class CancelRequest(CancelDesk desk, Loop loop, Account account, uint thread) : TimerNode, ILoopAwaiter
{
    private Resumable? _continuation;

    /// <summary>Whose statement.</summary>
    internal Account Account { get; } = account;

    /// <summary>The server's number of its connection.</summary>
    internal uint Thread { get; } = thread;

    /// <summary>Since when it waits.</summary>
    internal long SinceMs { get; } = loop.NowMs;

    /// <summary>The line that says it now.</summary>
    internal CancelLine? Line { get; set; }

    /// <summary>What came of it.</summary>
    internal CancelResult Result { get; private set; }

    /// <summary>For the compiler.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>For the compiler.</summary>
    public CancelRequest GetAwaiter() => this;

    /// <summary>For the compiler.</summary>
    public void GetResult()
    {
    }

    /// <inheritdoc/>
    public void OnCompleted(Resumable waiting) => _continuation = waiting;

    /// <summary>Ends it; only the first result counts.</summary>
    internal void End(CancelResult result)
    {
        if (IsCompleted)
            return;
        loop.Timers.Disarm(this);
        Result = result;
        IsCompleted = true;
        _continuation?.Resume();
    }

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        if (desk.Remove(this))
        {
            End(new CancelResult(CancelOutcome.NotSent,
                $"no connection to say so was to be had within {CancelDesk.WaitMsMax} ms (servers.cancel_connections_max)"));
            return;
        }
        Line?.GiveUp();
        End(new CancelResult(CancelOutcome.Unknown, $"the server did not answer within {CancelDesk.WaitMsMax} ms"));
    }
}
