using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Seawall.Tests.Topology;
using Xunit;

namespace Seawall.Tests.Reads;

/// <summary>
/// Somebody sets the clock, or the process stands still for a while, with replicas that are read from (M21): what goes where does not change, and
/// what is not known is not taken for fresh.
/// </summary>
public sealed class ClockJumpTests : IDisposable
{
    private const string Read = "SELECT 1 FROM items";

    private readonly ReplicaWorld _set = new(3, new EngineWorldOptions { Kind = FakeServerKind.MySql97 });

    public ClockJumpTests()
    {
        foreach (var server in _set.Servers)
            server.Transactions = 7;
        World.Apply(before => before with { Reads = new ReadOptions { From = ReadsFrom.Replicas } });
        World.Pump(() => World.Engine.Replicas is { Count: 2 } all && all.All(replica => replica.IsWell), "both are fresh");
    }

    private EngineWorld World => _set.World;

    [Theory]
    [InlineData(3_600_000)]
    [InlineData(-3_600_000)]
    [InlineData(-40_000_000_000)]
    public void Nothing_goes_elsewhere_because_somebody_has_set_the_clock(long ms)
    {
        var client = World.Client();
        Assert.True(client.Query("UPDATE").IsOk);
        foreach (var replica in _set.Servers)
            replica.Transactions = _set.A.Transactions;
        Assert.True(client.Query(Read).IsOk);
        var (events, reads) = (Events(), Reads());

        World.World.Clock.SetBy(ms);

        for (var i = 0; i < 40; i++)
        {
            World.World.RunFor(100);
            Assert.True(client.Query(Read).IsOk);
        }
        Assert.Equal(reads + 40, Reads());
        Assert.Equal((events, 0L), (Events(), World.Engine.Spill.Spilled));
        Assert.All(World.Engine.Freshness().Where(server => server.Role == "replica"), server => Assert.Equal(FreshnessState.Fresh, server.State));
    }

    [Fact]
    public void A_process_that_stood_still_takes_nothing_for_fresh_that_it_does_not_know_and_nobody_for_lost()
    {
        var (writes, bounded) = (World.Client(), World.Client());
        Assert.True(bounded.Query("SET @seawall_freshness = 'bounded:1000'").IsOk);
        Assert.True(bounded.Query(Read).IsOk);
        Assert.True(writes.Query("UPDATE").IsOk); // The replicas do not get it.
        var (events, reads) = (Events(), Reads());

        World.World.Clock.LeapBy(2_000);

        // What they had is older than a second by now, whoever was asleep.
        var asked = bounded.BeginQuery(Read);
        var own = writes.BeginQuery(Read);
        World.World.RunFor(30);
        Assert.Equal(reads, Reads());
        _ = asked.Value;
        _ = own.Value;
        foreach (var replica in _set.Servers)
            replica.Transactions = _set.A.Transactions;
        World.Pump(() => World.Engine.Freshness().Count(server => server.State == FreshnessState.Fresh) >= 2, "they are fresh again");
        Assert.True(writes.Query(Read).IsOk);
        Assert.All(World.Engine.Replicas, replica => Assert.Equal(ReadPart.Full, replica.Part));
        Assert.DoesNotContain(World.Engine.GateEvents(100).Take(Events() - events), news => news.Event.Kind == GateEventKind.Primary);
    }

    public void Dispose() => _set.Dispose();

    private int Events() => World.Engine.GateEvents(500).Count;

    private int Reads() => _set.Servers.Skip(1).Sum(server =>
        server.Connections.Sum(connection => connection.Commands.Count(command => command.Text == Read)));
}
