using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>
/// A limit that finds itself, in virtual time: rows of the overload design's matrix, each with a control that does without the mechanism.
/// </summary>
public sealed class LimitModelTests(ITestOutputHelper output)
{
    /// <summary>What is right for 8 cores and for 2: from as many as the cores to twice as many.</summary>
    private static readonly (int Least, int Most) s_of8 = (9, 17), s_of2 = (4, 5);

    // M17
    [Theory]
    [InlineData(1.5)]
    [InlineData(4)]
    public void It_follows_the_cores_of_the_server_down_in_5_s_and_up_in_30(double load)
    {
        var (gate, run) = Cores(ModelRun.Adaptive(), load);

        Tell(gate);
        Assert.InRange(gate.LimitMean(5_000, 10_000), s_of8.Least, s_of8.Most);
        Assert.InRange(gate.LimitMean(15_000, 25_000), s_of2.Least, s_of2.Most);
        Assert.InRange(gate.LimitMean(55_000, 60_000), s_of8.Least, s_of8.Most);
        var (_, control) = Cores(ModelRun.Seawall(), load);
        var (found, fixedAt12) = (Done(run), Done(control));
        output.WriteLine($"with 2 cores: {found:0.000} of them, at 12: {fixedAt12:0.000}");
        Assert.True(found >= 0.85 && found > 1.5 * fixedAt12, $"{found:0.000}, at 12 {fixedAt12:0.000}");

        // From five seconds after, in units of what two cores can do.
        static double Done(ModelRun run) => run.Load.Goodput(15_000, 24_000) / ModelRun.Capacity * 4;
    }

    // M18
    [Fact]
    public void Slow_clients_change_neither_limit_nor_stretch()
    {
        var (gate, run) = SlowClients(takesPauses: true);
        var (controlGate, control) = SlowClients(takesPauses: false);

        Tell(gate);
        Tell(controlGate);
        output.WriteLine($"{run.SteadyGoodput:0.000}, stretch {gate.Sluice.Keeper.Stretch:0.00}; control {control.SteadyGoodput:0.000}");
        Assert.InRange(gate.LimitMean(5_000, 12_000), s_of8.Least, s_of8.Most);
        Assert.InRange(gate.Sluice.Keeper.Stretch!.Value, 0.9, 1.9);
        Assert.True(run.SteadyGoodput >= 0.95);
        Assert.True(control.SteadyGoodput < 0.5, $"control: {control.SteadyGoodput:0.000}");
    }

    [Theory]
    [InlineData(0.8)]
    [InlineData(1.5)]
    [InlineData(5)]
    public void Statements_that_take_now_this_long_and_now_that_do_not_lead_it_astray(double load)
    {
        var random = new Random(5);
        var run = new ModelRun(ModelRun.Adaptive());
        // Log-normal: one of twenty takes three times what most do.
        run.Server.WorkMs = request => request.WorkMs * Math.Exp((0.7 * Gauss(random)) - 0.245);
        run.At(load, 30_000);
        var gate = (SluiceGate)run.Gate;

        Tell(gate);
        Assert.InRange(gate.LimitMean(5_000, 30_000), s_of8.Least, s_of8.Most + 2);
        Assert.All(gate.Limits.Where(one => one.AtMs > 5_000), one => Assert.InRange(one.Limit, 7, 24));
    }

    [Fact]
    public void When_the_way_gets_longer_it_is_the_server_that_says_so()
    {
        var asked = Farther(isAsked: true);
        var notAsked = Farther(isAsked: false);

        Tell(asked);
        Tell(notAsked);
        Assert.True(asked.LimitMean(40_000, 50_000) >= s_of8.Least, "it stays at the lowest limit");
        Assert.True(notAsked.LimitMean(40_000, 50_000) < 5, "control: nobody asks the server");
    }

    [Fact]
    public void It_finds_the_same_from_an_idle_start_and_from_one_in_the_middle_of_a_storm()
    {
        var calm = (SluiceGate)new ModelRun(ModelRun.Adaptive()).At(0.3, 5_000).At(4, 10_000).Gate;
        var storm = (SluiceGate)new ModelRun(ModelRun.Adaptive()).At(10, 5_000).At(4, 10_000).Gate;

        Tell(calm);
        Tell(storm);
        Assert.InRange(calm.LimitMean(10_000, 15_000), s_of8.Least, s_of8.Most);
        Assert.InRange(storm.LimitMean(10_000, 15_000), s_of8.Least, s_of8.Most);
    }

    private static (SluiceGate Gate, ModelRun Run) Cores(Func<ModelClock, ModelServer, ModelGate> gate, double load)
    {
        var run = new ModelRun(gate).At(load, 10_000);
        run.Server.Cores = 2;
        run.At(load, 15_000);
        run.Server.Cores = ModelRun.Cores;
        run.At(load, 35_000);
        return ((SluiceGate)run.Gate, run);
    }

    // Of ten clients three take 700 ms over an answer that the server has long been done with.
    private static (SluiceGate Gate, ModelRun Run) SlowClients(bool takesPauses)
    {
        var random = new Random(3);
        var run = new ModelRun((clock, server) => new SluiceGate(clock, server, 100, options: ModelRun.Finds) { TakesPauses = takesPauses },
            (clock, gate) => new ModelLoad(clock, gate, 1)
            {
                With = request => request with { TakesMs = random.NextDouble() < 0.3 ? 700 : 0 },
            });
        run.At(1.5, 13_000);
        return ((SluiceGate)run.Gate, run);
    }

    // After 10 s the server is 15 ms away, where it was next door.
    private static SluiceGate Farther(bool isAsked)
    {
        var run = new ModelRun((clock, server) => new SluiceGate(clock, server, 100, options: ModelRun.Finds) { IsAsked = isAsked });
        run.At(1.5, 10_000);
        var gate = (SluiceGate)run.Gate;
        gate.WayMs = 15;
        run.At(1.5, 40_000);
        return gate;
    }

    private static double Gauss(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private void Tell(SluiceGate gate) => output.WriteLine(string.Join(" ", gate.Limits.Where((_, i) => i % 10 == 9).Select(one => one.Limit)));
}
