namespace Seawall.Engine.Flow.Floodgates.Holds;

/// <summary>What is known of how far replicas are behind.</summary>
/// <param name="Server">The one that is furthest behind; null when none says.</param>
/// <param name="Ms">How far: what it lacks is no older. Null when none says: that is not the same as 0.</param>
public readonly record struct ReplicaLag(string? Server, long? Ms);

/// <summary>
/// How many writes of low classes may begin in a second while replicas lag: as many as they like up to a line, fewer with each look beyond
/// it, and slowly more when they have caught up. Pure: a function of what came before and of each look. One thread only.
/// </summary>
/// <remarks>
/// A replica is late by what was written a while ago, so what is changed now shows later: while it catches up, nothing is changed, or each
/// brake would be followed by another one that nobody needs.
/// </remarks>
internal sealed class LagPace
{
    /// <summary>How often it looks: some ten times while a replica falls behind by what is tolerated.</summary>
    internal const int EveryMs = 500;

    /// <summary>Nobody says how far he is behind, for so long: whatever holds a replica back, it is not these writes.</summary>
    internal const int BlindMsMax = 30_000;

    private const double Down = 0.7;
    private const double DownHard = 0.5;
    private const double Up = 1.2;
    private const double UpSlowly = 1.02;
    private const double UpStep = 1;

    /// <summary>Of the pace at which replicas fell behind the last time: from here on it goes up slowly, so as not to do that again at once.</summary>
    private const double Near = 0.6;

    private const double Least = 1;

    /// <summary>Of the last two seconds or so.</summary>
    private const double AskedPart = 0.3;

    /// <summary>The pace is given up when it lets twice as many begin as want to, for a second and a half.</summary>
    private const int LooksToEnd = 3;

    private double _askedMean;
    private long _lagMs;
    private int _roomy;
    private double _tooMuch = double.MaxValue;
    private bool _isRising;
    private long? _blindSinceMs;

    /// <summary>How many may begin in a second; null: as many as they like.</summary>
    internal double? PerSecond { get; private set; }

    /// <summary>Looks: so many wanted to begin since the last time. The lines are where it begins, and where it brakes hard.</summary>
    internal void Note(long? lagMs, long asked, long nowMs, int lineMs, int hardMs)
    {
        _askedMean += AskedPart * ((asked * 1_000.0 / EveryMs) - _askedMean);
        if (lagMs is not { } lag)
        {
            _blindSinceMs ??= nowMs;
            if (nowMs - _blindSinceMs >= BlindMsMax)
                End();
            return;
        }
        _blindSinceMs = null;
        var grows = lag > _lagMs;
        _lagMs = lag;
        if (lag <= lineMs)
            Release();
        else if (PerSecond is not { } now)
        {
            // Where nobody of them writes, they are not what keeps the replica.
            if (_askedMean >= Least)
                PerSecond = Math.Max(Least, _askedMean * (lag > hardMs ? DownHard : Down));
        }
        else
        {
            if (_isRising)
                _tooMuch = now;
            (_roomy, _isRising) = (0, false);
            PerSecond = Math.Max(Least, now * (lag > hardMs ? DownHard : grows ? Down : 1));
        }
    }

    /// <summary>They may as they like from now on.</summary>
    internal void End()
    {
        PerSecond = null;
        (_roomy, _isRising, _tooMuch) = (0, false, double.MaxValue);
    }

    private void Release()
    {
        if (PerSecond is not { } now)
            return;
        _isRising = true;
        PerSecond = (now * (now < Near * _tooMuch ? Up : UpSlowly)) + UpStep;
        _roomy = PerSecond >= 2 * _askedMean ? _roomy + 1 : 0;
        if (_roomy >= LooksToEnd)
            End();
    }
}
