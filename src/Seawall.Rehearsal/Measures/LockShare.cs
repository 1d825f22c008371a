namespace Seawall.Rehearsal.Measures;

/// <summary>Whether one server's statements give way to others' locks (deadlocks, time-outs) more often than another's. A pure function.</summary>
internal static class LockShare
{
    /// <summary>
    /// So many more are by chance whatever the budget says: of two or three that give way, all do so on one and the same of two equal servers in
    /// every second to fourth run.
    /// </summary>
    public const int ByChance = 2;

    /// <summary>How improbable so many more must be on a server that is no different, to be called more.</summary>
    public const double ChanceMax = 0.01;

    /// <summary>Whether they are more than the budget allows; null when they are, and chance alone might have done it.</summary>
    /// <param name="old">How many gave way on the old server.</param>
    /// <param name="new">How many on the new one.</param>
    /// <param name="statements">How many were answered there.</param>
    /// <param name="percent">How many more of 100 are allowed.</param>
    public static bool? IsMore(int old, int @new, int statements, double percent) =>
        @new - old <= Math.Max(ByChance, statements * percent / 100) ? false : Chance(old, @new) <= ChanceMax ? true : null;

    /// <summary>How probable it is that of all that gave way at least as many did so on the new server, when both are alike: a toss of a coin each.</summary>
    public static double Chance(int old, int @new)
    {
        var (all, sum) = (old + @new, 0.0);
        var term = all * -Math.Log(2); // The logarithm of the chance of none: of a thousand tosses it is no double any more.
        for (var heads = 0; heads <= all; heads++)
        {
            if (heads >= @new)
                sum += Math.Exp(term);
            term += Math.Log((all - heads) / (heads + 1.0));
        }
        return Math.Min(1, sum);
    }
}
