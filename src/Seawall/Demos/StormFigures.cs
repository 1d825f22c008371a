using Seawall.Engine.Telemetry;
using Seawall.Rehearsal.Storms;

namespace Seawall.Demos;

/// <summary>What one storm has cost and shown.</summary>
/// <param name="ServerConnections">Connections that the server has opened for it.</param>
/// <param name="Logins">Logins that succeeded.</param>
/// <param name="Errors">Connections that failed.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="ConnectP50Ms">Half of all connects took no longer, in milliseconds.</param>
/// <param name="ConnectP99Ms">99 of 100 took no longer, in milliseconds.</param>
/// <param name="ServerCpuSeconds">CPU time of the server.</param>
internal sealed record StormFigures(
    long ServerConnections, long Logins, long Errors, double Seconds, double ConnectP50Ms, double ConnectP99Ms,
    double ServerCpuSeconds)
{
    internal double LoginsPerSecond => Seconds > 0 ? Logins / Seconds : 0;

    internal static StormFigures Of(StormResult result, long serverConnections, double serverCpuSeconds)
    {
        Span<long> counts = stackalloc long[Histogram.BucketCount];
        result.Connect.AddTo(counts);
        return new StormFigures(serverConnections, result.Succeeded, result.Failed, result.Seconds,
            Histogram.QuantileUs(counts, 0.50) / 1000, Histogram.QuantileUs(counts, 0.99) / 1000, serverCpuSeconds);
    }
}
