using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.MySql.Handshakes;

namespace Seawall.Engine.Flow.Pools;

/// <summary>A server connection of a pool: on one idle list, or in one lease, at a time.</summary>
internal sealed class PooledConnection : ServerConnection
{
    /// <summary>
    /// A connection that was idle longer than this is looked at once more before it is used. Shorter ones have been seen
    /// by the loop's last turn: a hang-up would have come as an event. One system call in a second costs nothing.
    /// </summary>
    private const int TrustedIdleMs = 1000;

    private readonly Callback _whenReadable;
    private Pool? _idleIn;
    private PoolShard? _idleOn;

    internal PooledConnection(Wire wire, ServerVersion version, Capabilities capabilities, SessionSettings login)
        : base(wire, version, capabilities, login)
    {
        Lease = new Lease(this);
        _whenReadable = new Callback(() => _idleIn?.IdleFailed(this));
    }

    /// <summary>How often it was leased; tells whether anybody else has had it in between.</summary>
    internal ulong Uses { get; set; }

    /// <summary>The account's generation for which it was opened.</summary>
    internal int Generation { get; init; }

    /// <summary>Packets that its login took of Seawall: one is the least without TLS.</summary>
    internal int LoginExchanges { get; init; }

    /// <summary>When it must not be used any more, in the loops' milliseconds.</summary>
    internal long ExpiresMs { get; set; }

    /// <summary>
    /// How long it may lie idle and still be used: half of the server's <c>wait_timeout</c>. A statement that crosses the server's
    /// hang-up on its way is lost, and nobody knows whether it ran.
    /// </summary>
    internal long UsableIdleMs { get; init; } = long.MaxValue;

    /// <summary>When it came to the idle list.</summary>
    internal long IdleSinceMs { get; set; }

    /// <summary>
    /// The idle list that it is on: of one pool, on one loop; null when it is on none. Read by sessions that used it last, from
    /// whatever loop, and also for another pool: since then its session may have become somebody else, or gone to another server.
    /// </summary>
    internal PoolShard? IdleOn
    {
        get => Volatile.Read(ref _idleOn);
        set => Volatile.Write(ref _idleOn, value);
    }

    /// <summary>The lease on it; one object for the life of the connection.</summary>
    internal Lease Lease { get; }

    /// <summary>Its neighbours on the idle list, by age.</summary>
    internal PooledConnection? Newer { get; set; }

    /// <inheritdoc cref="Newer"/>
    internal PooledConnection? Older { get; set; }

    /// <summary>The idle ones with the same settings, when it is one of them.</summary>
    internal PoolShard.Bucket? Bucket { get; set; }

    /// <summary>Its neighbours among these.</summary>
    internal PooledConnection? NextInBucket { get; set; }

    /// <inheritdoc cref="NextInBucket"/>
    internal PooledConnection? PreviousInBucket { get; set; }

    /// <summary>Whether it is past its time.</summary>
    internal bool IsExpired => Wire.Loop.NowMs >= ExpiresMs;

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
        var idleMs = Wire.Loop.NowMs - IdleSinceMs;
        if (idleMs >= UsableIdleMs || idleMs >= Applied.UsableIdleMs)
            return false;
        return idleMs < TrustedIdleMs || !Wire.LooksDead();
    }
}
