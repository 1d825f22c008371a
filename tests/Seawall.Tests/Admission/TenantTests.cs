using Seawall.Engine.Flow.Floodgates;
using Seawall.Testing.Clients;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>Whose turn it is at a sluice, and who is told apart: the real engine in the simulated world.</summary>
public sealed class TenantTests
{
    private const string Work = "SELECT SLEEP(0.1), 'work'";

    private static readonly FakeClientOptions s_boss = new() { User = "boss", Password = "other" };

    [Fact]
    public void An_account_that_floods_a_server_makes_nobody_else_wait_longer_than_for_one_statement()
    {
        using var world = GateWorld.With(2, overload => overload);
        var flood = new AskingClients(world, 20, Work);
        flood.RunFor(1_000);
        var boss = world.Client(s_boss);
        for (var i = 0; i < 5; i++)
        {
            var began = world.World.Clock.ElapsedMs;
            Assert.True(Ask(flood, boss).IsOk);
            Assert.InRange(world.World.Clock.ElapsedMs - began, 100, 260);
        }
        flood.Stop();
        var tenants = world.Engine.Views.Tenants(10);
        Assert.Equal(["app", "boss"], tenants.Select(row => row.View.Name).Order());
        Assert.True(tenants.Single(row => row.View.Name == "app").View.Shed > 0);
        Assert.Equal(0, tenants.Single(row => row.View.Name == "boss").View.Shed);
    }

    // The control: nobody is told apart.
    [Fact]
    public void Without_turns_it_is_refused_like_all_others()
    {
        using var world = GateWorld.With(2, overload => overload with { Tenants = TenantKind.None });
        var flood = new AskingClients(world, 20, Work);
        flood.RunFor(1_000);
        var boss = world.Client(s_boss);
        Assert.Contains(Enumerable.Range(0, 5).Select(_ => Ask(flood, boss)), reply => reply.Code == 1205);
        flood.Stop();
        Assert.Equal("(others)", world.Engine.Views.Tenants(10).Single().View.Name);
    }

    [Theory]
    [InlineData(TenantKind.Account, "app")]
    [InlineData(TenantKind.Schema, "mail,shop")]
    [InlineData(TenantKind.Tag, "42,app")]
    public void Who_is_a_tenant_the_settings_say(TenantKind kind, string names)
    {
        using var world = GateWorld.With(2, overload => overload with { Tenants = kind });
        var (first, second) = (world.Client(new() { Schema = "shop" }), world.Client(new() { Schema = "mail" }));
        for (var i = 0; i < 5; i++)
        {
            Assert.True(first.Query("SELECT 1").IsOk);
            Assert.True(second.Query("SELECT 1 /*tenant='42'*/").IsOk);
        }
        world.World.RunFor(200);
        Assert.Equal(names, string.Join(',', world.Engine.Views.Tenants(10).Select(row => row.View.Name).Order(StringComparer.Ordinal)));
    }

    private static Reply Ask(AskingClients flood, FakeClient client)
    {
        var asked = client.BeginQuery(Work);
        flood.RunUntil(() => asked.IsDone, 5_000);
        return asked.Value;
    }
}
