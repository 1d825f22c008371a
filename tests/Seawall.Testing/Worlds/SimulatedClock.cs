namespace Seawall.Testing.Worlds;

/// <summary>Time that passes only when a <see cref="World"/> says so.</summary>
public sealed class SimulatedClock : TimeProvider
{
    // Machines have been up for a while when a program starts; a clock that begins at 0 would hide mistakes with "never".
    private const long StartTicks = 1_000 * TimeSpan.TicksPerSecond;

    private static readonly DateTimeOffset s_epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Timer, (long DueTicks, long Order)> _timers = new();
    private long _order;
    private long _set;

    /// <summary>The time, in units of 100 ns.</summary>
    public long Ticks { get; private set; } = StartTicks;

    /// <summary>Milliseconds since the world began.</summary>
    public double ElapsedMs => (Ticks - StartTicks) / (double)TimeSpan.TicksPerMillisecond;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>When the first timer is due; null when there is none.</summary>
    internal long? NextDue
    {
        get
        {
            while (_timers.TryPeek(out var timer, out var at))
            {
                if (timer.DueTicks == at.DueTicks)
                    return at.DueTicks;
                _timers.Dequeue(); // It was moved or ended since.
            }
            return null;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => Ticks;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => s_epoch.AddTicks(Ticks + _set);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Time passes, and nobody does anything meanwhile: a process that was stopped, or a clock that leaps.</summary>
    public void LeapBy(long milliseconds) => Ticks += milliseconds * TimeSpan.TicksPerMillisecond;

    /// <summary>Somebody sets the date and the hour; time itself goes on as it did.</summary>
    public void SetBy(long milliseconds) => _set += milliseconds * TimeSpan.TicksPerMillisecond;

    internal void AdvanceTo(long ticks) => Ticks = Math.Max(Ticks, ticks);

    /// <summary>Fires the first timer that is due; false when none is.</summary>
    internal bool FireOne()
    {
        if (NextDue is not { } due || due > Ticks)
            return false;
        _timers.Dequeue().Fire();
        return true;
    }

    private sealed class Timer(SimulatedClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        internal long DueTicks { get; private set; } = -1;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            DueTicks = dueTime == Timeout.InfiniteTimeSpan ? -1 : clock.Ticks + dueTime.Ticks;
            if (DueTicks >= 0)
                clock._timers.Enqueue(this, (DueTicks, clock._order++));
            return true;
        }

        public void Dispose() => DueTicks = -1;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        internal void Fire()
        {
            DueTicks = -1;
            if (_period > TimeSpan.Zero)
                Change(_period, _period);
            callback(state);
        }
    }
}
