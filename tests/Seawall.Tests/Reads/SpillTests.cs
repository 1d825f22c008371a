using CsCheck;
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

    [Fact]
    public void A_strained_primary_takes_nothing_and_comes_back_step_by_step()
    {
        var budget = new SpillBudget();
        var well = new PrimaryLoad(100, 20, IsStrained: false);
        Assert.Equal(10, budget.Look(well, 10, 0));
        Assert.Equal(0, budget.Look(well with { IsStrained = true }, 10, 100));
        Assert.True(budget.IsCooling(200));
        Assert.Equal(0, budget.Look(well, 10, 100 + SpillBudget.CooldownMs - 1));
        Assert.Equal(1, budget.Look(well, 10, 100 + SpillBudget.CooldownMs));
        Assert.Equal(2, budget.Look(well, 10, 100 + SpillBudget.CooldownMs + 1_000));
        Assert.Equal(8, budget.Look(well, 10, 100 + SpillBudget.CooldownMs + 3_500));
        Assert.Equal(10, budget.Look(well, 10, 100 + SpillBudget.CooldownMs + 4_000));
        Assert.Equal(10, budget.Look(well, 10, 100 + SpillBudget.CooldownMs + 4_100));
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
                var max = budget.Look(new PrimaryLoad(limit, own, strained), share, now);
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
        Assert.False(gate.TryEnter(SpillReason.Fresh));
        gate.Look(limit: 100, running: 0, isStrained: false, share: 10, nowMs: 0);
        Assert.Equal(10, gate.Max);
        for (var i = 0; i < 5; i++)
            Assert.True(gate.TryEnter(SpillReason.Fresh));
        Assert.False(gate.TryEnter(SpillReason.Fresh));
        Assert.True(gate.TryEnter(SpillReason.Capacity));
        Assert.Equal((6, 6, 2), (gate.Used, gate.Spilled, gate.Denied));
        gate.Leave(SpillReason.Fresh, 5);
        Assert.True(gate.TryEnter(SpillReason.Fresh));
        gate.Look(limit: 100, running: 80, isStrained: false, share: 10, nowMs: 100);
        Assert.Equal(0, gate.Max); // What is there may end; nobody else comes in.
        Assert.False(gate.TryEnter(SpillReason.Capacity));
    }

    // One statement of four: with a tenth, its time is full for four tenths.
    [Fact]
    public void A_small_primary_gives_a_part_of_its_time_and_not_a_place_for_ever()
    {
        var gate = new SpillGate();
        long ran = 0, entered = -1;
        for (var now = 0; now < 60_000; now++)
        {
            if (now % 100 == 0)
                gate.Look(limit: 4, running: gate.Used, isStrained: false, share: 10, now);
            if (entered >= 0 && now - entered == 7)
            {
                gate.Leave(SpillReason.Capacity, 7);
                ran += 7;
                entered = -1;
            }
            if (entered < 0 && gate.TryEnter(SpillReason.Capacity))
                entered = now;
        }
        Assert.InRange(ran, 0.39 * 60_000, 0.42 * 60_000);
    }

    [Fact]
    public void A_long_one_is_paid_for_before_there_is_another()
    {
        var gate = new SpillGate();
        gate.Look(limit: 10, running: 0, isStrained: false, share: 10, nowMs: 0);
        Assert.True(gate.TryEnter(SpillReason.Fresh));
        gate.Leave(SpillReason.Fresh, 3_000);
        for (var now = 100; now < 2_000; now += 100)
        {
            gate.Look(limit: 10, running: 0, isStrained: false, share: 10, now);
            Assert.False(gate.TryEnter(SpillReason.Fresh));
        }
        gate.Look(limit: 10, running: 0, isStrained: false, share: 10, nowMs: 2_200);
        Assert.True(gate.TryEnter(SpillReason.Fresh));
    }
}
