using System.Collections.Immutable;
using Seawall.Engine.Deferrals;
using static Seawall.Control.Settings.SettingKeys;

namespace Seawall.Control.Settings;

/// <summary>The keys of <c>[deferral]</c> and <c>[[deferrals]]</c>.</summary>
internal static class DeferralKeys
{
    private static readonly DeferralOptions s_normal = new();

    internal static ImmutableArray<SettingKey> All { get; } =
    [
        Text("deferral", "folder", "", "Where statements are kept that were acknowledged before they ran (docs/deferral.md); for nobody else to use")
            with { ReloadsLive = false },
        Number("deferral", "bytes_max", s_normal.BytesMax, 1 << 20, 1L << 36,
            "What that may have on disk, and some of it in memory; one more is refused with 1041"),
        Number("deferral", "connections_max", s_normal.ConnectionsMax, 1, 64,
            "Connections to the server on which such statements run, beside those of the pools"),
        Number("deferral", "age_ms_max", s_normal.AgeMsMax, 1_000, 365L * 24 * 60 * 60 * 1000,
            "How old such a statement may become before it is given up, and kept for SHOW DEFERRALS FAILED"),
        Text("deferral", "table", s_normal.Table, "The table at the server that has a row for each of them that has run: schema.table"),
        Text("deferrals", "name", "", "The rule's name, in messages and figures") with { IsRequired = true },
        Text("deferrals", "user", "", "The account whose statements with a defer_key are deferred; all when it is not set"),
        Text("deferrals", "schema", "", "The session's schema; all when it is not set"),
        new()
        {
            Section = "deferrals", Name = "digest", Kind = SettingKind.TextList, Default = "[]",
            Meaning = "Digests of statements (16 hexadecimal digits); any statement when it is not set",
        },
    ];
}
