using System.Collections.Immutable;
using Seawall.Engine.Captures;
using static Seawall.Control.Settings.SettingKeys;

namespace Seawall.Control.Settings;

/// <summary>The keys of <c>[capture]</c>.</summary>
internal static class CaptureKeys
{
    private static readonly CaptureOptions s_normal = new();

    internal static ImmutableArray<SettingKey> All { get; } =
    [
        Text("capture", "dir", "", "Where captures of what clients do are written (docs/rehearsal.md); when it is not set, nothing is captured"),
        Number("capture", "bytes_max", s_normal.BytesMax, 1 << 16, 1L << 42, "What one capture may have on disk; then it ends"),
        Number("capture", "free_min", s_normal.FreeBytesMin, 0, 1L << 42, "Bytes that must stay free on that disk; otherwise a capture ends"),
        Choice("capture", "literals", ["redact", "keep"], "redact",
            "Whether values are kept: without them a capture cannot be replayed with the same results. Passwords never are"),
        Text("capture", "key_file", "", "A file with the key that captures are encrypted under: 32 bytes, or 64 hexadecimal digits"),
        Flag("capture", "connections", s_normal.Connections, "Whether connections are captured all the time, without statements"),
        Number("capture", "reservoir", s_normal.Reservoir, 0, 100_000,
            "So many transactions a second are captured all the time, drawn by chance; 0 for none"),
    ];

    internal static CaptureOptions Compose(SettingsComposer composer, SettingsDocument document, string folder)
    {
        var section = document.Section("capture");
        var options = new CaptureOptions
        {
            Folder = section.Text("dir"),
            BytesMax = section.Long("bytes_max"),
            FreeBytesMin = section.Long("free_min"),
            KeepsLiterals = section.Text("literals") == "keep",
            KeyFile = section.Text("key_file") is { Length: > 0 } key ? Path.Combine(folder, key) : "",
            Connections = section.Flag("connections"),
            Reservoir = section.Number("reservoir"),
            Version = SeawallVersion.Text,
        };
        if (options.Folder.Length > 0 && !Path.IsPathRooted(options.Folder))
            composer.Complain(section, "dir", $"capture.dir = \"{options.Folder}\": write the whole path, from / on");
        if (options.Folder.Length == 0 && (options.Connections || options.Reservoir > 0))
        {
            composer.Complain(section, options.Connections ? "connections" : "reservoir",
                "capture.dir is not set, so nothing can be captured");
        }
        return options;
    }
}
