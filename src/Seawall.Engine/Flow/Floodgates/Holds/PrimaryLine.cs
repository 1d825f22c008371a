using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Floodgates.Holds;

/// <summary>How statements wait while no server takes writes.</summary>
public sealed record TopologyOptions
{
    /// <summary>
    /// How long one waits: a promotion by hand-written tools takes some seconds, and programs give up after 10 to 30.
    /// </summary>
    public int HoldMsMax { get; init; } = 10_000;

    /// <summary>How many wait: as many as come in a second or two at a busy server.</summary>
    public int HoldCountMax { get; init; } = 10_000;

    /// <summary>What they may hold in memory.</summary>
    public long HoldBytesMax { get; init; } = 64L * 1024 * 1024;
}

/// <summary>Statements that wait for a primary, as they are now.</summary>
/// <param name="Held">Statements that wait.</param>
/// <param name="HeldBytes">What they hold in memory.</param>
/// <param name="OldestMs">How long the oldest of them has been waiting.</param>
/// <param name="Waited">Statements that have waited since the start.</param>
/// <param name="Refused">Of these, those that were refused.</param>
public sealed record PrimaryLineView(int Held, long HeldBytes, long OldestMs, long Waited, long Refused);

/// <summary>
/// Where statements for the primary wait while there is none: so many, for so long. When there is one again they go in the order in
/// which they came, spread over a second, because a server that has just become the primary is cold. Thread-safe.
/// </summary>
internal sealed class PrimaryLine(Loop control, Func<bool> isThereOne, Func<TopologyOptions> options) : TimerNode, IWaitingPlace
{
    /// <summary>Over so long those are let go who have gathered.</summary>
    private const int ReleaseMs = 1_000;

    /// <summary>How often some of them are.</summary>
    private const int StepMs = TimerWheel.TickMs;

    /// <summary>The fewest that go in a step: a handful need no pacing.</summary>
    private const int StepMin = 4;

    private readonly Lock _lock = new();
    private readonly ApplicantList _held = new();
    private readonly Tidings _tidings = new();
    private int _step;
    private long _waited;
    private long _refused;
    private bool _isClosing;

    /// <summary>How it looks now.</summary>
    internal PrimaryLineView View(long nowMs)
    {
        lock (_lock)
            return new(_held.Count, _held.Bytes, _held.Oldest is { } oldest ? nowMs - oldest.SinceMs : 0, _waited, _refused);
    }

    /// <inheritdoc/>
    public void Join(Applicant applicant, long nowMs)
    {
        var limits = options();
        lock (_lock)
        {
            if (_isClosing)
                applicant.Turn = Turn.Closing;
            else if (isThereOne())
                applicant.Turn = Turn.Come;
            else
            {
                _waited++;
                if (_held.Count < limits.HoldCountMax && _held.Bytes + applicant.Bytes <= limits.HoldBytesMax && limits.HoldMsMax > 0)
                {
                    _held.Add(applicant);
                    return;
                }
                Refuse(applicant, limits);
            }
        }
        applicant.Decided();
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
        }
        applicant.Decided();
        return true;
    }

    /// <inheritdoc/>
    public long LookAt(Applicant applicant, long nowMs)
    {
        var limits = options();
        lock (_lock)
        {
            if (!applicant.IsQueued)
                return -1;
            var leftMs = applicant.SinceMs + limits.HoldMsMax - nowMs;
            if (leftMs > 0)
                return leftMs;
            if (_step > 0)
                return ReleaseMs; // Its turn comes before that.
            _held.Remove(applicant);
            Refuse(applicant, limits);
        }
        applicant.Decided();
        return -1;
    }

    /// <summary>There is a primary: those who wait go, a few at a time. How many they are. Control loop only.</summary>
    internal int Release()
    {
        int held;
        lock (_lock)
        {
            held = _held.Count;
            _step = held == 0 ? 0 : Math.Max(StepMin, held * StepMs / ReleaseMs);
        }
        if (held > 0)
            OnDue();
        return held;
    }

    /// <summary>Nobody gets his turn any more.</summary>
    internal void CloseForGood()
    {
        lock (_lock)
        {
            _isClosing = true;
            while (_held.Oldest is { } applicant)
                _tidings.Add(applicant, Turn.Closing, _held);
        }
        Tell();
    }

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        bool isOver;
        lock (_lock)
        {
            if (!isThereOne())
                _step = 0; // It was gone again before all had their turn.
            for (var left = _step; left > 0 && _held.Oldest is { } applicant; left--)
                _tidings.Add(applicant, Turn.Come, _held);
            isOver = _step == 0 || _held.Count == 0;
            if (isOver)
                _step = 0;
        }
        Tell();
        if (!isOver)
            control.Arm(this, StepMs);
    }

    private void Refuse(Applicant applicant, TopologyOptions limits)
    {
        _refused++;
        applicant.LimitMs = limits.HoldMsMax;
        applicant.Turn = Turn.Shed;
    }

    private void Tell()
    {
        Applicant? decided;
        lock (_lock)
            decided = _tidings.Take();
        Say(decided);
    }

    // The last that was added is the first of the list; who came first is to hear it first.
    private static void Say(Applicant? decided)
    {
        Applicant? first = null;
        while (decided is not null)
        {
            var next = decided.Newer;
            decided.Newer = first;
            first = decided;
            decided = next;
        }
        Tidings.Tell(first);
    }
}
