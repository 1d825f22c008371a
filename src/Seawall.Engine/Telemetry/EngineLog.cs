using Microsoft.Extensions.Logging;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.MySql.Compression;

namespace Seawall.Engine.Telemetry;

/// <summary>
/// Everything the engine logs. Ranges: 1000 clients, 2000 pools and dials, 3000 watching, 9000 the process. Nothing here is
/// per statement, and nothing here takes a secret or the text of a statement.
/// </summary>
internal static partial class EngineLog
{
    [LoggerMessage(1001, LogLevel.Debug, "client {Client} logged in as {User} from {Peer} in {Exchanges} exchanges")]
    internal static partial void LoggedIn(ILogger logger, uint client, string user, PeerAddress peer, int exchanges);

    [LoggerMessage(1002, LogLevel.Warning, "login refused for '{User}' from {Peer}: {Reason}")]
    internal static partial void LoginRefused(ILogger logger, string user, PeerAddress peer, string reason);

    [LoggerMessage(1003, LogLevel.Debug, "client {Client} left")]
    internal static partial void ClientLeft(ILogger logger, uint client);

    [LoggerMessage(1004, LogLevel.Warning, "client {Client} ({Peer}) broke the protocol: {Problem}")]
    internal static partial void ProtocolBroken(ILogger logger, uint client, PeerAddress peer, string problem);

    [LoggerMessage(1005, LogLevel.Information, "client {Client} ({User}) is pinned: {Reasons}")]
    internal static partial void Pinned(ILogger logger, uint client, string user, string reasons);

    [LoggerMessage(1006, LogLevel.Warning, "no server connection for client {Client} ({User}): {Problem}")]
    internal static partial void NoLease(ILogger logger, uint client, string user, string problem);

    [LoggerMessage(1011, LogLevel.Warning,
        "a server connection could not be moved to the settings of client {Client} ({User}), error {Code}: it is replaced")]
    internal static partial void MoveRefused(ILogger logger, uint client, string user, ushort code);

    [LoggerMessage(1007, LogLevel.Warning, "server {Server} was lost under client {Client} ({User}): {Consequence}")]
    internal static partial void ServerLost(ILogger logger, string server, uint client, string user, string consequence);

    [LoggerMessage(1013, LogLevel.Information, "a read of client {Client} ({User}) is tried elsewhere than at {Server}: {Why}")]
    internal static partial void ReadTriedElsewhere(ILogger logger, uint client, string user, string server, string why);

    [LoggerMessage(1008, LogLevel.Warning,
        "a connection of proxy {Peer} was closed: {Problem}; see clients.proxy_protocol_from")]
    internal static partial void ProxyRefused(ILogger logger, PeerAddress peer, string problem);

    [LoggerMessage(1009, LogLevel.Warning,
        "logins from {Source} are turned away: too many are under way ({Setting} = {Max}); {More} more since this was said last")]
    internal static partial void LoginsLimited(ILogger logger, string source, string setting, int max, int more);

    [LoggerMessage(1010, LogLevel.Warning, "{Count} wrong passwords for '{User}' from {Source}: the next one is looked at after {PauseMs} ms, "
        + "and after each wrong one it takes twice as long (clients.wrong_password_ms_max = {Max})")]
    internal static partial void GuessingSlowed(ILogger logger, int count, string user, string source, int pauseMs, int max);

    [LoggerMessage(1012, LogLevel.Warning, "client {Client} ({User}) was closed: for {Ms} ms it took nothing of its answer, or sent nothing of its "
        + "command, and others waited for its connection to {Server} (pool.stall_ms_max = {Max})")]
    internal static partial void ClientStalled(ILogger logger, uint client, string user, long ms, string server, int max);

    [LoggerMessage(2001, LogLevel.Debug, "opened a connection to {Server} for {User} in {Exchanges} exchanges, {Microseconds} µs")]
    internal static partial void Dialed(ILogger logger, string server, string user, int exchanges, long microseconds);

    [LoggerMessage(2002, LogLevel.Warning, "cannot open a connection to {Server} for {User} ({Kind}): {Problem}")]
    internal static partial void DialFailed(ILogger logger, string server, string user, DialFailureKind kind, string problem);

    [LoggerMessage(2003, LogLevel.Information, "{Server} closed idle connection {Thread} of {User}")]
    internal static partial void IdleLost(ILogger logger, string server, string user, uint thread);

    [LoggerMessage(3001, LogLevel.Information, "server {Server} is {Version} at {Endpoint}")]
    internal static partial void ServerSeen(ILogger logger, string server, string version, string endpoint);

    [LoggerMessage(3002, LogLevel.Warning, "server {Server} cannot be watched: {Problem}")]
    internal static partial void ServerUnwell(ILogger logger, string server, string problem);

    [LoggerMessage(3020, LogLevel.Error,
        "server {Server} hangs: {InFlight} statements are in flight there, and for {Ms} ms (servers.hang_ms_max) it answered none, nor a "
        + "question of Seawall's own. Connections to it are closed; it is used again when it answers")]
    internal static partial void ServerHangs(ILogger logger, string server, int ms, int inFlight);

    [LoggerMessage(3021, LogLevel.Information, "server {Server} answers again; it hung for {Ms} ms")]
    internal static partial void ServerAnswersAgain(ILogger logger, string server, long ms);

    [LoggerMessage(3003, LogLevel.Information, "read {Count} accounts from the primary")]
    internal static partial void AccountsRead(ILogger logger, int count);

    [LoggerMessage(3004, LogLevel.Error, "the monitoring account cannot read the accounts: {Problem}; see docs/settings.md")]
    internal static partial void AccountsUnreadable(ILogger logger, string problem);

    [LoggerMessage(3005, LogLevel.Warning,
        "server {Server} does not offer {Compression}: connections to it are not compressed; see servers.compression")]
    internal static partial void NotCompressed(ILogger logger, string server, CompressionKind compression);

    [LoggerMessage(2900, LogLevel.Warning,
        "server {Server} has {Running} of {Limit} statements running (servers.running_max): statements of class {Class} are refused "
        + "({Reason}); SHOW QUEUES and SHOW SHED have more. Said at most every 10 s by each loop")]
    internal static partial void Shedding(ILogger logger, string server, string @class, string reason, int running, int limit);

    [LoggerMessage(2903, LogLevel.Information, "statements at server {Server}: {Mode} from now on ({Cause})")]
    internal static partial void GateModeChanged(ILogger logger, string server, string mode, string cause);

    [LoggerMessage(2904, LogLevel.Warning, "queue {Queue}: {Order} from now on, {Cause}; {More} more changes since this was said last")]
    internal static partial void QueueTurned(ILogger logger, string queue, string order, string cause, int more);

    [LoggerMessage(2901, LogLevel.Warning, "brown-out of {What} for {Minutes} minutes, by {By}{Why}: {Effect}")]
    internal static partial void BrownoutBegan(ILogger logger, string what, double minutes, string by, string why, string effect);

    [LoggerMessage(2902, LogLevel.Warning, "the brown-out of {What} that {By} began has ended: {Cause}")]
    internal static partial void BrownoutEnded(ILogger logger, string what, string by, string cause);

    [LoggerMessage(2905, LogLevel.Warning, "writes of low classes: {Pace} from now on; {Cause}")]
    internal static partial void LowWritesPaced(ILogger logger, string pace, string cause);

    [LoggerMessage(2950, LogLevel.Information, "journal of deferred statements in {Folder}: {Waiting} wait to be run ({Bytes} bytes)")]
    internal static partial void JournalOpened(ILogger logger, string folder, int waiting, long bytes);

    [LoggerMessage(2951, LogLevel.Warning,
        "deferred statements of '{User}' wait ({Waiting}): {Problem}. They are tried again; SHOW DEFERRALS has more")]
    internal static partial void DeferralWaits(ILogger logger, string user, int waiting, string problem);

    [LoggerMessage(2952, LogLevel.Error, "deferred statement {Id} of rule {Rule} and '{User}' was acknowledged and has not run ({End}, error {Code}): "
        + "SHOW DEFERRALS FAILED has it")]
    internal static partial void DeferralFailed(ILogger logger, string id, string rule, string user, ushort code, string end);

    [LoggerMessage(2953, LogLevel.Error,
        "the end of {Path} could not be read when the journal was opened: what was being written when Seawall ended, or a damaged disk. "
        + "It is kept as {Path}.torn")]
    internal static partial void JournalTorn(ILogger logger, string path);

    [LoggerMessage(2954, LogLevel.Warning, "the journal of deferred statements in {Folder} is in use by another process (deferral.folder): "
        + "nothing is deferred until it lets go")]
    internal static partial void JournalHeld(ILogger logger, string folder);

    [LoggerMessage(2955, LogLevel.Error, "the journal of deferred statements in {Folder} cannot be opened, and nothing is deferred: {Problem}")]
    internal static partial void JournalLost(ILogger logger, string folder, string problem);

    [LoggerMessage(9002, LogLevel.Error,
        "no file descriptor is left for clients: the limit of open files is {Soft} now (hard limit {Hard}). Clients that "
        + "come are turned away and no server connection can be opened until some are free; those who are in go on. "
        + "Raise it: ulimit -n, LimitNOFILE= of systemd, or prlimit --nofile on the running process; "
        + "or lower clients.max and servers.connections_max")]
    internal static partial void OutOfFiles(ILogger logger, ulong soft, ulong hard);

    [LoggerMessage(9003, LogLevel.Error,
        "no file descriptor is left on this machine (sysctl fs.file-max): clients that come are turned away and no "
        + "server connection can be opened until some are free; those who are in go on")]
    internal static partial void MachineOutOfFiles(ILogger logger);

    [LoggerMessage(9004, LogLevel.Information, "file descriptors are free again; none was there {Times} times")]
    internal static partial void FilesAgain(ILogger logger, long times);

    [LoggerMessage(9005, LogLevel.Warning, "Seawall runs short of {What}: {Done}{Mode}. SHOW STRAIN has more")]
    internal static partial void StrainRose(ILogger logger, string what, string done, string mode);

    [LoggerMessage(9006, LogLevel.Information, "{What}: {Done}")]
    internal static partial void StrainFell(ILogger logger, string what, string done);

    [LoggerMessage(9001, LogLevel.Error, "a bug in Seawall; the conversation it was in has ended, the others go on")]
    internal static partial void Bug(ILogger logger, Exception bug);
}
