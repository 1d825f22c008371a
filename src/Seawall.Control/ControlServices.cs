using Microsoft.Extensions.Logging;
using Seawall.Control.Admin;
using Seawall.Control.Metrics;
using Seawall.Engine;

namespace Seawall.Control;

/// <summary>Something that runs beside the data path for as long as the process does.</summary>
public interface IControlService
{
    /// <summary>
    /// Starts; returns when it serves. Throws <see cref="ControlServiceException"/> when it cannot, with words for
    /// people.
    /// </summary>
    Task Start(CancellationToken cancel);

    /// <summary>
    /// Stops, soon; called once, also when <see cref="Start"/> failed. Clients of the data path have left by then.
    /// </summary>
    Task Stop(CancellationToken cancel);
}

/// <summary>A service cannot start; the message says why, names the setting, and is for people.</summary>
public sealed class ControlServiceException(string message) : Exception(message);

/// <summary>What the services beside the data path work with.</summary>
/// <param name="Engine">The data path.</param>
/// <param name="Actions">What operators can do to the process.</param>
/// <param name="Admin">
/// The present options of the admin port, always with a password; null when it is off. Asked at each login: a reload
/// changes the account. Where it listens is decided at the start.
/// </param>
/// <param name="Metrics">The present options of the metrics endpoint; null when it is off.</param>
/// <param name="Logs">Makes loggers.</param>
/// <param name="Time">The clock.</param>
public sealed record ControlContext(
    SeawallEngine Engine, IControlActions Actions, Func<AdminOptions?> Admin, Func<MetricsOptions?> Metrics,
    ILoggerFactory Logs, TimeProvider Time);

/// <summary>
/// The services that are started after the data path, in this order, and stopped in the opposite one.
/// </summary>
public static class ControlServices
{
    /// <summary>Makes those that are not off.</summary>
    public static IEnumerable<IControlService> Make(ControlContext context)
    {
        var metrics = context.Metrics() is null ? null : new MetricsEndpoint(context);
        if (context.Admin() is not null)
        {
            yield return new AdminPort(context, () => metrics?.Bound is { } bound
                ? [new ListenerEntry("metrics", bound.ToString())] : []);
        }
        if (metrics is not null)
            yield return metrics;
    }
}
