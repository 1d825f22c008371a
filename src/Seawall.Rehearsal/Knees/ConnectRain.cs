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
}

/// <summary>
/// Connects that come whatever becomes of those before them, as those of many clients do. Latency is counted from when a connect was due, so that
/// a server that stands still is not asked less. Nothing is tried again.
/// </summary>
internal sealed class ConnectRain(Func<LoginPlan> next, TimeProvider time, int seed)
{
    /// <summary>Connects under way at one time; beyond it this machine, and not the server, would be what is measured.</summary>
    private const int UnderWayMax = 4_000;

    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(1);

    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();
    private readonly List<RainSecond> _seconds = [];
    private int _underWay;

    /// <summary>Second by second.</summary>
    public IReadOnlyList<RainSecond> Seconds => _seconds;

    /// <summary>
    /// Lets it rain; ends when all connects have ended, or when <paramref name="isEnough"/> says so of the seconds that are over. Every
    /// connection is closed then.
    /// </summary>
    public async Task Run(IReadOnlyList<RainStep> steps, Func<int, bool> isEnough, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        var all = steps.Sum(step => step.Seconds);
        var tasks = new List<Task>();
        var due = Gap(steps, 0);
        var looked = 0;
        while (true)
        {
            var now = time.GetElapsedTime(began).TotalSeconds;
            for (; due <= Math.Min(now, all); due += Gap(steps, due))
                Begin(due, began, tasks, cancel);
            if (now >= all && tasks.TrueForAll(task => task.IsCompleted))
                return;
            if ((int)now > looked)
            {
                looked = (int)now;
                tasks.RemoveAll(task => task.IsCompleted);
                if (isEnough(looked))
                    break;
            }
            await Task.Delay(s_pace, time, cancel);
        }
        await Task.WhenAll(tasks);
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

    private void Begin(double due, long began, List<Task> tasks, CancellationToken cancel)
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
        tasks.Add(Connect(due, began, second, cancel));
    }

    private async Task Connect(double due, long began, RainSecond second, CancellationToken cancel)
    {
        try
        {
            var probe = await LoginProbe.Run(next(), time, cancel);
            var ms = (time.GetElapsedTime(began).TotalSeconds - due) * 1e3;
            lock (_lock)
            {
                if (probe.Trace.Outcome.IsIn)
                {
                    second.Ms.Add(ms);
                    second.Ended++;
                }
                else
                {
                    Fail(second, probe.Trace.Outcome.End == LoginEnd.Refused ? $"error {probe.Trace.Outcome.Code}" : $"{probe.Trace.Outcome.End}");
                }
            }
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
