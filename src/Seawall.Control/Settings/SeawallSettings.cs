using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Seawall.Engine;

namespace Seawall.Control.Settings;

/// <summary>How events are logged.</summary>
/// <param name="Level">The least of what is logged.</param>
/// <param name="IsJson">One JSON object a line, and not text.</param>
public sealed record LogOptions(LogLevel Level, bool IsJson);

/// <summary>Everything that the settings say, checked and looked up. Immutable; a reload makes another.</summary>
public sealed record SeawallSettings
{
    /// <summary>What the data path is told.</summary>
    public required EngineOptions Engine { get; init; }

    /// <summary>The admin port; null when it is off.</summary>
    public AdminOptions? Admin { get; init; }

    /// <summary>The metrics endpoint; null when it is off.</summary>
    public MetricsOptions? Metrics { get; init; }

    /// <summary>How events are logged.</summary>
    public required LogOptions Log { get; init; }

    /// <summary>How long statements and transactions may take to finish at the end.</summary>
    public required int ShutdownMsMax { get; init; }

    /// <summary>The socket at which another process may take over; null for none.</summary>
    public string? Handover { get; init; }

    /// <summary>The file in which brown-outs are kept over a restart; null for none.</summary>
    public string? BrownoutsFile { get; init; }

    /// <summary>Each key with its value, as people may see it.</summary>
    public required IReadOnlyList<SettingRow> Rows { get; init; }

    /// <summary>
    /// Numbers that differ when secrets or certificates do, by key: two readings can be compared without either showing
    /// a password. They mean nothing outside the process.
    /// </summary>
    internal ImmutableDictionary<string, ulong> Marks { get; init; } = ImmutableDictionary<string, ulong>.Empty;
}

/// <summary>What came of reading the settings.</summary>
/// <param name="Settings">The settings; null when there are errors.</param>
/// <param name="Problems">Errors and warnings.</param>
public sealed record SettingsReading(SeawallSettings? Settings, IReadOnlyList<SettingsProblem> Problems);
