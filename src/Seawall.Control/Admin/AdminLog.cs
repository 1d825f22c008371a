using Microsoft.Extensions.Logging;

namespace Seawall.Control.Admin;

/// <summary>What the admin port logs; range 4000. Passwords and the text of what was typed are never in it.</summary>
internal static partial class AdminLog
{
    [LoggerMessage(4001, LogLevel.Information, "admin port listens at {Address}")]
    internal static partial void Listens(ILogger logger, string address);

    [LoggerMessage(4002, LogLevel.Warning, "admin port at {Address} can be reached from other machines, and has no TLS: "
        + "what it shows can be read on the way; see admin.listen and clients.tls")]
    internal static partial void ListensWide(ILogger logger, string address);

    [LoggerMessage(4003, LogLevel.Information, "admin {Id} logged in as {User} from {Peer}")]
    internal static partial void LoggedIn(ILogger logger, uint id, string user, string peer);

    [LoggerMessage(4004, LogLevel.Warning, "admin login refused for '{User}' from {Peer}: {Reason}")]
    internal static partial void LoginRefused(ILogger logger, string user, string peer, string reason);

    [LoggerMessage(4005, LogLevel.Warning, "admin connection from {Peer} refused: {Max} are open already")]
    internal static partial void TooMany(ILogger logger, string peer, int max);

    [LoggerMessage(4006, LogLevel.Information, "admin {Id} ({User} from {Peer}): {Command}")]
    internal static partial void Acts(ILogger logger, uint id, string user, string peer, string command);

    [LoggerMessage(4007, LogLevel.Error, "a bug in the admin port; its connection goes on")]
    internal static partial void Bug(ILogger logger, Exception bug);
}
