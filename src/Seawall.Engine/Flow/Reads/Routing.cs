using System.Globalization;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Loops;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow.Reads;

/// <summary>
/// Says which server answers a statement: the primary, or one of the replicas that have all that it must have. When none has, it waits a
/// little; then it takes one of the few places that the primary has for such reads; then it is refused. One for each loop.
/// </summary>
internal sealed class Routing(
    FrontDoor door, FreshnessBoard board, SpillGate spill, FreshWaits waits, OwnAnswers own, SecondTries tries,
    Admission admission, Func<ReadOptions> options, Func<OverloadOptions> overload)
{
    /// <summary>Of the time that its program waits, a read waits at most one of so many parts for a replica: the rest is for being answered.</summary>
    private const int WaitParts = 4;

    // As MySQL and MariaDB say it.
    private static readonly SqlError s_readOnlyTransaction = new(1792, "25006");

    private readonly DigestScratch _scratch = new();
    private readonly ReplicaChoice _choice = new(door.Loop, board);

    /// <summary>
    /// Places a statement; false when the client has been told that it does not run. While nothing is read from replicas this is one look
    /// at the settings.
    /// </summary>
    internal LoopTask<bool> Place(Statement statement)
    {
        var now = options();
        if (now.From == ReadsFrom.Primary)
            return statement.Session.Reads is null ? new(true) : PlaceAtPrimary(statement, PlaceReason.Off);
        var session = statement.Session;
        var reads = SessionReads.Of(session, board.Sources);
        if (reads.TransactionAt is not null && InTransaction(statement, reads) is { } inside)
            return inside;
        var reason = ReasonOf(statement, now);
        if (reason != PlaceReason.None)
            return PlaceAtPrimary(statement, reason);
        var rule = now.Rules.IsEmpty ? null : ReadRules.Find(statement, now, ref reads.Rule, _scratch);
        reads.LastRule = rule;
        var wish = reads.Wish = ReadRules.WishOf(statement, now, rule);
        if (wish.Level == FreshnessLevel.Primary)
            return PlaceAtPrimary(statement, PlaceReason.Asked);
        return statement.Words.MinGtid(statement).IsEmpty || HasTaken(statement)
            ? PlaceRead(statement, now, wish) : PlaceWithToken(statement, now, wish);
    }

    private LoopTask<bool> PlaceRead(Statement statement, ReadOptions now, ReadWish wish)
    {
        if (statement.Session.Lease is not null)
            return PlaceKept(statement, now, wish);
        return _choice.Pick(statement, wish, now) is { } replica ? new(Go(statement, replica, now)) : Wait(statement, now, wish);
    }

    /// <summary>
    /// The statement has been answered, or not: what its session has seen and written since. Called while its connection is still there.
    /// </summary>
    internal void Note(Statement statement, bool isComplete)
    {
        if (statement.Session.Reads is not { } reads)
            return;
        var wasTold = reads.TakeTold(out var token, out var isAll);
        // The session's own flags are of before the statement still; an error has none, and leaves a transaction open.
        var isTold = statement.Cancellation is null && !statement.Session.Wire.PeerGone;
        if (isTold && !statement.IsOnReplica && !statement.IsSpilled && reads.HeldSpill is null)
            statement.Server.Freshness.NoteRead(door.Loop.MicrosecondsSince(statement.StartedAt) / 1e3, !isComplete);
        var inTransaction = isComplete && statement.Answer.Facts is { HasStatus: true } told
            ? told.Status.HasFlag(ServerStatus.InTransaction) : statement.Session.InTransaction && isComplete;
        if (inTransaction && ReplicaTransaction.IsBegunBy(statement.Kind, statement.Facts))
        {
            if (statement.IsOnReplica)
                reads.TransactionAt = statement.Server.Id.Name;
            else
                reads.HeldSpill ??= statement.KeepSpill();
        }
        if (statement.IsOnReplica)
        {
            if (isTold)
                statement.Server.Freshness.NoteRead(door.Loop.NowMs - statement.PlacedMs, !isComplete || statement.Answer.Facts.IsError);
            if (isComplete && reads.Wish.Level == FreshnessLevel.Session
                && (statement.WasInTransaction || reads.Last.Way is RouteWay.Replica or RouteWay.Late))
            {
                reads.Memory.NoteSeen(statement.Server.Freshness, board.Now);
            }
            return;
        }
        var primary = statement.Server.Freshness;
        var failed = !isComplete || statement.Answer.Facts.IsError;
        if (wasTold)
        {
            // Whatever it has seen was there before its own transaction was, unless it could see more afterwards.
            var endsAll = isAll && !failed && !reads.OwesReport && statement.Facts.Statements == 1 && IsOneTransaction(statement.Facts)
                && primary.MovedSources <= 1;
            reads.Memory.NoteWrite(token, endsAll, primary, board.Now);
            if (!endsAll)
                reads.Memory.NoteSeen(primary, board.Now);
        }
        else if (failed || MayHaveSeen(statement.Facts))
        {
            reads.Memory.NoteSeen(primary, board.Now);
        }
        reads.OwesReport = failed && !statement.Facts.IsHarmless;
    }

    // As nearly always: the sources are known, and nothing is to be waited for.
    private bool HasTaken(Statement statement)
    {
        Span<byte> room = stackalloc byte[StatementTags.LengthMax];
        return SessionToken.Take(StatementTags.Unescape(statement.Words.MinGtid(statement), room), statement.Server.Version!.IsMariaDb,
            board.Sources, statement.Session.Reads!.Memory, board.Now) == TokenResult.Taken;
    }

    private async LoopTask<bool> PlaceWithToken(Statement statement, ReadOptions now, ReadWish wish)
    {
        var written = statement.Words.MinGtid(statement);
        var result = await own.Take(statement, StatementTags.Unescape(written, new byte[written.Length]).ToArray());
        if (result == TokenResult.Taken)
            return await PlaceRead(statement, now, wish);
        if (result is null)
            return false;
        door.Meter.OwnErrors++;
        statement.Session.Reads!.Last = new Route(null, PlaceReason.None, RouteWay.Refused, 0);
        ClientReplies.SendError(statement.Session, statement.ReplySequence, SqlError.WrongValue, "Wrong value for min_gtid [seawall: the statement "
            + $"did not run: {OwnAnswers.Words(result.Value, statement.Server.Version!.IsMariaDb)}]");
        return false;
    }

    // What is left on a replica, for questions about the statement before.
    private static bool IsHeldOnReplica(Statement statement) => statement.Session is
    { Lease.Pool.Key.Server: var server, Reads: { Last: { Way: RouteWay.Replica or RouteWay.Late or RouteWay.Kept } last } }
        && server.Name == last.Server && server != statement.Server.Id;

    private static bool IsOneTransaction(StatementFacts facts) => (facts.Traits & (StatementTraits.CallsProcedure
        | StatementTraits.CallsUnknownFunction | StatementTraits.Anything | StatementTraits.ExecutesText | StatementTraits.Compound)) == 0;

    private static bool MayHaveSeen(StatementFacts facts) =>
        (facts.Hints & (StatementHints.HasFrom | StatementHints.UsesTables)) != 0 || (facts.Traits & (StatementTraits.CallsUnknownFunction
            | StatementTraits.CallsProcedure | StatementTraits.Anything | StatementTraits.ExecutesText | StatementTraits.Compound)) != 0;

    private static PlaceReason ReasonOf(Statement statement, ReadOptions now)
    {
        var reason = now.TakesTransactions && ReplicaTransaction.IsBegunBy(statement.Kind, statement.Facts)
            ? PlaceReason.None : Placement.OfText(statement.Kind, statement.Facts);
        if (reason != PlaceReason.None)
            return reason;
        if (!statement.IsWhole)
            return PlaceReason.Command;
        var session = statement.Session;
        var state = new BindingState(session.InTransaction,
            session.Status.HasFlag(ServerStatus.Autocommit) && !session.HasStatusInDoubt, session.PinReasons, session.KeepsFacts,
            session.Settings.Schema);
        var asksByNull = session.Settings.AsksByNull == true
            || ((statement.Decision.Needs & PreviousFacts.HiddenInsertId) != 0 && InsertIds.MayHaveMade(session));
        reason = asksByNull ? PlaceReason.PreviousStatement : Placement.OfSession(state);
        return reason == PlaceReason.None && ExecutionPacket.OpensSomething(statement) ? PlaceReason.Cursor : reason;
    }

    // Whole at one server: what is said in it is said there. Null when there is none any more, and the statement is like any other.
    private LoopTask<bool>? InTransaction(Statement statement, SessionReads reads)
    {
        var session = statement.Session;
        if (!session.InTransaction || session.Lease is not { Pool.Key.Server: var server } || server.Name != reads.TransactionAt)
        {
            reads.TransactionAt = null;
            return null;
        }
        var pins = statement.Decision.Pins | statement.Decision.PinsEvenIfItFails;
        switch (ReplicaTransaction.Judge(statement.Kind, statement.Facts, pins, ExecutionPacket.OpensSomething(statement)))
        {
            case ReplicaTransactionStep.Stays:
                if (statement.World.Find(server) is { } replica)
                {
                    statement.GoToReplica(replica, door.Loop.NowMs);
                    statement.CountAt(replica.Freshness);
                }
                reads.Last = new Route(server.Name, PlaceReason.Transaction, RouteWay.Kept, 0);
                return new(true);
            case ReplicaTransactionStep.Writes:
                return RefuseInTransaction(statement, reads, s_readOnlyTransaction, "Cannot execute statement in a READ ONLY transaction");
            case ReplicaTransactionStep.Refused:
                return RefuseInTransaction(statement, reads, SqlError.NotSupported, $"This cannot be done in a read-only transaction on replica "
                    + $"'{server}': it belongs to the primary, or would leave there what the session needs afterwards "
                    + "(reads.read_only_transactions = \"replicas\") [seawall: the statement did not run; the transaction is open; "
                    + "SET @seawall_freshness = 'primary' before it begins has it on the primary]");
            case ReplicaTransactionStep.Leaves:
                // It ends the transaction by itself, which has changed nothing.
                reads.TransactionAt = null;
                return LeaveTransaction(statement);
        }
        return null;
    }

    private async LoopTask<bool> LeaveTransaction(Statement statement)
    {
        statement.Hold();
        await LeaveReplica(statement.Session);
        return await Place(statement);
    }

    private async LoopTask<bool> RefuseInTransaction(Statement statement, SessionReads reads, SqlError error, string message)
    {
        if (!statement.IsTaken)
            await Relay.Command(statement, null, door.Meter);
        door.Meter.OwnErrors++;
        reads.Last = new Route(null, PlaceReason.Transaction, RouteWay.Refused, 0);
        Bequest.NoteOwnError(statement.Session, error, message);
        ClientReplies.SendError(statement.Session, statement.ReplySequence, error, message);
        statement.EndIfUnanswered();
        return false;
    }

    /// <summary>
    /// Places a read anew whose replica was lost or taken out, or gave it no connection; false when the client has been told that there is nobody else.
    /// </summary>
    internal LoopTask<bool> PlaceElsewhere(Statement statement)
    {
        var session = statement.Session;
        if (session.Lease is { } lease)
        {
            session.Lease = null;
            lease.Discard();
            session.Unpin(PinReasons.Soft);
        }
        statement.Server.Freshness.NoteRead(door.Loop.NowMs - statement.PlacedMs, hasFailed: true);
        statement.Passage.End(door.Loop, isFailed: true);
        // What was known when it began may be what was wrong.
        var world = door.Facts is { Primary.Version: not null } facts ? facts : statement.World;
        if (session.GlobalsEpoch != world.Primary!.Globals.Epoch)
            session.KeepOldGlobals(world.Primary);
        statement.ComeBack(world, world.Primary);
        var wish = session.Reads!.Wish;
        var now = options();
        return _choice.Pick(statement, wish, now) is { } replica ? new(Go(statement, replica, now)) : Wait(statement, now, wish);
    }

    private bool Go(Statement statement, ServerFacts replica, ReadOptions now)
    {
        if (now.RetryShare > 0)
        {
            // It may be wanted once more. What was held already is no more than a look.
            statement.Hold();
            tries.Earn(now.RetryShare);
        }
        statement.GoToReplica(replica, door.Loop.NowMs);
        statement.CountAt(replica.Freshness);
        door.Meter.ReplicaReads++;
        var isLate = statement.Session.Reads!.Wish.Level == FreshnessLevel.Session && replica.Freshness.State != FreshnessState.Fresh;
        statement.Session.Reads.Last = new Route(replica.Id.Name, PlaceReason.None, isLate ? RouteWay.Late : RouteWay.Replica, 0)
        {
            State = replica.Freshness.State,
            Tries = statement.Tries,
            AgeMs = door.Loop.NowMs - replica.Freshness.ReachedMs is >= 0 and <= int.MaxValue and var age ? (int)age : null,
        };
        return true;
    }

    private LoopTask<bool> PlaceAtPrimary(Statement statement, PlaceReason reason)
    {
        var session = statement.Session;
        var primary = statement.Server;
        var reads = session.Reads!;
        if (session.Lease is not null && IsHeldOnReplica(statement))
            return PlaceAway(statement, session.Lease.Pool!.Key.Server, reason);
        statement.CountAt(primary.Freshness);
        reads.Last = new Route(primary.Id.Name, reason, RouteWay.Primary, 0);
        return new(true);
    }

    // What the session left on a replica is only held in case it is asked for.
    private async LoopTask<bool> PlaceAway(Statement statement, ServerId server, PlaceReason reason)
    {
        var session = statement.Session;
        if (reason == PlaceReason.PreviousStatement && Placement.OnlyAsksBack(statement.Facts)
            && statement.World.Readers.FirstOrDefault(reader => reader.Id == server) is { } replica)
        {
            statement.GoToReplica(replica, door.Loop.NowMs);
            statement.CountAt(replica.Freshness);
            session.Reads!.Last = new Route(server.Name, reason, RouteWay.Kept, 0);
            return true;
        }
        statement.Hold();
        await LeaveReplica(session);
        statement.CountAt(statement.Server.Freshness);
        session.Reads!.Last = new Route(statement.Server.Id.Name, reason, RouteWay.Primary, 0);
        return true;
    }

    private static LoopTask LeaveReplica(Session session)
    {
        if (!session.IsUnderWay)
            return Aftermath.GiveUpSoftHold(session);
        // Reads leave nothing that would keep a connection; if one did all the same, it must not keep what comes now on a replica.
        Aftermath.LetGo(session);
        session.Unpin((PinReasons)uint.MaxValue);
        session.Status &= ~ServerStatus.InTransaction;
        return LoopTask.Completed;
    }

    // It keeps a connection in case it is asked about the statement before. If that is a replica that may answer, it does, and what was
    // there is gone, as it would be at a server; if it is the primary, nobody is to be asked to give anything up for this.
    private async LoopTask<bool> PlaceKept(Statement statement, ReadOptions now, ReadWish wish)
    {
        var session = statement.Session;
        var server = session.Lease!.Pool!.Key.Server;
        if (server == statement.Server.Id ? wish.Target != ReadTarget.Replicas : !IsHeldOnReplica(statement))
        {
            statement.CountAt(statement.Server.Freshness);
            session.Reads!.Last = new Route(server.Name, PlaceReason.None, RouteWay.Kept, 0);
            return true;
        }
        foreach (var reader in statement.World.Readers)
        {
            if (reader.Id == server && _choice.MayAnswer(statement, reader, wish, now))
                return Go(statement, reader, now);
        }
        statement.Hold();
        await LeaveReplica(session);
        return _choice.Pick(statement, wish, now) is { } replica ? Go(statement, replica, now) : await Wait(statement, now, wish);
    }

    // The youngest of those that are not older than was said. What it has is known by the questions that it answered, whatever it does now.
    private ServerFacts? PickStale(Statement statement, in ReadWish wish)
    {
        ServerFacts? youngest = null;
        foreach (var reader in statement.World.Readers)
        {
            if ((statement.Session.Capabilities & LoginForm.Written & ~reader.Capabilities) == 0
                && (statement.Tries == 0 || reader.Id != statement.LostAt)
                && door.Loop.NowMs - reader.Freshness.ReachedMs is >= 0 and var ageMs && ageMs <= wish.StaleMsMax
                && (youngest is null || reader.Freshness.ReachedMs > youngest.Freshness.ReachedMs))
            {
                youngest = reader;
            }
        }
        return youngest;
    }

    private async LoopTask<bool> Wait(Statement statement, ReadOptions now, ReadWish wish)
    {
        var session = statement.Session;
        var reads = session.Reads!;
        var loop = door.Loop;
        var primary = statement.World.Primary!.Freshness;
        var reason = SpillReason.Capacity;
        statement.Hold();
        var beganMs = loop.NowMs;
        var waitMsMax = admission.Hurry(statement) is { } hurry ? Math.Min(now.WaitMsMax, Math.Max(0, hurry.LeftMs) / WaitParts) : now.WaitMsMax;
        while (true)
        {
            board.Want(loop.NowMs);
            var isAnyWell = AskFor(statement, reads, wish.Level);
            if (isAnyWell && !_choice.WasFull)
                reason = SpillReason.Fresh;
            if (wish.Level == FreshnessLevel.Session && reads.Memory.IsLost(primary))
            {
                statement.CountAt(primary);
                reads.Last = new Route(statement.Server.Id.Name, PlaceReason.None, RouteWay.Lost, 0);
                return true;
            }
            var leftMs = waitMsMax - (loop.NowMs - beganMs);
            if (leftMs <= 0 || statement.IsKilled || session.Wire.IsClosed || session.Wire.PeerGone)
                break;
            door.Meter.FreshWaits++;
            await waits.Wait(leftMs);
            if (_choice.Pick(statement, wish, now) is { } replica)
            {
                Go(statement, replica, now);
                reads.Last = reads.Last with { WaitedMs = (int)(loop.NowMs - beganMs) };
                return true;
            }
        }
        if (session.Wire.IsClosed || session.Wire.PeerGone)
        {
            session.Wire.Close();
            return false;
        }
        return Spill(statement, now, wish, reason, (int)(loop.NowMs - beganMs));
    }

    // What each replica that is well lacks, so that its stream waits for it. Whether there is any such replica.
    private static bool AskFor(Statement statement, SessionReads reads, FreshnessLevel level)
    {
        var isAnyWell = false;
        foreach (var reader in statement.World.Readers)
        {
            if (reader.Freshness is not { State: FreshnessState.Fresh, Position: { } position } slot)
                continue;
            isAnyWell = true;
            if (level == FreshnessLevel.Session && reads.Memory.FirstMissing(position) is { } token)
                slot.Await(token);
        }
        return isAnyWell;
    }

    private bool Spill(Statement statement, ReadOptions now, in ReadWish wish, SpillReason reason, int waitedMs)
    {
        var reads = statement.Session.Reads!;
        if (statement.IsKilled)
        {
            door.Meter.OwnErrors++;
            ClientReplies.SendError(statement.Session, statement.ReplySequence, SqlError.Interrupted, ClientReplies.Interrupted);
            statement.EndIfUnanswered();
            return false;
        }
        var standing = Classifier.Read(statement, overload(), _scratch, door.Loop.NowMs);
        var missing = reads.Memory.MissingAtPrimary(statement.World.Primary!.Freshness);
        var mayBe = missing is null && wish.Target != ReadTarget.Replicas
            && (standing.Class <= StatementClass.Critical || (now.SpillsNormal && standing.Class == StatementClass.Normal));
        var isTooLate = mayBe && admission.Hurry(statement) is { IsTooLate: true };
        if (mayBe && !isTooLate && spill.TryEnter(reason, statement.World.Primary.Freshness.Running))
        {
            statement.SpillAt(spill, reason, door.Loop.NowMs);
            statement.CountAt(statement.Server.Freshness);
            door.Meter.SpilledReads++;
            reads.Last = new Route(statement.Server.Id.Name, PlaceReason.None, RouteWay.Spilled, waitedMs) { Tries = statement.Tries };
            return true;
        }
        if (wish.StaleMsMax > 0 && PickStale(statement, wish) is { } stale)
        {
            Go(statement, stale, now);
            door.Meter.StaleReads++;
            reads.Last = reads.Last with { Way = RouteWay.Stale, WaitedMs = waitedMs };
            return true;
        }
        door.Meter.RefusedReads++;
        door.Meter.OwnErrors++;
        reads.Last = new Route(null, PlaceReason.None, RouteWay.Refused, waitedMs) { Tries = statement.Tries };
        Refuse(statement, now, wish, standing.Class, mayBe, isTooLate, reason, missing);
        return false;
    }

    private void Refuse(
        Statement statement, ReadOptions now, in ReadWish wish, StatementClass which, bool mayBe, bool isTooLate, SpillReason reason, GtidToken? missing)
    {
        var why = reason == SpillReason.Fresh ? "no replica has yet what this session has written or seen"
            : _choice.WasFull ? "replicas that have come back, or are set aside, take no more now (SHOW REPLICAS)" : "no replica is well";
        var place = missing is { } token ? $"the primary itself has not {board.Sources.Spell(token)}, which min_gtid asks for"
            : wish.Target == ReadTarget.Replicas ? "a rule of [[routes]] has these reads answered by replicas alone (routes.target)"
            : !mayBe ? $"reads of class {StatementClasses.Word(which)} do not go to the primary instead"
            : isTooLate ? "at the primary it would not be answered within its deadline_ms"
            : string.Create(CultureInfo.InvariantCulture,
                $"the primary has no place for it: {spill.Used} of {spill.Max} are taken, and there is none while its own statements need all "
                + $"that it has (reads.spill_share={now.SpillShare}, SHOW SPILL)");
        var what = statement.Tries == 0 ? "the statement did not run" : $"replica '{statement.LostAt}' did not answer the statement";
        var stale = wish.StaleMsMax == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
            $", and what replicas have is older than {wish.StaleMsMax} ms, or of unknown age (stale_ok)");
        ClientReplies.SendError(statement.Session, statement.ReplySequence, SqlError.LockWaitTimeout, string.Create(
            CultureInfo.InvariantCulture, $"Lock wait timeout exceeded; try restarting transaction [seawall: {what}: {why} "
            + $"(reads.wait_ms_max={now.WaitMsMax}), and {place}{stale}; trying again later is safe]"));
        statement.EndIfUnanswered();
    }
}
