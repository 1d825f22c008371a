using System.Globalization;
using System.Net;
using System.Text;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry.Views;
using Seawall.MySql.Commands;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow.Reads;

/// <summary>Says where a statement would go that came now, from a session that has done nothing yet. It asks, and changes nothing.</summary>
internal static class RouteExplainer
{
    internal static IReadOnlyList<AdmissionStep> Explain(
        AdmissionQuestion question, SqlDialect dialect, FactsSnapshot world, ReadOptions options, long nowMs)
    {
        var (schema, text) = (question.Schema, Encoding.UTF8.GetBytes(question.Text));
        var steps = new List<AdmissionStep>();
        var primary = world.Primary!.Id.Name;
        steps.Add(new("reads", options.From == ReadsFrom.Primary ? "primary" : "replicas", "reads.from"));
        var reason = Placement.OfText(CommandKind.Query, StatementLexer.Read(text, dialect));
        steps.Add(new("text", Word(reason), WhyText(reason)));
        var bound = Placement.OfSession(new BindingState(InTransaction: false, Autocommit: true, PinReasons.None, KeepsFacts: false, schema));
        steps.Add(new("schema", Word(bound), bound == PlaceReason.None ? "an ordinary schema, or none" : "each server keeps it about itself"));
        var tags = StatementTags.Read(text);
        var rule = ReadRules.Find(options, question.User, schema, question.From ?? PeerAddress.From(IPAddress.Any, 0), question.Listener,
            StatementDigest.Of(text, dialect)?.Hash, tags.Route);
        steps.Add(new("rule", rule?.Name ?? "none", rule is null ? "no rule of [[routes]] fits" : "the first of [[routes]] that fits"));
        var wish = WishOf(tags, options, rule, steps);
        var fit = 0;
        foreach (var server in world.Servers.Where(server => server.Role == ServerRole.Replica))
        {
            var unfit = ReplicaFitness.Judge(world.Primary!, server);
            var state = server.Freshness.State;
            var may = unfit == Unfitness.None && MayAnswer(wish, server, nowMs);
            fit += may ? 1 : 0;
            steps.Add(new($"replica {server.Id}", may ? "may answer" : "may not", unfit != Unfitness.None ? SnakeCase.Of(unfit)
                : string.Create(CultureInfo.InvariantCulture, $"{SnakeCase.Of(state)}, {Age(server, nowMs)}")));
        }
        if (options.From == ReadsFrom.Primary || reason != PlaceReason.None || bound != PlaceReason.None || wish.Level == FreshnessLevel.Primary)
            steps.Add(new("decision", primary, "it is the primary's"));
        else if (fit > 0)
            steps.Add(new("decision", "a replica", fit == 1 ? "the one that may answer" : "of two that may, the one with less to do for what it can"));
        else
            steps.Add(new("decision", "waits", $"at most reads.wait_ms_max = {options.WaitMsMax}; then {Ladder(wish, options)}it is refused"));
        steps.Add(new("in a transaction", primary, "so does whoever keeps a connection"));
        return steps;
    }

    private static ReadWish WishOf(StatementTags tags, ReadOptions options, ReadRule? rule, List<AdmissionStep> steps)
    {
        var said = ReadRules.WordOf(tags.Freshness);
        var wish = ReadWish.Settle(options, rule, default, said);
        var why = wish.Target == ReadTarget.Primary ? $"rule '{rule!.Name}' (routes.target), whatever anybody else says"
            : said.Level is not null ? "its comment says so" : rule?.Level is not null ? $"rule '{rule.Name}' (routes.freshness)"
            : wish.Level != options.Level ? $"rule '{rule!.Name}' (routes.target) has replicas answer it" : "reads.freshness";
        steps.Add(new("freshness", SnakeCase.Of(wish.Level), $"{why}; a session may say otherwise (SET @seawall_freshness)"));
        if (wish.StaleMsMax > 0)
            steps.Add(new("stale_ok", string.Create(CultureInfo.InvariantCulture, $"{wish.StaleMsMax} ms"), "when nobody may give a better answer"));
        if (!tags.MinGtid.IsEmpty)
            steps.Add(new("min_gtid", "must be there", "its comment says so"));
        return wish;
    }

    private static string Ladder(in ReadWish wish, ReadOptions options) => (wish.Target == ReadTarget.Replicas ? ""
            : options.SpillsWithoutBudget ? "the primary, whatever it has to do (reads.spill_budget = \"none\"), or "
            : "a place on the primary (SHOW SPILL), or ")
        + (wish.StaleMsMax > 0 ? "a replica not older than stale_ok, or " : "");

    private static bool MayAnswer(in ReadWish wish, ServerFacts server, long nowMs) => wish.Level switch
    {
        FreshnessLevel.Session => server.Freshness.State == FreshnessState.Fresh,
        FreshnessLevel.Bounded => server.Freshness.State == FreshnessState.Fresh && nowMs - server.Freshness.ReachedMs <= wish.BoundMs,
        FreshnessLevel.Any => server.Freshness.State is FreshnessState.Fresh or FreshnessState.Lagging or FreshnessState.Frozen,
        FreshnessLevel.Primary => false,
    };

    private static string Age(ServerFacts server, long nowMs) => server.Freshness.ReachedMs == long.MinValue
        ? "of unknown age" : string.Create(CultureInfo.InvariantCulture, $"at most {nowMs - server.Freshness.ReachedMs} ms old");

    private static string Word(PlaceReason reason) => reason == PlaceReason.None ? "may go to a replica" : SnakeCase.Of(reason);

    private static string WhyText(PlaceReason reason) => reason switch
    {
        PlaceReason.None => "it only reads, and nothing that belongs to one server or session",
        PlaceReason.Writes => "it may write, or is not understood",
        PlaceReason.Session => "it begins or ends something, or sets something",
        PlaceReason.Several => "several statements in one text",
        PlaceReason.Locks => "it locks what it reads",
        PlaceReason.Function => "a function that is not built in may write",
        PlaceReason.Sequence => "sequences are taken from on the primary",
        PlaceReason.UserVariable => "user variables are on one connection",
        PlaceReason.NamedLock => "named locks, and what waits, belong to one server",
        PlaceReason.PreviousStatement => "it asks about the statement before, where that one ran",
        PlaceReason.Connection => "it asks about its connection",
        PlaceReason.Server => "it asks about what each server has for itself",
        PlaceReason.CountsRows => "its count is asked for afterwards",
        PlaceReason.Into => "it puts its rows somewhere",
        PlaceReason.Off or PlaceReason.Command or PlaceReason.Cursor or PlaceReason.Transaction or PlaceReason.Pinned
            or PlaceReason.KeepsFacts or PlaceReason.Asked => "",
    };
}
