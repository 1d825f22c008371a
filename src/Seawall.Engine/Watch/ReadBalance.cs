using System.Globalization;
using Microsoft.Extensions.Logging;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Reads;
using Seawall.Engine.Telemetry;
using Seawall.Engine.Telemetry.Views;

namespace Seawall.Engine.Watch;

/// <summary>
/// Looks at the replicas ten times a second: gives each its share of the reads, knows what would be left without the biggest, and tells when
/// either changes. Control loop, but for what it shows.
/// </summary>
internal sealed class ReadBalance(FreshnessBoard freshness, Random random, Action<GateEvent> tell, ILogger logger)
{
    private readonly ReplicaCare _care = new(random);
    private readonly HeadroomGauge _gauge = new();
    private volatile IReadOnlyList<ReplicaView> _replicas = [];
    private volatile HeadroomView? _headroom;
    private bool _isUnprotected;

    /// <summary>What each replica gets. From any thread.</summary>
    internal IReadOnlyList<ReplicaView> Replicas => _replicas;

    /// <summary>What would be left without the biggest. From any thread.</summary>
    internal HeadroomView? Headroom => _headroom;

    /// <summary>Looks.</summary>
    internal void Look(FactsSnapshot world, ReadOptions options, long nowMs)
    {
        // Who was taken out by hand is missed by nobody.
        var replicas = world.Servers.Where(server => server is { Role: ServerRole.Replica, Duty: null }).ToArray();
        var looks = replicas.Select(server => LookOf(server, world.Readers.Contains(server))).ToArray();
        foreach (var news in _care.Look(looks, options.SlowFactor, nowMs))
            Say(news, nowMs);
        freshness.IsShort = _care.IsShort && options.ShortLagMsMax > 0;
        foreach (var (server, standing) in replicas.Zip(_care.Standings))
            server.Freshness.Room = standing.Room;
        var well = _care.Standings.Where(standing => standing.IsWell).ToArray();
        var biggest = well.MaxBy(standing => standing.Look.Weight);
        var changed = _gauge.Look(well.Sum(standing => standing.Look.Weight), biggest?.Look.Weight ?? 0,
            looks.Sum(look => look.Running), options.HeadroomLow, nowMs);
        _headroom = new HeadroomView(looks.Length, well.Length, _gauge.Capacity, biggest?.Name, _gauge.WithoutBiggest, _gauge.Busy,
            _gauge.Headroom, _gauge.Level, _care.IsShort);
        _replicas = [.. _care.Standings.Select(ViewOf)];
        if (changed)
            SayHeadroom(_headroom, options.HeadroomLow, nowMs);
        if (options.SpillsWithoutBudget != _isUnprotected)
            SayBudget(options.SpillsWithoutBudget, nowMs);
    }

    private static ReplicaLook LookOf(ServerFacts server, bool isThere)
    {
        var slot = server.Freshness;
        return new(server.Id.Name, isThere, slot.State == FreshnessState.Fresh, slot.Weight, slot.Running, slot.Tally);
    }

    private static ReplicaView ViewOf(ReplicaStanding standing) => new(
        standing.Name, standing.IsWell, standing.Part, standing.Look.Weight, standing.Room == int.MaxValue ? null : standing.Room,
        standing.Look.Running, standing.Look.Tally.Reads, standing.Look.Tally.Failed, standing.TypicalMs, standing.FailedShare, standing.Cause);

    private void Say(ReplicaNews news, long nowMs)
    {
        tell(new GateEvent(nowMs, news.Server is null ? GateEventKind.Reads : GateEventKind.Server, news.Server ?? "replicas", news.To, news.Cause));
        if (news.Server is null && news.To == "short")
            ReadLog.Short(logger, news.Cause);
        else if (news.Server is null)
            ReadLog.Enough(logger, news.Cause);
        else if (news.To is "aside" or "kept")
            ReadLog.SetAside(logger, news.Server, news.To, news.Cause);
        else
            ReadLog.Returns(logger, news.Server, news.To, news.Cause);
    }

    private void SayHeadroom(HeadroomView now, int lowShare, long nowMs)
    {
        var cause = string.Create(CultureInfo.InvariantCulture, $"without {now.Biggest ?? "the biggest"} {now.WithoutBiggest} of {now.Capacity} "
            + $"statements may run on replicas, and {now.Busy:0} do at a busy moment (reads.headroom_low={lowShare})");
        tell(new GateEvent(nowMs, GateEventKind.Reads, "headroom", SnakeCase.Of(now.Level), cause));
        if (now.Level == HeadroomLevel.Ok)
            ReadLog.HeadroomIsBack(logger, cause);
        else
            ReadLog.HeadroomIsLow(logger, SnakeCase.Of(now.Level), cause);
    }

    private void SayBudget(bool isUnprotected, long nowMs)
    {
        _isUnprotected = isUnprotected;
        var cause = isUnprotected ? "those that no replica may answer go there however many they are (reads.spill_budget = \"none\")"
            : "those that no replica may answer have a budget there (reads.spill_budget = \"measured\")";
        tell(new GateEvent(nowMs, GateEventKind.Reads, "primary", isUnprotected ? "unprotected" : "protected", cause));
        if (isUnprotected)
            ReadLog.Unprotected(logger, cause);
        else
            ReadLog.Protected(logger, cause);
    }
}
