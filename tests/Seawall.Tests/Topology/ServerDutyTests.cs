using System.Net;
using Seawall.Control.Admin;
using Seawall.Control.Reloads;
using Seawall.Control.Settings;
using Seawall.Engine;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Loops;
using Seawall.Testing;
using Xunit;

namespace Seawall.Tests.Topology;

/// <summary>Servers that people take out and let in while statements run.</summary>
public sealed class ServerDutyTests
{
    [Fact]
    public void The_primary_is_not_drained_unless_somebody_insists()
    {
        using var set = new ReplicaWorld(2);
        var client = set.World.Client();

        var refused = set.World.Engine.Duties.TakeOut("a", ServerDuty.Draining, null, isForced: false, "me");

        Assert.False(refused.IsDone);
        Assert.Contains("'a' is the primary", refused.Words, StringComparison.Ordinal);
        Assert.Contains("FORCE", refused.Words, StringComparison.Ordinal);
        Assert.True(client.Query("INSERT").IsOk);
        Assert.False(set.World.Engine.Duties.TakeOut("nobody", ServerDuty.Draining, null, isForced: true, "me").IsDone);
    }

    [Fact]
    public void A_primary_that_is_drained_finishes_what_it_has_and_statements_are_held()
    {
        using var set = new ReplicaWorld(2);
        var (open, next) = (set.World.Client(), set.World.Client());
        open.Query("BEGIN");
        next.Query("INSERT");

        Assert.True(set.World.Engine.Duties.TakeOut("a", ServerDuty.Draining, null, isForced: true, "me").IsDone);
        set.Until(PrimaryState.None, "a");
        var held = next.BeginQuery("INSERT");
        set.World.World.RunFor(1_000);

        Assert.False(held.IsDone);
        Assert.Single(EngineWorld.PooledOf(set.A)); // The one of the transaction.
        Assert.True(open.Query("INSERT").IsOk);
        Assert.True(open.Query("COMMIT").IsOk);
        set.World.World.RunFor(1_000);
        Assert.Empty(EngineWorld.PooledOf(set.A));
        Assert.Equal(["drained", "draining"], set.World.Engine.GateEvents(100).Where(news => news.Event.Kind == GateEventKind.Server)
            .Select(news => news.Event.To).Where(word => word.StartsWith("drain", StringComparison.Ordinal)));

        ReplicaWorld.Follow(set.A, set.B);
        ReplicaWorld.Promote(set.B);
        Assert.True(held.Value.IsOk);
        Assert.Equal("b", next.Query("SELECT @@hostname").Scalar);
    }

    [Fact]
    public void What_is_left_at_the_end_of_a_drain_is_cut_off_and_told()
    {
        using var set = new ReplicaWorld(2);
        var (open, running) = (set.World.Client(), set.World.Client());
        open.Query("BEGIN");
        var slow = running.BeginQuery("SELECT SLEEP(20)");
        set.World.World.RunFor(100);

        set.World.Engine.Duties.TakeOut("a", ServerDuty.Draining, TimeSpan.FromSeconds(5), isForced: true, "me");
        set.World.World.RunFor(4_000);
        Assert.False(slow.IsDone);
        set.World.World.RunFor(2_000);

        Assert.Equal(2013, slow.Value.Code);
        var error = open.Query("COMMIT").Error;
        Assert.Equal((ushort?)2013, error?.Code);
        Assert.Contains("taken out by an operator", error?.Message, StringComparison.Ordinal);
        set.World.World.RunFor(20_000);
    }

    [Fact]
    public void A_server_that_was_ejected_comes_back_by_itself_or_when_it_is_admitted()
    {
        using var set = new ReplicaWorld(2);
        var duties = set.World.Engine.Duties;

        Assert.True(duties.TakeOut("b", ServerDuty.Ejected, TimeSpan.FromSeconds(60), isForced: false, "me").IsDone);
        Assert.Equal(ServerDuty.Ejected, set.World.Engine.Facts.Servers[1].Duty?.Duty);
        set.World.World.RunFor(61_000);
        Assert.Null(set.World.Engine.Facts.Servers[1].Duty);

        duties.TakeOut("b", ServerDuty.Ejected, null, isForced: false, "me");
        set.World.World.RunFor(600_000);
        Assert.NotNull(set.World.Engine.Facts.Servers[1].Duty);
        Assert.True(duties.Admit("b", "me").IsDone);
        Assert.Null(set.World.Engine.Facts.Servers[1].Duty);
        // It is through reloads as it is.
        duties.TakeOut("b", ServerDuty.Ejected, null, isForced: false, "me");
        set.World.Apply(options => options with { Clients = options.Clients with { IdleMsMax = 12_345 } });
        Assert.NotNull(set.World.Engine.Facts.Servers[1].Duty);
    }

    [Fact]
    public void One_of_two_primaries_that_is_ejected_decides_which_is_meant()
    {
        using var set = new ReplicaWorld(2);
        var client = set.World.Client();
        ReplicaWorld.Promote(set.B);
        set.Until(PrimaryState.Split, "a");
        var held = client.BeginQuery("INSERT");

        set.World.Engine.Duties.TakeOut("b", ServerDuty.Ejected, null, isForced: false, "me");

        Assert.True(held.Value.IsOk);
        Assert.Equal("a", client.Query("SELECT @@hostname").Scalar);
    }

    [Fact]
    public void A_primary_that_the_settings_name_can_be_drained_and_admitted()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("INSERT");

        world.Engine.Duties.TakeOut("db", ServerDuty.Draining, null, isForced: true, "me");
        var held = client.BeginQuery("INSERT");
        world.World.RunFor(2_000);
        Assert.False(held.IsDone);
        Assert.Empty(world.Pooled);

        world.Engine.Duties.Admit("db", "me");
        Assert.True(held.Value.IsOk);
    }

    [Fact]
    public void Settings_drain_a_server_and_let_it_in_again()
    {
        using var set = new ReplicaWorld(3);
        var (world, duties) = (set.World, set.World.Engine.Duties);
        Drain("b");
        Assert.Equal((ServerDuty.Draining, true), (Facts("b").Duty?.Duty, Facts("b").Duty?.IsOfSettings));
        var refused = duties.Admit("b", "me");
        Assert.False(refused.IsDone);
        Assert.Contains("servers.drain", refused.Words, StringComparison.Ordinal);

        // A command on top of it lasts until it is taken back, and leaves what the settings say.
        Assert.True(duties.TakeOut("b", ServerDuty.Ejected, null, isForced: false, "me").IsDone);
        Assert.True(duties.Admit("b", "me").IsDone);
        world.World.RunFor(500);
        Assert.True(Facts("b").Duty?.IsOfSettings);

        // What a command has said is not the settings' to end.
        duties.TakeOut("c", ServerDuty.Draining, null, isForced: false, "me");
        Drain(null);
        Assert.Null(Facts("b").Duty);
        Assert.False(Facts("c").Duty?.IsOfSettings);

        ServerFacts Facts(string name) => world.Engine.Facts.Find(new(name))!;

        void Drain(string? name)
        {
            world.Apply(options => options with { Servers = [.. options.Servers.Select(server => server with { IsDrained = server.Id.Name == name })] });
            world.World.RunFor(500);
        }
    }

    [Fact]
    public void Settings_drain_a_primary_when_another_one_is_it()
    {
        using var set = new ReplicaWorld(2);
        var world = set.World;
        world.Apply(options => options with { Servers = [.. options.Servers.Select(server => server with { IsDrained = server.Id.Name == "a" })] });
        world.World.RunFor(1_000);
        Assert.Null(world.Engine.Facts.Servers[0].Duty);
        Assert.True(world.Client().Query("INSERT").IsOk);

        ReplicaWorld.Follow(set.A, set.B);
        ReplicaWorld.Promote(set.B);
        set.Until(PrimaryState.Found, "b");
        world.World.RunFor(500);
        Assert.Equal(ServerDuty.Draining, world.Engine.Facts.Servers[0].Duty?.Duty);
    }

    [Fact]
    public void Servers_come_and_go_while_statements_run()
    {
        using var set = new ReplicaWorld(3);
        var world = set.World;
        var clients = Enumerable.Range(0, 6).Select(_ => world.Client()).ToArray();
        var all = world.Engine.Options.Servers;
        for (var round = 0; round < 10; round++)
        {
            var replies = clients.Select(client => client.BeginQuery("INSERT")).ToArray();
            world.Apply(options => options with { Servers = round % 2 == 0 ? [all[0], all[2]] : all });
            world.World.RunFor(100);
            Assert.All(replies, reply => Assert.True(reply.Value.IsOk));
        }
        world.World.RunFor(3_000);
        Assert.Equal(("a", PrimaryState.Found), (set.Topology.Primary?.Name, set.Topology.State));
    }

    [Theory]
    [InlineData("DRAIN SERVER b", "DRAIN SERVER 'b'")]
    [InlineData("drain server 'db-2' within 30 seconds force", "DRAIN SERVER 'db-2' 30 s FORCE")]
    [InlineData("EJECT SERVER b FOR 5 MINUTES", "EJECT SERVER 'b' 300 s")]
    [InlineData("ADMIT SERVER b", "ADMIT SERVER 'b'")]
    [InlineData("REMOVE SERVER b FORCE", "REMOVE SERVER 'b' FORCE")]
    [InlineData("ADD SERVER c AT '10.0.0.3:3306'", "ADD SERVER 'c' AT '10.0.0.3:3306'")]
    [InlineData("ADD SERVER c AT '10.0.0.3:3306' LIKE b AS REPLICA", "ADD SERVER 'c' AT '10.0.0.3:3306'")]
    [InlineData("DRAIN SERVER", "DRAIN SERVER, wrongly written")]
    [InlineData("DRAIN SERVER b FOR 5 MINUTES", "DRAIN SERVER, wrongly written")]
    [InlineData("EJECT SERVER b WITHIN 5 MINUTES", "EJECT SERVER, wrongly written")]
    [InlineData("ADMIT SERVER b FORCE", "ADMIT SERVER, wrongly written")]
    [InlineData("ADD SERVER c AT here", "ADD SERVER, wrongly written")]
    [InlineData("ADD SERVER c AT '10.0.0.3:3306' AS PRIMARY", "ADD SERVER, wrongly written")]
    public void Commands_are_understood_or_not(string text, string understood)
    {
        var read = AdminText.Read(text);
        var command = AdminDesk.Find(read);
        Assert.NotNull(command);
        Assert.Equal(understood, AdminDesk.Said(read, command));
    }

    [Fact]
    public async Task What_commands_have_changed_lasts_and_is_shown_until_the_settings_say_the_same()
    {
        var first = new ServerOptions { Id = new("a"), Endpoint = Endpoint.Tcp(IPAddress.Loopback, 3306), ConnectionsMax = 77 };
        var settings = new EngineOptions { Servers = [first] };
        var addresses = new Addresses((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.0.0.9")]), TimeProvider.System);

        var (overlay, problem) = await ServerOverlay.None.Add(settings, addresses, "b", "db9:3306", null, null, TestContext.Current.CancellationToken);

        Assert.Equal("", problem);
        var servers = overlay!.On(settings).Servers;
        Assert.Equal(["a", "b"], servers.Select(server => server.Id.Name));
        Assert.Equal((77, "10.0.0.9:3306", "db9", ServerRole.Replica),
            (servers[1].ConnectionsMax, servers[1].Endpoint.Text, servers[1].HostName, servers[1].Role));
        Assert.Contains("not in the settings", Assert.Single(overlay.Differences).Difference, StringComparison.Ordinal);
        Assert.Null((await overlay.Add(settings, addresses, "B", "db9:3306", null, null, TestContext.Current.CancellationToken)).Overlay);
        Assert.Null((await overlay.Add(settings, addresses, "c", "db9", null, null, TestContext.Current.CancellationToken)).Overlay);
        // Of one that is the primary because it is alone, and one of which it is found out, both are found out.
        var alone = new EngineOptions { Servers = [first with { IsPrimaryByDefault = true }], Monitor = new("m", "%", [], AccountSource.Settings) };
        var (two, _) = await ServerOverlay.None.Add(alone, addresses, "b", "db9:3306", null, "auto", TestContext.Current.CancellationToken);
        Assert.All(two!.On(alone).Servers, server => Assert.Null(server.Role));
        Assert.Equal(ServerRole.Primary, two.Without(alone, "b")!.On(alone).Servers[0].Role);
        // Without it again, and without one of the settings.
        Assert.Empty(overlay.Without(settings, "b")!.Differences);
        var without = overlay.Without(settings, "a")!;
        Assert.Equal(["b"], without.On(settings).Servers.Select(server => server.Id.Name));
        Assert.Null(overlay.Without(settings, "z"));
        // The settings say the same by now.
        Assert.Empty(overlay.Within(settings with { Servers = servers }).Differences);
        Assert.Empty(without.Within(settings with { Servers = [servers[1]] }).Differences);
    }
}
