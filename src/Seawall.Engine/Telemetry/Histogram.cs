using System.Numerics;

namespace Seawall.Engine.Telemetry;

/// <summary>
/// Durations in microseconds, in buckets that grow with the value: four for each power of two, so a quantile is right to
/// a fifth. Written by one thread without a lock; anybody may read, and at worst misses what is being added.
/// </summary>
public sealed class Histogram
{
    /// <summary>Buckets up to 2^36 µs, 19 hours; what takes longer counts as that.</summary>
    public const int BucketCount = 36 * PerPower;

    private const int PerPower = 4;

    private readonly long[] _counts = new long[BucketCount];
    private long _sumUs;

    /// <summary>All values together.</summary>
    public long SumUs => Volatile.Read(ref _sumUs);

    /// <summary>Adds a value.</summary>
    public void Record(long microseconds)
    {
        var value = (ulong)Math.Max(microseconds, 0);
        _counts[IndexOf(value)]++;
        _sumUs += (long)value;
    }

    /// <summary>Adds this one's counts to <paramref name="counts"/>, <see cref="BucketCount"/> long.</summary>
    public void AddTo(Span<long> counts)
    {
        for (var i = 0; i < BucketCount; i++)
            counts[i] += Volatile.Read(ref _counts[i]);
    }

    /// <summary>The first value, in microseconds, that is above a bucket.</summary>
    public static double UpperBoundUs(int bucket)
    {
        if (bucket < PerPower)
            return bucket + 1;
        var power = bucket / PerPower;
        return Math.Pow(2, power) * (1 + (((bucket % PerPower) + 1) / (double)PerPower));
    }

    /// <summary>The value that a share of all values does not exceed, in microseconds; 0 when there are none.</summary>
    public static double QuantileUs(ReadOnlySpan<long> counts, double share)
    {
        long total = 0;
        foreach (var count in counts)
            total += count;
        var wanted = total * share;
        long seen = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            seen += counts[i];
            if (seen > 0 && seen >= wanted)
                return UpperBoundUs(i);
        }
        return 0;
    }

    private static int IndexOf(ulong value)
    {
        if (value < PerPower)
            return (int)value;
        var power = BitOperations.Log2(value);
        var within = (int)((value >> (power - 2)) & (PerPower - 1));
        return Math.Min((power * PerPower) + within, BucketCount - 1);
    }
}
