namespace Seawall.Rehearsal.Measures;

/// <summary>The executions of all statements that look alike, each on both servers.</summary>
/// <param name="Digest">What they look like.</param>
/// <param name="Pairs">Microseconds on the old and on the new server.</param>
internal sealed record DigestPairs(string Digest, IReadOnlyList<(double Old, double New)> Pairs);

/// <summary>What became of the latency of one digest.</summary>
internal enum LatencyChange
{
    /// <summary>Nothing that can be told from chance, or nothing that matters.</summary>
    None,

    /// <summary>Slower, certainly and by enough to matter.</summary>
    Slower,

    /// <summary>Faster, certainly and by enough to matter.</summary>
    Faster,

    /// <summary>Too few executions for an answer.</summary>
    TooFew,
}

/// <summary>What became of one digest.</summary>
/// <param name="Digest">What its statements look like.</param>
/// <param name="Executions">How many were compared.</param>
/// <param name="Ratios">The quantiles for which there were enough.</param>
/// <param name="ShareOfTime">The part that it has of all time on the old server, or, if that is more, on the new one.</param>
/// <param name="Change">What it comes to.</param>
/// <param name="At">The quantile that shows it most.</param>
internal sealed record DigestLatency(
    string Digest, int Executions, IReadOnlyList<PairedRatio> Ratios, double ShareOfTime, LatencyChange Change, PairedRatio? At);

/// <summary>Says which digests are slower or faster: certainly, all digests together being looked at, and by enough to matter.</summary>
internal static class DigestLatencies
{
    /// <summary>A change of less is not reported.</summary>
    public const double EffectMin = 0.20;

    /// <summary>Nor is one of a digest that has less of all time.</summary>
    public const double ShareMin = 0.005;

    private static readonly double[] s_shares = [0.5, 0.95, 0.99];

    /// <summary>All of them, those first that have most of the time.</summary>
    public static IReadOnlyList<DigestLatency> Of(IReadOnlyList<DigestPairs> digests, Random random)
    {
        var (oldAll, newAll) = (digests.Sum(one => one.Pairs.Sum(pair => pair.Old)), digests.Sum(one => one.Pairs.Sum(pair => pair.New)));
        var measured = digests.Select(one => (One: one, Ratios: PairedRatio.Of(one.Pairs, s_shares, random))).ToArray();
        var asked = measured.SelectMany((one, at) => one.Ratios.Select(ratio => (Digest: at, Ratio: ratio))).ToArray();
        var stand = FalseDiscoveries.Stand([.. asked.Select(one => one.Ratio.Chance)]);
        var all = new List<DigestLatency>();
        for (var i = 0; i < measured.Length; i++)
        {
            var (one, ratios) = measured[i];
            var share = Math.Max(Part(one.Pairs.Sum(pair => pair.Old), oldAll), Part(one.Pairs.Sum(pair => pair.New), newAll));
            var certain = asked.Where((question, at) => question.Digest == i && stand[at]).Select(question => question.Ratio).ToArray();
            var slower = Most(certain, 1 + EffectMin, isSlower: true);
            var faster = Most(certain, 1 / (1 + EffectMin), isSlower: false);
            var change = ratios.Count == 0 ? LatencyChange.TooFew
                : share < ShareMin ? LatencyChange.None
                : slower is not null ? LatencyChange.Slower
                : faster is not null ? LatencyChange.Faster : LatencyChange.None;
            all.Add(new(one.Digest, one.Pairs.Count, ratios, share, change, slower ?? faster ?? (ratios.Count > 0 ? ratios[0] : null)));
        }
        return [.. all.OrderByDescending(one => one.ShareOfTime)];
    }

    private static double Part(double of, double all) => all > 0 ? of / all : 0;

    private static PairedRatio? Most(PairedRatio[] certain, double limit, bool isSlower)
    {
        PairedRatio? most = null;
        foreach (var ratio in certain)
        {
            var isBeyond = isSlower ? ratio.Ratio.Low > 1 && ratio.Ratio.Middle >= limit : ratio.Ratio.High < 1 && ratio.Ratio.Middle <= limit;
            if (isBeyond && (most is not { } best || (isSlower ? ratio.Ratio.Middle > best.Ratio.Middle : ratio.Ratio.Middle < best.Ratio.Middle)))
                most = ratio;
        }
        return most;
    }
}
