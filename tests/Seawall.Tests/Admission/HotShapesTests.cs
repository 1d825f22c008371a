using Seawall.Engine.Flow.Floodgates.Limits;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>How statements that wait for one another are found, look by look.</summary>
public sealed class HotShapesTests
{
    private const int Limit = 12;

    private readonly HotShapes _hot = new();
    private long _nowMs;
    private double _ended;
    private double _runningNow;
    private double _perSecond;

    [Fact]
    public void Of_those_that_get_no_more_done_when_more_of_them_run_two_are_left()
    {
        Run(4_000, wanted: 1_000, perSecond: _ => 250);
        Assert.Equal((1, HotShapes.Fewest), (_hot.Count, _hot.Max));
        // One more is tried now and then, and does nothing.
        Run(60_000, wanted: 1_000, perSecond: _ => 250);
        Assert.InRange(_hot.Max, HotShapes.Fewest, HotShapes.Fewest + 1);
    }

    [Fact]
    public void Those_that_get_more_done_are_left_alone_and_tried_more_and_more_seldom()
    {
        var held = 0;
        for (var i = 0; i < 600; i++)
        {
            Run(100, wanted: 1_000, perSecond: running => 25.0 * Math.Min(8, running));
            held += _hot.Count;
        }
        Assert.Equal(0, _hot.Count);
        Assert.InRange(held, 5, 150);
    }

    [Fact]
    public void A_few_rows_that_many_want_have_half_of_the_places()
    {
        Run(8_000, wanted: 1_000, perSecond: running => 100.0 * Math.Min(5, running));
        Assert.Equal(1, _hot.Count);
        Assert.InRange(_hot.Max, (Limit / 2) - 1, Limit / 2);
    }

    [Fact]
    public void When_more_would_do_more_again_they_get_it_step_by_step()
    {
        Run(4_000, wanted: 1_000, perSecond: _ => 250);
        Assert.Equal(HotShapes.Fewest, _hot.Max);
        Run(80_000, wanted: 1_000, perSecond: running => 125.0 * running);
        Assert.True(_hot.Count == 0 || _hot.Max > 5, $"{_hot.Max}");
    }

    [Fact]
    public void When_hardly_anybody_wants_it_any_more_nobody_is_held()
    {
        Run(4_000, wanted: 1_000, perSecond: _ => 250);
        Run(5_000, wanted: 1, perSecond: _ => 100);
        Assert.Equal(0, _hot.Count);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Nobody_is_tried_who_locks_nothing_or_makes_nobody_wait(bool locks, bool hasWaiters)
    {
        Run(10_000, wanted: 1_000, perSecond: _ => 250, locks, hasWaiters);
        Assert.Equal(0, _hot.Count);
    }

    // Looks ten times a second; as many run as are wanted and may.
    private void Run(int ms, int wanted, Func<int, double> perSecond, bool locks = true, bool hasWaiters = true)
    {
        for (var end = _nowMs + ms; _nowMs < end;)
        {
            _nowMs += 100;
            var running = Math.Min(wanted, _hot.Holds(5) ? _hot.Max : Limit);
            var more = perSecond(running) / 10;
            _ended += more;
            _runningNow = (_runningNow * 0.9) + (running * 0.1);
            _perSecond = (_perSecond * 0.9) + more;
            _hot.Look(_nowMs, hasWaiters, Limit, [new ShapeLook(5, 77, locks, running, _runningNow, _perSecond, (long)_ended)]);
        }
    }
}
