namespace Seawall.Rehearsal.Measures;

/// <summary>Quantiles of values of which each is known.</summary>
internal static class Quantiles
{
    /// <summary>The value that a share of all, sorted, does not exceed; not a number when there is none.</summary>
    public static double At(double[] sorted, double share) =>
        sorted.Length == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(sorted.Length * share) - 1, 0, sorted.Length - 1)];
}
