using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow;

/// <summary>
/// Takes statements past what some meet before the sluice: brown-outs, the pace of their rule, deferral. In that order, since each
/// holds fewer than the one before. One for each loop.
/// </summary>
internal sealed class Holding(FrontDoor door, Admission admission, Keeping keeping)
{
    /// <summary>Goes through, at once or after a wait; false when the client has been told that the statement does not run.</summary>
    internal LoopTask<bool> Enter(Statement statement, Sluice sluice, Hold hold, Standing standing)
    {
        if (hold is { Cut: null, Pace: null } && sluice.Deferral.TryPass(door.Loop.Index, standing.Class))
        {
            Begin(statement, sluice, standing);
            return new(true);
        }
        return EnterSlowly(statement, sluice, hold, standing);
    }

    /// <summary>The same where nobody is held: it is only counted.</summary>
    internal LoopTask<bool> Observe(Statement statement, Sluice sluice, Hold hold, Standing standing)
    {
        var loop = door.Loop;
        var passage = statement.Passage;
        var reason = WouldRefuse(statement, hold, standing);
        var (bytes, user) = (statement.Packet.Bytes.Length, statement.Session.Account!.User);
        if (reason != ShedReason.None)
            sluice.Refuse(passage.BeginObservedOutside(sluice, standing.Class, standing.Cohort, bytes, user, loop), reason, loop.Index, loop.NowMs);
        else if (hold.DeferMsMax == 0)
            passage.BeginObserved(sluice, standing.Class, standing.Cohort, bytes, user, loop);
        else if (sluice.Deferral.TryPass(loop.Index, standing.Class))
            passage.BeginObservedInside(sluice, standing.Class, loop);
        else
        {
            // It would be done at another time, and not have waited in the queue of its class.
            sluice.Deferral.NoteWouldHold();
            passage.BeginObservedOutside(sluice, standing.Class, standing.Cohort, bytes, user, loop);
        }
        return new(true);
    }

    private async LoopTask<bool> EnterSlowly(Statement statement, Sluice sluice, Hold hold, Standing standing)
    {
        var loop = door.Loop;
        var beganMs = loop.NowMs;
        var isOffered = hold is { Cut: null, Pace: null };
        if (hold.Cut is { } cut)
        {
            if (cut.IsCached(loop.NowMs) && keeping.TryAnswer(statement, cut.Group))
            {
                Interlocked.Increment(ref cut.Count.Answered);
                return false;
            }
            if (cut.LeavesOut(standing.Cohort, loop.NowMs))
                return await Refuse(statement, sluice, hold, standing, ShedReason.Brownout, 0);
            if (cut.Pace is { } slow && loop.NowMs < cut.Order.UntilMs)
            {
                if (!await WaitFor(slow, statement, sluice, hold, standing, ShedReason.Brownout))
                    return false;
                // Of many who ask the same at one time, the first has made it known while the others waited.
                if (cut.IsCached(loop.NowMs) && keeping.TryAnswer(statement, cut.Group))
                {
                    Interlocked.Increment(ref cut.Count.Answered);
                    return false;
                }
            }
        }
        if (hold.Pace is { } pace && !await WaitFor(pace, statement, sluice, hold, Left(standing, beganMs), ShedReason.Pace))
            return false;
        if (hold.DeferMsMax == 0)
        {
            if (!sluice.TryPass(loop.Index, standing.Class, statement.Passage.Work.Lane))
                return await admission.WaitAt(statement, sluice, sluice, Left(standing, beganMs), hold: hold);
            admission.Begin(statement, sluice, standing);
            return true;
        }
        if (!isOffered && sluice.Deferral.TryPass(loop.Index, standing.Class))
        {
            Begin(statement, sluice, standing);
            return true;
        }
        return await Defer(statement, sluice, hold, Left(standing, beganMs), loop.NowMs);
    }

    /// <summary>
    /// Waits, from <paramref name="sinceMs"/> on, until the server has room to spare; false when the client has been told that it does not run.
    /// </summary>
    internal LoopTask<bool> Defer(Statement statement, Sluice sluice, Hold hold, Standing standing, long sinceMs)
    {
        var nowMs = door.Loop.NowMs;
        var dueMs = Math.Max(nowMs, sinceMs + hold.DeferMsMax);
        if (standing.DeadlineMs > 0)
            dueMs = Math.Min(dueMs, nowMs + standing.DeadlineMs);
        statement.Passage.WakesDeferred();
        return admission.WaitAt(statement, sluice.Deferral, sluice, standing, dueMs, hold);
    }

    /// <summary>Waits until the time that a pace has for it; false when the client has been told that the statement does not run.</summary>
    internal LoopTask<bool> WaitFor(
        Pace pace, Statement statement, Sluice sluice, Hold hold, Standing standing, ShedReason otherwise)
    {
        var nowMs = door.Loop.NowMs;
        var waitMax = pace.Limits.WaitMsMax;
        var waitMs = pace.Book(nowMs, standing.DeadlineMs > 0 ? Math.Min(standing.DeadlineMs, waitMax) : waitMax);
        if (waitMs > 0 && otherwise == ShedReason.Brownout)
            Interlocked.Increment(ref hold.Cut!.Count.Slowed);
        if (waitMs < 0)
            return Refuse(statement, sluice, hold, standing, otherwise, waitMax);
        return waitMs == 0 ? new(true) : admission.WaitAt(statement, pace, sluice, standing, nowMs + waitMs, hold);
    }

    // Always false.
    private LoopTask<bool> Refuse(Statement statement, Sluice sluice, Hold hold, Standing standing, ShedReason reason, int limit)
    {
        if (reason == ShedReason.Brownout)
            Interlocked.Increment(ref hold.Cut!.Count.Refused);
        return admission.RefuseAtOnce(statement, sluice, standing, reason, hold, limit);
    }

    private ShedReason WouldRefuse(Statement statement, Hold hold, Standing standing)
    {
        var nowMs = door.Loop.NowMs;
        if (hold.Cut is { } cached && cached.IsCached(nowMs) && keeping.CouldAnswer(statement, cached.Group))
        {
            Interlocked.Increment(ref cached.Count.Answered);
            return ShedReason.None;
        }
        if (hold.Cut is { } cut)
        {
            var waitMs = cut.Pace is { } slow && nowMs < cut.Order.UntilMs ? slow.Book(nowMs, slow.Limits.WaitMsMax) : 0;
            if (waitMs > 0)
                Interlocked.Increment(ref cut.Count.Slowed);
            if (waitMs < 0 || cut.LeavesOut(standing.Cohort, nowMs))
            {
                Interlocked.Increment(ref cut.Count.Refused);
                return ShedReason.Brownout;
            }
        }
        return hold.Pace is { } pace && pace.Book(nowMs, pace.Limits.WaitMsMax) < 0 ? ShedReason.Pace : ShedReason.None;
    }

    private void Begin(Statement statement, Sluice sluice, Standing standing)
    {
        admission.Begin(statement, sluice, standing);
        statement.Passage.WakesDeferred();
    }

    /// <summary>What is left of the time that its program waits; a millisecond when nothing is.</summary>
    internal Standing Left(Standing standing, long beganMs) => standing.DeadlineMs == 0
        ? standing
        : standing with { DeadlineMs = (int)Math.Max(1, standing.DeadlineMs - (door.Loop.NowMs - beganMs)) };
}
