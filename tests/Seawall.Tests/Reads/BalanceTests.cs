using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Reads;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Seawall.Tests.Topology;
using Xunit;

namespace Seawall.Tests.Reads;

/// <summary>How reads are spread over replicas that fall, come back, are slow or late, in a simulated world.</summary>
public sealed class BalanceTests : IDisposable
{
    private const string Read = "SELECT 1 FROM items";

    private readonly ReplicaWorld _set = new(3, new EngineWorldOptions { Kind = FakeServerKind.MySql97 });

    public BalanceTests()
    {
        foreach (var server in _set.Servers)
        {
            server.Transactions = 7;
            Takes(server, 5);
        }
        Reads(new());
        Until("both are fresh", () => World.Engine.Replicas is { Count: 2 } all && all.All(replica => replica.IsWell));
    }

    private EngineWorld World => _set.World;

    private FakeServer C => _set.Servers[2];

    [Fact]
    public void A_replica_that_comes_back_gets_little_at_first()
    {
        C.Crash();
        Until("it is missed", () => World.Engine.Facts.Find(new("c"))!.Health == ServerHealth.Down);
        var clients = Enumerable.Range(0, 24).Select(_ => new Asking(World.Client(), Read)).ToArray();
        C.Open();
        Until("it is back", () => Of("c").Part == ReadPart.Returning);
        Takes(_set.B, 40);
        Takes(C, 40);
        var (most, room) = (0, Of("c").Room!.Value);
        Assert.Equal(ReplicaStanding.RoomMin, room);
        while (Of("c").Room == room)
        {
            Ask(clients, 20);
            most = Math.Max(most, C.Connections.Sum(connection => connection.Commands.Count(command => command.Text == Read)) > 0 ? Of("c").Running : 0);
        }
        Assert.InRange(most, 1, room);
        Until("it has its whole share", () => Of("c").Part == ReadPart.Full);
        Assert.Equal(["full", "returning"], Events("c").Take(2));
    }

    [Fact]
    public void A_replica_that_is_slow_is_set_aside_and_nothing_is_lost_by_it()
    {
        Takes(C, 100);
        var clients = Enumerable.Range(0, 4).Select(_ => new Asking(World.Client(), Read)).ToArray();
        for (var i = 0; i < 3_000 && Of("c").Part != ReadPart.Aside; i++)
            Ask(clients, 10);
        Assert.Equal(ReadPart.Aside, Of("c").Part);
        Ask(clients, 200);
        var before = Count(C);
        Ask(clients, 2_000);
        Assert.Equal((before, 0L), (Count(C), World.Engine.Spill.Spilled));
        Assert.All(clients, client => Assert.Equal(0, client.Failed));
        Assert.Contains("a read takes", Of("c").Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void The_only_replica_that_is_left_is_read_from_however_slow_it_is()
    {
        _set.B.Crash();
        Until("it is missed", () => World.Engine.Facts.Find(new("b"))!.Health == ServerHealth.Down);
        Takes(C, 200);
        var clients = Enumerable.Range(0, 4).Select(_ => new Asking(World.Client(), Read)).ToArray();
        Ask(clients, 20_000);
        Assert.Equal(ReadPart.Full, Of("c").Part);
        Assert.All(clients, client => Assert.Equal(0, client.Failed));
    }

    [Fact]
    public void When_all_are_late_who_has_written_nothing_is_answered_and_who_has_finds_what_it_wrote_or_nothing()
    {
        Reads(new() { LagMsMax = 500, ShortLagMsMax = 5_000 });
        var (writes, reads) = (World.Client(), World.Client());
        Assert.True(reads.Query(Read).IsOk);
        Assert.True(writes.Query("UPDATE").IsOk); // The replicas do not get it.
        Until("too few are left", () => World.Engine.Headroom!.IsShort);
        var (b, c, spilled) = (Count(_set.B), Count(C), World.Engine.Spill.Spilled);

        Assert.True(reads.Query(Read).IsOk);
        Assert.Equal((b + c + 1, spilled), (Count(_set.B) + Count(C), World.Engine.Spill.Spilled));
        _ = writes.Query(Read);
        Assert.Equal(b + c + 1, Count(_set.B) + Count(C)); // From the primary's places, or not at all.
        Assert.True(writes.Query("SET @seawall_freshness = 'bounded:100'").IsOk);
        _ = writes.Query(Read);
        Assert.Equal(b + c + 1, Count(_set.B) + Count(C)); // What was bounded is bounded.

        World.World.RunFor(6_000); // Later than that nobody is.
        _ = reads.Query(Read);
        Assert.Equal(b + c + 1, Count(_set.B) + Count(C));
        Assert.Equal(["short"], Events("replicas"));
    }

    [Fact]
    public void Late_replicas_are_not_read_from_when_that_is_switched_off()
    {
        Reads(new() { LagMsMax = 500, ShortLagMsMax = 0 });
        Assert.True(World.Client().Query("UPDATE").IsOk);
        Until("too few are left", () => World.Engine.Headroom!.IsShort);
        var before = Count(_set.B) + Count(C);
        _ = World.Client().Query(Read);
        Assert.Equal(before, Count(_set.B) + Count(C));
    }

    [Fact]
    public void What_would_be_left_without_the_biggest_is_known_and_told_before_it_is_too_little()
    {
        World.Apply(options => options with { Servers = [.. options.Servers.Select(server => server with { RunningMax = 10 })] });
        foreach (var server in _set.Servers)
            Takes(server, 1_000);
        var clients = Enumerable.Range(0, 9).Select(_ => new Asking(World.Client(), Read)).ToArray();
        Ask(clients, 4_000);
        Assert.Equal(HeadroomLevel.Low, World.Engine.Headroom!.Level);
        var now = World.Engine.Headroom!;
        Assert.Equal((2, 20, 10), (now.Well, now.Capacity, now.WithoutBiggest));
        Assert.InRange(now.Headroom, 0.5, 1.99);
        var told = World.Engine.GateEvents(20).First(news => news.Event.Kind == GateEventKind.Reads).Event;
        Assert.Equal(("headroom", "low"), (told.Of, told.To));
        Assert.Contains("10 of 20 statements may run on replicas, and 9 do", told.Cause, StringComparison.Ordinal);
    }

    public void Dispose() => _set.Dispose();

    private void Reads(ReadOptions options) => World.Apply(before => before with { Reads = options with { From = ReadsFrom.Replicas } });

    private void Ask(Asking[] clients, int forMs)
    {
        foreach (var client in clients)
            client.Go();
        for (var i = 0; i < forMs; i += 5)
        {
            World.World.RunFor(5);
            foreach (var client in clients)
                client.Go();
        }
    }

    private static void Takes(FakeServer server, int ms) => server.When(Read, new FakeLater(ms, new FakeRows(["1"], [["1"]])));

    private Engine.Telemetry.Views.ReplicaView Of(string name) => World.Engine.Replicas.Single(replica => replica.Server == name);

    private string[] Events(string of) => [.. World.Engine.GateEvents(100).Select(news => news.Event)
        .Where(news => news.Of == of && news.Kind is GateEventKind.Server or GateEventKind.Reads
            && news.To is not ("up" or "down")).Select(news => news.To)];

    private void Until(string what, Func<bool> condition) => World.Pump(condition, what);

    private static int Count(FakeServer server) =>
        server.Connections.Sum(connection => connection.Commands.Count(command => command.Text == Read));

    // Asks again as soon as it is answered.
}
