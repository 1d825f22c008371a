using Seawall.Engine.Flow.Servers;

namespace Seawall.Engine.Flow.Pools;

/// <summary>How fast server connections may be opened, for one server.</summary>
/// <param name="PerSecond">Dials in a second, in the long run.</param>
/// <param name="Burst">Dials at once after a pause.</param>
/// <param name="InProgressMax">Logins under way at one time.</param>
public sealed record DialLimits(double PerSecond = 50, int Burst = 10, int InProgressMax = 4);

/// <summary>How a dial ended, as far as its pace is concerned.</summary>
internal enum DialOutcome : byte
{
    /// <summary>Connected and logged in.</summary>
    Succeeded,

    /// <summary>The server answered that it has too many connections already, or did not answer in time.</summary>
    Overloaded,

    /// <summary>Nobody there, or the connection broke.</summary>
    Failed,

    /// <summary>The server is well, and refused this account.</summary>
    Refused,

    /// <summary>Not begun after all: nobody waits any more.</summary>
    Cancelled,
}

/// <summary>What becomes of a login is the Servers room's to say; here is what it means for the next one.</summary>
internal static class DialOutcomes
{
    /// <summary>What a failure, or its absence, means for the pace of dials.</summary>
    internal static DialOutcome Of(DialFailure? failure) => failure is null ? DialOutcome.Succeeded : failure.Kind switch
    {
        DialFailureKind.Unreachable or DialFailureKind.HostRefused or DialFailureKind.Tls
            or DialFailureKind.Malformed => DialOutcome.Failed,
        DialFailureKind.TimedOut or DialFailureKind.TooManyConnections => DialOutcome.Overloaded,
        DialFailureKind.AccessDenied or DialFailureKind.NoSecret or DialFailureKind.NotSupported => DialOutcome.Refused,
        DialFailureKind.Cancelled => DialOutcome.Cancelled,
    };
}

/// <summary>
/// The arithmetic of the dial gate: a token bucket and a cap on logins under way, which back off when logins get slow or
/// fail, and come back step by step. Pure: time and chance come in, decisions go out.
/// </summary>
/// <remarks>
/// Numbers from the overload design, section 2.5: additive increase every 5 s, halving and 0.7 on trouble, decorrelated
/// jitter of 100 ms to 5 s between attempts at a server that cannot be reached.
/// </remarks>
internal sealed class DialPace(DialLimits atFirst, Random random)
{
    private const int RaiseEveryMs = 5000;
    private const int LowerAtMostEveryMs = 250;
    private const double RateFactor = 0.7;
    private const double SlowFactor = 3;
    private const int BackoffMinMs = 100;
    private const int BackoffMaxMs = 5000;

    // A login over loopback takes well under a millisecond, and three times that means nothing.
    private const long SlowFloorUs = 20_000;

    private DialLimits _limits = atFirst;
    private double _tokens = atFirst.Burst;
    private double _perSecond = atFirst.PerSecond;
    private double _baselineUs;
    private long _refilledMs;
    private long _raisedMs;
    private long _loweredMs = long.MinValue / 2;
    private long _backoffUntilMs = long.MinValue / 2;
    private int _backoffMs;
    private bool _started;

    /// <summary>Logins under way.</summary>
    internal int InProgress { get; private set; }

    /// <summary>Logins that may be under way now.</summary>
    internal int InProgressMax { get; private set; } = atFirst.InProgressMax;

    /// <summary>Dials in a second that are allowed now.</summary>
    internal double PerSecond => _perSecond;

    /// <summary>Whether the last attempts failed and the next must wait.</summary>
    internal bool IsBackingOff => _backoffMs > 0;

    /// <summary>Has other limits from now on. Where it had to slow down it stays slow, and comes back step by step.</summary>
    internal void Apply(DialLimits now)
    {
        _perSecond = _perSecond < _limits.PerSecond ? Math.Min(_perSecond, now.PerSecond) : now.PerSecond;
        InProgressMax = InProgressMax < _limits.InProgressMax ? Math.Min(InProgressMax, now.InProgressMax) : now.InProgressMax;
        _tokens = Math.Min(_tokens, now.Burst);
        _limits = now;
    }

    /// <summary>Starts a dial if it may be now; otherwise says when to ask again, or -1: when one under way has ended.</summary>
    internal bool TryStart(long nowMs, out long waitMs)
    {
        Refill(nowMs);
        Raise(nowMs);
        waitMs = -1;
        // While nobody knows whether the server is there, one dial is enough to find out.
        if (InProgress >= (IsBackingOff ? 1 : InProgressMax))
            return false;
        waitMs = _backoffUntilMs - nowMs;
        if (waitMs > 0)
            return false;
        if (_tokens < 1)
        {
            waitMs = (long)Math.Ceiling((1 - _tokens) * 1000 / _perSecond);
            return false;
        }
        _tokens--;
        InProgress++;
        return true;
    }

    /// <summary>A dial has ended.</summary>
    internal void Finished(long nowMs, DialOutcome outcome, long tookUs)
    {
        InProgress--;
        switch (outcome)
        {
            case DialOutcome.Succeeded:
                _backoffMs = 0;
                NoteLatency(nowMs, tookUs);
                break;
            case DialOutcome.Refused:
                _backoffMs = 0;
                break;
            case DialOutcome.Cancelled:
                _tokens = Math.Min(_limits.Burst, _tokens + 1);
                break;
            case DialOutcome.Overloaded:
                Lower(nowMs);
                BackOff(nowMs);
                break;
            case DialOutcome.Failed:
                BackOff(nowMs);
                break;
        }
    }

    private void Refill(long nowMs)
    {
        if (!_started)
        {
            _started = true;
            _refilledMs = _raisedMs = nowMs;
        }
        _tokens = Math.Min(_limits.Burst, _tokens + ((nowMs - _refilledMs) * _perSecond / 1000));
        _refilledMs = nowMs;
    }

    private void NoteLatency(long nowMs, long tookUs)
    {
        if (_baselineUs > 0 && tookUs > Math.Max(SlowFloorUs, SlowFactor * _baselineUs))
        {
            // A slow login is no new baseline: a server that gets slower and slower must not look healthy.
            Lower(nowMs);
            return;
        }
        _baselineUs = _baselineUs == 0 ? tookUs : _baselineUs + ((tookUs - _baselineUs) / 8);
    }

    private void Lower(long nowMs)
    {
        _raisedMs = nowMs;
        if (nowMs - _loweredMs < LowerAtMostEveryMs)
            return; // Those that were under way together are one piece of news.
        _loweredMs = nowMs;
        InProgressMax = Math.Max(1, InProgressMax / 2);
        _perSecond = Math.Max(Math.Min(1, _limits.PerSecond), _perSecond * RateFactor);
    }

    private void Raise(long nowMs)
    {
        for (; nowMs - _raisedMs >= RaiseEveryMs; _raisedMs += RaiseEveryMs)
        {
            if (InProgressMax >= _limits.InProgressMax && _perSecond >= _limits.PerSecond)
            {
                _raisedMs = nowMs;
                return;
            }
            InProgressMax = Math.Min(_limits.InProgressMax, InProgressMax + 1);
            _perSecond = Math.Min(_limits.PerSecond, _perSecond + (_limits.PerSecond / 10));
        }
    }

    private void BackOff(long nowMs)
    {
        _backoffMs = Math.Min(BackoffMaxMs, random.Next(BackoffMinMs, Math.Max(BackoffMinMs, _backoffMs * 3) + 1));
        _backoffUntilMs = nowMs + _backoffMs;
    }
}
