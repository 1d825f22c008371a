using Microsoft.Extensions.Logging;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.Engine.Telemetry.Views;

namespace Seawall.Engine.Watch;

/// <summary>
/// Puts up which server is the primary, whenever something is known anew and a few times a second, and tells those who must act when
/// that has changed. On the control loop. When it does not run nothing changes: what was put up last holds.
/// </summary>
internal sealed class TopologyWatch(
    Loop control, FactsBoard board, Action<TopologyFacts, TopologyFacts> changed, Action<GateEvent> tell, Func<int> holdMsMax, ILogger logger)
    : TimerNode
{
    /// <summary>Half of <see cref="TopologyJudge.AwayMs"/>: times are over when they are.</summary>
    private const int EveryMs = 250;

    private TopologyFacts _told = TopologyFacts.Empty;

    /// <summary>Begins. Control loop only.</summary>
    internal void Start() => OnDue();

    /// <summary>Looks at what is known. Control loop only.</summary>
    internal void Look()
    {
        board.Publish(snapshot => snapshot.Judged(control.NowMs));
        var now = board.Current.Topology;
        var before = _told;
        if (ReferenceEquals(now, before))
            return;
        _told = now;
        if (now.Epoch != before.Epoch)
        {
            Tell(before, now);
            changed(before, now);
        }
        foreach (var member in now.Members)
            TellOf(before.Of(member.Id), member, now);
    }

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        Look();
        control.Arm(this, EveryMs);
    }

    private void Tell(TopologyFacts before, TopologyFacts now)
    {
        if (!now.IsFound && !before.IsFound)
            return; // As the settings have it.
        if (!now.TakesWrites)
            TopologyLog.NoPrimary(logger, SnakeCase.Of(now.State), now.Cause, holdMsMax());
        else if (before.Primary is { } old && old != now.Primary)
            TopologyLog.PrimaryChanged(logger, now.Primary?.Name ?? "", old.Name, now.Cause);
        else
            TopologyLog.Primary(logger, now.Primary?.Name ?? "", now.Cause);
        tell(new GateEvent(control.NowMs, GateEventKind.Primary, now.Primary?.Name ?? "",
            now.TakesWrites ? "primary" : SnakeCase.Of(now.State), now.Cause));
    }

    private void TellOf(TopologyMember? before, TopologyMember now, TopologyFacts all)
    {
        if (before is not null && before.State == now.State && before.Replication == now.Replication && before.Follows == now.Follows)
            return;
        if (all.Members.Length < 2 || now.State == MemberState.Unknown)
            return;
        var state = now is { State: MemberState.Up, Replication: ReplicationState.Broken } ? "broken" : SnakeCase.Of(now.State);
        TopologyLog.MemberChanged(logger, now.Id.Name, state, TopologyJudge.Standing(now));
        tell(new GateEvent(control.NowMs, GateEventKind.Server, now.Id.Name, state, TopologyJudge.Standing(now)));
    }
}
