using System.Numerics;

namespace Seawall.Rehearsal.Measures;

/// <summary>Latencies in nanoseconds, in buckets of 1.6 % width; written by one thread, readable by all.</summary>
public sealed class Latencies
{
    private const int PerPower = 64;

    private const int Buckets = 40 * PerPower;

    private readonly long[] _counts = new long[Buckets];

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    /// <summary>Adds one.</summary>
    public void Record(long nanoseconds)
    {
        var value = (ulong)Math.Max(nanoseconds, 1);
        var power = BitOperations.Log2(value);
        var within = power >= 6 ? (int)(value >> (power - 6)) & (PerPower - 1) : 0;
        _counts[Math.Min((power * PerPower) + within, _counts.Length - 1)]++;
        Count++;
    }

    /// <summary>The value, in microseconds, that a share of all does not exceed.</summary>
    public double QuantileUs(double share) => QuantileUs(share, [this]);

    /// <summary>The same, of several together.</summary>
    public static double QuantileUs(double share, IReadOnlyList<Latencies> of)
    {
        var wanted = Math.Max(1, of.Sum(one => one.Count) * share);
        long seen = 0;
        for (var i = 0; i < Buckets; i++)
        {
            foreach (var one in of)
                seen += one._counts[i];
            if (seen >= wanted)
                return Math.Pow(2, i / PerPower) * (1 + ((i % PerPower) + 1) / (double)PerPower) / 1e3;
        }
        return 0;
    }
}
