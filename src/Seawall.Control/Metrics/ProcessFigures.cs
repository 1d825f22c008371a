using System.Diagnostics;
using System.Globalization;

namespace Seawall.Control.Metrics;

/// <summary>What the process uses, as the system and the runtime say it.</summary>
internal sealed record ProcessFigures
{
    /// <summary>User and system time.</summary>
    internal required double CpuSeconds { get; init; }

    /// <summary>Memory that is really there (RSS).</summary>
    internal required long ResidentBytes { get; init; }

    /// <summary>Managed objects, dead ones that were not collected yet included.</summary>
    internal required long HeapBytes { get; init; }

    /// <summary>What the collector has taken from the system.</summary>
    internal required long CommittedBytes { get; init; }

    /// <summary>Everything that was ever allocated.</summary>
    internal required long AllocatedBytes { get; init; }

    /// <summary>How long the collector has stopped everything, in all.</summary>
    internal required double PauseSeconds { get; init; }

    /// <summary>Collections by generation.</summary>
    internal required IReadOnlyList<int> Collections { get; init; }

    /// <summary>When the process started.</summary>
    internal required DateTimeOffset StartedAt { get; init; }

    /// <summary>Reads them.</summary>
    internal static ProcessFigures Read()
    {
        using var process = Process.GetCurrentProcess();
        return new()
        {
            CpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds,
            ResidentBytes = Environment.WorkingSet,
            HeapBytes = GC.GetTotalMemory(forceFullCollection: false),
            CommittedBytes = GC.GetGCMemoryInfo().TotalCommittedBytes,
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: false),
            PauseSeconds = GC.GetTotalPauseDuration().TotalSeconds,
            Collections = [.. Enumerable.Range(0, GC.MaxGeneration + 1).Select(GC.CollectionCount)],
            StartedAt = process.StartTime,
        };
    }

    /// <summary>Descriptors that are open, and how many may be; null where the system does not say.</summary>
    internal static (int Open, long? Max)? Descriptors()
    {
        const string folder = "/proc/self/fd";
        const string limits = "/proc/self/limits";
        if (!Directory.Exists(folder) || !File.Exists(limits))
            return null;
        // "Max open files            20000                20000                files"
        var line = File.ReadLines(limits).FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        var words = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        var isNumber = long.TryParse(words.ElementAtOrDefault(3), NumberStyles.None, CultureInfo.InvariantCulture, out var max);
        return (Directory.EnumerateFileSystemEntries(folder).Count(), isNumber ? max : null);
    }
}
