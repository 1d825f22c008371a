using System.Globalization;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Loops;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>
/// Holds statements for the primary while there is none, and takes them to the new one afterwards. What a session has begun at a server
/// it finishes there, or hears from it that it cannot. One for each loop.
/// </summary>
internal sealed class Interregnum(FrontDoor door, PrimaryLine line)
{
    /// <summary>Goes on, at once or after a wait; false when the client has been told that the statement does not run.</summary>
    internal LoopTask<bool> Pass(Statement statement)
    {
        if (statement.World.Topology.TakesWrites && !statement.HasMoved)
            return new(true);
        if (statement.HasMoved)
            GoAfter(statement, door.Facts);
        return statement.World.Topology.TakesWrites || !MustWait(statement) ? new(true) : Wait(statement);
    }

    /// <summary>Whether another server is the primary, or none, since the statement began; it was for the primary then.</summary>
    internal static bool IsLeftBehind(Statement statement, FactsSnapshot now) =>
        !ReferenceEquals(statement.World.Topology, now.Topology) && now.Topology.IsFound
        && statement.World.Topology.Epoch != now.Topology.Epoch && IsForPrimary(statement);

    private static bool IsForPrimary(Statement statement) =>
        statement.World.Primary is not { } primary || statement.Server.Id == primary.Id;

    // A transaction is finished where it is, and whoever keeps a connection has its state there. But nobody writes to one of two.
    private static bool MustWait(Statement statement)
    {
        if (!IsForPrimary(statement))
            return false;
        var session = statement.Session;
        return session.Lease is null || !session.IsUnderWay
            || (statement.World.Topology.State == PrimaryState.Split && !session.InTransaction);
    }

    private async LoopTask<bool> Wait(Statement statement)
    {
        var session = statement.Session;
        statement.Hold();
        door.Meter.PrimaryWaits++;
        var started = door.Loop.TurnBegan;
        while (!statement.World.Topology.TakesWrites)
        {
            var waiter = statement.Passage.WaiterOn(door.Loop);
            waiter.Apply(StatementClass.Normal, 0, statement.Packet.Bytes.Length, session.Account!.User, door.Loop.NowMs);
            _ = waiter.WaitAt(line, session.Wire);
            await waiter;
            statement.Passage.EndWait();
            if (session.Wire.PeerGone || session.Wire.IsClosed)
            {
                session.Wire.Close();
                return false;
            }
            if (waiter.Turn != Turn.Come || statement.IsKilled)
            {
                door.Meter.PrimaryWait.Record(door.Loop.MicrosecondsUntilTurn(started));
                return await Refuse(statement, waiter);
            }
            GoAfter(statement, door.Facts);
        }
        door.Meter.PrimaryWait.Record(door.Loop.MicrosecondsUntilTurn(started));
        return true;
    }

    // The statement is for whoever is the primary now.
    private static void GoAfter(Statement statement, FactsSnapshot now)
    {
        statement.HasMoved = false;
        if (now.Primary is not { Version: not null } server)
            return;
        var session = statement.Session;
        if (session.GlobalsEpoch != server.Globals.Epoch && session.Lease is null)
            session.KeepOldGlobals(server);
        statement.GoTo(now, server);
        StatementDesk.Decide(statement);
    }

    // Always false.
    private async LoopTask<bool> Refuse(Statement statement, GateWaiter waiter)
    {
        if (!statement.IsTaken)
            await Relay.Command(statement, null, door.Meter);
        door.Meter.OwnErrors++;
        var (error, message) = statement.IsKilled
            ? (SqlError.Interrupted, ClientReplies.Interrupted)
            : waiter.Turn == Turn.Closing
                ? (SqlError.ServerShutdown, "Seawall is shutting down; trying again is safe [seawall: the statement did not run]")
                : (SqlError.ServerNotAvailable, Message(waiter));
        ClientReplies.SendError(statement.Session, statement.ReplySequence, error, message);
        statement.EndIfUnanswered();
        return false;
    }

    private string Message(GateWaiter waiter)
    {
        var topology = door.Facts.Topology;
        var waited = door.Loop.NowMs - waiter.SinceMs;
        var held = waited < waiter.LimitMs
            ? "too many statements are held already (topology.hold_max, topology.hold_bytes_max)"
            : string.Create(CultureInfo.InvariantCulture, $"the statement was held for {waited} ms (topology.hold_ms_max = {waiter.LimitMs})");
        return $"There is no server for writes: {topology.Cause}; {held} [seawall: the statement did not run; trying again later is safe]";
    }
}
