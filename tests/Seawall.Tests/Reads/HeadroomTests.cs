using Seawall.Engine.Flow.Reads;
using Xunit;

namespace Seawall.Tests.Reads;

/// <summary>What would be left without the biggest replica, and that it is told before it is too little.</summary>
public sealed class HeadroomTests
{
    private readonly HeadroomGauge _gauge = new();
    private long _nowMs;

    [Fact]
    public void It_is_what_the_others_can_do_less_what_runs_at_a_busy_moment()
    {
        Look(capacity: 40, biggest: 20, running: 9, forMs: 100);
        Assert.Equal((20, 11.0), (_gauge.WithoutBiggest, _gauge.Headroom));
        Look(capacity: 40, biggest: 20, running: 1, forMs: 1_000);
        Assert.InRange(_gauge.Busy, 8.5, 9); // That was only a moment ago.
    }

    [Fact]
    public void It_is_told_before_it_is_below_zero()
    {
        List<HeadroomLevel> levels = [];
        for (var running = 1; running <= 30; running++)
        {
            if (Look(capacity: 40, biggest: 20, running, forMs: 5_000))
                levels.Add(_gauge.Level);
            Assert.True(_gauge.Headroom >= 0 || levels.Contains(HeadroomLevel.Low));
        }
        Assert.Equal([HeadroomLevel.Low, HeadroomLevel.None], levels);
    }

    [Fact]
    public void A_moment_is_not_told_and_what_is_better_must_be_so_for_a_while()
    {
        Assert.False(Look(40, 20, running: 30, forMs: HeadroomGauge.WorseMs - 200));
        Assert.True(Look(40, 20, running: 30, forMs: 500));
        Assert.Equal(HeadroomLevel.None, _gauge.Level);
        Assert.False(Look(80, 20, running: 1, forMs: HeadroomGauge.BetterMs - 200));
        Assert.True(Look(80, 20, running: 1, forMs: 500));
        Assert.Equal(HeadroomLevel.Ok, _gauge.Level);
    }

    [Fact]
    public void A_single_replica_has_none_as_soon_as_something_runs_there()
    {
        Look(16, 16, running: 0, forMs: 5_000);
        Assert.Equal(HeadroomLevel.Ok, _gauge.Level);
        Look(16, 16, running: 1, forMs: 5_000);
        Assert.Equal((HeadroomLevel.None, -1.0), (_gauge.Level, _gauge.Headroom));
    }

    private bool Look(int capacity, int biggest, int running, int forMs)
    {
        var changed = false;
        for (var end = _nowMs + forMs; _nowMs < end; _nowMs += 100)
            changed |= _gauge.Look(capacity, biggest, running, lowShare: 20, _nowMs);
        return changed;
    }
}
