using Seawall.Engine.Flow.Floodgates.Limits;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>How many statements a server can make use of: each rule by itself.</summary>
public sealed class LimitFinderTests
{
    private long _nowMs;

    [Fact]
    public void It_grows_while_statements_wait_and_the_server_is_hardly_slower_and_not_otherwise()
    {
        var finder = At(16);
        Note(finder, stretch: 1.2, hadWaiters: false);
        Assert.Equal(16, finder.Limit);
        Note(finder, stretch: 1.6, hadWaiters: true);
        Assert.Equal(16, finder.Limit);
        Note(finder, stretch: null, hadWaiters: true);
        Assert.Equal(16, finder.Limit);
        Note(finder, stretch: 1.2, hadWaiters: true, running: 5); // Nobody knows what it would do with more.
        Assert.Equal(16, finder.Limit);

        Note(finder, stretch: 1.2, hadWaiters: true);

        Assert.True(finder.Limit > 16);
        Assert.Equal(LimitCause.Room, finder.Cause);
    }

    [Fact]
    public void It_goes_down_the_faster_the_slower_the_server_is_and_never_below_the_least()
    {
        var (slow, slower) = (At(40), At(40));
        Note(slow, stretch: 2);
        Note(slower, stretch: 6);
        Assert.True(slower.Limit < slow.Limit && slow.Limit < 40, $"{slower.Limit} {slow.Limit}");
        Assert.Equal(LimitCause.Stretch, slow.Cause);

        for (var i = 0; i < 100; i++)
            Note(slower, stretch: 20);
        Assert.Equal(4, slower.Limit);
    }

    [Fact]
    public void A_refusal_takes_three_tenths_and_those_that_come_with_it_nothing_more()
    {
        var finder = At(40);
        Note(finder, stretch: 1.5, wasRefused: true);
        Note(finder, stretch: 1.6, wasRefused: true);
        Assert.Equal((28, LimitCause.Refused), (finder.Limit, finder.Cause));
        _nowMs += 1_000;
        Note(finder, stretch: 1.6, wasRefused: true);
        Assert.Equal(20, finder.Limit);
    }

    [Fact]
    public void When_more_run_and_less_gets_done_it_goes_down_whatever_single_statements_take()
    {
        var (finder, control) = (At(40), At(40));
        for (var i = 0; i < 32; i++)
        {
            var running = 20 + (2 * (i % 10));
            Note(finder, stretch: 1.6, hadWaiters: true, running: running, work: 20 - (0.5 * running));
            Note(control, stretch: 1.6, hadWaiters: true, running: running, work: running);
        }
        Assert.Equal((38, LimitCause.Retrograde), (finder.Limit, finder.Cause));
        Assert.Equal(40, control.Limit);
    }

    [Fact]
    public void That_nothing_runs_is_the_servers_to_say_and_only_where_the_limit_cannot_go_lower()
    {
        var (high, idle, busy) = (At(40), At(4), At(4));
        for (var i = 0; i < 5; i++)
        {
            Note(high, stretch: 1.8, serverRunning: 1);
            Note(idle, stretch: 3, serverRunning: 1);
            Note(busy, stretch: 3, serverRunning: 4);
        }
        Assert.True(idle.WantsRebase);
        Assert.False(high.WantsRebase || busy.WantsRebase);
    }

    [Fact]
    public void While_nobody_is_held_it_says_what_would_be_right()
    {
        var finder = At(16);
        for (var i = 0; i < 50; i++)
        {
            Note(finder, stretch: 5, running: 40, isObserved: true);
        }
        Assert.Equal(12, finder.Limit); // 40 that take five times as long are on 8 cores.
    }

    [Fact]
    public void Other_bounds_move_it_only_as_far_as_they_must()
    {
        var finder = At(40);
        finder.Bound(4, 100, 4);
        Assert.Equal(40, finder.Limit);
        finder.Bound(4, 20, 4);
        Assert.Equal(20, finder.Limit);
        finder.Bound(30, 100, 4);
        Assert.Equal(30, finder.Limit);
    }

    private static LimitFinder At(int limit)
    {
        var finder = new LimitFinder();
        finder.Bound(4, 100, limit);
        return finder;
    }

    private void Note(LimitFinder finder, double? stretch, bool hadWaiters = false, double? running = null, double work = 1,
        bool wasRefused = false, int? serverRunning = null, bool isObserved = false) => finder.Note(new LimitWindow
        {
            NowMs = _nowMs += 100,
            Stretch = stretch,
            Running = running ?? finder.Limit,
            Work = work,
            HadWaiters = hadWaiters,
            WasRefused = wasRefused,
            ServerRunning = serverRunning,
            IsObserved = isObserved,
        });
}
