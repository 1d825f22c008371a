using Microsoft.Extensions.Logging;
using Seawall.Captures.Files;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;

namespace Seawall.Engine.Captures;

/// <summary>A loop's end of a capture.</summary>
internal interface ICapturingLoop
{
    /// <summary>The loop.</summary>
    Loop Loop { get; }

    /// <summary>Captures from now on. Loop thread only.</summary>
    void Follow(CapturePlan plan, CaptureRing ring);

    /// <summary>Captures nothing any more, if it is still that capture. Loop thread only.</summary>
    void Leave(int plan);
}

/// <summary>Starts and stops captures: one at a time. Thread-safe.</summary>
public sealed class CaptureDesk : IDisposable
{
    /// <summary>Captures that ended, for those who ask.</summary>
    private const int RememberedMax = 16;

    private readonly Lock _lock = new();
    private readonly Lock _opening = new();
    private readonly IReadOnlyList<ICapturingLoop> _loops;
    private readonly Loop _control;
    private readonly bool _isInline;
    private readonly ILogger _logger;
    private readonly List<CaptureView> _past = [];
    private CaptureOptions _options;
    private CaptureRun? _run;
    private CaptureRun? _leaving; // It writes its last.
    private CaptureTotals _before;
    private int _number;
    private bool _isOver;

    internal CaptureDesk(IReadOnlyList<ICapturingLoop> loops, Loop control, CaptureOptions options, bool isInline, ILogger logger)
    {
        _loops = loops;
        _control = control;
        _options = options;
        _isInline = isInline;
        _logger = logger;
    }

    /// <summary>The length of each loop's ring; before the first capture.</summary>
    internal int RingBytes { get; set; } = CaptureRing.BytesByDefault;

    /// <summary>What the server's version is, when it is known.</summary>
    internal Func<string> Server { get; init; } = () => "";

    /// <summary>Begins with what is captured without being asked.</summary>
    internal void Begin()
    {
        if (_options.IsAlwaysOn)
            Report(Always());
    }

    /// <summary>Takes over other options. A capture that somebody has started goes on as it began.</summary>
    internal void Apply(CaptureOptions options)
    {
        var before = _options;
        _options = options;
        if (before == options)
            return;
        if (_run is { Wish.OneIn: 0 } always)
            Stop(always, "the settings have changed");
        else if (_run is null)
            Begin();
    }

    /// <summary>
    /// Captures everything that one of <paramref name="oneIn"/> connections does. What was captured without being asked pauses meanwhile.
    /// </summary>
    public CaptureResult Start(string name, TimeSpan? time, uint oneIn)
    {
        if (_options.Folder.Length == 0)
            return new(false, "nothing can be captured while capture.dir is not set; set it, and RELOAD");
        if (!CaptureFiles.IsName(name))
            return new(false, $"a capture's name has letters, digits, '_', '-' and '.', 64 at most; '{Short(name)}' is none");
        lock (_lock)
        {
            if (_run is { Wish.OneIn: > 0 } other)
                return new(false, $"'{other.Wish.Name}' is being captured; CAPTURE STOP ends it");
        }
        if (_run is { } always)
            Stop(always, "another was started");
        return Open(new CaptureWish(name, Math.Max(1, oneIn), time));
    }

    /// <summary>Ends the capture that somebody has started.</summary>
    public CaptureResult Stop()
    {
        if (_run is not { Wish.OneIn: > 0 } run || !Stop(run, "it was stopped"))
            return new(false, "no capture is running that was started by CAPTURE START; SHOW CAPTURES has what there was");
        return new(true, $"'{run.Wish.Name}' ends; its files are {run.View.Path}-*{CaptureFiles.Extension}");
    }

    /// <summary>The one that runs, and those that have ended, the newest first.</summary>
    public IReadOnlyList<CaptureView> Views()
    {
        lock (_lock)
        {
            var running = Active();
            // Looked at, and not refreshed: that is its own thread's, which may just have said its last.
            return [.. running.Select(run => run.IsOver ? run.View : run.Look(CaptureState.Running)), .. Enumerable.Reverse(_past)];
        }
    }

    /// <summary>Sums since the start.</summary>
    public CaptureTotals Totals()
    {
        lock (_lock)
            return Active().Aggregate(_before, (sum, run) => Sum(sum, run, isFailed: false)) with { Running = _run is { IsOver: false } };
    }

    /// <summary>Ends what runs, and waits for it a little.</summary>
    public void Dispose()
    {
        _isOver = true;
        if (_run is { } running)
            Stop(running, "Seawall went down");
        if (_leaving is not { IsOver: false } run)
            return;
        if (_isInline)
        {
            // Nobody runs the loops any more, nor the clock.
            for (var i = 0; i < _loops.Count; i++)
                run.Farewell();
            run.Step();
        }
        else
        {
            // What has not been said by then is lost, as it would be with the process.
            SpinWait.SpinUntil(() => run.IsOver, TimeSpan.FromSeconds(2));
        }
    }

    private CaptureRun[] Active() => [.. new[] { _run, _leaving }.OfType<CaptureRun>().Distinct()];

    private CaptureResult Always() => Open(new CaptureWish(
        $"always-{_control.Time.GetUtcNow():yyyyMMdd-HHmmss-fff}", OneIn: 0, Time: null));

    // One after the other: the end of one may begin another while somebody asks for a third.
    private CaptureResult Open(CaptureWish wish)
    {
        lock (_opening)
        {
            return _run is { } other
                ? new(wish.OneIn == 0, $"'{other.Wish.Name}' has just begun; SHOW CAPTURES has it, and trying again is safe")
                : OpenNow(wish);
        }
    }

    private CaptureResult OpenNow(CaptureWish wish)
    {
        var options = _options;
        var timestamp = _control.Time.GetTimestamp();
        var plan = new CapturePlan(++_number, wish.OneIn, wish.OneIn > 0 ? 0 : (double)options.Reservoir / _loops.Count,
            (_control.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond, timestamp,
            1e6 / _control.Time.TimestampFrequency);
        CaptureRun run;
        try
        {
            run = new CaptureRun(wish, plan, options, _control.Time, _loops.Count, RingBytes, Server(), Ended);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return new(false, $"the capture '{wish.Name}' cannot be written: {problem.Message}");
        }
        run.Refresh(CaptureState.Running);
        CaptureLog.Began(_logger, wish.Name, run.View.Path);
        for (var i = 0; i < _loops.Count; i++)
        {
            var (loop, ring) = (_loops[i], run.Rings[i]);
            loop.Loop.Post(LoopJob.From(_ => loop.Follow(plan, ring)));
        }
        // Not before: whoever stops it tells the loops to leave, and none may be told to follow behind that.
        lock (_lock)
            _run = run;
        if (_isInline)
            _control.Post(LoopJob.From(_ => new Ticker(_control, run).OnDueNow()));
        else
            new Thread(run.Carry) { Name = "capture", IsBackground = true }.Start();
        return new(true, $"'{wish.Name}' is being captured to {run.View.Path}-*{CaptureFiles.Extension}"
            + (options.KeepsLiterals ? "" : "; values are left out (capture.literals = \"redact\"), so it cannot be replayed with results"));
    }

    private bool Stop(CaptureRun run, string reason)
    {
        if (!run.Stop(reason))
            return false;
        Silence(run);
        return true;
    }

    private void Silence(CaptureRun run)
    {
        lock (_lock)
        {
            if (_run == run)
                _run = null;
            if (!run.IsOver)
                _leaving = run;
        }
        TellLoops(run);
    }

    private void TellLoops(CaptureRun run)
    {
        foreach (var loop in _loops)
        {
            loop.Loop.Post(LoopJob.From(_ =>
            {
                loop.Leave(run.Plan.Number);
                run.Farewell();
            }));
        }
    }

    // Called by the run's thread: when it wants to end by itself, and when its files are closed.
    private void Ended(CaptureRun run)
    {
        if (!run.IsOver)
        {
            Silence(run);
            return;
        }
        var isFailed = run.View.State == CaptureState.Failed;
        lock (_lock)
        {
            if (_past.Count >= RememberedMax)
                _past.RemoveAt(0);
            _past.Add(run.View);
            // From here on it is one of the past, and not a moment earlier: whoever asks in between must find it.
            if (_run == run)
                _run = null;
            if (_leaving == run)
                _leaving = null;
            _before = Sum(_before, run, isFailed);
        }
        if (isFailed)
        {
            CaptureLog.Failed(_logger, run.Wish.Name, run.View.Reason);
            TellLoops(run);
        }
        else
        {
            CaptureLog.Ended(_logger, run.Wish.Name, run.View.Commands, run.View.Dropped, run.View.Bytes, run.View.Reason);
        }
        // What is captured without being asked goes on when the other has ended; one that could not be written is not tried again.
        if (!_isOver && _options.IsAlwaysOn && _run is null && (run.Wish.OneIn > 0 ? !isFailed : run.View.Reason == "the settings have changed"))
            Report(Always());
    }

    private void Report(CaptureResult result)
    {
        if (!result.IsDone)
            CaptureLog.Failed(_logger, "always", result.Words);
    }

    private static CaptureTotals Sum(CaptureTotals before, CaptureRun run, bool isFailed) => new(false,
        before.Connections + run.Drain.Connections, before.Commands + run.Drain.Commands, before.Dropped + run.Drain.Dropped,
        before.Bytes + run.Drain.Bytes, before.Failed + (isFailed ? 1 : 0));

    private static string Short(string name) => name.Length <= 40 ? name : name[..40] + "...";

    // In a simulated world nobody has a thread.
    private sealed class Ticker(Loop control, CaptureRun run) : TimerNode
    {
        internal void OnDueNow() => OnDue();

        protected internal override void OnDue()
        {
            if (!run.Step())
                control.Arm(this, CaptureRun.EveryMs);
        }
    }
}
