namespace Seawall.Engine.Captures;

/// <summary>How what clients do is captured.</summary>
public sealed record CaptureOptions
{
    /// <summary>Where captures are written; empty: nothing is ever captured.</summary>
    public string Folder { get; init; } = "";

    /// <summary>What one capture may have on disk: some hours of a busy application without values, packed.</summary>
    public long BytesMax { get; init; } = 10L << 30;

    /// <summary>What must stay free on that disk, or a capture ends: others need it more.</summary>
    public long FreeBytesMin { get; init; } = 1L << 30;

    /// <summary>Whether values are kept.</summary>
    public bool KeepsLiterals { get; init; }

    /// <summary>The file with the key that captures are encrypted under; empty: they are not.</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>Whether connections are captured all the time.</summary>
    public bool Connections { get; init; }

    /// <summary>So many transactions a second are captured all the time, drawn by chance; 0: none.</summary>
    public int Reservoir { get; init; }

    /// <summary>What the version in captures says.</summary>
    public string Version { get; init; } = "";

    /// <summary>Whether something is captured without being asked.</summary>
    public bool IsAlwaysOn => Folder.Length > 0 && (Connections || Reservoir > 0);
}
