using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow;

/// <summary>
/// How long a client may keep Seawall waiting: until a limit in any case; and not longer than <c>pool.stall_ms_max</c> with a
/// server connection that others wait for, when it does nothing at all in that time. Then its wire is closed.
/// </summary>
internal sealed class Patience(Session session, long limitMs) : TimerNode
{
    /// <summary>How often is looked whether something was taken, and whether others wait.</summary>
    private const int LookMs = 250;

    /// <summary>
    /// Whoever waits for less does not count: in a pool that is busy somebody always waits for a moment, and gets the next
    /// connection that is given back.
    /// </summary>
    private const int OthersWaitMsMin = 500;

    private readonly Wire _wire = session.Wire;
    private long _beganMs;
    private long _stillSinceMs;
    private long _untaken;

    /// <summary>It begins to wait.</summary>
    internal void Begin()
    {
        _beganMs = _stillSinceMs = _wire.Loop.NowMs;
        _untaken = _wire.Untaken;
        ArmNext(_beganMs);
    }

    /// <summary>The client has done what was waited for, or has gone.</summary>
    internal void End() => _wire.Loop.Timers.Disarm(this);

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        var nowMs = _wire.Loop.NowMs;
        var untaken = _wire.Untaken;
        if (untaken != _untaken)
            (_untaken, _stillSinceMs) = (untaken, nowMs);
        if (nowMs - _beganMs >= limitMs)
            _wire.Close();
        else if (IsInTheWay(nowMs))
        {
            session.Pool!.NoteStalled(session.Id, nowMs - _stillSinceMs);
            _wire.Close();
        }
        else
            ArmNext(nowMs);
    }

    private bool IsInTheWay(long nowMs) => session is { Lease: not null, Pool: { } pool }
        && nowMs - _stillSinceMs >= pool.Limits.StallMsMax && pool.IsWantedSince(nowMs - OthersWaitMsMin);

    private void ArmNext(long nowMs)
    {
        var leftMs = _beganMs + limitMs - nowMs;
        _wire.Loop.Arm(this, session.Lease is null ? leftMs : Math.Min(leftMs, LookMs));
    }
}
