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
    private double _ranUs;

    [Fact]
    public void Of_those_that_get_no_more_done_when_more_of_them_run_two_are_left()
    {
        Run(4_000, wanted: 1_000, perSecond: _ => 250);
        Assert.Equal((1, HotShapes.Fewest), (_hot.Count, _hot.Max));
        // How long one takes is tried again once a minute, and is what it was.
        Run(70_000, wanted: 1_000, perSecond: _ => 250);
        Assert.Equal((1, HotShapes.Fewest), (_hot.Count, _hot.Max));
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
    public void A_few_rows_that_many_want_have_two_fifths_of_the_places()
    {
        Run(8_000, wanted: 1_000, perSecond: running => 100.0 * Math.Min(5, running));
        Assert.Equal((1, 5), (_hot.Count, _hot.Max));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void A_server_that_is_slow_for_all_is_not_taken_for_a_row_that_is_wanted(bool isKnown, int held)
    {
        Run(8_000, wanted: 1_000, perSecond: running => 50.0 * Math.Min(4, running), stretch: running => isKnown ? Math.Max(1, running / 4.0) : 1);
        Assert.Equal(held, _hot.Count);
    }

    // One of them takes 4 ms, or has come to take 400.
    [Theory]
    [InlineData(250, 1)]
    [InlineData(2.5, 0)]
    public void What_seems_to_have_another_plan_is_held_back_as_a_row_if_it_takes_what_it_took_when_it_is_alone(double perSecond, int held)
    {
        Run(10_000, wanted: 1_000, perSecond: _ => perSecond, usualMs: 4);
        Assert.Equal(held, _hot.Count);
    }

    [Fact]
    public void When_more_would_do_more_again_they_get_it_step_by_step()
    {
        Run(4_000, wanted: 1_000, perSecond: _ => 250);
        Assert.Equal(HotShapes.Fewest, _hot.Max);
        Run(70_000, wanted: 1_000, perSecond: running => 125.0 * running);
        Assert.Equal((1, 5), (_hot.Count, _hot.Max));
        // In the end it is looked what all of them would do, and they are left alone.
        var free = 0;
        for (var i = 0; i < 600; i++)
        {
            Run(100, wanted: 1_000, perSecond: running => 125.0 * running);
            free += 1 - _hot.Count;
        }
        Assert.InRange(free, 50, 600);
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

    // Looks ten times a second; as many run as are wanted and may, which makes everything on the server take so many times as long.
    private void Run(int ms, int wanted, Func<int, double> perSecond, bool locks = true, bool hasWaiters = true, Func<int, double>? stretch = null,
        double usualMs = 0)
    {
        for (var end = _nowMs + ms; _nowMs < end;)
        {
            _nowMs += 100;
            // Of what seems to have another plan one is let in, whoever waits.
            var running = Math.Min(wanted, _hot.Holds(5) ? _hot.Max : usualMs > 0 ? 1 : Limit);
            _ended += perSecond(running) / 10;
            _ranUs += running * 100_000;
            _runningNow = (_runningNow * 0.9) + (running * 0.1);
            _hot.Look(_nowMs, hasWaiters, Limit, stretch?.Invoke(running) ?? 1,
                [new ShapeLook(5, 77, locks, running, _runningNow, (long)_ended, (long)_ranUs, IsBroken: usualMs > 0, usualMs)]);
        }
    }
}
