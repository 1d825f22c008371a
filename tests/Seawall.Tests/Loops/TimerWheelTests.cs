using CsCheck;
using Seawall.Engine.Loops;
using Xunit;

namespace Seawall.Tests.Loops;

public sealed class TimerWheelTests
{
    private static readonly Gen<(int Kind, int Which, long Ms)[]> s_doings =
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 9], Gen.OneOf(Gen.Long[0, 60], Gen.Long[0, 3_000], Gen.Long[0, 100_000_000])).Array[1, 60];

    [Fact]
    public void It_fires_what_a_plain_list_would_fire_and_never_early() => s_doings.Sample(doings =>
    {
        var now = 1_000_000L;
        var wheel = new TimerWheel(now);
        var timers = Enumerable.Range(0, 10).Select(_ => new Timer()).ToArray();
        foreach (var (kind, which, ms) in doings)
        {
            var timer = timers[which];
            switch (kind)
            {
                case 0 or 1 or 2:
                    wheel.Arm(timer, now, ms);
                    timer.DueAt = now + ms;
                    break;
                case 3:
                    wheel.Disarm(timer);
                    timer.DueAt = null;
                    break;
                default:
                    now += ms;
                    wheel.Advance(now);
                    break;
            }
            foreach (var armed in timers)
            {
                Assert.Equal(armed.DueAt is not null, armed.IsArmed);
                // A step is 16 ms: what is due may fire so much later, never earlier, and is looked at when time passes.
                if (kind > 3 && armed.DueAt is { } due)
                    Assert.True(due > now - TimerWheel.TickMs, $"due at {due}, not fired at {now}");
                Assert.All(armed.Fired, fired => Assert.True(fired.At >= fired.Due));
                armed.Now = now;
            }
            Assert.Equal(timers.Count(armed => armed.IsArmed), wheel.Count);
        }
    });

    [Fact]
    public void Whoever_waits_as_long_as_it_says_misses_nothing() => Gen.Long[0, 5_000].Array[1, 20].Sample(delays =>
    {
        var now = 5_000L;
        var wheel = new TimerWheel(now);
        var timers = delays.Select(delay =>
        {
            var timer = new Timer { DueAt = now + delay };
            wheel.Arm(timer, now, delay);
            return timer;
        }).ToArray();
        for (var turns = 0; wheel.Count > 0; turns++)
        {
            Assert.True(turns < 200, "it sleeps too short");
            now += wheel.WaitMs(now);
            Array.ForEach(timers, timer => timer.Now = now);
            wheel.Advance(now);
        }
        Assert.All(timers, timer => Assert.InRange(timer.Fired.Single().At - timer.Fired.Single().Due, 0, TimerWheel.TickMs));
    });

    [Fact]
    public void A_timer_that_arms_itself_again_at_once_lets_others_have_their_turn()
    {
        var wheel = new TimerWheel(0);
        var restless = new Restless(wheel);
        wheel.Arm(restless, 0, 0);

        wheel.Advance(160);

        Assert.InRange(restless.Count, 1, 11);
    }

    private sealed class Timer : TimerNode
    {
        internal long? DueAt { get; set; }

        internal long Now { get; set; } = long.MaxValue;

        internal List<(long Due, long At)> Fired { get; } = [];

        protected internal override void OnDue()
        {
            if (Now != long.MaxValue)
                Fired.Add((DueAt!.Value, Math.Max(Now, DueAt.Value)));
            DueAt = null;
        }
    }

    private sealed class Restless(TimerWheel wheel) : TimerNode
    {
        internal int Count { get; private set; }

        protected internal override void OnDue()
        {
            Count++;
            wheel.Arm(this, 0, 0);
        }
    }
}
