using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Flow.Decisions;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Seawall.Tests.Topology;
using Xunit;

namespace Seawall.Tests.Reads;

/// <summary>The reads of replicas that the primary takes over give way to its own statements, in a simulated world.</summary>
public sealed class SpillYieldTests : IDisposable
{
    private const string Read = "SELECT 1 FROM items", Own = "UPDATE items";

    private readonly ReplicaWorld _set = new(2, new EngineWorldOptions { Kind = FakeServerKind.MySql97 });

    public SpillYieldTests()
    {
        foreach (var server in _set.Servers)
            server.Transactions = 7;
        World.Apply(options => options with { Reads = new ReadOptions { From = ReadsFrom.Replicas } });
        World.Pump(() => World.Engine.Freshness().First(server => server.Server == "b").State == FreshnessState.Fresh, "it is fresh");
        _set.B.Applies = "No";
        World.Pump(() => World.Engine.Freshness().First(server => server.Server == "b").State == FreshnessState.Broken, "it is broken");
    }

    private EngineWorld World => _set.World;

    [Fact]
    public void Nothing_is_taken_over_while_all_processors_of_the_primary_are_busy()
    {
        var reader = World.Client();
        Assert.True(reader.Query(Read).IsOk);
        Takes(Own, 2_000);
        var own = Enumerable.Range(0, 8).Select(_ => World.Client().BeginQuery(Own)).ToArray(); // Of sixteen that may run: all that it has.
        World.World.RunFor(500);

        var refused = reader.Query(Read);
        Assert.Equal(1205, refused.Code);
        Assert.Contains("its own statements need all that it has", refused.Error!.Message, StringComparison.Ordinal);
        Assert.InRange(World.Engine.Spill.Places, 1, 16); // There would have been one.

        World.Pump(() => own.All(one => one.IsDone), "they have ended");
        Assert.True(reader.Query(Read).IsOk);
    }

    [Fact]
    public void What_is_taken_over_becomes_less_when_the_primary_s_own_statements_take_longer()
    {
        Takes(Own, 20);
        Takes(Read, 5);
        World.Apply(options => options with { Servers = [.. options.Servers.Select(server => server with { RunningMax = 100 })] });
        var own = Enumerable.Range(0, 6).Select(_ => new Asking(World.Client(), Own)).ToArray();
        var reads = Enumerable.Range(0, 20).Select(_ => new Asking(World.Client(), Read)).ToArray();
        Go(own, [], 5_000);
        Assert.InRange(World.Engine.Spill.OwnStretch!.Value, 0.9, 1.05);
        Assert.Equal(1, World.Engine.Spill.Places);

        Go(own, reads, 6_000);
        Assert.Equal(10, World.Engine.Spill.Places);

        Takes(Own, 40);
        Go(own, reads, 8_000);
        Assert.True(World.Engine.Spill is { IsCooling: true, Places: 0 }, $"{World.Engine.Spill}");
        var spilled = World.Engine.Spill.Spilled;
        Go(own, reads, 10_000);
        Assert.Equal(spilled, World.Engine.Spill.Spilled);
        Assert.All(own, one => Assert.Equal(0, one.Failed));

        // They are so by themselves, as it has turned out meanwhile.
        Go(own, reads, 60_000);
        Assert.True(World.Engine.Spill is { IsCooling: false, Places: 10 }, $"{World.Engine.Spill}");
    }

    public void Dispose() => _set.Dispose();

    private void Takes(string statement, int ms) => _set.A.When(statement, new FakeLater(ms, new FakeOk()));

    private void Go(Asking[] own, Asking[] reads, int ms)
    {
        for (; ms > 0; ms -= 5)
        {
            foreach (var one in own)
                one.Go();
            foreach (var one in reads)
                one.Go();
            World.World.RunFor(5);
        }
    }
}
