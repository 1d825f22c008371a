namespace Seawall.Engine.Flow.Floodgates.Holds;

/// <summary>How fast the statements of a rule may begin.</summary>
/// <param name="PerSecond">So many in a second, in the long run.</param>
/// <param name="Burst">So many at once after a pause.</param>
/// <param name="WaitMsMax">How long one waits for its time; who would have to wait longer is refused.</param>
public sealed record PaceLimits(int PerSecond, int Burst, int WaitMsMax);

/// <summary>The pace of a rule, as it is now.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Limits">The pace.</param>
/// <param name="NextMs">How long one would wait who came now.</param>
/// <param name="Waiting">Statements that wait for their time.</param>
/// <param name="Waited">Statements that have had to wait, or would have had.</param>
/// <param name="Refused">Statements that would have had to wait too long.</param>
public sealed record PaceView(string Rule, PaceLimits Limits, long NextMs, int Waiting, long Waited, long Refused);

/// <summary>
/// Lets statements begin at a pace, over all loops and servers: a leaky bucket. Each books the next free time when it comes, by one
/// compare-and-swap, and so knows at once whether and how long it waits; nobody is asked when that time has come. Thread-safe.
/// </summary>
/// <remarks>The times of those whose clients leave while they wait stay free: nobody goes faster for that.</remarks>
internal sealed class Pace : IWaitingPlace
{
    private const long SecondUs = 1_000_000;

    private readonly Lock _lock = new();
    private readonly ApplicantList _held = new();
    private readonly Tidings _tidings = new();
    private volatile PaceLimits _limits;
    private long _nextUs = long.MinValue / 2;
    private long _waited;
    private long _refused;
    private bool _isClosing;

    internal Pace(string name, PaceLimits limits)
    {
        Name = name;
        _limits = limits;
    }

    /// <summary>Whose it is, in messages.</summary>
    internal string Name { get; }

    /// <summary>The limits now.</summary>
    internal PaceLimits Limits => _limits;

    /// <summary>Statements that wait for their time.</summary>
    internal int Held
    {
        get
        {
            lock (_lock)
                return _held.Count;
        }
    }

    /// <summary>Statements that have had to wait, or would have had.</summary>
    internal long Waited => Volatile.Read(ref _waited);

    /// <summary>Statements that were refused because they would have had to wait too long.</summary>
    internal long Refused => Volatile.Read(ref _refused);

    /// <summary>Has other limits from now on. Who has booked a time keeps it.</summary>
    internal void Apply(PaceLimits limits) => _limits = limits;

    /// <summary>
    /// Books a time: in so many milliseconds. -1: in none that is not further away than <paramref name="waitMsMax"/>, and nothing is
    /// booked.
    /// </summary>
    internal long Book(long nowMs, long waitMsMax)
    {
        var limits = _limits;
        var stepUs = SecondUs / limits.PerSecond;
        var nowUs = nowMs * 1_000;
        while (true)
        {
            var next = Volatile.Read(ref _nextUs);
            var from = Math.Max(next, nowUs);
            var waitMs = Math.Max(0, from - nowUs - ((limits.Burst - 1) * stepUs) + 999) / 1_000;
            if (waitMs > waitMsMax)
            {
                Interlocked.Increment(ref _refused);
                return -1;
            }
            if (Interlocked.CompareExchange(ref _nextUs, from + stepUs, next) != next)
                continue;
            if (waitMs > 0)
                Interlocked.Increment(ref _waited);
            return waitMs;
        }
    }

    /// <summary>How long one would wait who came now; longer than <see cref="PaceLimits.WaitMsMax"/>: it would be refused. Books nothing.</summary>
    internal long Ask(long nowMs)
    {
        var limits = _limits;
        var late = Volatile.Read(ref _nextUs) - (nowMs * 1_000) - ((limits.Burst - 1) * (SecondUs / limits.PerSecond));
        return Math.Max(0, late + 999) / 1_000;
    }

    /// <inheritdoc/>
    public void Join(Applicant applicant, long nowMs)
    {
        lock (_lock)
        {
            if (!_isClosing)
            {
                _held.Add(applicant);
                return;
            }
            applicant.Turn = Turn.Closing;
        }
        applicant.Decided();
    }

    /// <inheritdoc/>
    public bool Withdraw(Applicant applicant, long nowMs) => TryDecide(applicant, Turn.Withdrawn);

    /// <inheritdoc/>
    public long LookAt(Applicant applicant, long nowMs)
    {
        if (nowMs < applicant.DueMs)
            return applicant.DueMs - nowMs;
        TryDecide(applicant, Turn.Come);
        return -1;
    }

    /// <summary>Nobody who waits will get his turn any more, and nobody else will wait.</summary>
    internal void CloseForGood()
    {
        Applicant? decided;
        lock (_lock)
        {
            _isClosing = true;
            while (_held.Oldest is { } applicant)
                _tidings.Add(applicant, Turn.Closing, _held);
            decided = _tidings.Take();
        }
        Tidings.Tell(decided);
    }

    private bool TryDecide(Applicant applicant, Turn turn)
    {
        lock (_lock)
        {
            if (!applicant.IsQueued)
                return false;
            _held.Remove(applicant);
            applicant.Turn = turn;
        }
        applicant.Decided();
        return true;
    }
}
