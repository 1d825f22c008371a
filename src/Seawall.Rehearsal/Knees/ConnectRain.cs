using Seawall.Rehearsal.Logins;

namespace Seawall.Rehearsal.Knees;

/// <summary>A stretch of time with one rate.</summary>
/// <param name="PerSecond">Connects that come in each second, at chance times.</param>
/// <param name="Seconds">How long.</param>
internal readonly record struct RainStep(double PerSecond, double Seconds);

/// <summary>What became of the connects that were due in one second.</summary>
internal sealed class RainSecond
{
    /// <summary>How many were due.</summary>
    public int Due { get; set; }

    /// <summary>How many have ended, one way or the other.</summary>
    public int Ended { get; set; }

    /// <summary>Milliseconds from when each that got in was due until it was in.</summary>
    public List<double> Ms { get; } = [];

    /// <summary>Those that did not get in, by what was said.</summary>
    public Dictionary<string, int> Failed { get; } = [];

    /// <summary>Milliseconds by which each was begun too late: the fault of this machine, not of the server.</summary>
    public List<double> LateMs { get; } = [];

    /// <summary>Seconds from the beginning of the rain until the last of these was in.</summary>
    public double LastIn { get; set; }

    /// <summary>Round trips of those that got in, together.</summary>
    public long RoundTrips { get; set; }

    /// <summary>How many of them had to prove their password whole, because the server's cache did not know it.</summary>
    public int Proofs { get; set; }
}

/// <summary>
/// Connects that come whatever becomes of those before them, as those of many clients do. Latency is counted from when a connect was due, so that
/// a server that stands still is not asked less. Nothing is tried again.
/// </summary>
internal sealed class ConnectRain(Func<LoginPlan> next, TimeProvider time, int seed)
{
    /// <summary>Connects under way at one time; beyond it this machine, and not the server, would be what is measured.</summary>
    public const int UnderWayMax = 4_000;

    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(1);

    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();
    private readonly List<RainSecond> _seconds = [];
    private readonly List<Task> _tasks = [];
    private List<LoginProbe>? _staying;
    private int _underWay;

    /// <summary>Second by second.</summary>
    public IReadOnlyList<RainSecond> Seconds => _seconds;

    /// <summary>
    /// Lets it rain; ends when all connects have ended, or when <paramref name="isEnough"/> says so of the seconds that are over. Every
    /// connection is closed then.
    /// </summary>
    public Task Run(IReadOnlyList<RainStep> steps, Func<int, bool> isEnough, CancellationToken cancel) =>
        Run(Dues(steps), steps.Sum(step => step.Seconds), isEnough, cancel);

    /// <summary>
    /// So many connects, at chance times within so many seconds, that stay until all have been let in or not: clients that come back, and not those
    /// that come and go.
    /// </summary>
    public async Task Return(int clients, double seconds, CancellationToken cancel)
    {
        _staying = [];
        try
        {
            await Run(Enumerable.Range(0, clients).Select(_ => _random.NextDouble() * seconds).Order(), seconds, _ => false, cancel);
        }
        finally
        {
            await Task.WhenAll(_tasks);
            // All at once: a server that does not answer any more would keep each a second.
            await Task.WhenAll(_staying.Select(probe => probe.Leave(cancel)));
        }
    }

    private async Task Run(IEnumerable<double> dues, double all, Func<int, bool> isEnough, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        using var next = dues.GetEnumerator();
        double Next() => next.MoveNext() ? next.Current : double.PositiveInfinity;
        var due = Next();
        var looked = 0;
        while (true)
        {
            var now = time.GetElapsedTime(began).TotalSeconds;
            for (; due <= Math.Min(now, all); due = Next())
                Begin(due, began, cancel);
            if (now >= all && _tasks.TrueForAll(task => task.IsCompleted))
                return;
            if ((int)now > looked)
            {
                looked = (int)now;
                _tasks.RemoveAll(task => task.IsCompleted);
                if (isEnough(looked))
                    break;
            }
            await Task.Delay(s_pace, time, cancel);
        }
        await Task.WhenAll(_tasks);
    }

    private IEnumerable<double> Dues(IReadOnlyList<RainStep> steps)
    {
        for (var due = Gap(steps, 0); double.IsFinite(due); due += Gap(steps, due))
            yield return due;
    }

    private double Gap(IReadOnlyList<RainStep> steps, double at)
    {
        foreach (var step in steps)
        {
            if (at < step.Seconds)
                return -Math.Log(1 - _random.NextDouble()) / step.PerSecond;
            at -= step.Seconds;
        }
        return double.PositiveInfinity;
    }

    private void Begin(double due, long began, CancellationToken cancel)
    {
        RainSecond second;
        lock (_lock)
        {
            while (_seconds.Count <= (int)due)
                _seconds.Add(new RainSecond());
            second = _seconds[(int)due];
            second.Due++;
            second.LateMs.Add((time.GetElapsedTime(began).TotalSeconds - due) * 1e3);
            if (_underWay >= UnderWayMax)
            {
                Fail(second, "too many under way on this machine");
                return;
            }
            _underWay++;
        }
        _tasks.Add(Connect(due, began, second, cancel));
    }

    private async Task Connect(double due, long began, RainSecond second, CancellationToken cancel)
    {
        try
        {
            var probe = await LoginProbe.Run(next(), time, cancel);
            var ms = (time.GetElapsedTime(began).TotalSeconds - due) * 1e3;
            var stays = false;
            lock (_lock)
            {
                if (probe.Trace.Outcome.IsIn)
                {
                    second.Ms.Add(ms);
                    second.Ended++;
                    second.LastIn = Math.Max(second.LastIn, due + (ms / 1e3));
                    second.RoundTrips += probe.Trace.Counts.RoundTrips;
                    second.Proofs += probe.Trace.IsFull ? 1 : 0;
                    stays = _staying is not null;
                    _staying?.Add(probe);
                }
                else
                {
                    Fail(second, probe.Trace.Outcome.End == LoginEnd.Refused ? $"error {probe.Trace.Outcome.Code}" : $"{probe.Trace.Outcome.End}");
                }
            }
            if (!stays)
                await probe.Leave(cancel);
        }
        catch (OperationCanceledException)
        {
            // The rehearsal is over.
        }
        finally
        {
            lock (_lock)
                _underWay--;
        }
    }

    private static void Fail(RainSecond second, string why)
    {
        second.Failed[why] = second.Failed.GetValueOrDefault(why) + 1;
        second.Ended++;
    }
}
