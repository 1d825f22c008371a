using System.Collections.Immutable;
using Seawall.Engine.Flow.Decisions;
using static Seawall.Control.Settings.SettingKeys;

namespace Seawall.Control.Settings;

/// <summary>The keys of <c>[reads]</c>, and what is made of them.</summary>
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
        Number("reads", "wait_ms_max", s_normal.WaitMsMax, 0, 10_000,
            "How long a read waits for a replica that may answer it, when there is none"),
        Number("reads", "spill_share", s_normal.SpillShare, 0, 25,
            "Hundredths of what may run on the primary that reads which no replica may answer may have there; 0 for none"),
        Choice("reads", "spill_class", ["critical", "normal"], s_normal.SpillsNormal ? "normal" : "critical",
            "The lowest class whose reads the primary may answer then; those below are refused"),
    ];

    internal static ReadOptions Compose(SettingsSection section) => new()
    {
        From = section.Text("from") == "replicas" ? ReadsFrom.Replicas : ReadsFrom.Primary,
        Level = section.Text("freshness") switch
        {
            "bounded" => FreshnessLevel.Bounded,
            "any" => FreshnessLevel.Any,
            "primary" => FreshnessLevel.Primary,
            _ => FreshnessLevel.Session,
        },
        BoundMs = section.Number("bounded_ms"),
        LagMsMax = section.Number("lag_ms_max"),
        WaitMsMax = section.Number("wait_ms_max"),
        SpillShare = section.Number("spill_share"),
        SpillsNormal = section.Text("spill_class") == "normal",
    };
}
