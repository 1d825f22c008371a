using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>What may be wanted of a session between two of its statements.</summary>
internal sealed class Interruptions(FrontDoor door)
{
    /// <summary>Attends to all wishes; false ends the conversation.</summary>
    internal async LoopTask<bool> Attend(Session session)
    {
        var wishes = session.TakeWishes();
        if (wishes.HasFlag(SessionWishes.GoNow))
            return false;
        if ((wishes & (SessionWishes.GiveUpSoftHold | SessionWishes.LookAtClock)) != 0 && session.Lease is not null)
            await Aftermath.GiveUpSoftHold(session);
        return !wishes.HasFlag(SessionWishes.LookAtClock) || LookAtClock(session);
    }

    /// <summary>Seawall is going down, and the client has nothing to finish.</summary>
    internal static void SayClosing(Session session) =>
        Goodbye(session, SqlError.ServerShutdown, "Seawall is shutting down; connect again");

    /// <summary>Starts the clock of a client that is silent.</summary>
    internal void StartClock(Session session) =>
        session.Wire.Loop.Arm(session, Math.Min(Math.Min(door.Options.IdleMsMax, session.Settings.WaitMsMax), HurriedMs(session)));

    private bool LookAtClock(Session session)
    {
        var silentMs = door.Loop.NowMs - session.ActiveMs;
        var limit = door.Options.IdleMsMax;
        var own = session.Settings.WaitMsMax;
        if (silentMs >= own && own <= limit)
            return EndAsServersDo(session);
        limit = Math.Min(limit, own);
        if (silentMs >= limit)
        {
            return Goodbye(session, SqlError.ClientInactive,
                $"The client was disconnected because it was silent for {limit} ms (clients.idle_ms_max)");
        }
        var hurried = HurriedMs(session);
        if (silentMs >= hurried)
        {
            door.Meter.ClientsHurried++;
            if (door.Strain.IsEnforced)
            {
                return Goodbye(session, SqlError.ClientInactive, $"The client was disconnected because it was silent for {hurried} ms "
                    + $"(protection.idle_ms_max) and Seawall runs short of {door.Strain.Cause}");
            }
            hurried = long.MaxValue;
        }
        session.Wire.Loop.Arm(session, Math.Min(limit, hurried) - silentMs);
        return true;
    }

    // Whoever has something that a new connection would not have is not hurried.
    private long HurriedMs(Session session) =>
        door.Strain.HurriesIdle && !session.InTransaction && session.PinReasons == PinReasons.None
            ? door.Strain.Options.IdleMsMax : long.MaxValue;

    // The client's own limit is one that it knows from servers: MySQL from 8.0.24 says so, the others say nothing.
    private bool EndAsServersDo(Session session) =>
        door.Facts.Primary?.Version is { IsMariaDb: false, Number: >= 80024 } && Goodbye(session, SqlError.ClientInactive,
            "The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout for "
            + "configuring this behavior.");

    // Said out of turn, as servers do: the client reads it as the answer to whatever it sends next, or as the reason why
    // the connection is closed. Its number is 0, as MySQL 8.0.24 and later send it.
    private static bool Goodbye(Session session, SqlError error, string message)
    {
        ClientReplies.SendError(session, 0, error, message);
        return false;
    }
}
