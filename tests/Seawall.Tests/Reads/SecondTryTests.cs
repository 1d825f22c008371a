using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Decisions;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Seawall.Tests.Topology;
using Xunit;

namespace Seawall.Tests.Reads;

/// <summary>A read whose replica is lost before its client has heard anything is answered by another one, within a budget.</summary>
public sealed class SecondTryTests : IDisposable
{
    private const string Read = "SELECT 1 FROM items";

    private readonly ReplicaWorld _set = new(3, new EngineWorldOptions { Kind = FakeServerKind.MySql97 });

    private EngineWorld World => _set.World;

    // The replica falls behind each byte of its answer in turn. Up to where the client hears the first of it, it hears all of it, from the
    // other one; from there on it hears that the server was lost.
    [Fact]
    public void At_every_byte_of_an_answer_the_client_hears_all_of_it_or_that_it_was_lost()
    {
        Start(options => options with { RetryShare = 100 });
        var client = World.Client();
        var (again, lost, lengths) = (0, 0, new HashSet<long>());
        for (var cut = 1; cut < 200; cut++)
        {
            Assert.True(client.Query(Read).IsOk); // It earns a try, and opens a connection if there is none.
            var before = World.Count(meter => meter.RetriedReads);
            var (b, c, a) = (Count(_set.B), Count(_set.Servers[2]), Count(_set.A));
            foreach (var connection in Pooled())
                connection.Link.ToClient.CutAfter(connection.Link.ToClient.Written + cut);
            var reply = client.Query(Read);
            var tried = World.Count(meter => meter.RetriedReads) - before;
            var ran = Count(_set.B) + Count(_set.Servers[2]) + Count(_set.A) - b - c - a;
            if (reply.IsOk && tried == 0)
                break; // It had all of its answer before the end.
            if (reply.IsOk)
            {
                again++;
                Assert.Equal((1L, 2), (tried, ran));
                continue;
            }
            lost++;
            Assert.True(reply.IsCut || reply.Error!.Code == 2013, $"cut after {cut}: {reply}");
            Assert.Equal((0L, 1), (tried, ran));
            if (reply.IsCut)
                client = World.Client();
        }
        Assert.True(again > 0 && lost > 0, $"{again} again, {lost} lost");
        Assert.Equal(0, Count(_set.A));
    }

    [Fact]
    public void Without_a_budget_the_client_hears_that_it_was_lost()
    {
        Start(options => options with { RetryShare = 0 });
        var client = World.Client();
        Assert.True(client.Query(Read).IsOk);
        CutAll();
        Assert.Equal(2013, client.Query(Read).Code);
        Assert.Equal(0, World.Count(meter => meter.RetriedReads));
    }

    [Fact]
    public void When_the_budget_is_spent_no_more_are_tried()
    {
        Start(options => options with { RetryShare = 1 });
        var client = World.Client();
        var (again, lost) = (0, 0);
        for (var i = 0; i < 30; i++)
        {
            while (!client.Query(Read).IsOk)
                lost++;
            CutAll();
            var reply = client.Query(Read);
            again += reply.IsOk ? 1 : 0;
            lost += reply.IsOk ? 0 : 1;
        }
        Assert.InRange(again, 10, 12); // Ten at the start, and what 60 reads earn at one hundredth each.
        Assert.True(lost > 0 && World.Count(meter => meter.RetriesDenied) > 0, $"{lost} lost");
    }

    [Fact]
    public void With_no_other_replica_it_takes_a_place_at_the_primary_or_is_refused()
    {
        Start(options => options with { RetryShare = 100, SpillShare = 10 });
        var client = World.Client();
        Assert.True(client.Query(Read).IsOk);
        _set.Servers[2].Applies = "No";
        World.Pump(() => World.Engine.Freshness().Count(server => server.State == FreshnessState.Broken) == 1, "broken");
        Assert.True(client.Query(Read).IsOk);
        CutAll();
        Assert.True(client.Query(Read).IsOk);
        Assert.Equal(1, Count(_set.A));
        Assert.Equal(1, World.Engine.Spill.Spilled);

        World.Apply(options => options with { Reads = options.Reads with { SpillShare = 0 } });
        World.World.RunFor(300);
        Assert.True(client.Query(Read).IsOk);
        CutAll();
        var refused = client.Query(Read);
        Assert.Equal(1205, refused.Code);
        Assert.Contains("did not answer the statement", refused.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prepared_read_is_tried_again_with_its_values()
    {
        Start(options => options with { RetryShare = 100 });
        var client = World.Client();
        var prepared = client.Prepare("SELECT 1 FROM items WHERE id = ?");
        Assert.True(client.Execute(prepared.Id, "7").IsOk);
        CutAll();
        Assert.True(client.Execute(prepared.Id, "7").IsOk);
        Assert.Equal(1, World.Count(meter => meter.RetriedReads));
    }

    [Fact]
    public void What_may_write_is_never_tried_again()
    {
        Start(options => options with { RetryShare = 100 });
        var client = World.Client();
        Assert.True(client.Query("UPDATE").IsOk);
        foreach (var connection in EngineWorld.PooledOf(_set.A))
            connection.Link.ToClient.CutAfter(connection.Link.ToClient.Written + 1);
        Assert.Equal(2013, client.Query("UPDATE").Code);
        Assert.Equal(2, _set.A.Connections.Sum(connection => connection.Commands.Count(command => command.Text == "UPDATE")));
        Assert.Equal(0, World.Count(meter => meter.RetriedReads));
    }

    [Fact]
    public void Who_gets_no_connection_to_a_replica_goes_to_another_one()
    {
        Start(options => options with { RetryShare = 100 });
        // Both are called fresh still, and one of them lets nobody in any more.
        _set.B.LoginMs = 60_000;
        var clients = Enumerable.Range(0, 8).Select(_ => World.Client()).ToArray();
        var reads = clients.Select(client => client.BeginQuery(Read)).ToArray();
        World.Pump(() => reads.All(read => read.IsDone), "all are answered");
        Assert.All(reads, read => Assert.True(read.Value.IsOk, $"{read.Value}"));
        Assert.Equal((8, 0), (Count(_set.Servers[2]), Count(_set.A)));
        Assert.True(World.Count(meter => meter.RetriedReads) > 0);
        _set.B.LoginMs = 0;
        World.World.RunFor(70_000); // Until the last of those logins is over.
    }

    [Fact]
    public void Who_waits_for_a_replica_that_is_taken_out_goes_to_another_one_and_not_past_the_places_of_the_primary()
    {
        Start(options => options with { RetryShare = 0, SpillShare = 0 });
        _set.B.LoginMs = 60_000;
        var reads = Enumerable.Range(0, 8).Select(_ => World.Client().BeginQuery(Read)).ToArray();
        World.World.RunFor(1_000);
        Assert.Contains(reads, read => !read.IsDone);

        World.Engine.Duties.TakeOut("b", ServerDuty.Ejected, null, isForced: false, "me");
        Assert.All(reads, read => Assert.True(read.Value.IsOk, $"{read.Value}"));
        Assert.Equal((0, 8, 0), (Count(_set.B), Count(_set.Servers[2]), Count(_set.A)));

        _set.Servers[2].When(Read, new FakeLater(30_000, new FakeOk()));
        World.Apply(options => options with { Pools = options.Pools with { SizeMax = 1, WaitMsMax = 60_000 } });
        reads = [.. Enumerable.Range(0, 4).Select(_ => World.Client().BeginQuery(Read))];
        World.World.RunFor(1_000);
        World.Engine.Duties.TakeOut("c", ServerDuty.Ejected, null, isForced: true, "me");
        World.World.RunFor(100_000);
        Assert.Equal(0, Count(_set.A));
        Assert.Equal(3, reads.Count(read => read.Value.Code == 1205));
    }

    public void Dispose() => _set.Dispose();

    private void Start(Func<ReadOptions, ReadOptions> change)
    {
        foreach (var server in _set.Servers)
            server.Transactions = 7;
        World.Apply(options => options with { Reads = change(new ReadOptions { From = ReadsFrom.Replicas }) });
        World.Pump(() => World.Engine.Freshness().Count(server => server.State == FreshnessState.Fresh) == 2, "fresh");
    }

    private IEnumerable<FakeConnection> Pooled() => [.. EngineWorld.PooledOf(_set.B), .. EngineWorld.PooledOf(_set.Servers[2])];

    private void CutAll()
    {
        foreach (var connection in Pooled())
            connection.Link.ToClient.CutAfter(connection.Link.ToClient.Written + 1);
    }

    private static int Count(FakeServer server) => server.Connections.Sum(
        connection => connection.Commands.Count(command => command.Text == Read));
}
