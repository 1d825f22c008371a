using Microsoft.Extensions.Logging;

namespace Seawall.Engine.Telemetry;

/// <summary>What becomes of the servers as a set, in words.</summary>
internal static partial class TopologyLog
{
    [LoggerMessage(3101, LogLevel.Information, "server '{Server}' is the primary: {Cause}")]
    internal static partial void Primary(ILogger logger, string server, string cause);

    [LoggerMessage(3102, LogLevel.Warning, "server '{Server}' is the primary in place of '{Before}': {Cause}")]
    internal static partial void PrimaryChanged(ILogger logger, string server, string before, string cause);

    [LoggerMessage(3103, LogLevel.Warning,
        "there is no primary ({State}): {Cause}; statements for it are held for up to {HoldMs} ms (topology.hold_ms_max)")]
    internal static partial void NoPrimary(ILogger logger, string state, string cause, int holdMs);

    [LoggerMessage(3104, LogLevel.Information, "there is a primary again: {Held} statements that were held are let go")]
    internal static partial void Released(ILogger logger, int held);

    [LoggerMessage(3105, LogLevel.Information, "server '{Server}' is {State} now: {Cause}")]
    internal static partial void MemberChanged(ILogger logger, string server, string state, string cause);

    [LoggerMessage(3107, LogLevel.Warning, "server '{Server}' is {State} now: {Cause}")]
    internal static partial void DutyChanged(ILogger logger, string server, string state, string cause);

    [LoggerMessage(3106, LogLevel.Warning, "{Count} statements under way at '{Server}' were cut off: it is not used any more")]
    internal static partial void CutOff(ILogger logger, int count, string server);
}
