namespace Seawall.Rehearsal.Floods;

/// <summary>
/// How many requests of some anything could have answered in time, on a processor that does nothing else and by somebody who knows beforehand what
/// will come: what is missing to all of them is missing because it did not fit.
/// </summary>
public static class FloodFit
{
    /// <summary>
    /// The most of these that can be done in time. <paramref name="requests"/>: when each is due, in the order in which they are, and what it takes of
    /// that processor, in milliseconds; <paramref name="patienceMs"/>: how long each may take. All are as patient, so that whoever is due first has to be
    /// done first: nobody is better off by another order, or by interrupting one for another. Where one would be late the one is left out without which
    /// the others are done soonest (H. Kise, T. Ibaraki and H. Mine, "A solvable case of the one-machine scheduling problem with ready and due times",
    /// Operations Research 26, 1978).
    /// </summary>
    public static int Most(IReadOnlyList<(double DueMs, double WorkMs)> requests, double patienceMs)
    {
        var kept = new List<(double DueMs, double WorkMs)>();
        // Where what is done without a pause begins: who comes before that is not in anybody's way.
        var busy = 0;
        var doneMs = double.NegativeInfinity;
        foreach (var request in requests)
        {
            if (request.DueMs >= doneMs)
                busy = kept.Count;
            kept.Add(request);
            doneMs = Math.Max(doneMs, request.DueMs) + request.WorkMs;
            if (doneMs <= request.DueMs + patienceMs)
                continue;
            var (least, leastMs) = (kept.Count - 1, double.PositiveInfinity);
            for (var i = kept.Count - 1; i >= busy; i--)
            {
                if (DoneWithout(kept, busy, i) is var ms && ms < leastMs)
                    (least, leastMs) = (i, ms);
            }
            kept.RemoveAt(least);
            doneMs = leastMs;
        }
        return kept.Count;
    }

    private static double DoneWithout(List<(double DueMs, double WorkMs)> kept, int from, int leftOut)
    {
        var ms = double.NegativeInfinity;
        for (var i = from; i < kept.Count; i++)
        {
            if (i != leftOut)
                ms = Math.Max(ms, kept[i].DueMs) + kept[i].WorkMs;
        }
        return ms;
    }
}
