using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Targets;

namespace Seawall.Rehearsal.Lints;

/// <summary>The drivers that logins come from.</summary>
/// <param name="Weights">Each one's part of all logins, of 1.</param>
/// <param name="IsKnown">Whether somebody knows that these are the ones, or they are merely all that there could be.</param>
/// <param name="Basis">Where that is known from.</param>
internal sealed record DriverChoice(IReadOnlyDictionary<DriverProfile, double> Weights, bool IsKnown, string Basis)
{
    /// <summary>Those that connections were captured of, by how many.</summary>
    public static DriverChoice Captured(IEnumerable<DriverProfile> seen)
    {
        var counts = seen.CountBy(one => one).ToDictionary();
        var all = (double)counts.Values.Sum();
        return new(counts.ToDictionary(pair => pair.Key, pair => pair.Value / all), true, "drivers by their connects in the capture");
    }

    /// <summary>Those that were named; else those that are connected to the old server now; else all of them, alike.</summary>
    public static DriverChoice Of(TargetFacts old, IReadOnlyList<DriverProfile> named)
    {
        if (named.Count > 0)
            return new(named.Distinct().ToDictionary(one => one, _ => 1.0 / named.Count), true, "drivers named on the command line, each the same weight");
        // Several profiles may bear one name: the first is the one of today.
        var seen = DriverProfiles.All.DistinctBy(one => one.ClientName)
            .Select(one => (one, count: old.Drivers?.GetValueOrDefault(one.ClientName) ?? 0)).Where(pair => pair.count > 0).ToArray();
        if (seen.Length > 0)
        {
            var all = (double)seen.Sum(one => one.count);
            return new(seen.ToDictionary(pair => pair.one, pair => pair.count / all), true, "drivers whose connections the old server has now");
        }
        return new(DriverProfiles.All.ToDictionary(one => one, _ => 1.0 / DriverProfiles.All.Count), false,
            "all drivers that are known, each the same weight: the old server does not say which are connected (performance_schema), and none was named");
    }
}
