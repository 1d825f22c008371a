using System.Globalization;

namespace Seawall.Rehearsal.Measures;

/// <summary>What a budget makes of a measurement.</summary>
internal enum Side
{
    /// <summary>All of the interval is within it.</summary>
    Within,

    /// <summary>All of it is beyond.</summary>
    Beyond,

    /// <summary>It is on both sides: nobody can tell.</summary>
    Both,
}

/// <summary>An estimate, and between what and what it is in 95 of 100 cases.</summary>
internal readonly record struct Interval(double Low, double Middle, double High)
{
    /// <summary>How often it is worked out again.</summary>
    public const int Resamples = 1_000;

    private const double Tail = 0.025;

    /// <summary>So many values at least.</summary>
    public const int Fewest = 4;

    /// <summary>Whether there is one.</summary>
    public bool IsKnown => !double.IsNaN(Middle);

    /// <summary>Nothing.</summary>
    public static Interval None { get; } = new(double.NaN, double.NaN, double.NaN);

    /// <summary>
    /// What is worked out of medians, and how far it may be off: it is worked out again and again, each time of as many values drawn from those
    /// that were measured. <paramref name="statistic"/> gets what makes a median of values.
    /// </summary>
    public static Interval Of(Func<Func<IReadOnlyList<double>, double>, double> statistic, Random random)
    {
        var middle = statistic(values => MedianOf([.. values]));
        if (!double.IsFinite(middle))
            return None;
        var all = new double[Resamples];
        for (var i = 0; i < all.Length; i++)
            all[i] = statistic(values => MedianOf(Pick(values, random)));
        return Of(middle, all);
    }

    /// <summary>Of <see cref="Resamples"/> values that were worked out of what was drawn, which are sorted by this.</summary>
    public static Interval Of(double middle, double[] drawn)
    {
        Array.Sort(drawn);
        return new Interval(drawn[(int)(Resamples * Tail)], middle, drawn[(int)(Resamples * (1 - Tail)) - 1]);
    }

    /// <summary>How many times as large the median of the second is as that of the first. Fewer than <see cref="Fewest"/> of either tell nothing.</summary>
    public static Interval Ratio(IReadOnlyList<double> first, IReadOnlyList<double> second, Random random) =>
        first.Count < Fewest || second.Count < Fewest ? None : Of(median => median(second) / median(first), random);

    /// <summary>What a limit makes of it.</summary>
    public Side Against(double limit) => !IsKnown ? Side.Both : High <= limit ? Side.Within : Low > limit ? Side.Beyond : Side.Both;

    /// <summary>A ratio as a change: <c>+32 % (+28 to +37)</c>.</summary>
    public string AsChange() => !IsKnown ? "?" : string.Create(
        CultureInfo.InvariantCulture, $"{(Middle - 1) * 100:+0;-0;0} % ({(Low - 1) * 100:+0;-0;0} to {(High - 1) * 100:+0;-0;0})");

    private static double[] Pick(IReadOnlyList<double> values, Random random)
    {
        var picked = new double[values.Count];
        for (var i = 0; i < picked.Length; i++)
            picked[i] = values[random.Next(values.Count)];
        return picked;
    }

    private static double MedianOf(double[] values)
    {
        Array.Sort(values);
        return values.Length == 0 ? double.NaN : (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }
}
