using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Pools;

/// <summary>
/// The one way to a new connection of one server. Whoever wants to dial queues here; the gate lets them go, lower ranks first and else
/// in order, as fast as <see cref="DialPace"/> allows. Thread-safe; nobody waits on its lock for more than a few list operations.
/// </summary>
internal sealed class DialGate(DialPace pace)
{
    private readonly Lock _lock = new();
    /// <summary>Among so many, the oldest, the lowest rank is looked for: more than wait at once with any limits that somebody would set.</summary>
    private const int LookedAtMax = 1_024;

    private readonly LinkedList<DialTicket> _queue = [];
    private readonly Queue<DialTicket> _first = new();
    private long _reminderDueMs;

    /// <summary>Dials that wait to be let go.</summary>
    internal int Queued
    {
        get
        {
            lock (_lock)
                return _queue.Count + _first.Count;
        }
    }

    /// <summary>What the pace allows now, for <c>SHOW SERVERS</c>.</summary>
    internal (int InProgress, int InProgressMax, double PerSecond, bool BackingOff) State
    {
        get
        {
            lock (_lock)
                return (pace.InProgress, pace.InProgressMax, pace.PerSecond, pace.IsBackingOff);
        }
    }

    /// <summary>Has other limits from now on.</summary>
    internal void Apply(DialLimits limits, Loop loop)
    {
        lock (_lock)
            pace.Apply(limits);
        Pump(loop);
    }

    /// <summary>
    /// Asks to dial; <see cref="DialTicket.Go"/> is called on the ticket's loop when it may. <paramref name="first"/> is for the
    /// few that must not wait behind a storm, and are few by a limit of their own.
    /// </summary>
    internal void Request(DialTicket ticket, bool first = false)
    {
        lock (_lock)
        {
            if (first)
                _first.Enqueue(ticket);
            else
                _queue.AddLast(ticket);
        }
        Pump(ticket.Loop);
    }

    /// <summary>A dial that was let go has ended.</summary>
    internal void Finished(Loop loop, DialOutcome outcome, long tookUs)
    {
        lock (_lock)
            pace.Finished(loop.NowMs, outcome, tookUs);
        Pump(loop);
    }

    private void Pump(Loop loop)
    {
        while (true)
        {
            DialTicket ticket;
            lock (_lock)
            {
                if (_queue.Count + _first.Count == 0)
                    return;
                if (!pace.TryStart(loop.NowMs, out var waitMs))
                {
                    if (waitMs >= 0)
                        Remind(loop, waitMs);
                    return;
                }
                ticket = _first.Count > 0 ? _first.Dequeue() : TakeNext();
            }
            ticket.Loop.Post(ticket);
        }
    }

    // Ranks are asked for now: whom a pool dials for may be somebody else than when it asked.
    private DialTicket TakeNext()
    {
        var next = _queue.First!;
        var rank = next.Value.Rank;
        var left = LookedAtMax;
        for (var other = next.Next; other is not null && rank > 0 && left > 0; other = other.Next, left--)
        {
            if (other.Value.Rank < rank)
                (next, rank) = (other, other.Value.Rank);
        }
        _queue.Remove(next);
        return next.Value;
    }

    // One reminder for the whole queue: a storm of wishes must not become a storm of timers.
    private void Remind(Loop loop, long inMs)
    {
        var due = loop.NowMs + inMs;
        if (_reminderDueMs > loop.NowMs && _reminderDueMs <= due)
            return;
        _reminderDueMs = due;
        var reminder = new Reminder(this, loop);
        if (loop.IsCurrent)
            loop.Arm(reminder, inMs);
        else
            loop.Post(LoopJob.From(there => there.Arm(reminder, inMs))); // Timers belong to their loop's thread.
    }

    private sealed class Reminder(DialGate gate, Loop loop) : TimerNode
    {
        protected internal override void OnDue() => gate.Pump(loop);
    }
}

/// <summary>A wish to dial.</summary>
internal abstract class DialTicket(Loop loop) : LoopJob
{
    /// <summary>Where the dial will run.</summary>
    internal Loop Loop { get; } = loop;

    /// <summary>Those of lower ranks go first. From any thread.</summary>
    internal virtual int Rank => WaitList.UsualRank;

    /// <summary>Dials now; ends with <see cref="DialGate.Finished"/>.</summary>
    protected abstract void Go();

    /// <inheritdoc/>
    public override void Run(Loop loop) => Go();
}
