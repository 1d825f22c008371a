using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Floodgates.Holds;

/// <summary>What is deferred in front of one server, as it is now.</summary>
/// <param name="Held">Statements that are held.</param>
/// <param name="HeldBytes">What they hold in memory.</param>
/// <param name="OldestMs">How long the oldest of them has been.</param>
/// <param name="PerSecond">How many may be let go in a second, if there is room.</param>
/// <param name="Deferred">Statements that were held, or would have been.</param>
/// <param name="Released">Of these, those that were let go.</param>
public sealed record DeferralView(int Held, long HeldBytes, long OldestMs, double PerSecond, long Deferred, long Released);

/// <summary>
/// Statements that can be done at another time, in front of one server: they hold no connection, and go when the server is not busy and
/// nobody else waits, at a pace that feels its way. Thread-safe; whoever passes because nobody is held takes no lock.
/// </summary>
internal sealed class Deferral(Sluice sluice, int loops) : IWaitingPlace
{
    private readonly Lock _lock = new();
    private readonly ApplicantList _held = new();
    private readonly Tidings _tidings = new();
    private readonly DeferralPace _pace = new();
    private volatile OverloadOptions _options = new();
    private volatile int _count;
    private readonly Ticker?[] _tickers = new Ticker?[loops];
    private bool _isTicking;
    private long _deferred;
    private long _released;
    private bool _isClosing;

    /// <summary>Whether some are held.</summary>
    internal bool HoldsSome => _count > 0;

    /// <summary>Follows the settings.</summary>
    internal void Apply(OverloadOptions options) => _options = options;

    /// <summary>Goes at once, if it may: the server is not busy, nobody waits, and none came before it.</summary>
    internal bool TryPass(int loop, StatementClass which) => sluice.TryPassBelow(loop, which, Room);

    /// <summary>Below how many hundredths of what may run one may go at once.</summary>
    internal int Room => HoldsSome ? 0 : _options.DeferRoom;

    /// <summary>One would be held now, if anybody were.</summary>
    internal void NoteWouldHold() => Interlocked.Increment(ref _deferred);

    /// <inheritdoc/>
    public void Join(Applicant applicant, long nowMs)
    {
        Applicant? decided;
        lock (_lock)
        {
            if (_isClosing)
                _tidings.Add(applicant, Turn.Closing, _held);
            else if (_held.Count >= _options.DeferCountMax)
                Shed(applicant, ShedReason.DeferFull, _options.DeferCountMax, nowMs);
            else if (_held.Bytes + applicant.Bytes > _options.DeferBytesMax)
                Shed(applicant, ShedReason.DeferBytes, _options.DeferBytesMax, nowMs);
            else
            {
                _held.Add(applicant);
                _deferred++;
            }
            LetGo(nowMs);
            decided = _tidings.Take();
        }
        Tidings.Tell(decided);
    }

    /// <inheritdoc/>
    public bool Withdraw(Applicant applicant, long nowMs)
    {
        lock (_lock)
        {
            if (!applicant.IsQueued)
                return false;
            _held.Remove(applicant);
            applicant.Turn = Turn.Withdrawn;
            _count = _held.Count;
        }
        sluice.NoteWithdrawn(applicant.Class);
        applicant.Decided();
        return true;
    }

    /// <inheritdoc/>
    public long LookAt(Applicant applicant, long nowMs)
    {
        Applicant? decided;
        var again = -1L;
        lock (_lock)
        {
            LetGo(nowMs);
            if (applicant.IsQueued && nowMs >= applicant.DueMs)
            {
                var isLate = applicant.DeadlineMs > 0 && nowMs - applicant.SinceMs >= applicant.DeadlineMs;
                Shed(applicant, isLate ? ShedReason.Deadline : ShedReason.Defer, (int)(applicant.DueMs - applicant.SinceMs), nowMs);
                _count = _held.Count;
            }
            else if (applicant.IsQueued)
            {
                again = applicant.DueMs - nowMs;
            }
            decided = _tidings.Take();
        }
        Tidings.Tell(decided);
        return again;
    }

    /// <summary>Lets go whom it may. From any thread.</summary>
    internal void Look(long nowMs)
    {
        Applicant? decided;
        lock (_lock)
        {
            LetGo(nowMs);
            decided = _tidings.Take();
        }
        Tidings.Tell(decided);
    }

    /// <summary>
    /// Looks now and then, on this loop, as long as some are held: who waits is not told by everybody who leaves the server, because
    /// that would cost each of them something.
    /// </summary>
    internal void Tick(Loop loop)
    {
        lock (_lock)
        {
            if (_isTicking || _held.Count == 0)
                return;
            _isTicking = true;
        }
        loop.Arm(_tickers[loop.Index] ??= new Ticker(this, loop), TimerWheel.TickMs);
    }

    /// <summary>Nobody who is held will get his turn any more, and nobody else will be held.</summary>
    internal void CloseForGood()
    {
        Applicant? decided;
        lock (_lock)
        {
            _isClosing = true;
            while (_held.Oldest is { } applicant)
                _tidings.Add(applicant, Turn.Closing, _held);
            _count = 0;
            decided = _tidings.Take();
        }
        Tidings.Tell(decided);
    }

    /// <summary>What it looks like. From any thread.</summary>
    internal DeferralView View(long nowMs)
    {
        lock (_lock)
        {
            var oldestMs = _held.Oldest is { } oldest ? Math.Max(0, nowMs - oldest.SinceMs) : 0;
            return new(_held.Count, _held.Bytes, oldestMs, _pace.PerSecond, Volatile.Read(ref _deferred), _released);
        }
    }

    private void LetGo(long nowMs)
    {
        if (_pace.IsDue(nowMs))
            _pace.Note(sluice.WaitedAboveBackground(), _held.Count > 0, nowMs);
        // Since somebody has said that nobody is to be held any more, those who are go at once.
        var holdsNobody = _options.Mode != OverloadMode.Enforce;
        while (_held.Oldest is { } next
            && (holdsNobody || _pace.Allows(nowMs)) && sluice.TryRelease(next.Class, holdsNobody ? null : _options.DeferRoom))
        {
            _pace.Went(nowMs);
            _released++;
            _tidings.Add(next, Turn.Come, _held);
        }
        _count = _held.Count;
    }

    private void Shed(Applicant applicant, ShedReason reason, int limit, long nowMs)
    {
        sluice.WriteDown(applicant, reason, limit, nowMs);
        _tidings.Add(applicant, Turn.Shed, _held);
    }

    // False when nothing is held any more.
    private bool Ticks(long nowMs)
    {
        Look(nowMs);
        lock (_lock)
        {
            return _isTicking = _held.Count > 0;
        }
    }

    private sealed class Ticker(Deferral deferral, Loop loop) : TimerNode
    {
        protected internal override void OnDue()
        {
            if (deferral.Ticks(loop.NowMs))
                loop.Arm(this, TimerWheel.TickMs);
        }
    }
}
