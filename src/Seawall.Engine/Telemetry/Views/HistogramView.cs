namespace Seawall.Engine.Telemetry.Views;

/// <summary>What a <see cref="Histogram"/>, or several together, held at one moment.</summary>
public sealed class HistogramView
{
    private readonly long[] _counts = new long[Histogram.BucketCount];

    /// <summary>Takes these histograms together.</summary>
    public HistogramView(IEnumerable<Histogram> histograms)
    {
        foreach (var histogram in histograms)
        {
            histogram.AddTo(_counts);
            SumUs += histogram.SumUs;
        }
        // From what was read: a count of its own would be ahead of the buckets or behind them.
        foreach (var count in _counts)
            Count += count;
    }

    /// <summary>How many values there were.</summary>
    public long Count { get; }

    /// <summary>All values together, in microseconds.</summary>
    public long SumUs { get; }

    /// <summary>The value that a share of all values does not exceed, in microseconds; 0 when there are none.</summary>
    public double QuantileUs(double share) => Histogram.QuantileUs(_counts, share);

    /// <summary>How many values were below a bound, which must be one of <see cref="Histogram.UpperBoundUs"/>.</summary>
    public long CountBelow(double boundUs)
    {
        long below = 0;
        for (var i = 0; i < _counts.Length && Histogram.UpperBoundUs(i) <= boundUs; i++)
            below += _counts[i];
        return below;
    }
}
