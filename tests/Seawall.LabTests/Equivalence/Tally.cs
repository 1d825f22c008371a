using System.Collections.Concurrent;

namespace Seawall.LabTests.Equivalence;

/// <summary>What was compared.</summary>
internal sealed class Tally
{
    /// <summary>Reads that a replica has answered.</summary>
    internal long FromReplicas { get; set; }

    private readonly ConcurrentDictionary<string, int> _known = new();
    private long _steps;

    /// <summary>Steps whose answers were compared.</summary>
    internal long Steps => Volatile.Read(ref _steps);

    internal void Count(Step step)
    {
        ArgumentNullException.ThrowIfNull(step);
        Interlocked.Increment(ref _steps);
    }

    internal void CountKnown(string name) => _known.AddOrUpdate(name, 1, (_, count) => count + 1);

    public override string ToString() => string.Join('\n', _known.OrderBy(pair => pair.Key).Select(pair => $"  {pair.Value} x {pair.Key}"));
}
