using CsCheck;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Flow.Floodgates;
using Xunit;

namespace Seawall.Tests.Reads;

/// <summary>How much of what replicas cannot answer the primary takes over.</summary>
public sealed class SpillTests
{
    [Theory]
    [InlineData(100, 30, 10, 10)] // The share.
    [InlineData(100, 65, 10, 5)]  // What its own work leaves of seventy hundredths.
    [InlineData(100, 70, 10, 0)]
    [InlineData(100, 90, 25, 0)]
    [InlineData(16, 2, 10, 1)]    // A small one has room for one.
    [InlineData(4, 0, 10, 1)]
    [InlineData(1, 0, 10, 0)]
    [InlineData(100, 0, 0, 0)]
    [InlineData(100, 0, 25, 25)]
    public void The_primary_takes_a_share_of_what_its_own_work_leaves(int limit, double own, int share, int expected) =>
        Assert.Equal(expected, SpillBudget.Most(new PrimaryLoad(limit, own, IsStrained: false), share));

    private static readonly PrimaryLoad s_well = new(100, 20, IsStrained: false);

    private static void StepsUp(ref SpillBudget budget, long from)
    {
        foreach (var (ms, most) in ((long, int)[])[(0, 1), (900, 1), (1_000, 2), (3_500, 8), (4_000, 10), (4_100, 10)])
            Assert.Equal(most, budget.Look(s_well, 10, isWanted: true, from + ms));
    }

    [Fact]
    public void A_strained_primary_takes_nothing_and_comes_back_step_by_step()
    {
        var budget = new SpillBudget();
        Assert.Equal(1, budget.Look(s_well, 10, isWanted: true, 0));
        Assert.Equal(0, budget.Look(s_well with { IsStrained = true }, 10, isWanted: true, 100));
        Assert.True(budget.IsCooling(200));
        Assert.Equal(0, budget.Look(s_well, 10, isWanted: true, 100 + SpillBudget.CooldownMs - 1));
        StepsUp(ref budget, 100 + SpillBudget.CooldownMs);
    }

    [Fact]
    public void It_begins_with_one_whenever_nobody_has_wanted_any_for_long()
    {
        var budget = new SpillBudget();
        StepsUp(ref budget, 0);
        Assert.Equal(10, budget.Look(s_well, 10, isWanted: true, 4_000 + SpillBudget.RestMs)); // Now and then somebody does.
        Assert.Equal(1.0, budget.TimeShare);
        Assert.Equal(1, budget.Look(s_well, 10, isWanted: true, 5_000 + (2 * SpillBudget.RestMs)));
        Assert.Equal(0.125, budget.TimeShare);
    }

    [Fact]
    public void It_yields_step_by_step_while_the_primary_s_own_statements_take_longer()
    {
        var budget = new SpillBudget();
        StepsUp(ref budget, 0);
        var slow = s_well with { Stretch = 1.15 };
        Assert.Equal([8, 4, 2, 1, 1], Enumerable.Range(0, 5).Select(second => budget.Look(slow, 10, isWanted: true, 5_200 + (second * 1_000))));
        Assert.Equal(0.125, budget.TimeShare);
        // It stays where it is while they are a little slower, and goes on when they are not.
        Assert.Equal(1, budget.Look(s_well with { Stretch = 1.07 }, 10, isWanted: true, 11_000));
        Assert.Equal(1, budget.Look(s_well with { Stretch = 1 }, 10, isWanted: true, 11_900));
        Assert.Equal(2, budget.Look(s_well with { Stretch = 1 }, 10, isWanted: true, 12_000));
        // It cannot bear any.
        Assert.Equal(1, budget.Look(s_well with { Stretch = 1.5 }, 10, isWanted: true, 13_000));
        Assert.Equal(0, budget.Look(s_well with { Stretch = 1.5 }, 10, isWanted: true, 13_100));
        Assert.True(budget.IsCooling(13_200));
    }

    [Fact]
    public void Own_statements_are_compared_with_those_of_a_time_without_reads_of_replicas()
    {
        var pace = new OwnPace();
        var tally = default(ReadTally);
        long now = 0;
        Run(seconds: 10, ms: 4, isAlone: true);
        Assert.InRange(pace.Stretch!.Value, 0.99, 1.01);
        Run(seconds: 5, ms: 5, isAlone: false);
        Assert.InRange(pace.Stretch!.Value, 1.19, 1.25);
        Run(seconds: 60, ms: 5, isAlone: false); // However long it goes on.
        Assert.InRange(pace.Stretch!.Value, 1.19, 1.25);
        Run(seconds: 120, ms: 5, isAlone: true); // They have become slower by themselves.
        Assert.InRange(pace.Stretch!.Value, 0.99, 1.05);
        Run(seconds: 6, ms: 500, isAlone: true, perLook: 0);
        Assert.Null(pace.Stretch); // Who does nothing suffers nothing.

        void Run(int seconds, double ms, bool isAlone, int perLook = 10)
        {
            for (var until = now + (seconds * 1_000); now < until; now += 100)
            {
                tally = new(tally.Reads + perLook, 0, tally.Pace + (perLook * ReadTally.PaceOf(ms)));
                pace.Look(tally, isAlone, now);
            }
        }
    }

    [Theory]
    [InlineData(100, 49, true)]
    [InlineData(100, 50, false)]
    [InlineData(17, 7, true)]
    [InlineData(17, 8, false)]
    [InlineData(3, 0, true)]
    [InlineData(3, 1, false)]
    public void There_is_a_place_only_while_a_processor_of_the_primary_is_idle(int limit, int running, bool expected)
    {
        var gate = new SpillGate();
        gate.Look(limit, running: 0, isStrained: false, share: 10, default, nowMs: 0);
        Assert.Equal(expected, gate.TryEnter(SpillReason.Capacity, running));
    }

    [Fact]
    public void Never_more_than_the_share_whatever_happens() =>
        Gen.Select(Gen.Int[1, 500], Gen.Int[0, 600], Gen.Bool, Gen.Int[0, 25], Gen.Int[1, 40_000]).Array[1, 60].Sample(looks =>
        {
            var budget = new SpillBudget();
            long now = 0;
            foreach (var (limit, own, strained, share, pause) in looks)
            {
                now += pause;
                var max = budget.Look(new PrimaryLoad(limit, own, strained), share, true, now);
                if (max < 0 || max > Math.Max(1, limit * share / 100) || (share == 0 && max > 0) || max > Math.Max(0, (limit * 70 / 100.0) - own)
                    || (strained && max > 0))
                {
                    return false;
                }
            }
            return true;
        });

    [Fact]
    public void Each_reason_has_half_of_the_places_and_gives_them_back()
    {
        var gate = new SpillGate();
        Assert.False(gate.TryEnter(SpillReason.Fresh, running: 0));
        for (var now = 0; now <= 4_000; now += 1_000)
        {
            gate.Look(limit: 100, running: 0, isStrained: false, share: 10, default, now);
            gate.TryEnter(SpillReason.Fresh, running: 100); // Somebody wants one.
        }
        Assert.Equal(10, gate.Max);
        for (var i = 0; i < 5; i++)
            Assert.True(gate.TryEnter(SpillReason.Fresh, running: 0));
        Assert.False(gate.TryEnter(SpillReason.Fresh, running: 0));
        Assert.True(gate.TryEnter(SpillReason.Capacity, running: 0));
        Assert.Equal((6, 6), (gate.Used, gate.Spilled));
        gate.Leave(SpillReason.Fresh, 5);
        Assert.True(gate.TryEnter(SpillReason.Fresh, running: 0));
        gate.Look(limit: 100, running: 80, isStrained: false, share: 10, default, nowMs: 4_100);
        Assert.Equal(0, gate.Max); // What is there may end; nobody else comes in.
        Assert.False(gate.TryEnter(SpillReason.Capacity, running: 0));
    }

    [Fact]
    public void Without_a_budget_all_get_in_and_when_there_is_one_again_nothing_is_owed()
    {
        var gate = new SpillGate { HasBudget = false };
        gate.Look(limit: 100, running: 100, isStrained: true, share: 0, default, nowMs: 0);
        for (var i = 0; i < 1_000; i++)
            Assert.True(gate.TryEnter(i % 2 == 0 ? SpillReason.Fresh : SpillReason.Capacity, running: 100));
        Assert.Equal((1_000, 1_000, 0), (gate.Used, gate.Spilled, gate.Denied));
        for (var i = 0; i < 1_000; i++)
            gate.Leave(i % 2 == 0 ? SpillReason.Fresh : SpillReason.Capacity, 10_000);
        Assert.Equal(0, gate.Used);

        gate.HasBudget = true;
        Assert.False(gate.TryEnter(SpillReason.Fresh, running: 0)); // It was strained a moment ago.
        for (var now = 0; now <= SpillBudget.CooldownMs + 60_000; now += 100)
            gate.Look(limit: 100, running: 0, isStrained: false, share: 10, default, now);
        Assert.True(gate.TryEnter(SpillReason.Fresh, running: 0));
        Assert.False(gate.TryEnter(SpillReason.Fresh, running: 50));
    }

    // Two processors: with a tenth, a read runs for two tenths of the time.
    [Fact]
    public void A_small_primary_gives_a_part_of_its_time_and_not_a_place_for_ever()
    {
        var gate = new SpillGate();
        long ran = 0, entered = -1;
        for (var now = 0; now < 60_000; now++)
        {
            if (now % 100 == 0)
                gate.Look(limit: 4, running: gate.Used, isStrained: false, share: 10, default, now);
            if (entered >= 0 && now - entered == 7)
            {
                gate.Leave(SpillReason.Capacity, 7);
                ran += 7;
                entered = -1;
            }
            if (entered < 0 && gate.TryEnter(SpillReason.Capacity, running: 0))
                entered = now;
        }
        Assert.InRange(ran, 0.19 * 60_000, 0.22 * 60_000);
    }

    [Fact]
    public void A_long_one_is_paid_for_before_there_is_another()
    {
        var gate = new SpillGate();
        gate.Look(limit: 10, running: 0, isStrained: false, share: 10, default, nowMs: 0);
        Assert.True(gate.TryEnter(SpillReason.Fresh, running: 0));
        gate.Leave(SpillReason.Fresh, 3_000);
        var again = 0;
        do
            gate.Look(limit: 10, running: 0, isStrained: false, share: 10, default, nowMs: again += 100);
        while (!gate.TryEnter(SpillReason.Fresh, running: 0) && again < 60_000);
        Assert.InRange(again, 6_000, 9_000); // Five processors, of which it has a tenth, and less at the beginning.
    }
}
