using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Pools;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Kills;

/// <summary>Clients that leave while a server works for them.</summary>
public sealed class VanishedTests
{
    public static TheoryData<FakeServerKind> Kinds => [FakeServerKind.MySql97, FakeServerKind.MariaDb1011, FakeServerKind.MySql56];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_only_reads_is_ended_and_its_connection_serves_others(FakeServerKind kind)
    {
        using var world = World(kind);
        var (leaver, other) = (world.Client(), world.Client());
        LeaveDuring(world, leaver, "SELECT SLEEP(60), 1");

        Assert.Equal("2", other.Query("SELECT 2").Scalar);
        Assert.Single(world.Pooled);
        Assert.Equal((1, 1, 0), Counts(world));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void A_write_is_ended_only_where_it_is_rolled_back_anyway(bool inTransaction, bool isEnded)
    {
        using var world = World(FakeServerKind.MySql97);
        world.Server.When("UPDATE slow", new FakeLater(2_000, new FakeOk(1)));
        var (leaver, other) = (world.Client(), world.Client());
        if (inTransaction)
            leaver.Query("BEGIN");
        LeaveDuring(world, leaver, "UPDATE slow SET a = 1");

        Assert.Equal("2", other.Query("SELECT 2").Scalar);
        Assert.Equal(isEnded ? 1 : 0, world.Server.Kills);
        Assert.False(world.Pooled.Single().Session.InTransaction);
    }

    [Theory]
    [InlineData("COMMIT")]
    [InlineData("CREATE TABLE slow (a INT)")]
    [InlineData("CALL slow()")]
    [InlineData("SELECT slow(1)")]
    [InlineData("XA PREPARE 'slow'")]
    [InlineData("SELECT 1 INTO OUTFILE 'slow'")]
    public void What_lasts_or_cannot_be_known_is_left_to_its_end(string sql)
    {
        using var world = World(FakeServerKind.MySql97);
        world.Server.When(sql, new FakeLater(2_000, new FakeOk()));
        var (leaver, other) = (world.Client(), world.Client());
        leaver.Query("BEGIN");
        LeaveDuring(world, leaver, sql);

        Assert.Equal("2", other.Query("SELECT 2").Scalar);
        Assert.Equal((0, 0, 0), Counts(world));
    }

    // MySQL 9.7 does not end its answer to an execution without a cursor of a statement that had one open before, and waits
    // for the next command: there is nothing that KILL QUERY could end.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_answer_that_the_server_never_ends_keeps_no_connection_from_others(FakeServerKind kind)
    {
        using var world = World(kind);
        world.Server.When("SELECT stuck FROM t", new FakePacket([1]));
        var (leaver, other) = (world.Client(), world.Client());
        _ = leaver.BeginQuery("SELECT stuck FROM t");
        world.Pump(() => world.Pooled.Any(connection => connection.Queries.Contains("SELECT stuck FROM t")), "the statement at the server");
        leaver.Cut();

        Assert.Equal("2", other.Query("SELECT 2").Scalar);
        Assert.Single(world.Pooled);
        Assert.Equal(1, world.Server.Kills);
    }

    [Fact]
    public void A_write_that_takes_long_is_left_to_its_end_however_long_that_is()
    {
        using var world = World(FakeServerKind.MySql97);
        world.Server.When("UPDATE slow", new FakeLater(4 * Overtime.LookMs, new FakeOk(1)));
        LeaveDuring(world, world.Client(), "UPDATE slow SET a = 1");
        var before = world.Pooled.Single();
        world.World.RunFor(3 * Overtime.LookMs);
        Assert.Same(before, world.Pooled.Single());
        Assert.True(before.Session.IsBusy);
        world.World.RunFor(2 * Overtime.LookMs); // To its end.
    }

    [Fact]
    public void It_can_be_switched_off()
    {
        using var world = World(FakeServerKind.MySql97, clients => clients with { CancelsVanished = false });
        LeaveDuring(world, world.Client(), "SELECT SLEEP(2), 1");
        Assert.Equal("2", world.Client().Query("SELECT 2").Scalar);
        Assert.Equal((0, 0, 0), Counts(world));
    }

    [Fact]
    public void A_crowd_that_leaves_at_once_costs_the_server_no_more_than_the_budget()
    {
        const int crowd = 300;
        using var world = new EngineWorld(new()
        {
            Loops = 2,
            With = options => options with { Pools = options.Pools with { SizeMax = crowd, WaitMsMax = 60_000 } },
            WithServer = server => server with
            {
                ConnectionsMax = crowd,
                Dial = new(PerSecond: 1_000, Burst: 100),
                Cancels = new CancelLimits(ConnectionsMax: 2, PerSecond: 10),
            },
        });
        var clients = Enumerable.Range(0, crowd).Select(_ => world.Client()).ToArray();
        foreach (var client in clients)
            _ = client.BeginQuery("SELECT SLEEP(5), 1");
        world.Pump(() => world.Pooled.Count(connection => connection.Session.IsBusy) == crowd, "everybody at the server");
        var most = 0;
        foreach (var client in clients)
            client.Cut();
        for (var i = 0; i < 100; i++)
        {
            world.World.RunFor(10);
            most = Math.Max(most, world.Server.Live.Count(connection => connection.Attributes.GetValueOrDefault("program_name") == "seawall-cancel"));
        }

        Assert.InRange(most, 1, 2);
        Assert.InRange(world.Server.Kills, 10, 20);
        world.Pump(() => !world.Pooled.Any(connection => connection.Session.IsBusy), "the rest, which ends by itself");
        Assert.Equal(crowd, world.Count(meter => meter.VanishedCancelled + meter.VanishedLeft));
        Assert.Equal(world.Server.Kills, world.Count(meter => meter.VanishedCancelled));
    }

    private static EngineWorld World(FakeServerKind kind, Func<ClientOptions, ClientOptions>? change = null) => new(new()
    {
        Kind = kind,
        With = options => options with
        {
            Pools = options.Pools with { SizeMax = 1, WaitMsMax = 60_000 },
            Clients = change?.Invoke(options.Clients) ?? options.Clients,
        },
    });

    private static void LeaveDuring(EngineWorld world, FakeClient client, string sql)
    {
        _ = client.BeginQuery(sql);
        world.Pump(() => world.Pooled.Any(connection => connection.Session.IsBusy), "the statement at the server");
        client.Cut();
    }

    private static (int Kills, long Cancelled, long Left) Counts(EngineWorld world) => (world.Server.Kills,
        world.Count(meter => meter.VanishedCancelled), world.Count(meter => meter.VanishedLeft));
}
