using CsCheck;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Pools;

public sealed class DialPaceTests
{
    [Fact]
    public void It_never_exceeds_its_limits_whatever_happens() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 500]).Array[1, 200].Sample(doings =>
        {
            var limits = new DialLimits(PerSecond: 20, Burst: 5, InProgressMax: 3);
            var pace = new DialPace(limits, new Random(1));
            long now = 0, started = 0;
            var running = 0;
            foreach (var (kind, ms) in doings)
            {
                now += ms;
                if (kind < 3)
                {
                    if (pace.TryStart(now, out var waitMs))
                    {
                        running++;
                        started++;
                    }
                    else
                    {
                        Assert.True(waitMs >= 0 || running > 0, "nobody would ever ask again");
                    }
                }
                else if (running > 0)
                {
                    running--;
                    var outcome = (DialOutcome)(kind - 3);
                    if (outcome == DialOutcome.Cancelled)
                        started--;
                    pace.Finished(now, outcome, ms * 1000);
                }
                Assert.Equal(running, pace.InProgress);
                Assert.InRange(running, 0, limits.InProgressMax);
                Assert.InRange(started, 0, limits.Burst + (now * limits.PerSecond / 1000) + 1);
                Assert.InRange(pace.PerSecond, 1, limits.PerSecond);
            }
        });

    [Fact]
    public void After_the_time_that_it_names_it_lets_go()
    {
        var pace = new DialPace(new DialLimits(PerSecond: 10, Burst: 1, InProgressMax: 10), new Random(1));
        Assert.True(pace.TryStart(0, out _));
        Assert.False(pace.TryStart(0, out var waitMs));

        Assert.Equal(100, waitMs);
        Assert.False(pace.TryStart(99, out _));
        Assert.True(pace.TryStart(100, out _));
    }

    [Fact]
    public void After_failures_one_at_a_time_finds_out_whether_the_server_is_back()
    {
        var pace = new DialPace(new DialLimits(), new Random(1));
        Assert.True(pace.TryStart(0, out _));
        pace.Finished(0, DialOutcome.Failed, 0);

        Assert.False(pace.TryStart(10, out var waitMs));
        Assert.InRange(waitMs, 1, 5_000);
        Assert.True(pace.TryStart(10 + waitMs, out _));
        Assert.False(pace.TryStart(20_000, out waitMs));
        Assert.Equal(-1, waitMs);
        pace.Finished(20_000, DialOutcome.Succeeded, 1_000);
        Assert.True(pace.TryStart(20_000, out _));
        Assert.True(pace.TryStart(20_000, out _));
    }

    [Fact]
    public void Every_failure_means_something_for_the_pace()
    {
        Assert.Equal(DialOutcome.Succeeded, DialOutcomes.Of(null));
        foreach (var kind in Enum.GetValues<DialFailureKind>())
            Assert.NotEqual(DialOutcome.Succeeded, DialOutcomes.Of(new DialFailure(kind, "")));
    }
}
