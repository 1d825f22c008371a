namespace Seawall.Rehearsal.Measures;

/// <summary>How the second of pairs compares with the first at one quantile.</summary>
/// <param name="Share">The quantile: 0.5 for the median.</param>
/// <param name="Ratio">How many times as large, and between what and what it is in 95 of 100 cases.</param>
/// <param name="Chance">How probable a ratio that far from 1 would be if there were no difference.</param>
internal readonly record struct PairedRatio(double Share, Interval Ratio, double Chance)
{
    // More would say no more, and take longer.
    private const int PairsMax = 5_000;

    /// <summary>So many pairs are needed, so that ten lie beyond the quantile.</summary>
    public static int Fewest(double share) => (int)Math.Ceiling(Math.Max(8, share == 0.5 ? 8 : 10 / (1 - share)));

    /// <summary>
    /// Works them out for those quantiles for which there are enough. Pairs are drawn whole: what made a moment slow on both sides stays together.
    /// </summary>
    public static IReadOnlyList<PairedRatio> Of(IReadOnlyList<(double First, double Second)> pairs, IReadOnlyList<double> shares, Random random)
    {
        if (pairs.Count > PairsMax)
            pairs = [.. Enumerable.Range(0, PairsMax).Select(at => pairs[(int)((long)at * pairs.Count / PairsMax)])];
        var asked = shares.Where(share => pairs.Count >= Fewest(share)).ToArray();
        var (first, second) = (new Drawn([.. pairs.Select(pair => pair.First)]), new Drawn([.. pairs.Select(pair => pair.Second)]));
        if (asked.Length == 0 || first.Lowest <= 0 || second.Lowest <= 0)
            return [];
        var draws = asked.Select(_ => new double[Interval.Resamples]).ToArray();
        for (var draw = 0; draw < Interval.Resamples; draw++)
        {
            first.Clear();
            second.Clear();
            for (var i = 0; i < pairs.Count; i++)
            {
                var pair = random.Next(pairs.Count);
                first.Add(pair);
                second.Add(pair);
            }
            for (var i = 0; i < asked.Length; i++)
                draws[i][draw] = Math.Log(second.Quantile(asked[i]) / first.Quantile(asked[i]));
        }
        first.AddAll();
        second.AddAll();
        return [.. asked.Select((share, at) => Make(share, second.Quantile(share) / first.Quantile(share), draws[at], pairs))];
    }

    private static PairedRatio Make(double share, double middle, double[] draws, IReadOnlyList<(double, double)> pairs)
    {
        var mean = draws.Average();
        var spread = Math.Sqrt(draws.Sum(value => (value - mean) * (value - mean)) / (draws.Length - 1));
        var logs = Interval.Of(Math.Log(middle), draws);
        var ratio = new Interval(Math.Exp(logs.Low), middle, Math.Exp(logs.High));
        var chance = TwoSided(Math.Log(middle) / Math.Max(spread, 1e-9));
        // The middle of few values jumps; whether pairs lean to one side at all is asked of their ranks, which do not.
        return new PairedRatio(share, ratio, share == 0.5 ? Math.Max(chance, SignedRank(pairs)) : chance);
    }

    // Values of which some are drawn, some of them more than once: sorted once, so that a quantile of what was drawn takes no sorting.
    private sealed class Drawn
    {
        private readonly double[] _sorted;
        private readonly int[] _places;
        private readonly int[] _counts;

        internal Drawn(double[] values)
        {
            var order = Enumerable.Range(0, values.Length).OrderBy(at => values[at]).ToArray();
            _sorted = [.. order.Select(at => values[at])];
            _places = new int[values.Length];
            for (var place = 0; place < order.Length; place++)
                _places[order[place]] = place;
            _counts = new int[values.Length];
        }

        internal double Lowest => _sorted.Length > 0 ? _sorted[0] : 0;

        internal void Clear() => Array.Clear(_counts);

        internal void Add(int at) => _counts[_places[at]]++;

        internal void AddAll() => Array.Fill(_counts, 1);

        internal double Quantile(double share)
        {
            var left = Math.Max(1, (int)Math.Ceiling(_sorted.Length * share));
            var at = 0;
            while ((left -= _counts[at]) > 0)
                at++;
            return _sorted[at];
        }
    }

    /// <summary>
    /// Wilcoxon's test of the signed ranks: how probable it would be that pairs lean so far to one side if there were no difference. Of their
    /// logarithms, because what is compared is a ratio; by the normal approximation.
    /// </summary>
    public static double SignedRank(IReadOnlyList<(double First, double Second)> pairs)
    {
        var differences = pairs.Select(pair => Math.Log(pair.Second / pair.First)).Where(value => double.IsFinite(value) && value != 0)
            .OrderBy(Math.Abs).ToArray();
        var count = differences.Length;
        if (count < 8)
            return 1;
        var (sum, ties) = (0.0, 0.0);
        for (var from = 0; from < count;)
        {
            var to = from;
            while (to < count && Math.Abs(differences[to]) == Math.Abs(differences[from]))
                to++;
            var rank = (from + 1 + to) / 2.0;
            for (var i = from; i < to; i++)
                sum += differences[i] > 0 ? rank : 0;
            double same = to - from;
            ties += (same * same * same) - same;
            from = to;
        }
        double n = count;
        var expected = n * (n + 1) / 4;
        var spread = Math.Sqrt((n * (n + 1) * ((2 * n) + 1) / 24) - (ties / 48));
        return spread <= 0 ? 1 : TwoSided((Math.Abs(sum - expected) - 0.5) / spread);
    }

    // The complementary error function by Abramowitz and Stegun, 7.1.26, is right to 1.5e-7 only; small chances count here: Mills' ratio beyond 3.
    private static double TwoSided(double z)
    {
        z = Math.Abs(z);
        if (double.IsNaN(z))
            return 1;
        if (z > 3)
            return Math.Min(1, 2 * Math.Exp(-z * z / 2) / (z * Math.Sqrt(2 * Math.PI)) * (1 - (1 / (z * z)) + (3 / (z * z * z * z))));
        var t = 1 / (1 + (0.3275911 * z / Math.Sqrt(2)));
        return t * (0.254829592 + (t * (-0.284496736 + (t * (1.421413741 + (t * (-1.453152027 + (t * 1.061405429)))))))) * Math.Exp(-z * z / 2);
    }
}
