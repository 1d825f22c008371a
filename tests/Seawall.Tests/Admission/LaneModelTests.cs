using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Limits;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>
/// Statements that take long, and those that have come to: rows of the overload design's matrix in virtual time, each with a control that does
/// without the mechanism.
/// </summary>
public sealed class LaneModelTests(ITestOutputHelper output)
{
    private const ulong Regressed = 77;

    // M15. With places of their own for long statements alone, what has come to take long is too much: it takes these from the others that are long, and
    // what takes 200 ms is not long.
    [Theory]
    [InlineData(LimitMode.Fixed, 2)]
    [InlineData(LimitMode.Adaptive, 2)]
    [InlineData(LimitMode.Fixed, 4)]
    [InlineData(LimitMode.Adaptive, 4)]
    public void One_statement_that_has_come_to_take_a_hundred_times_as_long_is_held_back_and_nobody_else_is(LimitMode limit, int usualMs)
    {
        var run = Regress(limit, usualMs, SluiceParts.None);
        var control = Regress(limit, usualMs, SluiceParts.Breaker);

        output.WriteLine($"{run}; without the breaker {control}");
        Assert.True(run.Others >= 0.98, $"others {run.Others:0.000}");
        Assert.True(run.Held <= 2, $"{run.Held:0.0} of it run");
        Assert.True(run.Limit >= 9, $"limit {run.Limit:0.0}");
        Assert.True(run.IsMended, "it is held back although it takes what it used to");
        Assert.True(control is { Others: < 0.9, OthersLong: < 0.9 }, $"control: {control}");
    }

    // M16
    [Theory]
    [InlineData(LimitMode.Fixed)]
    [InlineData(LimitMode.Adaptive)]
    public void Ten_times_as_many_long_reports_hold_up_nobody_else(LimitMode limit)
    {
        foreach (var seed in (int[])[2, 3, 4, 5])
        {
            var (before, after, found) = Reports(limit, SluiceParts.None, seed);
            output.WriteLine($"p99 {before:0} and {after:0} ms, limit {found:0.0}");
            Assert.True(after < 2 * before, $"p99 {after:0} ms, before {before:0} ms");
            Assert.InRange(found, 8, 20);
        }
        var (controlBefore, controlAfter, _) = Reports(limit, SluiceParts.Bulkhead, 2);
        output.WriteLine($"control {controlBefore:0} and {controlAfter:0} ms");
        Assert.True(controlAfter > 10 * controlBefore, $"control: p99 {controlAfter:0} ms, before {controlBefore:0} ms");
    }

    [Fact]
    public void A_slow_server_breaks_no_statement_for_all_are_slow()
    {
        var run = new ModelRun(ModelRun.Adaptive()).At(0.8, 10_000);
        run.Server.Cores = 1;
        var gate = (SluiceGate)run.Gate;
        var most = 0;
        for (var i = 0; i < 50; i++)
        {
            run.At(0.8, 100);
            most = Math.Max(most, gate.Sluice.Keeper.Broken);
        }
        Assert.Equal(0, most);
    }

    [Fact]
    public void Whoever_waits_in_a_lane_of_his_own_waits_for_that_and_holds_up_nobody()
    {
        var sluice = new Sluice(1);
        sluice.Apply(new OverloadOptions { Mode = OverloadMode.Enforce }, 4, 0);
        sluice.Keeper.Lanes.Set(Lane.Long, running: 0, max: 1, ranMs: 0);
        Assert.False(sluice.TryPass(0, StatementClass.Normal, Lane.Long));
        var (first, second) = (Join(sluice, Lane.Long), Join(sluice, Lane.Long));
        Assert.Equal((Turn.Come, Turn.Waiting), (first.Turn, second.Turn));

        Assert.True(sluice.TryPass(0, StatementClass.Low), "the common way is closed");
        sluice.Leave(0, StatementClass.Low, 10, 10);
        Assert.Equal(Turn.Waiting, second.Turn);
        sluice.Leave(0, StatementClass.Normal, 20, 20, Lane.Long);

        Assert.Equal(Turn.Come, second.Turn);
        sluice.Leave(0, StatementClass.Normal, 30, 20, Lane.Long);
        Assert.Equal((0, 0), (sluice.Running, sluice.Keeper.Lanes.RunningOf(Lane.Long)));
    }

    private static Told Join(Sluice sluice, Lane lane)
    {
        var applicant = new Told();
        applicant.Apply(StatementClass.Normal, 0, 100, "app", 0);
        applicant.Lane = lane;
        sluice.Join(applicant, 0);
        return applicant;
    }

    // One request of ten is for a statement that takes a hundred times as long from 10 s on, and as long as usual again from 25 s on.
    private static Regression Regress(LimitMode limit, int usualMs, SluiceParts leftOut)
    {
        var random = new Random(4);
        var run = new ModelRun(
            (clock, server) => new SluiceGate(clock, server, limit == LimitMode.Adaptive ? 100 : ModelRun.Limit, leftOut,
                ModelRun.Finds with { Limit = limit }),
            (clock, gate) => new ModelLoad(clock, gate, 1)
            {
                With = request => request.WorkMs < 5 && random.NextDouble() < 0.1 ? request with { Shape = Regressed, WorkMs = usualMs } : request,
            });
        var gate = (SluiceGate)run.Gate;
        run.Server.WorkMs = request =>
            request.Shape == Regressed && run.Clock.NowMs is > 10_000 and < 25_000 ? 100 * request.WorkMs : request.WorkMs;
        var (wanted, answered, wantedLong, answeredLong, held, looks) = (0, 0, 0, 0, 0, 0);
        run.Load.Wanted = request => Count(request, ref wanted, ref wantedLong);
        run.Load.Answered = (request, _) => Count(request, ref answered, ref answeredLong);
        run.At(0.6, 13_000);
        for (; run.Clock.NowMs < 25_000; looks++)
        {
            run.At(0.6, 100);
            held += gate.Sluice.Keeper.Tallies[0].Running[gate.Sluice.Keeper.Table.Find(Regressed)];
        }
        run.At(0.6, 10_000);
        return new((double)answered / wanted, (double)answeredLong / wantedLong, gate.LimitMean(13_000, 25_000), (double)held / looks,
            gate.Sluice.Keeper.Broken == 0);

        // From three seconds after.
        static void Count(ModelRequest request, ref int all, ref int longOnes)
        {
            if (request.Shape == Regressed || request.AtMs is <= 13_000 or >= 24_000)
                return;
            all++;
            longOnes += request.WorkMs > 100 ? 1 : 0;
        }
    }

    private readonly record struct Regression(double Others, double OthersLong, double Limit, double Held, bool IsMended)
    {
        public override string ToString() => $"others {Others:0.000} (long ones {OthersLong:0.000}), limit {Limit:0.0}, of it {Held:0.0}";
    }

    // Of three hundred requests a second one of a hundred takes 400 ms, and from 10 s on ten of a hundred do.
    private static (double Before, double After, double Limit) Reports(LimitMode limit, SluiceParts leftOut, int seed)
    {
        var share = 0.01;
        var run = new ModelRun(
            (clock, server) => new SluiceGate(clock, server, limit == LimitMode.Adaptive ? 100 : ModelRun.Limit, leftOut,
                ModelRun.Finds with { Limit = limit }),
            (clock, gate) => new ModelLoad(clock, gate, seed)
            {
                Mix = [(StatementClass.Normal, 1)],
                Work = random => random.NextDouble() < share ? 400 : random.NextDouble() < 0.87 ? 4 : 20,
            });
        var (before, after) = (new List<double>(), new List<double>());
        run.Load.Answered = (request, tookMs) =>
        {
            if (request.WorkMs < 100 && request.AtMs > 2_000 && (request.AtMs < 10_000 || request.AtMs > 12_000))
                (request.AtMs < 10_000 ? before : after).Add(tookMs);
        };
        run.At(300 / ModelRun.Capacity, 10_000);
        share = 0.1;
        run.At(300 / ModelRun.Capacity, 20_000);
        return (P99(before), P99(after), ((SluiceGate)run.Gate).LimitMean(15_000, 30_000));
    }

    private static double P99(List<double> took) => took.Order().ElementAt((int)(0.99 * (took.Count - 1)));

    private sealed class Told : Applicant
    {
        internal override void Decided()
        {
        }
    }
}
