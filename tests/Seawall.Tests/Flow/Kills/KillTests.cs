using System.Globalization;
using Seawall.MySql.Commands;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Flow.Kills;

/// <summary>KILL by the number that a client was greeted with.</summary>
public sealed class KillTests
{
    private const string Slow = "SELECT SLEEP(30), 'slow'";

    public static TheoryData<FakeServerKind, int> Kinds => new()
    {
        { FakeServerKind.MySql97, 1 }, { FakeServerKind.MySql97, 3 }, { FakeServerKind.MariaDb1011, 2 },
        { FakeServerKind.MySql97WithEof, 1 }, { FakeServerKind.MySql56, 2 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_statement_is_ended_from_another_session_though_the_pool_is_full(FakeServerKind kind, int loops)
    {
        using var world = Small(kind, loops);
        var (target, killer) = (world.Client(), world.Client());
        var slow = Run(world, target);
        var began = world.World.Clock.ElapsedMs;

        Assert.True(killer.Query($"KILL QUERY {target.ConnectionId}").IsOk);

        Assert.Equal(1317, slow.Value.Code);
        Assert.True(world.World.Clock.ElapsedMs - began < 1_000);
        Assert.Equal("5", target.Query("SELECT 5").Scalar);
        Assert.Equal("6", killer.Query("SELECT 6").Scalar);
        Assert.Single(world.Pooled);
        Assert.Equal((1, 1), (world.Server.Kills, world.Count(meter => meter.Kills)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_connection_is_ended_with_its_statement_and_its_server_connection_stays(FakeServerKind kind, int loops)
    {
        using var world = Small(kind, loops);
        var (target, killer) = (world.Client(), world.Client());
        target.Query("SET @mine = 'x'");
        var slow = Run(world, target);

        Assert.True(killer.Query($"kill {target.ConnectionId}").IsOk);

        Assert.True(slow.Value.IsCut);
        Assert.Null(killer.Query("SELECT @mine").Scalar);
        Assert.Single(world.Pooled);
        Assert.Equal(1, world.Server.Kills);
        Assert.Equal(1094, killer.Query($"KILL {target.ConnectionId}").Code);
    }

    [Fact]
    public void An_idle_session_is_closed_without_a_word_and_its_transaction_is_rolled_back()
    {
        using var world = Small(FakeServerKind.MySql97, 2);
        var (target, killer) = (world.Client(), world.Client());
        target.Query("BEGIN");

        Assert.True(killer.Query($"KILL CONNECTION {target.ConnectionId}").IsOk);

        Assert.True(target.Query("SELECT 1").IsCut);
        world.Pump(() => !world.Pooled.Single().Session.InTransaction, "the end of the transaction");
        Assert.Equal(0, world.Server.Kills);
    }

    [Fact]
    public void A_statement_that_waits_for_a_connection_does_not_wait_any_more()
    {
        using var world = Small(FakeServerKind.MySql97, 2);
        var (holder, target, killer) = (world.Client(), world.Client(), world.Client());
        holder.Query("BEGIN");
        var waiting = target.BeginQuery("SELECT 1");
        world.Pump(() => world.PoolOf("app").Waiting == 1, "a waiter");

        Assert.True(killer.Query($"KILL QUERY {target.ConnectionId}").IsOk);

        Assert.Equal(1317, waiting.Value.Code);
        Assert.Contains("did not run", waiting.Value.Error!.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0), (world.Server.Kills, world.PoolOf("app").Waiting));
        holder.Query("COMMIT");
        Assert.Equal("2", target.Query("SELECT 2").Scalar);
    }

    [Fact]
    public void Where_nothing_runs_nothing_is_ended()
    {
        using var world = Small(FakeServerKind.MySql56, 1);
        var (target, killer) = (world.Client(), world.Client());
        target.Query("BEGIN");
        Assert.True(killer.Query($"KILL QUERY {target.ConnectionId}").IsOk);
        Assert.Equal("2", target.Query("SELECT 2").Scalar);
        Assert.Equal(0, world.Server.Kills);
    }

    [Fact]
    public void Strangers_and_numbers_of_nobody_are_refused_as_a_server_does()
    {
        using var world = new EngineWorld(new() { Prepare = server => server.Accounts.Add(new FakeAccount("other", "else")), Loops = 2 });
        var target = world.Client();
        var stranger = world.Client(new() { User = "other", Password = "else" });
        var slow = Run(world, target);

        foreach (var kill in new[] { "KILL", "KILL QUERY" })
        {
            var refused = stranger.Query($"{kill} {target.ConnectionId}").Error;
            Assert.Equal((1095, $"You are not owner of thread {target.ConnectionId}"), (refused!.Code, refused.Message));
            refused = stranger.Query($"{kill} 4294967295").Error;
            Assert.Equal((1094, "Unknown thread id: 4294967295"), (refused!.Code, refused.Message));
        }
        Assert.False(slow.IsDone);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Who_ends_himself_hears_what_his_server_would_say(FakeServerKind kind, int loops)
    {
        using var world = Small(kind, loops);
        var client = world.Client();
        Assert.Equal(1317, client.Query($"KILL QUERY {client.ConnectionId}").Code);
        Assert.Equal(1317, client.Query("KILL QUERY CONNECTION_ID()").Code);
        Assert.Equal("1", client.Query("SELECT 1").Scalar);
        Assert.Equal(kind.IsMariaDb ? 1927 : 1317, client.Query("KILL CONNECTION_ID()").Code);
        Assert.True(client.Query("SELECT 1").IsCut);
    }

    [Fact]
    public void The_number_may_be_prepared_or_come_in_a_command_of_its_own()
    {
        using var world = Small(FakeServerKind.MariaDb1011, 2);
        var (target, killer) = (world.Client(), world.Client());
        world.Server.When("KILL QUERY ?", new FakeOk());
        var prepared = killer.Prepare("KILL QUERY ?");
        Assert.Null(prepared.Error);

        var slow = Run(world, target);
        Assert.True(killer.Execute(prepared.Id, target.ConnectionId.ToString(CultureInfo.InvariantCulture)).IsOk);
        Assert.Equal(1317, slow.Value.Code);

        slow = Run(world, target);
        Assert.True(killer.BeginCommand(CommandKind.ProcessKill, BitConverter.GetBytes(target.ConnectionId)).Value.IsOk);
        Assert.True(slow.Value.IsCut);
    }

    [Fact]
    public void A_number_of_the_servers_goes_to_the_server()
    {
        using var world = new EngineWorld();
        var (target, killer) = (world.Client(), world.Client());
        var slow = Run(world, target);
        var thread = world.Pooled.Single().Session.Id;
        Assert.True(killer.Query($"KILL QUERY {thread}").IsOk);
        Assert.Equal(1317, slow.Value.Code);
        Assert.Equal(1094, killer.Query("KILL QUERY 77").Code);
        Assert.Equal(1047, killer.BeginCommand(CommandKind.ProcessKill, BitConverter.GetBytes(thread)).Value.Code);
        Assert.Equal(0, world.Count(meter => meter.Kills));
    }

    [Fact]
    public void When_the_server_lets_nobody_in_who_could_say_so_the_killer_hears_it()
    {
        using var world = Small(FakeServerKind.MySql97, 1);
        var (target, killer) = (world.Client(), world.Client());
        var slow = Run(world, target);
        world.Server.ConnectionsMax = 2;

        var refused = killer.Query($"KILL QUERY {target.ConnectionId}").Error;

        Assert.Equal(3168, refused!.Code);
        Assert.Contains("was not ended: the server said: 1040", refused.Message, StringComparison.Ordinal);
        Assert.False(slow.IsDone);
        world.Server.ConnectionsMax = 10;
    }

    [Fact]
    public void A_server_that_does_not_answer_costs_the_connection_that_may_still_be_hit()
    {
        using var world = Small(FakeServerKind.MySql56, 1);
        var (target, killer) = (world.Client(), world.Client());
        world.Server.When("KILL", new FakeLater(60_000, new FakeOk()));
        var slow = target.BeginQuery("SELECT SLEEP(1)");
        world.World.RunFor(10);
        var thread = world.Pooled.Single().Session.Id;

        var refused = killer.Query($"KILL QUERY {target.ConnectionId}").Error;

        Assert.Equal(3168, refused!.Code);
        Assert.Equal("0", slow.Value.Scalar);
        Assert.Equal("1", target.Query("SELECT 1").Scalar);
        Assert.NotEqual(thread, world.Pooled.Single().Session.Id);
    }

    [Fact]
    public void Facts_that_the_connection_forgot_over_a_late_kill_are_told_all_the_same()
    {
        using var world = Small(FakeServerKind.MySql97, 1);
        var (target, killer) = (world.Client(), world.Client());
        world.Server.When("UPDATE t SET slow", new FakeLater(20, new FakeOk(3)));
        target.Query("BEGIN");
        // The statement ends while the connection that would end it is being opened.
        world.Server.LoginMs = 200;
        var update = target.BeginQuery("UPDATE t SET slow = 1");
        world.World.RunFor(5);
        var kill = killer.BeginQuery($"KILL QUERY {target.ConnectionId}");
        Assert.Equal(3ul, update.Value.Only.AffectedRows);
        var question = target.BeginQuery("SELECT ROW_COUNT()");
        Assert.True(kill.Value.IsOk);
        Assert.Equal("3", question.Value.Scalar);
        Assert.Contains(world.Pooled.Single().Queries, query => query == "DO 0");
        Assert.Equal("1", target.Query("SELECT 1").Scalar);
        Assert.True(target.Query("COMMIT").IsOk);
    }

    private static EngineWorld Small(FakeServerKind kind, int loops) => new(new()
    {
        Kind = kind,
        Loops = loops,
        With = options => options with { Pools = options.Pools with { SizeMax = 1, WaitMsMax = 60_000 } },
    });

    private static Pending<Reply> Run(EngineWorld world, FakeClient client)
    {
        var slow = client.BeginQuery(Slow);
        world.Pump(() => world.Pooled.Any(connection => connection.Queries.LastOrDefault() == Slow), "the slow statement at the server");
        return slow;
    }
}
