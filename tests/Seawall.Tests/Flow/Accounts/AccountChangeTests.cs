using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Accounts;

/// <summary>Whoever logs in behind a statement that changes accounts sees them as they are then.</summary>
public sealed class AccountChangeTests
{
    [Theory]
    [InlineData("GRANT SUPER ON *.* TO app")]
    [InlineData("/* x */ REVOKE ALL ON s.* FROM app")]
    [InlineData("ALTER USER app IDENTIFIED BY 'changed'")]
    [InlineData("DROP USER app; CREATE USER app")]
    [InlineData("CREATE OR REPLACE ROLE r")]
    [InlineData("SET PASSWORD FOR app = 'changed'")]
    [InlineData("SET DEFAULT ROLE r FOR app")]
    [InlineData("FLUSH LOCAL PRIVILEGES")]
    [InlineData("RENAME USER app TO app")]
    public void The_next_login_finds_the_account_as_it_is_then(string sql)
    {
        using var world = new EngineWorld(new() { Prepare = server => server.Accounts.Add(new FakeAccount("chief", "secret")) });
        var chief = world.Client(new FakeClientOptions { User = "chief" });
        var before = world.Client();
        before.Query("SELECT 1");
        var pooled = world.Server.LiveOf("app").Single();

        world.Server.Accounts[1] = new FakeAccount("app", "changed");
        chief.Query(sql);

        Assert.Equal(1045, world.Connect().LogIn().Code);
        Assert.True(world.Connect(new FakeClientOptions { Password = "changed" }).LogIn().IsIn);
        world.Pump(() => !pooled.IsLive, "the end of the connection with the privileges of before");
    }

    [Fact]
    public void A_change_that_takes_long_holds_logins_for_a_second()
    {
        using var world = new EngineWorld(new() { Prepare = server => server.Accounts.Add(new FakeAccount("chief", "secret")) });
        var chief = world.Client(new FakeClientOptions { User = "chief" });
        world.Server.When("GRANT", new FakeLater(10_000, new FakeOk()));
        var grant = chief.BeginQuery("GRANT SUPER ON *.* TO app");
        world.World.RunFor(10);

        var began = world.World.Clock.GetTimestamp();
        Assert.True(world.Connect().LogIn().IsIn);

        Assert.InRange(world.World.Clock.GetElapsedTime(began).TotalMilliseconds, 900, 1_500);
        Assert.False(grant.IsDone);
    }

    [Fact]
    public void What_changes_no_account_holds_nobody()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        var looks = Looks(world);

        client.Query("CREATE TABLE t (a INT)");
        client.Query("INSERT INTO users VALUES (1)");
        client.Query("SET ROLE r");

        Assert.True(world.Connect().LogIn().IsIn);
        Assert.Equal(looks, Looks(world));
    }

    private static int Looks(EngineWorld world) =>
        world.Server.LiveOf("monitor").Sum(one => one.Queries.Count(sql => sql.StartsWith("CHECKSUM", StringComparison.Ordinal)));
}
