using System.Numerics;

namespace Seawall.Bench.Measure;

/// <summary>Latencies in nanoseconds, in buckets of 1.6 % width; written by one thread.</summary>
internal sealed class Latencies
{
    private const int PerPower = 64;

    private readonly long[] _counts = new long[40 * PerPower];

    internal long Count { get; private set; }

    internal void Record(long nanoseconds)
    {
        var value = (ulong)Math.Max(nanoseconds, 1);
        var power = BitOperations.Log2(value);
        var within = power >= 6 ? (int)(value >> (power - 6)) & (PerPower - 1) : 0;
        _counts[Math.Min((power * PerPower) + within, _counts.Length - 1)]++;
        Count++;
    }

    /// <summary>The value, in microseconds, that a share of all does not exceed.</summary>
    internal double QuantileUs(double share)
    {
        var wanted = Math.Max(1, Count * share);
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted)
                return Math.Pow(2, i / PerPower) * (1 + ((i % PerPower) + 1) / (double)PerPower) / 1e3;
        }
        return 0;
    }
}
