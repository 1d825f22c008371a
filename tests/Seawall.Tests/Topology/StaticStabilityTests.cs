using Seawall.Engine.Facts.Topology;
using Xunit;

namespace Seawall.Tests.Topology;

/// <summary>
/// Row M21 of the overload design: what knows dies, time jumps, or Seawall stands still. Nothing is routed otherwise, and what is
/// known grows old and says so.
/// </summary>
public sealed class StaticStabilityTests
{
    [Fact]
    public void When_nobody_answers_the_watch_any_more_statements_go_where_they_went()
    {
        using var set = new ReplicaWorld();
        var client = set.World.Client();
        foreach (var server in set.Servers)
            ReplicaWorld.Hang(server);
        var epoch = set.Topology.Epoch;

        for (var i = 0; i < 60; i++)
        {
            set.World.World.RunFor(1_000);
            Assert.Equal("a", client.Query("SELECT @@hostname").Scalar);
        }
        Assert.Equal(epoch, set.Topology.Epoch);
        Assert.All(set.Topology.Members, member => Assert.NotEqual(MemberState.Up, member.State));
    }

    [Fact]
    public void When_the_monitoring_account_is_locked_statements_go_where_they_went()
    {
        using var set = new ReplicaWorld();
        var client = set.World.Client();
        foreach (var server in set.Servers)
        {
            server.Accounts.RemoveAll(account => account.User == "monitor");
            foreach (var connection in server.LiveOf("monitor").ToArray())
                connection.Cut();
        }

        set.World.World.RunFor(30_000);

        Assert.Equal("a", client.Query("SELECT @@hostname").Scalar);
        Assert.Equal((PrimaryState.Found, MemberState.Unknown), (set.Topology.State, set.Topology.Members[0].State));
    }

    [Theory]
    [InlineData(2_000)]
    [InlineData(60_000)]
    [InlineData(3_600_000)]
    public void When_Seawall_or_the_clock_leaps_nothing_changes(long milliseconds)
    {
        using var set = new ReplicaWorld();
        var client = set.World.Client();
        client.Query("INSERT");
        var (epoch, changes) = (set.Topology.Epoch, set.World.Engine.GateEvents(100).Count);

        set.World.World.Clock.LeapBy(milliseconds);

        Assert.True(client.Query("INSERT").IsOk);
        set.World.World.RunFor(5_000);
        Assert.Equal((epoch, "a", PrimaryState.Found), (set.Topology.Epoch, set.Topology.Primary?.Name, set.Topology.State));
        Assert.All(set.Topology.Members, member => Assert.Equal(MemberState.Up, member.State));
        Assert.InRange(set.World.Engine.GateEvents(100).Count, changes, changes + 6);
        Assert.Equal("a", set.World.Client().Query("SELECT @@hostname").Scalar);
    }

    [Fact]
    public void When_what_was_known_is_old_it_is_unknown_and_holds_all_the_same()
    {
        var known = new ServerFacts
        {
            Id = new("a"),
            Endpoint = Engine.Loops.Endpoint.Unix("/a")!,
            Role = ServerRole.Primary,
            IsRoleFixed = false,
            Health = ServerHealth.Up,
            SeenAtMs = 1_000,
            IsReadOnly = false,
            Replication = ReplicationFacts.Of([]),
        };
        var first = TopologyJudge.Judge([known], TopologyFacts.Empty, 1_500);
        var later = TopologyJudge.Judge([known], first, 1_500 + TopologyJudge.OldMs);

        Assert.Equal(MemberState.Unknown, later.Members[0].State);
        Assert.Equal((PrimaryState.Found, first.Epoch), (later.State, later.Epoch));
    }
}
