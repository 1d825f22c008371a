namespace Seawall.Bench.Measure;

/// <summary>
/// Whether a run measured what it is called: whether the machine stayed what it was, and the load kept to its own times. The same for all benches.
/// </summary>
internal static class Steadiness
{
    /// <summary>A run in which one request of a hundred was begun later than this measures the load's own machine.</summary>
    internal const double LagMsMax = 20;

    /// <summary>A run in which the server's processor became faster or slower by more than this was of another load than it is called.</summary>
    internal const double DriftMax = 0.2;

    /// <summary>A run that was late, or on a machine that became another one, is run again, so many times in all.</summary>
    internal const int TriesMax = 3;

    /// <summary>Whether a processor that does so much of what it did before is another one.</summary>
    internal static bool IsUnsteady(double speed) => Math.Abs(speed - 1) > DriftMax;
}
