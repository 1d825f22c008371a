namespace Seawall.Engine.Captures;

/// <summary>What is captured now. Immutable: each loop has the one of now, or none.</summary>
/// <param name="Number">Which capture it is, in this process.</param>
/// <param name="OneIn">One of so many connections is captured in full; 0: commands are drawn by transactions.</param>
/// <param name="PerSecond">So many transactions a second and loop are to be drawn; without a window.</param>
/// <param name="BaseUs">Microseconds since 1970 at <paramref name="BaseTimestamp"/>.</param>
/// <param name="BaseTimestamp">A time of the loops' clock.</param>
/// <param name="UsPerTick">Microseconds in one tick of that clock.</param>
internal sealed record CapturePlan(int Number, uint OneIn, double PerSecond, long BaseUs, long BaseTimestamp, double UsPerTick)
{
    /// <summary>Microseconds since 1970 of a timestamp of the loops' clock.</summary>
    internal long UsOf(long timestamp) => BaseUs + (long)((timestamp - BaseTimestamp) * UsPerTick);
}
