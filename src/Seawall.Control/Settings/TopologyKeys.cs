using System.Collections.Immutable;
using Seawall.Engine.Flow.Floodgates.Holds;
using static Seawall.Control.Settings.SettingKeys;

namespace Seawall.Control.Settings;

/// <summary>The keys of <c>[topology]</c>, and what is made of them.</summary>
internal static class TopologyKeys
{
    private static readonly TopologyOptions s_default = new();

    internal static ImmutableArray<SettingKey> All { get; } =
    [
        Number("topology", "hold_ms_max", s_default.HoldMsMax, 0, 60 * 60 * 1000,
            "How long a statement for the primary is held while no server takes writes; 0: it is refused at once"),
        Number("topology", "hold_max", s_default.HoldCountMax, 0, 1_000_000, "Statements that are held so at one time"),
        Number("topology", "hold_bytes_max", s_default.HoldBytesMax, 1, int.MaxValue, "Bytes of statements that are"),
    ];

    internal static TopologyOptions Compose(SettingsSection section) => new()
    {
        HoldMsMax = section.Number("hold_ms_max"),
        HoldCountMax = section.Number("hold_max"),
        HoldBytesMax = section.Long("hold_bytes_max"),
    };
}
