namespace Seawall.Rehearsal.Measures;

/// <summary>The executions of all statements that look alike, each on both servers, in microseconds on the old and on the new one.</summary>
/// <param name="Digest">What they look like.</param>
/// <param name="Turns">Of each turn on the old server, and the turn on the new one that followed it.</param>
/// <param name="Between">Of each turn on the new server, and the turn on the old one that followed it: what the turns are held against.</param>
internal sealed record DigestPairs(
    string Digest, IReadOnlyList<IReadOnlyList<(double Old, double New)>> Turns, IReadOnlyList<IReadOnlyList<(double Old, double New)>> Between)
{
    /// <summary>All pairs, of all turns.</summary>
    public IReadOnlyList<(double Old, double New)> Pairs { get; } = [.. Turns.SelectMany(turn => turn)];
}

/// <summary>What became of the latency of one digest.</summary>
internal enum LatencyChange
{
    /// <summary>Nothing that can be told from chance, or nothing that matters.</summary>
    None,

    /// <summary>Slower, certainly and by enough to matter.</summary>
    Slower,

    /// <summary>Faster, certainly and by enough to matter.</summary>
    Faster,

    /// <summary>It looks slower, or faster, and not in each of the turns: it may as well be what else the machine did in one of them.</summary>
    Unclear,

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

    /// <summary>In no two turns that follow each other may the effect be less.</summary>
    public const double EffectOfTurnMin = EffectMin / 2;

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
                : slower is { } more ? InEachTurn(one, more) ? LatencyChange.Slower : LatencyChange.Unclear
                : faster is { } less ? InEachTurn(one, less) ? LatencyChange.Faster : LatencyChange.Unclear
                : LatencyChange.None;
            all.Add(new(one.Digest, one.Pairs.Count, ratios, share, change, slower ?? faster ?? (ratios.Count > 0 ? ratios[0] : null)));
        }
        return [.. all.OrderByDescending(one => one.ShareOfTime)];
    }

    /// <summary>
    /// How unlike the turns are: by how much, at most, one turn's middle of all ratios is more than another's. Null when there is nothing to compare.
    /// What the new server does to statements it does in each turn; what is in one alone is the machine's, and hides as much as it feigns.
    /// </summary>
    public static double? Unevenness(IReadOnlyList<DigestPairs> digests)
    {
        var turns = digests.Select(one => one.Turns.Count).DefaultIfEmpty(0).Max();
        var middles = new List<double>();
        for (var turn = 0; turn < turns; turn++)
        {
            var ratios = digests.Where(one => turn < one.Turns.Count).SelectMany(one => one.Turns[turn])
                .Where(pair => pair is { Old: > 0, New: > 0 }).Select(pair => pair.New / pair.Old).Order().ToArray();
            if (ratios.Length >= PairedRatio.Fewest(0.5))
                middles.Add(Quantiles.At(ratios, 0.5));
        }
        return middles.Count >= 2 ? middles.Max() / middles.Min() : null;
    }

    // The turns alternate: other work would have to come and go with them to be in every two that follow each other.
    private static bool InEachTurn(DigestPairs one, PairedRatio over)
    {
        var isSlower = over.Ratio.Middle > 1;
        return one.Turns.Count >= 2 && one.Turns.Concat(one.Between).All(pairs =>
            pairs.Count > 0 && Quantile(pairs, pair => pair.New) / Quantile(pairs, pair => pair.Old) is var ratio
            && (isSlower ? ratio >= 1 + EffectOfTurnMin : ratio <= 1 / (1 + EffectOfTurnMin)));

        double Quantile(IReadOnlyList<(double, double)> pairs, Func<(double Old, double New), double> side) =>
            Quantiles.At([.. pairs.Select(side).Order()], over.Share);
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
