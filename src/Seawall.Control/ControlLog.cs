using Microsoft.Extensions.Logging;
using Seawall.Engine.Loops;

namespace Seawall.Control;

/// <summary>
/// What the process logs of itself. Range 9100; the engine has 1000 to 3999 and 9001. Nothing here takes a secret.
/// </summary>
internal static partial class ControlLog
{
    internal const int LinesLostId = 9101;

    [LoggerMessage(9102, LogLevel.Information, "seawall {Version} starts with {Source} ({Clients} clients at most)")]
    internal static partial void Starts(ILogger logger, string version, string source, int clients);

    [LoggerMessage(9103, LogLevel.Information, "clients come in at {Endpoint}")]
    internal static partial void Listens(ILogger logger, string endpoint);

    [LoggerMessage(9104, LogLevel.Information, "open files: {Limit} allowed (ulimit -n), {Needed} needed at most")]
    internal static partial void OpenFiles(ILogger logger, long limit, long needed);

    [LoggerMessage(9105, LogLevel.Warning,
        "open files: {Limit} allowed, {Needed} needed; clients.max is lowered from {Wanted} to {Max}. "
        + "Raise the hard limit (ulimit -Hn, LimitNOFILE= of systemd) or lower clients.max and servers.connections_max")]
    internal static partial void TooFewOpenFiles(ILogger logger, long limit, long needed, int wanted, int max);

    [LoggerMessage(9106, LogLevel.Information, "admin port: no password is set, so a random one was made; "
        + "log in with: mariadb --defaults-file={Path}")]
    internal static partial void AdminPasswordMade(ILogger logger, string path);

    [LoggerMessage(9107, LogLevel.Warning, "{Problem}")]
    internal static partial void SettingsWarning(ILogger logger, string problem);

    [LoggerMessage(9110, LogLevel.Information,
        "reloaded {Source}: {Changes} changes, {Restart} of them need a restart")]
    internal static partial void Reloaded(ILogger logger, string source, int changes, int restart);

    [LoggerMessage(9111, LogLevel.Information, "changed: {Key}: {Old} -> {New}")]
    internal static partial void Changed(ILogger logger, string key, string old, string @new);

    [LoggerMessage(9112, LogLevel.Warning, "needs a restart, not applied: {Key}: {Old} -> {New}")]
    internal static partial void NeedsRestart(ILogger logger, string key, string old, string @new);

    [LoggerMessage(9113, LogLevel.Error, "not reloaded, the settings in use stay: {Problem}")]
    internal static partial void ReloadRefused(ILogger logger, string problem);

    [LoggerMessage(9114, LogLevel.Information, "the Seawall that listens at {Path} hands over {Count} sockets; it goes on until this one is ready")]
    internal static partial void TakesOver(ILogger logger, string path, int count);

    [LoggerMessage(9115, LogLevel.Information, "no Seawall listens at {Path} (process.handover): starting as usual")]
    internal static partial void NobodyToTakeOverFrom(ILogger logger, string path);

    [LoggerMessage(9116, LogLevel.Information, "another process takes over: it gets the clients that come from now on")]
    internal static partial void HandedOver(ILogger logger);

    [LoggerMessage(9117, LogLevel.Warning, "not handed over, this process goes on: {Problem} (process.handover)")]
    internal static partial void NotHandedOver(ILogger logger, string problem);

    [LoggerMessage(9120, LogLevel.Information,
        "{Why}: nobody comes in any more; {Clients} clients have {Ms} ms to finish "
        + "statements and transactions (process.shutdown_ms_max); a second signal ends at once")]
    internal static partial void GoesDown(ILogger logger, string why, int clients, int ms);

    [LoggerMessage(9121, LogLevel.Information, "waiting for {Clients} clients to finish, {Seconds} s so far")]
    internal static partial void WaitsFor(ILogger logger, int clients, int seconds);

    [LoggerMessage(9124, LogLevel.Information, "  client {Client} ('{User}' from {Peer}): {State} for {Ms} ms")]
    internal static partial void Stays(ILogger logger, uint client, string user, PeerAddress peer, string state,
        long ms);

    [LoggerMessage(9122, LogLevel.Information, "everybody has left after {Ms} ms")]
    internal static partial void EverybodyLeft(ILogger logger, long ms);

    [LoggerMessage(9123, LogLevel.Warning,
        "{Clients} clients were cut off after {Ms} ms (process.shutdown_ms_max = {MsMax})")]
    internal static partial void CutOff(ILogger logger, int clients, long ms, int msMax);

    [LoggerMessage(9131, LogLevel.Warning, "the brown-out of {What} goes on for {Minutes} minutes: it had begun before this start")]
    internal static partial void BrownoutGoesOn(ILogger logger, string what, double minutes);

    [LoggerMessage(9132, LogLevel.Warning, "brown-outs of before this start are not known ({Path}, overload.brownouts_file): {Problem}")]
    internal static partial void BrownoutsNotRead(ILogger logger, string path, string problem);

    [LoggerMessage(9133, LogLevel.Error, "brown-outs cannot be written down, and will end with this process ({Path}, overload.brownouts_file): {Problem}")]
    internal static partial void BrownoutsNotWritten(ILogger logger, string path, string problem);

    [LoggerMessage(9130, LogLevel.Warning, "{Change} by an admin command; the settings are as before (SHOW SERVERS)")]
    internal static partial void ServersChanged(ILogger logger, string change);
}
