namespace Seawall.Engine.Flow.Floodgates.Limits;

/// <summary>Why as many statements may run as may.</summary>
public enum LimitCause : byte
{
    /// <summary>The settings say so.</summary>
    Settings,

    /// <summary>Nobody has found out yet.</summary>
    Start,

    /// <summary>Statements waited although the server was hardly slower than in an idle hour: more may run.</summary>
    Room,

    /// <summary>The server takes longer than it should to begin with its answers: fewer may run.</summary>
    Stretch,

    /// <summary>The more ran, the less got done.</summary>
    Retrograde,

    /// <summary>The server refused connections (1040), or did not answer logins in time.</summary>
    Refused,

    /// <summary>The server said that it is idle: what was known of how long statements take was wrong.</summary>
    Rebased,
}

/// <summary>What there is to know when a window of measurements ends.</summary>
internal readonly record struct LimitWindow
{
    /// <summary>When it ended.</summary>
    internal required long NowMs { get; init; }

    /// <summary>How much longer than in an idle hour the server takes; null when nobody knows.</summary>
    internal double? Stretch { get; init; }

    /// <summary>Statements that ran, on the mean.</summary>
    internal double Running { get; init; }

    /// <summary>What got done, in milliseconds of statements' own time for each millisecond.</summary>
    internal double Work { get; init; }

    /// <summary>Whether somebody had to wait for his turn.</summary>
    internal bool HadWaiters { get; init; }

    /// <summary>Whether the server refused connections, or did not answer in time.</summary>
    internal bool WasRefused { get; init; }

    /// <summary>Statements that run there by the server's own count; null when nobody asked.</summary>
    internal int? ServerRunning { get; init; }

    /// <summary>Whether nobody is held: then what runs has nothing to do with the limit.</summary>
    internal bool IsObserved { get; init; }
}

/// <summary>
/// Finds out how many statements a server can make use of at one time: as many as make it half as slow again as it is in an idle hour. More
/// of them get nothing done sooner; fewer leave cores idle between two statements. Pure: a function of what came before and of each
/// window. One thread only.
/// </summary>
/// <remarks>
/// From TCP Vegas by way of the overload design, section 2.2; decision 83 says what differs, and what the model said.
/// </remarks>
internal sealed class LimitFinder
{
    /// <summary>How much longer statements should take than in an idle hour: cores that share themselves among half as many again.</summary>
    internal const double Target = 1.5;

    /// <summary>Above this it goes down; between this and <see cref="Target"/> nothing is done, or it would never rest.</summary>
    internal const double High = 1.15 * Target;

    /// <summary>What of the way to where it should be is gone down at once: windows are noisy, and the next one comes in 100 ms.</summary>
    private const double DownPart = 0.3;

    /// <summary>At most by this factor at once.</summary>
    private const double DownMost = 0.7;

    /// <summary>After a refusal another one within this time is the same news.</summary>
    private const int RefusedEveryMs = 250;

    /// <summary>What it grows by in each window until it was too high for the first time: from 4 to 16 in 0.7 s.</summary>
    private const double StartUp = 0.25;

    /// <summary>Windows at the lowest limit before the server is asked whether that is right.</summary>
    private const int FloorWindows = 5;

    /// <summary>A stretch that is as good as none.</summary>
    private const double Settled = 1.1;

    /// <summary>Windows that are compared with one another.</summary>
    private const int HistoryLength = 32;

    // A correlation of 32 pairs that is further from 0 than this is no chance (one in a thousand); and what hardly varied tells nothing.
    private const double CorrelationMin = 0.55;
    private const double SpreadMin = 0.1;

    private readonly double[] _running = new double[HistoryLength];
    private readonly double[] _work = new double[HistoryLength];
    private int _windows;
    private int _atFloor;
    private int _busy;
    private long _refusedMs = long.MinValue / 2;
    private double _limit;
    private bool _hasBeenDown;
    private int _min = 1;
    private int _max = 1;

    /// <summary>Statements that may run; 0 before it was told where to begin.</summary>
    internal int Limit => _limit == 0 ? 0 : (int)Math.Clamp(Math.Round(_limit), _min, _max);

    /// <summary>Why.</summary>
    internal LimitCause Cause { get; private set; } = LimitCause.Start;

    /// <summary>Whether the bases must be raised: the server is idle, and only looks slow.</summary>
    internal bool WantsRebase { get; private set; }

    /// <summary>Between these it may look; the first time it begins at <paramref name="start"/>.</summary>
    internal void Bound(int min, int max, int start)
    {
        (_min, _max) = (Math.Min(min, max), max);
        _limit = Math.Clamp(_limit == 0 ? start : _limit, _min, _max);
    }

    /// <summary>One more window.</summary>
    internal void Note(in LimitWindow window)
    {
        WantsRebase = false;
        if (window.WasRefused && window.NowMs - _refusedMs >= RefusedEveryMs)
        {
            _refusedMs = window.NowMs;
            Move(_limit * DownMost, LimitCause.Refused);
            return;
        }
        if (window.Stretch is not { } stretch)
            return;
        if (window.IsObserved)
        {
            // What would be right can still be told: as many as run, less what makes it slow.
            if (stretch > Target || window.Running > _limit)
                Move(_limit + (DownPart * ((window.Running * Target / stretch) - _limit)), LimitCause.Stretch);
            return;
        }
        if (window.HadWaiters)
            Remember(window);
        if (RebasesAtFloor(window, stretch))
            return;
        if (stretch > High)
        {
            var wanted = _limit * Target / stretch;
            Move(Math.Max(_limit * DownMost, Math.Min(_limit - 0.5, _limit + (DownPart * (wanted - _limit)))), LimitCause.Stretch);
        }
        else if (window.HadWaiters && IsRetrograde())
        {
            _windows = 0;
            Move(_limit - Step, LimitCause.Retrograde);
        }
        else if (window.HadWaiters && stretch < Target && window.Running >= 0.8 * Limit)
        {
            Move(_limit + (_hasBeenDown ? Step : _limit * StartUp), LimitCause.Room);
        }
    }

    // As slow as that with so few: either the server has hardly a core left, or something else takes the time. Once it has said that it is
    // idle, the bases go up until it looks so as well, but for windows in which it happens to be busy.
    private bool RebasesAtFloor(in LimitWindow window, double stretch)
    {
        var isRebasing = Cause == LimitCause.Rebased && stretch > Settled;
        _atFloor = _limit <= _min && (stretch > High || isRebasing) ? _atFloor + 1 : 0;
        if (_atFloor < FloorWindows || window.ServerRunning is not { } running)
            return false;
        if (running > Math.Max(1, _limit / 2))
            return isRebasing && ++_busy < FloorWindows;
        _busy = 0;
        WantsRebase = true;
        Cause = LimitCause.Rebased;
        return true;
    }

    // One at a time, or in the same time more of a hundred than of ten.
    private double Step => Math.Max(1, Math.Log10(_limit));

    private void Move(double limit, LimitCause cause)
    {
        _hasBeenDown |= limit < _limit;
        var before = Limit;
        _limit = Math.Clamp(limit, _min, _max);
        if (Limit != before)
            Cause = cause;
    }

    private void Remember(in LimitWindow window)
    {
        _running[_windows % HistoryLength] = window.Running;
        _work[_windows % HistoryLength] = window.Work;
        _windows++;
    }

    // Whatever the measurements of single statements say: when more ran and less was done, time after time, it was too much.
    private bool IsRetrograde()
    {
        if (_windows < HistoryLength)
            return false;
        var (runningMean, workMean) = (_running.Average(), _work.Average());
        var (both, running, work) = (0.0, 0.0, 0.0);
        for (var i = 0; i < HistoryLength; i++)
        {
            var (x, y) = (_running[i] - runningMean, _work[i] - workMean);
            both += x * y;
            running += x * x;
            work += y * y;
        }
        var spread = Math.Sqrt(running / HistoryLength) / Math.Max(1, runningMean);
        return spread >= SpreadMin && work > 0 && both / Math.Sqrt(running * work) < -CorrelationMin;
    }
}
