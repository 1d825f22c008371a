using Microsoft.Extensions.Logging;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;

namespace Seawall.Engine.Watch;

/// <summary>
/// Has the brake of low writes look at how far replicas are behind, tells of what changes, and has the servers asked for their positions
/// as long as somebody writes. Control loop only.
/// </summary>
internal sealed class LagWatch(
    Loop loop, FactsBoard facts, FreshnessBoard freshness, LagBrake brake, LoopMeter[] meters, Func<OverloadOptions> options,
    Action<GateEvent> keep, ILogger logger)
{
    private long _askedSeen;

    /// <summary>Looks, if it is time to. Ten times a second.</summary>
    internal void Look()
    {
        var nowMs = loop.NowMs;
        if (!brake.IsDue(nowMs))
            return;
        var asked = meters.Sum(meter => Volatile.Read(ref meter.LowWrites));
        if (brake.Look(LagOf(facts.Current, nowMs), asked, options(), nowMs) is { } news)
        {
            keep(news);
            EngineLog.LowWritesPaced(logger, news.To, news.Cause);
        }
        // Answers that are half a second old are too old to brake by.
        if (asked != _askedSeen || brake.IsOn)
            freshness.Want(nowMs);
        _askedSeen = asked;
    }

    // Of those that follow and say so, the one that is furthest behind. Slower writes help no replica that has stopped.
    private static ReplicaLag LagOf(FactsSnapshot facts, long nowMs)
    {
        var most = default(ReplicaLag);
        foreach (var server in facts.Servers)
        {
            if (server is not { Role: ServerRole.Replica, Duty: null, Freshness.State: FreshnessState.Fresh or FreshnessState.Lagging })
                continue;
            if (server.Freshness.ReachedMs is var reached && reached != long.MinValue && !(nowMs - reached <= most.Ms))
                most = new(server.Id.Name, Math.Max(0, nowMs - reached));
        }
        return most;
    }
}
