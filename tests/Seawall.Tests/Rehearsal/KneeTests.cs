using Seawall.Rehearsal.Knees;
using Seawall.Rehearsal.Reports;
using Seawall.Rehearsal.Targets;
using Xunit;

namespace Seawall.Tests.Rehearsal;

/// <summary>What rates of connects come to: a knee lies between a good and a bad one, and is not called lower while the two gaps touch.</summary>
public sealed class KneeTests
{
    private static readonly KneePlan s_plan = new() { P99MsMax = 50, RefusedPercentMax = 0.1, Peak = 1_000 };

    [Theory]
    [InlineData(3_000.0, 4_500.0, 3_000.0, 4_500.0, null, "Unknown")]
    [InlineData(3_000.0, 3_100.0, 3_000.0, 3_100.0, null, "Pass")]
    [InlineData(3_000.0, 4_500.0, 1_000.0, 1_500.0, null, "Fail")]
    [InlineData(3_000.0, 4_500.0, 2_000.0, 3_000.0, null, "Unknown")]
    [InlineData(3_000.0, 4_500.0, 3_000.0, 4_500.0, 1_000.0, "Note")]
    [InlineData(3_000.0, null, 3_000.0, null, null, "Pass")]
    [InlineData(0.0, null, 0.0, null, null, "Unknown")] // This machine was late with the first rate: "at least 0" is no knee.
    [InlineData(0.0, null, 3_000.0, null, null, "Unknown")]
    [InlineData(0.0, 100.0, 3_000.0, null, null, "Pass")]
    public void A_knee_is_lower_only_when_the_gaps_do_not_touch(double old, double? oldBad, double @new, double? newBad, double? peak, string grade)
    {
        var section = KneeReport.Make(Of(old, oldBad), Of(@new, newBad), s_plan with { Peak = peak }, new Budgets());

        Assert.Equal(grade, section.Measures[0].Grade.ToString());
    }

    [Theory]
    [InlineData(2_000.0, 3_000.0, "Pass")]
    [InlineData(1_000.0, 1_400.0, "Fail")]
    [InlineData(1_200.0, 1_800.0, "Unknown")]
    [InlineData(2_000.0, null, "Pass")]
    [InlineData(1_200.0, null, "Unknown")]
    public void Headroom_is_over_the_peak_that_was_stated(double good, double? bad, string grade) => Assert.Equal(
        grade, KneeReport.Make(Of(9_000, null), Of(good, bad), s_plan, new Budgets()).Measures[1].Grade.ToString());

    [Theory]
    [InlineData(100.0, 110.0, "Pass")]
    [InlineData(100.0, 150.0, "Pass")] // Within 25 % and the noise.
    [InlineData(100.0, 180.0, "Fail")]
    [InlineData(0.0, 1_000.0, "Fail")]
    [InlineData(0.0, 100.0, "Unknown")] // The old server had the memory already, perhaps.
    [InlineData(0.0, 0.0, "Unknown")]
    [InlineData(null, 100.0, "Unknown")]
    public void Memory_of_connections_is_within_its_budget_or_not_or_was_not_seen(double? old, double? @new, string grade)
    {
        var (before, after) = (Of(1_000, 2_000), Of(1_000, 2_000));
        (before.MemoryKib, after.MemoryKib) = (old, @new);

        Assert.Equal(grade, Memory(new Budgets()).ToString());
        Assert.Equal(Grade.Note, Memory(new Budgets { ConnectionMemoryPercent = double.PositiveInfinity }));

        Grade Memory(Budgets budgets) => KneeReport.Make(before, after, s_plan, budgets)
            .Measures.Single(line => line.Name.StartsWith("memory", StringComparison.Ordinal)).Grade;
    }

    [Fact]
    public void A_burst_from_which_nobody_recovers_fails_and_one_that_was_not_tried_is_unknown()
    {
        var recovered = Of(1_000, 2_000);
        (recovered.BurstBase, recovered.RecoverySeconds) = (100, 2);
        var stuck = Of(1_000, 2_000);
        stuck.BurstBase = 100;

        Assert.Equal(Grade.Pass, Recovery(recovered));
        Assert.Equal(Grade.Fail, Recovery(stuck));
        Assert.Equal(Grade.Unknown, Recovery(Of(1_000, 2_000)));

        Grade Recovery(KneeOf one) => KneeReport.Make(recovered, one, s_plan, new Budgets())
            .Measures.Single(line => line.Name.StartsWith("recovery", StringComparison.Ordinal)).Grade;
    }

    [Fact]
    public void A_rate_is_good_when_latency_and_refusals_are_and_late_when_this_machine_was()
    {
        var finder = new KneeFinder(s_plan, TimeProvider.System, 1, _ => { });

        Assert.True(finder.Judge(100, [Second(ms: 10, failed: 0, lateMs: 1)]).IsGood);
        Assert.False(finder.Judge(100, [Second(ms: 80, failed: 0, lateMs: 1)]).IsGood);
        Assert.False(finder.Judge(100, [Second(ms: 10, failed: 5, lateMs: 1)]).IsGood);
        Assert.False(finder.Judge(100, [new RainSecond()]).IsGood); // Nothing came: nothing is known.
        var late = finder.Judge(100, [Second(ms: 80, failed: 0, lateMs: 70)]);
        Assert.Equal((false, true), (late.IsGood, late.IsLate));
        // Of connects that take seconds, that is not what was measured.
        Assert.False(finder.Judge(100, [Second(ms: 4_000, failed: 0, lateMs: 70)]).IsLate);
    }

    private static RainSecond Second(double ms, int failed, double lateMs)
    {
        var second = new RainSecond { Due = 100, Ended = 100 };
        second.Ms.AddRange(Enumerable.Repeat(ms, 100 - failed));
        second.LateMs.AddRange(Enumerable.Repeat(lateMs, 100));
        if (failed > 0)
            second.Failed["error 1040"] = failed;
        return second;
    }

    private static KneeOf Of(double good, double? bad)
    {
        var target = new Target("new", new Dsn { User = "u", Host = "h" });
        var one = new KneeOf(target, () => throw new InvalidOperationException("nothing is loaded here")) { Good = good, Bad = bad };
        one.Steps.Add(new KneeStep(good, 100, 1, 2, 0, 1, "", true));
        return one;
    }
}
