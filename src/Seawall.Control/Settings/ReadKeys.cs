using System.Collections.Immutable;
using System.Text;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Loops;
using static Seawall.Control.Settings.SettingKeys;

namespace Seawall.Control.Settings;

/// <summary>The keys of <c>[reads]</c> and <c>[[routes]]</c>, and what is made of them.</summary>
internal static class ReadKeys
{
    private const long HourMs = 60 * 60 * 1000;

    private static readonly ReadOptions s_normal = new();

    internal static ImmutableArray<SettingKey> All { get; } =
    [
        Choice("reads", "from", ["primary", "replicas"], "primary",
            "Who answers statements that only read: the primary, or replicas that have what they must have (docs/reads.md)"),
        Choice("reads", "freshness", ["session", "bounded", "any", "primary"], "session",
            "What a replica must have: all that the session has written or seen; what the primary had bounded_ms ago; anything; never enough"),
        Number("reads", "bounded_ms", s_normal.BoundMs, 1, HourMs, "How old an answer may be with freshness = \"bounded\""),
        Number("reads", "lag_ms_max", s_normal.LagMsMax, 10, HourMs,
            "How far behind a replica may be and still be read from, except with freshness = \"any\""),
        Number("reads", "short_lag_ms_max", s_normal.ShortLagMsMax, 0, HourMs,
            "How far behind one may be while those that are well can do less than half of what all could, with freshness = \"session\"; 0: as ever"),
        Number("reads", "slow_factor", s_normal.SlowFactor, 0, 100,
            "A replica whose reads take so many times as long as the others' is set aside for a while, if they can do without it; 0 for never"),
        Number("reads", "headroom_low", s_normal.HeadroomLow, 0, 90,
            "With less than so many hundredths to spare of what would be left without the biggest replica, that is told"),
        Number("reads", "wait_ms_max", s_normal.WaitMsMax, 0, 10_000,
            "How long a read waits for a replica that may answer it, when there is none"),
        Choice("reads", "spill_budget", ["measured", "none"], s_normal.SpillsWithoutBudget ? "none" : "measured",
            "Whether reads that no replica may answer have of the primary what it can spare, or go there however many they are (none): then nothing "
            + "keeps it from falling with its replicas"),
        Number("reads", "spill_share", s_normal.SpillShare, 0, 25,
            "Hundredths of what may run on the primary that reads which no replica may answer may have there; 0 for none"),
        Choice("reads", "spill_class", ["critical", "normal"], s_normal.SpillsNormal ? "normal" : "critical",
            "The lowest class whose reads the primary may answer then; those below are refused"),
        Number("reads", "stale_ok_ms", s_normal.StaleMsMax, 0, HourMs,
            "How old an answer may be when neither a replica nor the primary may give a better one; 0 for no such answers"),
        Number("reads", "retry_share", s_normal.RetryShare, 0, 100,
            "Hundredths of the reads from replicas that may be tried elsewhere when their replica is lost or gives them no connection; 0 for none"),
        Choice("reads", "read_only_transactions", ["primary", "replicas"], "primary",
            "Where transactions go that begin with START TRANSACTION READ ONLY: to the primary as all others, or whole to one replica"),
        .. Routes(),
    ];

    private static SettingKey[] Routes() =>
    [
        Text("routes", "name", "", "The rule's name, in messages") with { IsRequired = true },
        Choice("routes", "target", ["any", "primary", "replicas"], "any",
            "Where reads are answered for which everything below holds: as all others, by the primary, or by replicas alone; the first rule "
            + "that fits counts. What may write is never among them"),
        Choice("routes", "freshness", ["default", "session", "bounded", "any"], "default",
            "What a replica must have for them, as reads.freshness; what a session or a statement says of itself counts more"),
        Number("routes", "bounded_ms", 0, 0, HourMs, "As reads.bounded_ms, for them; 0: as for all"),
        Number("routes", "stale_ok_ms", -1, -1, HourMs, "As reads.stale_ok_ms, for them; -1: as for all"),
        Text("routes", "user", "", "The account's name; all when it is not set"),
        Text("routes", "schema", "", "The session's schema; all when it is not set"),
        new()
        {
            Section = "routes", Name = "from", Kind = SettingKind.TextList, Default = "[]",
            Meaning = "Networks that the client comes from, and \"unix\" for Unix sockets; everywhere when it is not set",
        },
        Text("routes", "listen", "", "Where the client has come in, one of clients.listen; anywhere when it is not set"),
        new()
        {
            Section = "routes", Name = "digest", Kind = SettingKind.TextList, Default = "[]",
            Meaning = "Digests of statements (16 hexadecimal digits: EXPLAIN ADMISSION, SHOW PINS); any statement when it is not set",
        },
        Text("routes", "tag", "",
            "What the statement says of itself: route='…' in its comment, or the attribute seawall.route; any statement when it is not set"),
    ];

    /// <summary>The rules of <c>[[routes]]</c>.</summary>
    internal static ImmutableArray<ReadRule> Rules(SettingsComposer composer, SettingsDocument document, ImmutableArray<Endpoint> listen)
    {
        var rules = ImmutableArray.CreateBuilder<ReadRule>();
        foreach (var section in document.List("routes"))
        {
            var name = composer.NameOf(section, "rule", rules.Select(rule => rule.Name));
            if (section.Text("target") == "primary" && (section.Text("freshness") != "default" || section.Number("stale_ok_ms") > 0))
                composer.Warn(section, "target", "routes.target = \"primary\": what replicas must have does not matter");
            rules.Add(new ReadRule(name)
            {
                User = composer.Condition(section, "user"),
                Schema = composer.Condition(section, "schema"),
                From = section.Has("from") ? composer.Networks(section) : null,
                Listener = composer.Listener(section, listen),
                Digests = composer.Digests(section),
                Tag = composer.Condition(section, "tag") is { } tag ? Encoding.UTF8.GetBytes(tag) : null,
                Target = section.Text("target") switch
                {
                    "primary" => ReadTarget.Primary,
                    "replicas" => ReadTarget.Replicas,
                    _ => ReadTarget.Any,
                },
                Level = section.Text("freshness") is var freshness && freshness == "default" ? null : LevelOf(freshness),
                BoundMs = section.Number("bounded_ms") is > 0 and var boundMs ? boundMs : null,
                StaleMsMax = section.Number("stale_ok_ms") is >= 0 and var staleMs ? staleMs : null,
            });
        }
        return rules.ToImmutable();
    }

    private static FreshnessLevel LevelOf(string word) => word switch
    {
        "bounded" => FreshnessLevel.Bounded,
        "any" => FreshnessLevel.Any,
        "primary" => FreshnessLevel.Primary,
        _ => FreshnessLevel.Session,
    };

    internal static ReadOptions Compose(SettingsSection section) => new()
    {
        From = section.Text("from") == "replicas" ? ReadsFrom.Replicas : ReadsFrom.Primary,
        Level = LevelOf(section.Text("freshness")),
        BoundMs = section.Number("bounded_ms"),
        LagMsMax = section.Number("lag_ms_max"),
        ShortLagMsMax = section.Number("short_lag_ms_max"),
        SlowFactor = section.Number("slow_factor"),
        HeadroomLow = section.Number("headroom_low"),
        WaitMsMax = section.Number("wait_ms_max"),
        SpillsWithoutBudget = section.Text("spill_budget") == "none",
        SpillShare = section.Number("spill_share"),
        StaleMsMax = section.Number("stale_ok_ms"),
        TakesTransactions = section.Text("read_only_transactions") == "replicas",
        RetryShare = section.Number("retry_share"),
        SpillsNormal = section.Text("spill_class") == "normal",
    };
}
