using System.Globalization;
using Seawall.Control.Settings;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Tenants;
using Seawall.Engine.Telemetry.Views;
using static Seawall.Control.Admin.AdminTable;

namespace Seawall.Control.Admin;

/// <summary>Who waits for a server, who was refused, and why. Column names are documented in docs/admin.md; a test compares.</summary>
internal static class OverloadTables
{
    internal static AdminTable Queues(IReadOnlyList<SluiceView> sluices) => new(
        [
            Text("server"), Text("mode"), Text("class"), Number("running"), Number("waiting"), Number("waiting_bytes"), Number("oldest_ms"),
            Text("stands"), Real("cohorts"), Number("offered"), Number("passed"), Number("queued"), Number("shed"), Number("withdrawn"),
            Number("continued"),
        ],
        sluices.SelectMany(sluice => sluice.Classes.Select(view => (AdminCell[])
        [
            sluice.Server, SnakeCase.Of(sluice.Mode), StatementClasses.Word(view.Class), view.Running, view.Waiting, view.WaitingBytes,
            view.OldestMs, view.Stands, view.CohortShare, view.Offered, view.Passed, view.Admitted, view.ShedInAll, view.Withdrawn,
            view.Continued,
        ])));

    internal static AdminTable Limits(IReadOnlyList<SluiceView> sluices) => new(
        [
            Text("server"), Text("mode"), Text("limit"), Number("running"), Number("running_limit"), Number("running_min"), Number("running_max"),
            Text("cause"), Real("stretch"), Number("long_running"), Number("long_max"), Number("broken"), Number("hot"),
            Number("waiting"), Real("ran_ms"), Number("shed"),
        ],
        sluices.Select(sluice => (AdminCell[])
        [
            sluice.Server, SnakeCase.Of(sluice.Mode), sluice.Bounds.IsAdaptive ? "adaptive" : "fixed", sluice.Running,
            sluice.Mode == OverloadMode.Off ? AdminCell.Null : sluice.Limit,
            sluice.Bounds.IsAdaptive ? sluice.Bounds.Min : AdminCell.Null, sluice.Bounds.Max, SnakeCase.Of(sluice.Bounds.Cause),
            sluice.Bounds.Stretch is { } stretch ? stretch : AdminCell.Null, sluice.Bounds.LongRunning,
            sluice.Mode == OverloadMode.Off ? AdminCell.Null : sluice.Bounds.LongMax, sluice.Bounds.Broken, sluice.Bounds.Hot,
            sluice.Classes.Sum(view => view.Waiting),
            sluice.RanMs, sluice.Classes.Sum(view => view.ShedInAll),
        ]));

    internal static AdminTable Tenants(IReadOnlyList<(string Server, TenantView View)> tenants) => new(
        [
            Text("server"), Text("tenant"), Number("running"), Number("waiting"), Number("ended"), Real("ran_ms"), Real("share"), Number("shed"),
        ],
        tenants.Select(row => (AdminCell[])
        [
            row.Server, row.View.Name, row.View.Running, row.View.Waiting, row.View.Ended, row.View.MeanMs, row.View.Share, row.View.Shed,
        ]));

    internal static AdminTable Shed(IReadOnlyList<(string Server, ShedEntry Entry, long AgoMs)> shed, DateTimeOffset now) => new(
        [
            Text("id"), Time("at"), Text("server"), Text("class"), Text("reason"), Text("user"), Number("cohort"), Number("waited_ms"),
            Number("limit_ms"),
        ],
        shed.Select(row => (AdminCell[])
        [
            $"{row.Server}-{row.Entry.Id}", now - TimeSpan.FromMilliseconds(row.AgoMs), row.Server, StatementClasses.Word(row.Entry.Class),
            SnakeCase.Of(row.Entry.Reason), row.Entry.User, row.Entry.Cohort, row.Entry.WaitedMs, row.Entry.LimitMs,
        ]));

    internal static AdminTable Classes(OverloadOptions options) => new(
        [
            Text("class"), Number("wait_ms_max"), Number("standing_ms_max"), Number("share_min"), Number("share_max"), Text("error"),
            Text("whose"),
        ],
        StatementClasses.OfClients.Select(which => (AdminCell[])
        [
            StatementClasses.Word(which), options.Of(which).WaitMsMax, options.Of(which).StandingMsMax, options.Of(which).ShareMin,
            options.Of(which).ShareMax, SettingKeys.NumberOf(options.Of(which).Error),
            string.Join("; ", options.Rules.Where(rule => rule.Class == which).Select(Whose)
                .Concat(which == StatementClass.Normal ? ["everybody else"] : Array.Empty<string>())),
        ]));

    internal static AdminTable Strain(IReadOnlyList<(StrainReading Reading, long AgoMs)> strain, OverloadMode mode) => new(
        [
            Text("resource"), Text("mode"), Text("level"), Number("used"), Number("max"), Real("share"), Number("level_ms"), Text("what"),
        ],
        strain.Select(row => (AdminCell[])
        [
            SnakeCase.Of(row.Reading.Resource), SnakeCase.Of(mode), SnakeCase.Of(row.Reading.Level), row.Reading.Used, row.Reading.Max,
            (double)row.Reading.Used / row.Reading.Max, row.Reading.Level == StrainLevel.None ? AdminCell.Null : row.AgoMs, row.Reading.Words,
        ]));

    private static string Hex(ulong digest) => digest.ToString("x16", CultureInfo.InvariantCulture);

    private static string Whose(ClassRule rule)
    {
        string[] conditions =
        [
            .. rule.User is { } user ? [$"user {user}"] : Array.Empty<string>(),
            .. rule.Schema is { } schema ? [$"schema {schema}"] : Array.Empty<string>(),
            .. rule.From is { } from ? [$"from {string.Join(" or ", from.Texts)}"] : Array.Empty<string>(),
            .. rule.Listener is { } listener ? [$"by {listener}"] : Array.Empty<string>(),
            .. rule.Digests.IsEmpty ? Array.Empty<string>() : [$"digest {string.Join(" or ", rule.Digests.Select(Hex))}"],
        ];
        return (conditions.Length == 0 ? "everybody" : string.Join(", ", conditions)) + (rule.MayRaise ? " (tags may raise)" : "");
    }
}
