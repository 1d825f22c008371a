using Seawall.Engine.Flow.Floodgates;

namespace Seawall.Engine.Flow;

/// <summary>A place on the primary for what replicas could not take, which lasts as long as a transaction.</summary>
/// <param name="Gate">Where it is.</param>
/// <param name="Reason">Why it was taken.</param>
/// <param name="SinceMs">Since when, in the loop's milliseconds.</param>
internal sealed record HeldSpill(SpillGate Gate, SpillReason Reason, long SinceMs)
{
    /// <summary>It is given back.</summary>
    internal void End(long nowMs) => Gate.Leave(Reason, nowMs - SinceMs);
}
