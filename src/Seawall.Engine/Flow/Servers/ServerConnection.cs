using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Loops;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow.Servers;

/// <summary>
/// One logged-in connection to one server, and what is known of its state. It belongs to the loop that its wire is on, and
/// to one lease or one idle list at a time.
/// </summary>
internal sealed class ServerConnection
{
    /// <summary>
    /// A connection that was idle longer than this is looked at once more before it is used. Shorter ones have been seen
    /// by the loop's last turn: a hang-up would have come as an event. One system call in a second costs nothing.
    /// </summary>
    private const int TrustedIdleMs = 1000;

    private readonly Action _whenReadable;
    private Pool? _idleIn;
    private ServerStatements? _statements;

    internal ServerConnection(Wire wire, ServerVersion version, Capabilities capabilities, SessionSettings login)
    {
        Wire = wire;
        Version = version;
        Capabilities = capabilities;
        LoginSettings = Applied = login;
        NeedsTracking = TracksSession;
        Lease = new Lease(this);
        _whenReadable = () => _idleIn?.IdleFailed(this);
    }

    /// <summary>The way to the server.</summary>
    internal Wire Wire { get; }

    /// <summary>What has arrived and was not taken.</summary>
    internal Inbox Inbox;

    /// <summary>Follows the present response.</summary>
    internal ResponseTracker Tracker;

    /// <summary>What the server is.</summary>
    internal ServerVersion Version { get; }

    /// <summary>What was agreed on at login.</summary>
    internal Capabilities Capabilities { get; }

    /// <summary>The server's number for the connection.</summary>
    internal uint ThreadId { get; init; }

    /// <summary>The nonce of its greeting, which COM_CHANGE_USER uses again.</summary>
    internal Nonce Nonce { get; init; }

    /// <summary>The settings of a fresh login on this connection, to which a reset returns.</summary>
    internal SessionSettings LoginSettings { get; }

    /// <summary>The settings that it has now.</summary>
    internal SessionSettings Applied { get; set; }

    /// <summary>What LAST_INSERT_ID() would say now.</summary>
    internal ulong LastInsertId { get; set; }

    /// <summary>Whether the server must be told (again) to report what changes in the session.</summary>
    internal bool NeedsTracking { get; set; }

    /// <summary>Whether it has state of a session that nobody else may see: it must be reset before anybody else uses it.</summary>
    internal bool IsDirty { get; set; }

    /// <summary>Whether bytes may be missing or in the way: it cannot be used any more.</summary>
    internal bool IsBroken { get; set; }

    /// <summary>How often it was leased; tells whether anybody else has had it in between.</summary>
    internal ulong Uses { get; set; }

    /// <summary>The account's generation for which it was opened.</summary>
    internal int Generation { get; init; }

    /// <summary>When it must not be used any more, in the loops' milliseconds.</summary>
    internal long ExpiresMs { get; init; }

    /// <summary>When it came to the idle list.</summary>
    internal long IdleSinceMs { get; set; }

    /// <summary>Whether it is on an idle list.</summary>
    internal bool IsIdle { get; set; }

    /// <summary>The lease on it; one object for the connection's life.</summary>
    internal Lease Lease { get; }

    /// <summary>Its neighbours on the idle list, by age.</summary>
    internal ServerConnection? Newer { get; set; }

    /// <inheritdoc cref="Newer"/>
    internal ServerConnection? Older { get; set; }

    /// <summary>Its neighbours among the idle ones with the same settings.</summary>
    internal ServerConnection? NextInBucket { get; set; }

    /// <inheritdoc cref="NextInBucket"/>
    internal ServerConnection? PreviousInBucket { get; set; }

    /// <summary>What is prepared on it.</summary>
    internal ServerStatements Statements => _statements ??= new ServerStatements();

    /// <summary>Whether it is past its time.</summary>
    internal bool IsExpired => Wire.Loop.NowMs >= ExpiresMs;

    /// <summary>Whether results end with OK packets.</summary>
    internal bool DeprecatesEof => Capabilities.HasFlag(Capabilities.DeprecateEof);

    /// <summary>Whether OK packets carry what changed in the session.</summary>
    internal bool TracksSession => Capabilities.HasFlag(Capabilities.SessionTrack) && Version.CanTrackSession;

    /// <summary>Nobody uses it now; should the server hang up, the pool hears of it.</summary>
    internal void GoIdle(Pool pool)
    {
        _idleIn = pool;
        Wire.WhenReadable(_whenReadable);
    }

    /// <summary>Somebody uses it again; false when it has died meanwhile.</summary>
    internal bool WakeFromIdle()
    {
        _idleIn = null;
        Wire.WhenReadable(null);
        // Whatever a server says unasked (a time-out, a shutdown) is no answer to anybody.
        if (Wire.ReadReady || Wire.PeerGone)
            return false;
        return Wire.Loop.NowMs - IdleSinceMs < TrustedIdleMs || !Wire.LooksDead();
    }

    /// <summary>
    /// Whether it is at rest: nothing unsent, nothing unread. A server that says more than it was asked cannot be followed.
    /// </summary>
    internal bool IsQuiet()
    {
        if (IsBroken || Wire.IsClosed || Wire.HasUnsent || Inbox.HasHeld)
            return false;
        // A read that filled the buffer to the brim leaves it open whether more is there.
        return !Wire.ReadReady || Wire.Receive(Wire.Loop.Buffer) == WireResult.Later;
    }

    /// <summary>Everything that a reset makes the server forget.</summary>
    internal void ForgetState(SessionSettings settings)
    {
        Applied = settings;
        IsDirty = false;
        NeedsTracking = TracksSession;
        LastInsertId = 0;
        _statements?.Clear();
    }

    /// <summary>Closes it. Servers do not mind a missing COM_QUIT, but some count it as an aborted client.</summary>
    internal void Close()
    {
        if (!IsBroken && !Wire.IsClosed)
            Wire.Send([1, 0, 0, 0, (byte)MySql.Commands.CommandKind.Quit]);
        _statements?.Clear();
        Inbox.Clear();
        Wire.Close();
    }
}
