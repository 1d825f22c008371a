using Microsoft.Extensions.Logging;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Telemetry;

namespace Seawall.Engine.Flow.Reads;

/// <summary>
/// Whether a read whose replica was lost, or gave it no connection, may be tried elsewhere: its client has heard nothing yet, and there is
/// budget. Reads earn it as they go, so that a replica in trouble costs the others a share of what they do anyway, and never twice as much.
/// One for each loop.
/// </summary>
internal sealed class SecondTries(FrontDoor door, FreshnessBoard board, Func<ReadOptions> options, ILogger logger)
{
    /// <summary>Of one statement: two replicas may fall together, and who meets a third such one has other worries.</summary>
    internal const int TriesMax = 2;

    /// <summary>
    /// Tries that can be saved up: as many as may be under way on a loop when a replica falls, so that all of them go on.
    /// </summary>
    internal const int SavedMax = 100;

    /// <summary>What there is at the start: a few, before anything is earned.</summary>
    private const int SavedAtFirst = 10;

    private readonly ReplicaChoice _choice = new(door.Loop, board);

    // In hundredths of a try: each read earns as many as reads.retry_share says.
    private int _saved = SavedAtFirst * 100;

    /// <summary>A read has gone to a replica.</summary>
    internal void Earn(int share) => _saved = Math.Min(_saved + share, SavedMax * 100);

    /// <summary>Whether a statement is one that may be tried elsewhere, if there is budget.</summary>
    internal bool Is(Statement statement) => statement is { IsOnReplica: true, IsKilled: false, Tries: < TriesMax, IsHeld: true }
        && statement.Session is { Wire.IsClosed: false, Wire.PeerGone: false, InTransaction: false } session
        && session.Reads is { Last.Way: RouteWay.Replica or RouteWay.Late or RouteWay.Stale }
        && options().RetryShare > 0;

    /// <summary>Whether another replica may answer it at once: who has none waits where it is.</summary>
    internal bool HasElsewhere(Statement statement)
    {
        var now = options();
        foreach (var reader in statement.World.Readers)
        {
            if (reader.Id != statement.Server.Id && reader.Freshness.HasRoom
                && _choice.MayAnswer(statement, reader, statement.Session.Reads!.Wish, now))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Takes a try from the budget, if it may have one; the statement is to be placed anew then.</summary>
    internal bool TryBegin(Statement statement, string why)
    {
        if (!Is(statement))
            return false;
        if (_saved < 100)
        {
            door.Meter.RetriesDenied++;
            return false;
        }
        _saved -= 100;
        door.Meter.RetriedReads++;
        door.LookSoon(statement.Server.Id);
        EngineLog.ReadTriedElsewhere(logger, statement.Session.Id, statement.Session.Account!.User, statement.Server.Id.Name, why);
        statement.GoesElsewhere = true;
        return true;
    }
}
