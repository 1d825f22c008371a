namespace Seawall.Rehearsal.Measures;

/// <summary>
/// Who asks of four hundred digests whether each is slower finds twenty by chance. The step-up rule of Benjamini and Hochberg (1995) keeps the
/// share of chance finds among all finds below a bound.
/// </summary>
internal static class FalseDiscoveries
{
    /// <summary>
    /// The share of finds that may be by chance. Where nothing differs it is also how often a rehearsal finds something: one in a hundred, because
    /// a check that raises a false alarm in twenty is switched off.
    /// </summary>
    public const double ShareMax = 0.01;

    /// <summary>Which of these stand, by how probable each would be without any difference.</summary>
    public static bool[] Stand(IReadOnlyList<double> chances, double share = ShareMax)
    {
        var order = Enumerable.Range(0, chances.Count).OrderBy(at => chances[at]).ToArray();
        var last = -1;
        for (var rank = 0; rank < order.Length; rank++)
        {
            if (chances[order[rank]] <= share * (rank + 1) / order.Length)
                last = rank;
        }
        var stand = new bool[chances.Count];
        for (var rank = 0; rank <= last; rank++)
            stand[order[rank]] = true;
        return stand;
    }
}
