using Microsoft.Extensions.Logging;

namespace Seawall.Engine.Telemetry;

/// <summary>What is said of how replicas are read from: events 3201 to 3220.</summary>
internal static partial class ReadLog
{
    [LoggerMessage(3201, LogLevel.Warning, "replica '{Server}' is {State}: {Cause}")]
    internal static partial void SetAside(ILogger logger, string server, string state, string cause);

    [LoggerMessage(3202, LogLevel.Information, "replica '{Server}' is {State}: {Cause}")]
    internal static partial void Returns(ILogger logger, string server, string state, string cause);

    [LoggerMessage(3203, LogLevel.Warning, "too few replicas are left: {Cause}")]
    internal static partial void Short(ILogger logger, string cause);

    [LoggerMessage(3204, LogLevel.Information, "enough replicas are left again: {Cause}")]
    internal static partial void Enough(ILogger logger, string cause);

    [LoggerMessage(3205, LogLevel.Warning, "the headroom of the replicas is {Level}: {Cause}")]
    internal static partial void HeadroomIsLow(ILogger logger, string level, string cause);

    [LoggerMessage(3206, LogLevel.Information, "the replicas have headroom again: {Cause}")]
    internal static partial void HeadroomIsBack(ILogger logger, string cause);

    [LoggerMessage(3207, LogLevel.Warning, "THE PRIMARY IS NOT PROTECTED from reads of replicas: {Cause}")]
    internal static partial void Unprotected(ILogger logger, string cause);

    [LoggerMessage(3208, LogLevel.Information, "the primary is protected from reads of replicas again: {Cause}")]
    internal static partial void Protected(ILogger logger, string cause);
}
