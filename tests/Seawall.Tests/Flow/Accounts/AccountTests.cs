using Seawall.Engine.Facts.Accounts;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Flow.Accounts;

/// <summary>What changes at the servers is true at the front door within five seconds.</summary>
public sealed class AccountTests
{
    private const int WithinMs = 5_000;

    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void A_changed_password_is_asked_for_soon_and_the_new_one_admits_at_once(FakeServerKind kind)
    {
        using var world = new EngineWorld(new() { Kind = kind });
        world.Client().Query("SELECT 1");

        Change(world, account => account with { Password = "changed" });
        world.World.RunFor(200);
        var now = world.Connect(new() { Password = "changed" }).LogIn();
        world.World.RunFor(WithinMs);
        var old = world.Connect().LogIn();

        Assert.True(now.IsIn); // The servers are asked once more before a client is turned away.
        Assert.Equal(1045, old.Code);
        Assert.Equal("still", world.Client(new() { Password = "changed" }).Query("SELECT 'still'").Scalar);
    }

    [Fact]
    public void Connections_that_an_old_password_opened_are_not_used_any_more()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("SELECT 1");
        var before = world.Pooled.Single();

        Change(world, account => account with { Password = "changed" });
        world.World.RunFor(WithinMs);

        Assert.False(before.IsLive);
        Assert.True(world.Client(new() { Password = "changed" }).Query("SELECT 1").IsOk);
    }

    [Fact]
    public void A_session_goes_on_after_its_account_got_something_else_but_a_password()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("SELECT 1");
        var before = world.Pooled.Single();

        Change(world, account => account with { IsLocked = true });
        world.World.RunFor(WithinMs);
        Change(world, account => account with { IsLocked = false });
        world.World.RunFor(WithinMs);

        Assert.False(before.IsLive);
        Assert.Equal("still", client.Query("SELECT 'still'").Scalar); // On a new connection, and nobody has logged in meanwhile.
    }

    [Fact]
    public void A_transaction_goes_on_while_its_account_changes()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("BEGIN");

        Change(world, account => account with { Password = "changed" });
        world.World.RunFor(WithinMs);

        Assert.True(client.Query("INSERT INTO t VALUES (1)").IsOk);
        Assert.True(client.Query("COMMIT").IsOk);
    }

    [Fact]
    public void A_locked_account_is_locked_here()
    {
        using var world = new EngineWorld();
        Change(world, account => account with { IsLocked = true });
        world.World.RunFor(WithinMs);

        Assert.Equal(3118, world.Connect().LogIn().Code);
        Change(world, account => account with { IsLocked = false });
        world.World.RunFor(WithinMs);
        Assert.True(world.Connect().LogIn().IsIn);
    }

    [Fact]
    public void A_dropped_account_is_nobody()
    {
        using var world = new EngineWorld();
        world.Client().Query("SELECT 1");

        world.Server.Accounts.RemoveAt(1);
        world.World.RunFor(WithinMs);

        Assert.Equal(1045, world.Connect().LogIn().Code);
    }

    [Fact]
    public void A_dropped_accounts_sessions_go_on_as_at_a_server()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("SELECT 1");

        world.Server.Accounts.RemoveAt(1);
        world.World.RunFor(WithinMs);

        Assert.True(client.Query("SELECT 1").IsOk);
    }

    [Fact]
    public void A_new_account_is_let_in()
    {
        using var world = new EngineWorld();
        world.Server.Accounts.Add(new FakeAccount("new", "born"));
        world.World.RunFor(WithinMs);

        Assert.Equal("new", world.Client(new() { User = "new", Password = "born" }).Query("SELECT CURRENT_USER()").Scalar);
    }

    [Fact]
    public void An_account_that_was_made_this_moment_is_let_in_at_once()
    {
        using var world = new EngineWorld();
        world.Client().Query("SELECT 1");
        world.World.RunFor(WithinMs);

        world.Server.Accounts.Add(new FakeAccount("new", "born"));

        Assert.True(world.Connect(new() { User = "new", Password = "born" }).LogIn().IsIn);
    }

    [Fact]
    public void An_account_that_was_made_while_the_accounts_are_read_slowly_is_let_in_as_well()
    {
        using var world = new EngineWorld(new() { Kind = FakeServerKind.MariaDb1011 });
        var monitor = world.Server.LiveOf("monitor").Single();
        ((SimulatedWire)monitor.Wire).Link.LatencyUs = 200_000;
        var looks = monitor.Queries.Count(IsAboutGrants);
        world.Server.Accounts.Add(new FakeAccount("first", "born"));
        world.Pump(() => monitor.Queries.Count(IsAboutGrants) > looks, "the look at the first one");

        world.Server.Accounts.Add(new FakeAccount("second", "born"));

        Assert.True(world.Connect(new() { User = "second", Password = "born" }).LogIn().IsIn);

        static bool IsAboutGrants(string sql) => sql.Contains("FROM mysql.db", StringComparison.Ordinal);
    }

    // Its password can be checked here, and no server connection could be opened with it.
    [Fact]
    public void An_account_that_was_made_this_moment_for_a_plugin_that_is_not_spoken_is_refused_at_its_login()
    {
        using var world = new EngineWorld();
        world.Server.Accounts.Add(new FakeAccount("new", "born", "authentication_pam"));
        var client = world.Connect(new() { User = "new", Password = "born", Plugin = "caching_sha2_password" });

        Assert.Equal(1045, client.LogIn().Code);
        Assert.Contains(world.Log.Lines, line => line.Contains("plugin (authentication_pam) is not spoken here", StringComparison.Ordinal));
    }

    [Fact]
    public void A_storm_of_wrong_passwords_does_not_become_a_storm_of_questions()
    {
        using var world = new EngineWorld();
        var monitor = world.Server.LiveOf("monitor").Single();
        var before = monitor.Queries.Count();

        for (var i = 0; i < 500; i++)
            Assert.Equal(1045, world.Connect(new() { Password = "guess" }).LogIn().Code);

        Assert.True(monitor.Queries.Count() - before < 100 + (world.World.Clock.ElapsedMs / 50));
    }

    [Fact]
    public void Logins_go_on_while_the_server_is_away()
    {
        using var world = new EngineWorld();
        world.Server.Crash();
        world.World.RunFor(5_000);

        Assert.True(world.Connect().LogIn().IsIn);
        Assert.Equal(1045, world.Connect(new() { Password = "guess" }).LogIn().Code);
    }

    [Fact]
    public void While_accounts_cannot_be_read_clients_hear_why_and_not_that_their_password_is_wrong()
    {
        using var world = new EngineWorld(new()
        {
            HidesAccounts = true,
            Prepare = server =>
            {
                server.When("CHECKSUM TABLE", new FakeError(1142, "SELECT command denied to user 'monitor'"));
                server.When("SELECT User, Host", new FakeError(1142, "SELECT command denied to user 'monitor'"));
            },
        });
        world.World.RunFor(WithinMs);
        var nobody = world.Connect().LogIn();
        world.Apply(options => options with { Accounts = [Named("boss", "known")] });
        var other = world.Connect().LogIn();

        Assert.Equal((3168, true), (nobody.Code, nobody.Error!.Message.Contains("command denied", StringComparison.Ordinal)));
        Assert.Equal((3168, true), (other.Code, other.Error!.Message.Contains("[monitor]", StringComparison.Ordinal)));
        Assert.True(world.Connect(new() { User = "boss", Password = "known" }).LogIn().IsIn);
    }

    [Fact]
    public void Without_a_monitor_a_server_is_the_judge_and_the_second_login_needs_none()
    {
        using var world = new EngineWorld(new() { Learns = true });

        var first = world.Connect(new() { Plugin = "caching_sha2_password" }).LogIn();
        var opened = world.Server.Connections.Count;
        var second = world.Connect(new() { Plugin = "caching_sha2_password" }).LogIn();
        var wrong = world.Connect(new() { Plugin = "caching_sha2_password", Password = "guess" }).LogIn();

        Assert.Equal((true, 3), (first.IsIn, first.Exchanges));
        Assert.Equal((true, 1), (second.IsIn, second.Exchanges));
        Assert.Equal(1045, wrong.Code);
        Assert.Equal(opened + 1, world.Server.Connections.Count); // The wrong one's.
    }

    [Fact]
    public void Names_that_strangers_make_up_leave_nothing_behind()
    {
        using var world = new EngineWorld(new() { Learns = true });
        for (var i = 0; i < 30; i++)
            Assert.False(world.Connect(new() { User = $"stranger{i}", Password = "guess" }).LogIn().IsIn);

        Assert.Empty(world.Engine.Pools.All);
        Assert.True(world.Client().Query("SELECT 1").IsOk);
        Assert.Single(world.Engine.Pools.All);
        Assert.Single(world.Pooled);
    }

    [Fact]
    public void Without_a_monitor_a_changed_password_is_noticed_too()
    {
        using var world = new EngineWorld(new() { Learns = true });
        Assert.True(world.Connect(new() { Plugin = "caching_sha2_password" }).LogIn().IsIn);

        Change(world, account => account with { Password = "changed" });
        world.World.RunFor(WithinMs);

        Assert.Equal(1045, world.Connect(new() { Plugin = "caching_sha2_password" }).LogIn().Code);
        Assert.True(world.Connect(new() { Plugin = "caching_sha2_password", Password = "changed" }).LogIn().IsIn);
        Assert.Equal("1", world.Client(new() { Password = "changed" }).Query("SELECT '1'").Scalar);
    }

    private static Account Named(string user, string password)
    {
        var account = new Account(user, "%", [], AccountSource.Settings);
        account.Secrets.LearnPassword(System.Text.Encoding.UTF8.GetBytes(password));
        return account;
    }

    private static void Change(EngineWorld world, Func<FakeAccount, FakeAccount> change)
    {
        var index = world.Server.Accounts.FindIndex(account => account.User == "app");
        world.Server.Accounts[index] = change(world.Server.Accounts[index]);
    }
}
