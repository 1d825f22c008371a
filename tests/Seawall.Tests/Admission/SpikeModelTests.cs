using Seawall.Engine.Flow.Floodgates;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>
/// Does it come back? Rows of the overload design's matrix in virtual time: the real decisions between modelled clients and a modelled
/// server, from a seed. Each has a control that does without the mechanism, and must fail.
/// </summary>
public sealed class SpikeModelTests(ITestOutputHelper output)
{
    private static readonly (double Times, double ForMs)[] s_triggers = [(2, 5_000), (4, 5_000), (10, 1_000)];

    /// <summary>Longer than anybody waits, tries again, or is remembered.</summary>
    private static readonly (double Times, double ForMs)[] s_longTriggers = [(2, 30_000), (10, 30_000)];

    /// <summary>All ten thousand within a second, but for one of twenty: as after news, or a button that everybody presses.</summary>
    private static readonly (double Times, double ForMs) s_everybody = (66, 1_000);

    // M4
    [Theory]
    [InlineData(LimitMode.Fixed)]
    [InlineData(LimitMode.Adaptive)]
    public void It_comes_back_after_a_spike_whatever_the_load_before(LimitMode limit)
    {
        foreach (var load in (double[])[0.5, 0.65, 0.8, 0.9, 0.95])
        {
            // Near to what there is it takes longer to come back, and what comes by chance counts more.
            var calms = Enumerable.Range(7, load < 0.9 ? 1 : 3)
                .Select(seed => (Seed: seed, Run: ModelRun.Calm(ModelRun.Seawall(limit), load, seed: seed))).ToArray();
            foreach (var (times, forMs) in load == 0.8 ? [.. s_triggers, .. s_longTriggers] : s_triggers)
            {
                var found = calms.Select(calm =>
                    ModelRun.Spike(ModelRun.Seawall(limit), load, times, forMs, seed: calm.Seed, calm: calm.Run).Index).ToArray();
                output.WriteLine($"{load} and {times} times as much for {forMs} ms: {string.Join(" ", found.Select(index => $"{index:0.000}"))}");
                Assert.True(found.Average() >= 0.98, $"{load} and {times} times as much for {forMs} ms: {found.Average():0.000}");
            }
            var calmly = calms.Average(calm => calm.Run.Load.Success(2_000, 40_000));
            Assert.True(calmly >= 0.9, $"{load}: without a spike {calmly:0.000}");
        }
        Assert.True(ModelRun.Spike(ModelRun.LongLine(), 0.9, 4, 5_000).Index < 0.9, "control: a long line");
        Assert.True(ModelRun.Spike(ModelRun.Pool(32, 1_000), 0.5, 4, 5_000).Index < 0.1, "control: a pool of 32");
        // That it turns is enough by itself, in a line as long as before.
        Assert.True(ModelRun.Spike(ModelRun.LongLine(SluiceParts.Turning), 0.9, 4, 5_000).Index >= 0.98, "the turning alone");
    }

    // M5
    [Theory]
    [InlineData(LimitMode.Fixed)]
    [InlineData(LimitMode.Adaptive)]
    public void It_comes_back_whatever_clients_do_about_errors(LimitMode limit)
    {
        foreach (var clients in Enum.GetValues<ClientModel>())
        {
            // Those who never give up bring all that they did not get afterwards: with half of the cores free that is over in seconds.
            var (load, forMs) = clients == ClientModel.Endless ? (0.5, 1_000) : (0.8, 5_000);
            ComesBack(limit, clients, load, 4, forMs, ModelRun.Calm(ModelRun.Seawall(limit), load, clients));
        }
        // Whatever was there before, and however steep it was.
        foreach (var clients in (ClientModel[])[ClientModel.GiveUp, ClientModel.TryAtOnce, ClientModel.BackOff, ClientModel.Closed])
        {
            var calm = ModelRun.Calm(ModelRun.Seawall(limit), 0.65, clients);
            foreach (var (times, forMs) in clients == ClientModel.Closed ? [.. s_triggers, s_everybody] : s_triggers)
                ComesBack(limit, clients, 0.65, times, forMs, calm);
        }
        Assert.True(ModelRun.Spike(ModelRun.LongLine(), 0.8, 4, 5_000, ClientModel.TryAtOnce).Index < 0.9, "control: a long line");
        // With more to do than that, such a pool goes down without a spike as well.
        foreach (var clients in (ClientModel[])[ClientModel.TryAtOnce, ClientModel.Closed])
            Assert.True(ModelRun.Spike(ModelRun.Pool(32, 1_000), 0.5, 4, 5_000, clients).Index < 0.1, $"control: a pool, {clients}");
    }

    private void ComesBack(LimitMode limit, ClientModel clients, double load, double times, double forMs, ModelRun calm)
    {
        var (index, run) = ModelRun.Spike(ModelRun.Seawall(limit), load, times, forMs, clients, calm: calm);
        var (begun, tried) = ((double)run.Server.Begun / run.Load.Offered, (double)run.Load.Attempts / run.Load.Offered);
        var what = $"{clients}, {load} and {times} times as much for {forMs} ms";
        output.WriteLine($"{what}: {run.Load.Offered} wanted; index {index:0.000}, begun {begun:0.00}, tried {tried:0.00}");
        Assert.True(index >= 0.98, $"{what}: {index:0.000}");
        Assert.True(begun <= 1.1, $"{what}: the server began {begun:0.00} statements for one that was wanted");
        Assert.True(clients == ClientModel.Endless || tried <= (clients == ClientModel.GiveUp ? 1 : 3), $"{what}: {tried:0.00} tries");
    }
}
