using System.Globalization;
using Microsoft.Extensions.Logging;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Reads;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>Gets a statement its server connection: the one that the session keeps, or one of its account's pool.</summary>
internal sealed class Leasing(FrontDoor door, PoolBook pools, Admission admission, SecondTries tries, ILogger logger)
{
    /// <summary>As many as wait on one loop at a busy time; the rest is left to the collector (see BoxList).</summary>
    private const int WaitersKept = 512;

    /// <summary>How long a read waits for a connection to its replica before another one is tried: longer than a dial takes.</summary>
    private const int ReplicaWaitMs = 250;

    /// <summary>
    /// How long a statement keeps its place at the server while an idle connection is on its way from another loop: a moment mostly, and as
    /// long as those of one loop are left to its own connections when the loops are pressed.
    /// </summary>
    private const int HopMsMax = WaitList.OwnLoopMsMax + TimerWheel.TickMs;

    private readonly Stack<PoolWaiter> _waiters = [];

    /// <summary>
    /// Sees to it that the session has a lease that can serve the statement; false when it has none, and the client has been
    /// told why.
    /// </summary>
    internal LoopTask<bool> Take(Statement statement)
    {
        var session = statement.Session;
        if (session.Lease is not null)
            return KeepOrReplace(statement);
        if (Interregnum.IsLeftBehind(statement, door.Facts))
            return new(GoAfter(statement));
        var pool = PoolOf(session, statement);
        if (pool.TryTake(door.Loop, session.Settings, session.LastLease.Connection) is { } connection)
            return Accept(statement, pool, connection);
        return WaitFor(statement, pool);
    }

    /// <summary>Whether a statement that was not sent may be tried once more, on a connection that nobody has set anything on.</summary>
    internal static bool MayTryAsNew(Statement statement) =>
        statement is { IsMoveRefused: true, IsKilled: false, Session: { IsUnderWay: false, Wire.IsClosed: false } };

    /// <summary>
    /// A setting that another session has left on the connection cannot be taken back, or not be changed: the connection goes,
    /// and the statement gets one that is as after a login. False when it has none, and the client has been told why.
    /// </summary>
    internal async LoopTask<bool> TakeAsNew(Statement statement)
    {
        var session = statement.Session;
        statement.Hold();
        EngineLog.MoveRefused(logger, session.Id, session.Account!.User, statement.Refusal.Code);
        session.Lease!.Discard();
        session.Lease = null;
        statement.IsMoveRefused = false;
        statement.Refusal = default;
        if (!await Take(statement))
            return false;
        var connection = session.Lease!.Connection;
        return connection.Uses <= 1 || await LogInAgain(statement, session.Pool!, connection);
    }

    /// <summary>
    /// Whether the account may not keep a connection for what the statement would leave on it; then the client has been told. Of a
    /// text longer than the loop's buffer nobody knows before it has gone by.
    /// </summary>
    internal bool RefusesPin(Statement statement)
    {
        if (!statement.IsWhole)
            return false;
        var pins = statement.Decision.Pins | statement.Decision.PinsEvenIfItFails;
        if (statement.Kind == CommandKind.StatementExecute && ExecutionPacket.OpensSomething(statement))
            pins |= PinReasons.Cursor;
        if ((pins & ~PinReasons.Soft) == PinReasons.None)
            return false;
        var session = statement.Session;
        foreach (var rule in PoolOf(session, statement).Limits.PinsRefused)
        {
            if ((pins & rule.Reason) == 0 || (rule.User is { } user && user != session.Account!.User))
                continue;
            door.Meter.OwnErrors++;
            var name = PinCatalog.Words(rule.Reason);
            ClientReplies.SendError(session, statement.ReplySequence, SqlError.NotSupported,
                $"The statement would keep a server connection for itself ({PinCatalog.Advice(rule.Reason)}), and pool.pins_refused has "
                + $"\"{(rule.User is null ? name : $"{rule.User}:{name}")}\" [seawall: the statement did not run]");
            return true;
        }
        return false;
    }

    /// <summary>The pool of the session's account on the server that the statement goes to.</summary>
    internal Pool PoolOf(Session session, Statement statement)
    {
        if (session.Pool is { } pool && pool.Key.Server == statement.Server.Id)
            return pool;
        return session.Pool = pools.Find(statement.Server.Id, session.Account!, session.Form);
    }

    // It waited while the primary changed, and was not sent: it goes after it.
    private bool GoAfter(Statement statement)
    {
        statement.Hold();
        statement.Passage.End(door.Loop, isFailed: true);
        statement.HasMoved = true;
        return false;
    }

    // Its replica is not read from any more: it is placed as if it had just come, and has no more of a right to the primary than any read.
    private static bool GoElsewhere(Statement statement)
    {
        statement.GoesElsewhere = true;
        return false;
    }

    /// <summary>The primary has changed at a moment when the statement cannot be taken to the new one; true: the client may go on.</summary>
    internal bool RefuseMoved(Statement statement)
    {
        door.Meter.OwnErrors++;
        ClientReplies.SendError(statement.Session, statement.ReplySequence, SqlError.ServerNotAvailable,
            $"server '{statement.Server.Id}' is the primary no more [seawall: the statement did not run; trying again is safe]");
        statement.EndIfUnanswered();
        return true;
    }

    // The server is not the primary any more, by somebody else's doing: what was begun there cannot be finished.
    private LoopTask<bool> LeaveDeposed(Statement statement, PoolKey former)
    {
        var session = statement.Session;
        var wasUnderWay = session.IsUnderWay;
        session.Lease!.Discard();
        session.Lease = null;
        session.Unpin(PinReasons.Soft);
        if (!wasUnderWay)
            return Take(statement);
        door.Meter.ServersLost++;
        EngineLog.ServerLost(logger, former.Server.Name, session.Id, session.Account!.User,
            "it is not used for this any more, and the transaction or pinned state there is lost");
        ClientReplies.SendError(session, statement.ReplySequence, SqlError.ServerLost,
            $"Lost connection to the server: '{former.Server}' {WhyLeft(former.Server)}, and the transaction or session state that was open "
            + "there is rolled back [seawall: the statement did not run]");
        session.Wish(SessionWishes.GoNow);
        return new(false);
    }

    private string WhyLeft(Facts.Topology.ServerId server) =>
        door.Facts.Find(server) is { Duty: not null } ? "was taken out by an operator" : "is the primary no more";

    private LoopTask<bool> KeepOrReplace(Statement statement)
    {
        var session = statement.Session;
        var wire = session.Lease!.Connection.Wire;
        if (session.Lease.Pool is { } used && used.IsDeposed(session.Lease.Connection) && statement.IsWhole)
            return LeaveDeposed(statement, used.Key);
        if (!wire.PeerGone && !wire.ReadReady)
        {
            statement.TakeOff(session.Lease.Pool!.Server.Pulse.On(door.Loop.Index));
            return session.IsUnderWay ? new(Leftovers.NoteKept(statement)) : KeepClean(statement);
        }
        // The server has hung up, or said something unasked. Whatever the session had there is gone with it.
        if (!session.IsUnderWay)
        {
            session.Lease.Discard();
            session.Lease = null;
            session.Unpin(PinReasons.Soft);
            return Take(statement);
        }
        EngineLog.ServerLost(logger, statement.Server.Id.Name, session.Id, session.Account!.User, "the transaction or pinned state is lost");
        ClientReplies.SendError(session, 1, SqlError.ServerLost,
            "Lost connection to the server while a transaction or session state was open there [seawall: the statement did not run]");
        session.Wish(SessionWishes.GoNow);
        return new(false);
    }

    // It is held in case it is asked about the statement before, which can be answered without it.
    private LoopTask<bool> KeepClean(Statement statement)
    {
        var session = statement.Session;
        var connection = session.Lease!.Connection;
        return Leftovers.MustGo(statement, connection)
            ? Renew(statement, PoolOf(session, statement), connection, mustClean: true) : new(true);
    }

    private async LoopTask<bool> WaitFor(Statement statement, Pool pool)
    {
        var session = statement.Session;
        statement.Hold();
        door.Meter.LeaseWaits++;
        var (started, beganMs) = (door.Loop.TurnBegan, door.Loop.NowMs);
        var waiter = _waiters.TryPop(out var kept) ? kept : new PoolWaiter(door.Loop);
        statement.Waiter = waiter;
        statement.Land();
        var rank = (int)statement.Passage.Rank;
        // Another replica may have a connection at once; if none is to be tried, this one is waited for as long as any.
        var wouldGo = tries.Is(statement);
        var (waitMs, isHurried) = PatienceFor(statement, pool.Limits.WaitMsMax);
        var firstMs = Math.Min(ReplicaWaitMs, waitMs);
        PooledConnection? connection = null;
        var failure = LeaseFailure.TimedOut;
        if (pool.Idle > 0 && !wouldGo)
        {
            await pool.Wait(waiter, session.Attributes, session.Wire, rank, Math.Min(HopMsMax, waitMs));
            (connection, failure) = waiter.End();
        }
        if (connection is null && failure == LeaseFailure.TimedOut)
        {
            // Nobody else's statement is to wait because this one has no connection.
            statement.Passage.Pause(door.Loop);
            await pool.Wait(waiter, session.Attributes, session.Wire, rank, wouldGo ? firstMs : waitMs);
            (connection, failure) = waiter.End();
        }
        if (wouldGo && failure is LeaseFailure.TimedOut or LeaseFailure.QueueFull or LeaseFailure.Refused)
        {
            var goes = (failure != LeaseFailure.TimedOut || tries.HasElsewhere(statement))
                && tries.TryBegin(statement, pool.LastFailure?.Text ?? "its pool there has no free connection");
            if (!goes && failure == LeaseFailure.TimedOut)
            {
                await pool.Wait(waiter, session.Attributes, session.Wire, rank, waitMs - firstMs);
                (connection, failure) = waiter.End();
            }
        }
        if (_waiters.Count < WaitersKept)
            _waiters.Push(waiter);
        statement.Waiter = null;
        door.Meter.LeaseWait.Record(door.Loop.MicrosecondsUntilTurn(started));
        if (connection is not null)
        {
            if (statement.Passage.TryResume(door.Loop))
                return await Accept(statement, pool, connection);
            pool.GiveBack(connection);
            return await admission.EnterAgain(statement, beganMs) && await Take(statement);
        }
        if (statement.GoesElsewhere)
            return false;
        if (failure == LeaseFailure.Moved)
            return statement.IsOnReplica ? GoElsewhere(statement) : GoAfter(statement);
        if (failure == LeaseFailure.ClientGone)
        {
            session.Wire.Close();
            return false;
        }
        if (isHurried && failure == LeaseFailure.TimedOut)
        {
            door.Meter.LeaseFailures++;
            return await admission.RefuseLate(statement, WhyNone(pool, statement.Passage.DeadlineMs, "deadline_ms"));
        }
        if (!statement.IsTaken)
            await Relay.Command(statement, null, door.Meter);
        if (failure == LeaseFailure.Killed)
            RefuseKilled(statement);
        else
            Refuse(statement, pool, failure);
        return false;
    }

    // How long it waits for a connection: as long as any, or what is left of the time that its program waits.
    private (int WaitMs, bool IsHurried) PatienceFor(Statement statement, int waitMsMax)
    {
        if (statement.Passage.DeadlineMs == 0)
            return (waitMsMax, false);
        var leftMs = Math.Max(1, statement.Passage.DeadlineMs - (door.Loop.MicrosecondsSince(statement.StartedAt) / 1_000));
        return leftMs < waitMsMax ? ((int)leftMs, true) : (waitMsMax, false);
    }

    private static string WhyNone(Pool pool, int ms, string setting) => pool.LastFailure is { IsAccountsFault: false } failure
        ? string.Create(CultureInfo.InvariantCulture, $"no connection to server '{pool.Key.Server}' within {ms} ms ({setting}): {failure.Text}")
        : string.Create(CultureInfo.InvariantCulture, $"pool '{pool.Key}' had no free connection within {ms} ms ({setting}): {pool.Total} of "
            + $"{pool.Limits.SizeMax} (pool.size) in use, {pool.Waiting} waiting");

    private LoopTask<bool> Accept(Statement statement, Pool pool, PooledConnection connection)
    {
        var session = statement.Session;
        door.Meter.Leases++;
        if (Interregnum.IsLeftBehind(statement, door.Facts))
        {
            Lease.Begin(connection, pool).Return();
            return new(GoAfter(statement));
        }
        statement.TakeOff(pool.Server.Pulse.On(door.Loop.Index));
        if ((session.Capabilities & LoginForm.Written & ~connection.Capabilities) != 0)
            return new(RefuseForm(statement, pool, connection));
        var isUntouched = session.LastLease.Connection == connection && session.LastLease.IsUntouched;
        session.Lease = Lease.Begin(connection, pool);
        session.LastLease = session.Lease.Mark;
        if (!isUntouched)
        {
            Bequest.NoteOtherConnection(session);
            if (connection.Uses <= 1)
                session.OfOthers = PreviousFacts.None;
            statement.NeedsCleanDiagnostics = connection.HoldsDiagnostics
                && (statement.Decision.Needs.HasFlag(PreviousFacts.Diagnostics) || statement.Kind == MySql.Commands.CommandKind.InitDb
                    || !Bequest.AlwaysForgets(connection.Version));
        }
        if (Leftovers.MustGo(statement, connection))
            return Renew(statement, pool, connection, mustClean: true);
        if (connection.GlobalsEpoch != EpochOf(statement))
            return Renew(statement, pool, connection, mustClean: false);
        if (SettingsMove.CanMove(connection, session.Settings))
            return new(true);
        return LogInAgain(statement, pool, connection);
    }

    // Sessions begin with the global values of the primary; a replica that is read from has the same, and counts its changes itself.
    private static int EpochOf(Statement statement) =>
        statement.IsOnReplica ? statement.Server.Globals.Epoch : statement.Session.GlobalsEpoch;

    // A global variable was changed since the connection was opened or reset last, or since the session began. The connection
    // takes on what is now; the session keeps what it began with as settings of its own. Or it must be cleaned, because the statement
    // may read what others have left on it.
    private async LoopTask<bool> Renew(Statement statement, Pool pool, PooledConnection connection, bool mustClean)
    {
        var session = statement.Session;
        statement.Hold();
        if (!statement.IsOnReplica && pool.Server.Facts is { } server && session.GlobalsEpoch != server.Globals.Epoch)
            statement.KeepOldGlobals(server);
        if (mustClean || connection.GlobalsEpoch < EpochOf(statement))
        {
            door.Meter.Renewals++;
            await Keepsake.TakeAll(session, connection);
            Bequest.NoteOtherConnection(session);
            if (!await PoolCleaning.Clean(connection, pool))
            {
                session.Lease!.Discard();
                session.Lease = null;
                session.Unpin(PinReasons.Soft);
                return await WaitFor(statement, pool);
            }
            // MySQL 5.6 leaves the number of others.
            statement.SetsInsertId = connection.LastInsertId is null;
        }
        return SettingsMove.CanMove(connection, session.Settings) || await LogInAgain(statement, pool, connection);
    }

    // Only a reload can bring a client there: its greeting offered what the server of that time could.
    private bool RefuseForm(Statement statement, Pool pool, PooledConnection connection)
    {
        var session = statement.Session;
        Lease.Begin(connection, pool).Return();
        door.Meter.OwnErrors++;
        ClientReplies.SendError(session, statement.ReplySequence, SqlError.ServerNotAvailable,
            $"server '{pool.Key.Server}' does not write results as this client agreed on at its login "
            + $"({LoginForm.Words(session.Form & LoginForm.Written)}); connect again [seawall: the statement did not run]");
        session.Wish(SessionWishes.GoNow);
        return false;
    }

    // A session without a schema got a connection that is in one: only a new login on it leads out.
    private async LoopTask<bool> LogInAgain(Statement statement, Pool pool, PooledConnection connection)
    {
        statement.Hold();
        if (await pool.LogInAgain(connection))
            return true;
        statement.Session.Lease!.Discard();
        statement.Session.Lease = null;
        return await WaitFor(statement, pool);
    }

    private void RefuseKilled(Statement statement)
    {
        door.Meter.OwnErrors++;
        ClientReplies.SendError(statement.Session, statement.ReplySequence, SqlError.Interrupted, ClientReplies.Interrupted);
        statement.EndIfUnanswered();
    }

    private void Refuse(Statement statement, Pool pool, LeaseFailure failure)
    {
        var session = statement.Session;
        var limits = pool.Limits;
        var isMariaDb = statement.Server.Version!.IsMariaDb;
        var lastFailure = pool.LastFailure;
        var (error, problem) = failure switch
        {
            LeaseFailure.TimedOut => (
                lastFailure is { IsAccountsFault: false } ? SqlError.ServerNotAvailable
                    : isMariaDb ? SqlError.QueryTimeoutMariaDb : SqlError.QueryTimeout,
                $"{WhyNone(pool, limits.WaitMsMax, "pool.wait_ms_max")}; trying again is safe"),
            LeaseFailure.QueueFull => (SqlError.QueryTimeout,
                $"pool '{pool.Key}' has {limits.WaitersMax} statements waiting already (pool.waiters_max); trying again later is safe"),
            LeaseFailure.Refused => (SqlError.AccessDenied,
                $"server '{pool.Key.Server}' does not let '{pool.Key.User}' in: {lastFailure?.Text ?? "no reason given"}"),
            LeaseFailure.ShuttingDown => (SqlError.ServerShutdown, "Seawall is shutting down; trying again is safe"),
            LeaseFailure.None or LeaseFailure.ClientGone or LeaseFailure.Killed or LeaseFailure.Moved => (SqlError.Internal, "no reason"),
        };
        door.Meter.LeaseFailures++;
        door.Meter.OwnErrors++;
        EngineLog.NoLease(logger, session.Id, session.Account!.User, problem);
        var message = $"{problem} [seawall: the statement did not run]";
        Bequest.NoteOwnError(session, error, message);
        ClientReplies.SendError(session, statement.ReplySequence, error, message);
        statement.EndIfUnanswered();
    }
}
