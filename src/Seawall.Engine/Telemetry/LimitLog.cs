using Microsoft.Extensions.Logging;
using Seawall.Engine.Flow.Floodgates.Limits;

namespace Seawall.Engine.Telemetry;

/// <summary>What a limit does that finds itself, in words: once for each change of what it does, not for each step.</summary>
internal static partial class LimitLog
{
    /// <summary>Says what has changed since the last time.</summary>
    internal static void Say(ILogger logger, string server, LimitKeeper keeper, int limit)
    {
        switch (keeper.TakeNews())
        {
            case LimitNews.Lowest:
                Lowest(logger, server, limit, keeper.Stretch ?? 0);
                break;
            case LimitNews.LowestNoMore:
                LowestNoMore(logger, server, limit);
                break;
            case LimitNews.Refused:
                Refused(logger, server, limit);
                break;
            case LimitNews.Rebased:
                Rebased(logger, server);
                break;
            case LimitNews.None:
                break;
        }
    }

    [LoggerMessage(2910, LogLevel.Warning,
        "server {Server} is slow with the fewest statements that may run at one time ({Limit}, servers.running_min): they take {Stretch:0.0} times "
        + "as long as in an idle hour; SHOW LIMITS has more")]
    private static partial void Lowest(ILogger logger, string server, int limit, double stretch);

    [LoggerMessage(2911, LogLevel.Information, "server {Server} may run more than the fewest statements again: {Limit}")]
    private static partial void LowestNoMore(ILogger logger, string server, int limit);

    [LoggerMessage(2912, LogLevel.Warning,
        "server {Server} refuses connections or does not answer logins in time: no more than {Limit} statements may run there at one time for now")]
    private static partial void Refused(ILogger logger, string server, int limit);

    [LoggerMessage(2913, LogLevel.Warning,
        "server {Server} looks slow, but says that hardly anything runs there: statements have come to take longer for another reason, and are "
        + "compared with what they take now")]
    private static partial void Rebased(ILogger logger, string server);
}
