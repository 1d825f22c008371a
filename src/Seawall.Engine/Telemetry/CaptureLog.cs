using Microsoft.Extensions.Logging;

namespace Seawall.Engine.Telemetry;

/// <summary>What is logged of captures.</summary>
internal static partial class CaptureLog
{
    [LoggerMessage(2960, LogLevel.Information, "the capture '{Name}' has begun: {Path}-*.swcap")]
    internal static partial void Began(ILogger logger, string name, string path);

    [LoggerMessage(2961, LogLevel.Information,
        "the capture '{Name}' has ended, because {Reason}: {Commands} commands, {Bytes} bytes, {Dropped} records lost")]
    internal static partial void Ended(ILogger logger, string name, long commands, long dropped, long bytes, string reason);

    [LoggerMessage(2962, LogLevel.Error, "the capture '{Name}' does not go on: {Reason}. Clients do not notice; what was written can be read")]
    internal static partial void Failed(ILogger logger, string name, string reason);
}
