using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Telemetry.Views;
using static Seawall.Control.Admin.AdminTable;

namespace Seawall.Control.Admin;

/// <summary>What statements meet before they wait for their turn. Column names are documented in docs/admin.md; a test compares.</summary>
internal static class HoldTables
{
    internal static AdminTable Brownouts(IReadOnlyList<BrownoutView> groups, DateTimeOffset now) => new(
        [
            Text("group"), Number("level"), Text("action"), Text("classes"), Text("active"), Text("because_of"), Time("until"), Number("left_s"),
            Text("by"), Text("why"), Number("refused"), Number("slowed"), Number("answered"),
        ],
        groups.Select(view => (AdminCell[])
        [
            view.Group.Name, view.Group.Level, ActionOf(view.Group), string.Join(", ", view.Group.Classes.Select(StatementClasses.Word)),
            view.Order is not null, view.Order?.What, view.Order is null ? AdminCell.Null : now + TimeSpan.FromMilliseconds(view.LeftMs),
            view.Order is null ? AdminCell.Null : (view.LeftMs + 999) / 1_000, view.Order?.By, view.Order?.Why, view.Refused, view.Slowed,
            view.Answered,
        ]));

    internal static AdminTable Paces(IReadOnlyList<PaceView> paces) => new(
        [
            Text("rule"), Number("per_second"), Number("burst"), Number("wait_ms_max"), Number("next_ms"), Number("waiting"), Number("waited"),
            Number("refused"),
        ],
        paces.Select(pace => (AdminCell[])
        [
            pace.Rule, pace.Limits.PerSecond, pace.Limits.Burst, pace.Limits.WaitMsMax, pace.NextMs, pace.Waiting, pace.Waited, pace.Refused,
        ]));

    internal static AdminTable Lag(LagView lag) => new(
        [
            Text("server"), Number("lag_ms"), Number("line_ms"), Number("per_second"), Number("waiting"), Number("waited"), Number("refused"),
            Number("times"),
        ],
        [(AdminCell[])
        [
            lag.Lag.Server, lag.Lag.Ms is { } ms ? ms : AdminCell.Null, lag.LineMs, lag.PerSecond is { } rate ? (long)rate : AdminCell.Null,
            lag.Waiting, lag.Waited, lag.Refused, lag.Times,
        ]]);

    internal static AdminTable Deferred(IReadOnlyList<SluiceView> sluices) => new(
        [
            Text("server"), Text("mode"), Number("held"), Number("held_bytes"), Number("oldest_ms"), Real("per_second"), Number("deferred"),
            Number("released"),
        ],
        sluices.Select(sluice => (AdminCell[])
        [
            sluice.Server, SnakeCase.Of(sluice.Mode), sluice.Deferral.Held, sluice.Deferral.HeldBytes, sluice.Deferral.OldestMs,
            sluice.Deferral.PerSecond, sluice.Deferral.Deferred, sluice.Deferral.Released,
        ]));

    internal static AdminTable Events(IReadOnlyList<(GateEvent Event, long AgoMs)> events, DateTimeOffset now) => new(
        [Time("at"), Text("kind"), Text("of"), Text("is_now"), Text("cause")],
        events.Select(row => (AdminCell[])
        [
            now - TimeSpan.FromMilliseconds(row.AgoMs), SnakeCase.Of(row.Event.Kind), row.Event.Of, row.Event.To, row.Event.Cause,
        ]));

    private static string ActionOf(BrownoutGroup group) => group.Action switch
    {
        BrownoutAction.Off => "off",
        BrownoutAction.Share => $"share {group.Share}",
        BrownoutAction.Slow => $"slow {group.Pace!.PerSecond}",
        BrownoutAction.Cache => $"cache {group.KeepMsMax}",
    };
}
