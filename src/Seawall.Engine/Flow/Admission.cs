using System.Globalization;
using Microsoft.Extensions.Logging;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.Engine.Telemetry.Views;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// Takes statements to the sluice of their server, before they get a connection. What belongs to something that has begun, such as
/// an open transaction, passes in any case: whoever holds locks must be able to let go of them.
/// </summary>
internal sealed class Admission(
    FrontDoor door, Func<ServerId, Sluice> sluiceOf, Func<Measures> measures, Keeping keeping, LagBrake brake, ILogger logger)
{
    /// <summary>What the connection that the session keeps holds for others to wait for, or has half done.</summary>
    private const PinReasons Holds = PinReasons.NamedLock | PinReasons.TableLock | PinReasons.GlobalLock | PinReasons.Xa
        | PinReasons.Handler | PinReasons.LongData | PinReasons.Cursor | PinReasons.UncertainTransaction;

    /// <summary>How often it is said that statements of a class are refused: a storm must not fill the log.</summary>
    private const int SayEveryMs = 10_000;

    /// <summary>What is added to the time after which to try again, so that not all come back at once.</summary>
    private const int JitterMs = 100;

    /// <summary>After which to try again, at least, when it is Seawall that runs short: it takes at least this long to have more.</summary>
    private const int SelfRetryMs = 5_000;

    /// <summary>Who is refused twice within this time has not taken the first one for a reason to wait.</summary>
    private const int AgainMs = 1_000;

    private readonly DigestScratch _scratch = new();
    private readonly long[] _saidMs = [.. Enumerable.Repeat(long.MinValue / 2, StatementClasses.Count)];
    private ServerId _server;
    private Sluice? _sluice;

    private Holding Holding => field ??= new Holding(door, this, keeping);

    /// <summary>Goes through, at once or after a wait; false when the client has been told that the statement does not run.</summary>
    internal LoopTask<bool> Enter(Statement statement)
    {
        var all = measures();
        var now = all.Options;
        if (now.Mode == OverloadMode.Off || !IsWork(statement.Kind))
            return new(true);
        var sluice = SluiceOf(statement.Server.Id);
        var loop = door.Loop;
        var standing = Classifier.Read(statement, now, _scratch, loop.NowMs);
        var which = standing.Class;
        statement.Passage.Work = WorkReader.Read(statement, sluice, standing.Tenant, now);
        if (MustPass(statement))
        {
            sluice.PassAlways(loop.Index, which, isNew: true, statement.Passage.Work.Lane);
            statement.Passage.Begin(sluice, which, loop);
            statement.Passage.MustRun = true;
            return new(true);
        }
        if (standing.DeadlineMs > 0)
        {
            if (sluice.Mode == OverloadMode.Enforce)
                statement.Passage.DeadlineMs = standing.DeadlineMs;
            // It may have waited before, for a replica.
            standing = standing with { DeadlineMs = (int)Math.Max(1, LeftMs(statement, standing.DeadlineMs)) };
        }
        if (which >= StatementClass.Low && door.Strain.Level >= StrainLevel.Shed)
        {
            if (sluice.Mode == OverloadMode.Enforce && door.Strain.IsEnforced)
                return RefuseAtOnce(statement, sluice, standing, ShedReason.Self);
            // One of the two only observes: it is written down, and goes on.
            sluice.WriteDown(AppliedNow(statement, standing), ShedReason.Self, limit: 0, loop.NowMs);
        }
        if (now.LagMs > 0 && which >= now.LagClass && WorkReader.Writes(statement))
        {
            door.Meter.LowWrites++;
            if (brake.IsOn && sluice.Mode == OverloadMode.Enforce)
                return EnterSlowed(statement, sluice, standing, all);
            if (brake.IsOn && brake.Pace.Book(loop.NowMs, brake.Pace.Limits.WaitMsMax) < 0)
                sluice.WriteDown(AppliedNow(statement, standing), ShedReason.Lag, brake.Pace.Limits.WaitMsMax, loop.NowMs);
        }
        return GoOn(statement, sluice, standing, all);
    }

    /// <summary>
    /// It was through, has waited for a connection since then (from <paramref name="beganMs"/> on), and now as many run as may: it waits for
    /// its turn as others do, and has the rest of its time for that. False when the client has been told that the statement does not run.
    /// </summary>
    internal LoopTask<bool> EnterAgain(Statement statement, long beganMs)
    {
        var all = measures();
        var sluice = SluiceOf(statement.Server.Id);
        var standing = Holding.Left(Classifier.Read(statement, all.Options, _scratch, door.Loop.NowMs), beganMs);
        var hold = all.HoldOf(standing.Rule, standing.Class);
        return hold is { DeferMsMax: > 0 }
            ? Holding.Defer(statement, sluice, hold, standing, beganMs)
            : WaitAt(statement, sluice, sluice, standing, hold: hold);
    }

    /// <summary>
    /// It was through, and its program waits no longer for the connection that it has not got; <paramref name="why"/>: what there was to wait
    /// for. Always false.
    /// </summary>
    internal LoopTask<bool> RefuseLate(Statement statement, string why)
    {
        var sluice = SluiceOf(statement.Server.Id);
        var nowMs = door.Loop.NowMs;
        var standing = Classifier.Read(statement, measures().Options, _scratch, nowMs);
        var waiter = AppliedAt(statement, standing, nowMs - Math.Min(standing.DeadlineMs, nowMs));
        sluice.WriteDown(waiter, ShedReason.Deadline, standing.DeadlineMs, nowMs);
        return TellRefused(statement, sluice, waiter, why);
    }

    /// <summary>
    /// How long the program of a statement still waits for it, and whether that is too short for it to be answered by the server that it stands at
    /// now; null when it has not said, or nobody is refused for it.
    /// </summary>
    internal (long LeftMs, bool IsTooLate)? Hurry(Statement statement)
    {
        var now = measures().Options;
        if (now.Mode != OverloadMode.Enforce || Classifier.Read(statement, now, _scratch, door.Loop.NowMs) is not { DeadlineMs: > 0 } standing)
            return null;
        var leftMs = LeftMs(statement, standing.DeadlineMs);
        var sluice = SluiceOf(statement.Server.Id);
        return (leftMs, leftMs <= 0 || sluice.Keeper.NeedMsOf(WorkReader.Read(statement, sluice, standing.Tenant, now).Shape) > leftMs);
    }

    private async LoopTask<bool> EnterSlowed(Statement statement, Sluice sluice, Standing standing, Measures all)
    {
        var beganMs = door.Loop.NowMs;
        return await Holding.WaitFor(brake.Pace, statement, sluice, brake.Hold, standing, ShedReason.Lag)
            && await GoOn(statement, sluice, Holding.Left(standing, beganMs), all);
    }

    private long LeftMs(Statement statement, int deadlineMs) => deadlineMs - (door.Loop.MicrosecondsSince(statement.StartedAt) / 1_000);

    private LoopTask<bool> GoOn(Statement statement, Sluice sluice, Standing standing, Measures all)
    {
        var (loop, which) = (door.Loop, standing.Class);
        var hold = all.HoldOf(standing.Rule, which);
        if (hold is { KeepMsMax: > 0 })
            keeping.Want(statement, hold);
        if (hold is { HoldsNothing: false })
        {
            return sluice.Mode == OverloadMode.Enforce
                ? Holding.Enter(statement, sluice, hold, standing) : Holding.Observe(statement, sluice, hold, standing);
        }
        if (sluice.Mode != OverloadMode.Enforce)
        {
            statement.Passage.BeginObserved(
                sluice, which, standing.Cohort, statement.Packet.Bytes.Length, statement.Session.Account!.User, loop);
            return new(true);
        }
        if (standing.DeadlineMs > 0 && sluice.IsTooLate(statement.Passage.Work.Shape, standing.DeadlineMs))
            return RefuseAtOnce(statement, sluice, standing, ShedReason.Deadline, limit: standing.DeadlineMs);
        if (!sluice.TryPass(loop.Index, which, statement.Passage.Work.Lane))
            return WaitAt(statement, sluice, sluice, standing);
        statement.Passage.Begin(sluice, which, loop);
        return new(true);
    }

    // Those that make a server work. The others end something, or cost nothing.
    private static bool IsWork(CommandKind kind) => kind is CommandKind.Query or CommandKind.StatementExecute
        or CommandKind.StatementBulkExecute or CommandKind.StatementPrepare;

    private static bool MustPass(Statement statement) => statement.Session.InTransaction
        || (statement.Session.PinReasons & Holds) != 0
        || (statement.Facts.Traits & StatementTraits.EndsTransaction) != 0;

    private Sluice SluiceOf(ServerId server)
    {
        if (_sluice is { } known && _server == server)
            return known;
        _server = server;
        return _sluice = sluiceOf(server);
    }

    /// <summary>
    /// Waits until its turn or time has come; false when the client has been told that the statement does not run. <paramref name="place"/>
    /// is the sluice, what is deferred before it, or a pace; <paramref name="dueMs"/> is for the latter two.
    /// </summary>
    internal async LoopTask<bool> WaitAt(
        Statement statement, IWaitingPlace place, Sluice sluice, Standing standing, long dueMs = 0, Hold? hold = null)
    {
        var session = statement.Session;
        statement.Hold();
        var isPaced = place is Pace;
        if (place == sluice)
            door.Meter.GateWaits++;
        else
            door.Meter.Holds++;
        var started = door.Loop.TurnBegan;
        var waiter = statement.Passage.WaiterOn(door.Loop);
        var sinceMs = door.Loop.NowMs - (place == sluice ? statement.Passage.WaitedMs : 0);
        waiter.Apply(standing.Class, standing.Cohort, statement.Packet.Bytes.Length, session.Account!.User, sinceMs);
        (waiter.DeadlineMs, waiter.DueMs, waiter.Hold) = (standing.DeadlineMs, dueMs, hold);
        (waiter.Lane, waiter.Tenant) = (statement.Passage.Work.Lane, statement.Passage.Work.Tenant);
        if (standing.DeadlineMs > 0 && place == sluice)
            waiter.NeedMs = sluice.Keeper.NeedMsOf(statement.Passage.Work.Shape);
        _ = waiter.WaitAt(place, session.Wire);
        (place as Deferral)?.Tick(door.Loop);
        await waiter;
        statement.Passage.EndWait();
        (place == sluice ? door.Meter.GateWait : door.Meter.HoldWait).Record(door.Loop.MicrosecondsUntilTurn(started));
        if (waiter.Turn == Turn.Come)
        {
            if (!isPaced)
                Begin(statement, sluice, standing);
            if (place == sluice)
                (statement.Passage.HadTurn, statement.Passage.WaitedMs) = (true, door.Loop.NowMs - waiter.SinceMs);
            else if (!isPaced)
                statement.Passage.MustRun = true; // It was let go while there was room to spare, at a pace: no storm.
            // It was on its way when the client left, or somebody ended it.
            if (!session.Wire.PeerGone && !statement.IsKilled)
                return true;
        }
        if (session.Wire.PeerGone || session.Wire.IsClosed)
        {
            session.Wire.Close();
            return false;
        }
        return await TellRefused(statement, sluice, waiter);
    }

    /// <summary>It is through.</summary>
    internal void Begin(Statement statement, Sluice sluice, Standing standing) =>
        statement.Passage.Begin(sluice, standing.Class, door.Loop);

    /// <summary>Refuses a statement that has not waited, for a reason that has nothing to do with who else is here; always false.</summary>
    internal LoopTask<bool> RefuseAtOnce(
        Statement statement, Sluice sluice, Standing standing, ShedReason reason, Hold? hold = null, int limit = 0)
    {
        statement.Hold();
        var waiter = AppliedNow(statement, standing);
        waiter.Hold = hold;
        if (reason == ShedReason.Deadline)
            waiter.NeedMs = sluice.Keeper.NeedMsOf(statement.Passage.Work.Shape);
        sluice.Refuse(waiter, reason, door.Loop.Index, door.Loop.NowMs, limit);
        return TellRefused(statement, sluice, waiter);
    }

    private GateWaiter AppliedNow(Statement statement, Standing standing) => AppliedAt(statement, standing, door.Loop.NowMs);

    private GateWaiter AppliedAt(Statement statement, Standing standing, long sinceMs)
    {
        var waiter = statement.Passage.WaiterOn(door.Loop);
        waiter.Apply(standing.Class, standing.Cohort, statement.Packet.Bytes.Length, statement.Session.Account!.User, sinceMs);
        (waiter.Tenant, waiter.DeadlineMs) = (statement.Passage.Work.Tenant, standing.DeadlineMs);
        statement.Passage.EndWait();
        return waiter;
    }

    // Always false.
    private async LoopTask<bool> TellRefused(Statement statement, Sluice sluice, GateWaiter waiter, string? why = null)
    {
        if (!statement.IsTaken)
            await Relay.Command(statement, null, door.Meter);
        if (waiter.Turn == Turn.Shed && !statement.IsKilled && measures().Options.TarpitsStatements)
            await SlowDown(statement.Session, waiter);
        Refuse(statement, sluice, waiter, why);
        return false;
    }

    // Who was refused a moment ago and is so again without having waited asks in a loop.
    private LoopTask SlowDown(Session session, Applicant refused)
    {
        var now = door.Loop.NowMs;
        var asksAgain = session.Class.RefusedMs != 0 && now - session.Class.RefusedMs < AgainMs;
        session.Class.RefusedMs = Math.Max(1, now);
        var waitedMs = now - refused.SinceMs;
        if (!asksAgain || waitedMs >= TimerWheel.TickMs)
            return default;
        return door.Tarpit.Wait(door.Loop, door.Meter, refused.DeadlineMs == 0 ? AgainMs : refused.DeadlineMs - waitedMs);
    }

    private void Refuse(Statement statement, Sluice sluice, GateWaiter waiter, string? why)
    {
        door.Meter.OwnErrors++;
        var (error, message) = statement.IsKilled
            ? (SqlError.Interrupted, ClientReplies.Interrupted)
            : waiter.Turn == Turn.Closing
                ? (SqlError.ServerShutdown, "Seawall is shutting down; trying again is safe [seawall: the statement did not run]")
                : ShedMessage(statement, sluice, waiter, why);
        Bequest.NoteOwnError(statement.Session, error, message);
        ClientReplies.SendError(statement.Session, statement.ReplySequence, error, message);
        statement.EndIfUnanswered();
    }

    private (SqlError Error, string Message) ShedMessage(Statement statement, Sluice sluice, GateWaiter waiter, string? why)
    {
        door.Meter.Sheds++;
        var server = statement.Server.Id.Name;
        var word = StatementClasses.Word(waiter.Class);
        var now = door.Loop.NowMs;
        // Strain, lag and brown-outs are said by those who begin them, and a pace is no news.
        if (waiter.Reason is not (ShedReason.Self or ShedReason.Brownout or ShedReason.Pace or ShedReason.Lag)
            && now - _saidMs[(int)waiter.Class] >= SayEveryMs)
        {
            _saidMs[(int)waiter.Class] = now;
            EngineLog.Shedding(logger, server, word, SnakeCase.Of(waiter.Reason), sluice.Running, sluice.Limit);
        }
        var kind = waiter.Reason == ShedReason.Brownout ? ShedError.OutOfResources : measures().Options.Of(waiter.Class).Error;
        var (error, words) = ErrorOf(kind, statement.Server.Version!.IsMariaDb);
        if (HoldWords.Of(waiter, sluice, now, out var afterMs) is { } own)
        {
            return (error, string.Create(CultureInfo.InvariantCulture,
                $"{words} [seawall: the statement did not run: {own}; retry_after_ms={afterMs + door.Loop.Random.Next(JitterMs)} "
                + $"id={server}-{waiter.ShedId}; trying again later is safe]"));
        }
        if (waiter.Reason == ShedReason.Self)
        {
            return (error, string.Create(CultureInfo.InvariantCulture,
                $"{words} [seawall: the statement did not run: Seawall runs short of {door.Strain.Cause}; shed class={word} reason=self "
                + $"retry_after_ms={SelfRetryMs + door.Loop.Random.Next(SelfRetryMs)} id={server}-{waiter.ShedId}; trying again later is safe]"));
        }
        var retryMs = (2 * Math.Max(waiter.LimitMs, (int)Math.Min(now - waiter.SinceMs, waiter.LimitMs))) + door.Loop.Random.Next(JitterMs);
        var limit = sluice.Keeper.IsAdaptive ? "overload.limit=adaptive" : "servers.running_max";
        why ??= $"server '{server}' has {sluice.Running} of {sluice.Limit} statements running ({limit})";
        return (error, string.Create(CultureInfo.InvariantCulture,
            $"{words} [seawall: the statement did not run: {why}; shed class={word} reason={SnakeCase.Of(waiter.Reason)} {SettingOf(waiter)} "
            + $"retry_after_ms={retryMs} id={server}-{waiter.ShedId}; trying again later is safe]"));
    }

    private string SettingOf(GateWaiter waiter)
    {
        var now = measures().Options;
        var word = StatementClasses.Word(waiter.Class);
        return waiter.Reason switch
        {
            ShedReason.QueueFull => $"overload.queue_max_per_running={now.QueueMaxPerRunning}",
            ShedReason.QueueBytes => $"overload.queue_bytes_max={now.QueueBytesMax}",
            ShedReason.Standing => $"overload.{word}_standing_ms_max={waiter.LimitMs}",
            ShedReason.Wait or ShedReason.Predicted => $"overload.{word}_wait_ms_max={waiter.LimitMs}",
            ShedReason.Deadline when waiter.NeedMs > 0 => $"deadline_ms={waiter.LimitMs} needs_ms={waiter.NeedMs}",
            ShedReason.Deadline => $"deadline_ms={waiter.LimitMs}",
            ShedReason.Pace or ShedReason.Defer or ShedReason.DeferFull or ShedReason.DeferBytes or ShedReason.Brownout or ShedReason.Lag
                or ShedReason.Cohort or ShedReason.Self or ShedReason.None => $"cohort={waiter.Cohort}",
        };
    }

    // The words are those of servers: programs look for them.
    private static (SqlError Error, string Words) ErrorOf(ShedError error, bool isMariaDb) => error switch
    {
        ShedError.LockWait => (SqlError.LockWaitTimeout, "Lock wait timeout exceeded; try restarting transaction"),
        ShedError.OutOfResources => (SqlError.OutOfResources, "Out of memory"),
        ShedError.QueryTimeout when isMariaDb =>
            (SqlError.QueryTimeoutMariaDb, "Query execution was interrupted (max_statement_time exceeded)"),
        ShedError.QueryTimeout =>
            (SqlError.QueryTimeout, "Query execution was interrupted, maximum statement execution time exceeded"),
    };
}
