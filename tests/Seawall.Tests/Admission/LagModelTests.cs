using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>
/// Writes of low classes while a replica applies more slowly than its primary is written to, in virtual time: the real brake between clients that
/// write at their own times and a replica that applies so many in a second, one after the other.
/// </summary>
public sealed class LagModelTests(ITestOutputHelper output)
{
    private const int LineMs = 1_000;
    private const int HardMs = 10_000;

    /// <summary>What the replica can apply in a second, and what of that others write.</summary>
    private const int Applies = 400, Others = 200;

    [Theory]
    [InlineData(300)]
    [InlineData(600)]
    [InlineData(3_000)]
    public void A_replica_falls_no_further_behind_than_the_settings_like_and_is_used(int low)
    {
        var run = new LagRun(new OverloadOptions { Mode = OverloadMode.Enforce, LagMs = LineMs, LagMsMax = HardMs }, low);
        run.RunFor(60_000);
        var (applied, sum) = (run.LowWritten, 0.0);
        run.LagMost = 0;
        for (var i = 0; i < 120_000; i += 100)
        {
            run.RunFor(100);
            sum += run.LagMs;
        }
        var share = (run.LowWritten - applied) / 120.0 / (Applies - Others);
        var control = new LagRun(new OverloadOptions { Mode = OverloadMode.Enforce, LagMs = 0 }, low);
        control.RunFor(60_000);

        output.WriteLine($"lag {sum / 1_200:0} ms, at most {run.LagMost:0} ms; low ones have {share:0.00} of what is left; control {control.LagMs:0} ms");
        Assert.True(run.LagMost <= 4 * LineMs, $"lag {run.LagMost:0} ms");
        Assert.True(share >= 0.7, $"low ones have {share:0.00} of what the replica can apply besides");
        Assert.True(control.LagMs > 10_000, $"control: {control.LagMs:0} ms");
    }

    [Fact]
    public void When_fewer_want_to_write_all_of_them_may_and_it_is_told_once()
    {
        var run = new LagRun(new OverloadOptions { Mode = OverloadMode.Enforce, LagMs = LineMs, LagMsMax = HardMs }, 600);
        run.RunFor(30_000);
        Assert.True(run.Brake.IsOn);
        run.LowPerSecond = 100;
        run.RunFor(30_000);

        Assert.False(run.Brake.IsOn);
        Assert.Equal(["low writes", "low writes"], run.Events.Select(news => news.Of));
        Assert.Equal("replicas have caught up, and there is room", run.Events[^1].Cause);
        Assert.True(run.LagMs < LineMs);
    }

    [Fact]
    public void What_nobody_knows_is_not_taken_for_0_and_not_waited_for_without_end()
    {
        var run = new LagRun(new OverloadOptions { Mode = OverloadMode.Enforce, LagMs = LineMs, LagMsMax = HardMs }, 600);
        run.RunFor(20_000);
        Assert.True(run.Brake.IsOn);
        var pace = run.Brake.View().PerSecond;
        run.IsBlind = true;
        run.RunFor(LagPace.BlindMsMax - 2 * LagPace.EveryMs);
        Assert.Equal(pace, run.Brake.View().PerSecond);
        run.RunFor(4 * LagPace.EveryMs);

        Assert.False(run.Brake.IsOn);
        Assert.Equal("no replica says how far it is behind", run.Events[^1].Cause);
    }

    [Fact]
    public void Where_no_low_class_writes_nothing_is_slowed()
    {
        var run = new LagRun(new OverloadOptions { Mode = OverloadMode.Enforce, LagMs = LineMs, LagMsMax = HardMs }, 0) { OthersPerSecond = 600 };
        run.RunFor(60_000);
        Assert.True(run.LagMs > HardMs);
        Assert.Empty(run.Events);
    }

    // Ticks of a millisecond: who writes, whom the brake lets, and what of it the replica has.
    private sealed class LagRun(OverloadOptions options, double low)
    {
        private readonly Random _random = new(3);
        private readonly Queue<double> _log = new();
        private readonly PriorityQueue<double, double> _waiting = new();
        private double _applied, _reachedMs;
        private long _asked;

        internal LagBrake Brake { get; } = new();

        internal double LowPerSecond { get; set; } = low;

        internal double OthersPerSecond { get; init; } = Others;

        internal bool IsBlind { get; set; }

        internal List<GateEvent> Events { get; } = [];

        internal double NowMs { get; private set; } = 1_000_000;

        internal double LagMs => _log.Count == 0 ? 0 : NowMs - _reachedMs;

        internal double LagMost { get; set; }

        internal long LowWritten { get; private set; }

        internal void RunFor(double ms)
        {
            for (var end = NowMs + ms; NowMs < end; NowMs++)
                Tick();
        }

        private void Tick()
        {
            if (Comes(OthersPerSecond))
                _log.Enqueue(NowMs);
            for (var i = 0; i < 4; i++)
            {
                if (Comes(LowPerSecond / 4))
                    Ask();
            }
            while (_waiting.TryPeek(out _, out var dueMs) && dueMs <= NowMs)
                Write(_waiting.Dequeue());
            for (_applied += Applies / 1_000.0; _applied >= 1; _applied--)
                _reachedMs = _log.TryDequeue(out var atMs) ? atMs : NowMs;
            LagMost = Math.Max(LagMost, LagMs);
            // Replicas are asked ten times in a second, and looked at as the engine does.
            if ((long)NowMs % 100 == 0 && Brake.IsDue((long)NowMs)
                && Brake.Look(new ReplicaLag(IsBlind ? null : "r", IsBlind ? null : (long)LagMs), _asked, options, (long)NowMs) is { } news)
                Events.Add(news);
        }

        private void Ask()
        {
            _asked++;
            var waitMs = Brake.IsOn ? Brake.Pace.Book((long)NowMs, Brake.Pace.Limits.WaitMsMax) : 0;
            if (waitMs > 0)
                _waiting.Enqueue(NowMs, NowMs + waitMs);
            else if (waitMs == 0)
                Write(NowMs);
        }

        private void Write(double _)
        {
            LowWritten++;
            _log.Enqueue(NowMs);
        }

        private bool Comes(double perSecond) => _random.NextDouble() < perSecond / 1_000;
    }
}
