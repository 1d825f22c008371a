using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow;

/// <summary>Has servers end statements of this loop's sessions: because somebody asked for it, or because nobody listens any more.</summary>
internal sealed class Cancelling(FrontDoor door)
{
    /// <summary>Ends a statement that a server has.</summary>
    internal async LoopTask<CancelResult> Cancel(Statement statement, bool isAsked = true)
    {
        var connection = statement.Session.Lease!.Connection;
        var pool = statement.Session.Pool!;
        var cancellation = statement.Cancellation ??= new Cancellation();
        cancellation.Begin();
        // The statement object may be about something else when the answer is there; this one may not.
        var result = await pool.Server.Cancels.Cancel(door.Loop, pool.Account, connection.ThreadId, isAsked);
        cancellation.End(result.Outcome);
        return result;
    }

    /// <summary>Ends a statement that was killed while it was on its way to the server.</summary>
    internal void CancelSent(Statement statement) => Ask(statement).Forget(door.Loop.Report);

    /// <summary>
    /// The client has gone in the middle of an answer. What only reads, or is rolled back anyway, is ended as far as the budget
    /// goes; the rest of everything else is read and thrown away.
    /// </summary>
    internal void Vanished(Statement statement)
    {
        (statement.Overtime = new Overtime(statement)).Begin();
        if (!door.Options.CancelsVanished || statement.Cancellation is { IsOnItsWay: true } || !Vanishing.MayEnd(statement.Kind,
            statement.Facts, statement.Session.Status))
        {
            return;
        }
        EndVanished(statement).Forget(door.Loop.Report);
    }

    private async LoopTask Ask(Statement statement) => await Cancel(statement);

    private async LoopTask EndVanished(Statement statement)
    {
        var result = await Cancel(statement, isAsked: false);
        if (result.Outcome == CancelOutcome.Done)
            door.Meter.VanishedCancelled++;
        else
            door.Meter.VanishedLeft++;
    }
}
