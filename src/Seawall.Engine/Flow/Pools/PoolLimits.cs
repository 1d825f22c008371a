using System.Collections.Immutable;

namespace Seawall.Engine.Flow.Pools;

/// <summary>The limits of each pool: one account on one server.</summary>
public sealed record PoolLimits
{
    /// <summary>
    /// Server connections of one account. 32 keeps a server of 8 to 16 cores busy; more only queue inside the server.
    /// </summary>
    public int SizeMax { get; init; } = 32;

    /// <summary>Server connections that are kept although nobody uses them.</summary>
    public int IdleMin { get; init; }

    /// <summary>How long a statement waits for a server connection. Far below what drivers wait for an answer (30 s).</summary>
    public int WaitMsMax { get; init; } = 5_000;

    /// <summary>
    /// How long a client may hold a connection that others wait for, without taking anything of its answer or sending anything of
    /// its command. Shorter than <see cref="WaitMsMax"/>, so that those who wait get it before they give up; longer than a packet
    /// that was lost takes to come again.
    /// </summary>
    public int StallMsMax { get; init; } = 4_000;

    /// <summary>Statements that wait at one time; one more is refused at once.</summary>
    public int WaitersMax { get; init; } = 10_000;

    /// <summary>How long an unused server connection is kept.</summary>
    public int IdleMsMax { get; init; } = 60_000;

    /// <summary>
    /// How old a server connection may get, give or take a fifth: connections opened together must not end together.
    /// </summary>
    public int LifetimeMsMax { get; init; } = 3_600_000;

    /// <summary>Reasons to keep a server connection that accounts may not have: a statement that would pin is refused.</summary>
    public ImmutableArray<PinRule> PinsRefused { get; init; } = [];

    /// <summary>Statements that stay prepared on one server connection; the least recently used goes first.</summary>
    public int PreparedMax { get; init; } = 200;
}

/// <summary>A reason to be pinned that an account may not have.</summary>
/// <param name="User">The account's name; null for all accounts.</param>
/// <param name="Reason">The reason.</param>
public sealed record PinRule(string? User, PinReasons Reason);
