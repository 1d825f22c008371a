using Seawall.Engine.Facts.Topology;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Seawall.Tests.Flow.Statements;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>
/// What is set for everybody holds for sessions that begin afterwards, on whatever connection, and not for those that are there.
/// </summary>
public sealed class GlobalChangeTests
{
    private const string Ask = "SELECT @@group_concat_max_len";

    public static TheoryData<FakeServerKind> Kinds => [FakeServerKind.MySql97, FakeServerKind.MariaDb1011, FakeServerKind.MySql56];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Sessions_that_begin_afterwards_see_it_and_those_before_do_not(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var (before, own, idle) = (world.Client(), world.Client(), world.Client());
        own.Query("SET group_concat_max_len=7");
        Assert.Equal("1024", before.Query(Ask).Scalar);

        Assert.True(before.Query("SET GLOBAL group_concat_max_len=4096").IsOk);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("4096", world.Client().Query(Ask).Scalar);
            Assert.Equal("1024", before.Query(Ask).Scalar);
            Assert.Equal("7", own.Query(Ask).Scalar);
            Assert.Equal("1024", idle.Query(Ask).Scalar);
        }
        Assert.True(idle.Command(CommandKind.ResetConnection).IsOk);
        Assert.Equal("4096", idle.Query(Ask).Scalar);
        Assert.Single(world.Pooled);
        // Nobody dialled: connections take on what is new by a reset.
        Assert.Equal(1, world.Engine.Pools.All.Sum(pool => pool.Context.Telemetry.DialsSucceeded));
    }

    [Fact]
    public void Who_keeps_a_connection_goes_on_as_before_also_when_it_lets_go()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var pinned = world.Client();
        pinned.Query("BEGIN");
        pinned.Query("SET GLOBAL group_concat_max_len=4096");
        Assert.Equal("1024", pinned.Query(Ask).Scalar);
        pinned.Query("COMMIT");

        Assert.Equal("4096", world.Client().Query(Ask).Scalar);
        Assert.Equal("1024", pinned.Query(Ask).Scalar);
    }

    [Fact]
    public void A_mode_that_is_set_for_everybody_changes_how_new_sessions_are_read()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var before = world.Client();
        before.Query("SELECT 1");

        before.Query("SET GLOBAL sql_mode='ANSI_QUOTES'");

        var after = world.Client();
        Assert.Equal("ANSI_QUOTES", world.Engine.Facts.Primary!.SqlMode);
        after.Query("SELECT 1");
        before.Query("SELECT 1");
        Assert.Equal([false, true], world.Engine.Lanes[0].Door.Sessions.Select(session => session.Dialect.AnsiQuotes).Order());
        before.Command(CommandKind.ResetConnection);
        before.Query("SELECT 1");
        Assert.All(world.Engine.Lanes[0].Door.Sessions, session => Assert.True(session.Dialect.AnsiQuotes));
    }

    [Fact]
    public void Autocommit_of_everybody_is_told_at_the_login()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Client().Query("SET GLOBAL autocommit=0");

        var session = world.Client();
        Assert.Contains(world.Engine.Lanes[0].Door.Sessions, one => !one.Status.HasFlag(ServerStatus.Autocommit));
        Assert.Equal("OFF", session.Query("SELECT @@autocommit").Scalar);
    }

    [Fact]
    public void What_is_changed_beside_Seawall_is_seen_after_a_look()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var before = world.Client();
        before.Query("SELECT 1");
        world.Server.Globals["group_concat_max_len"] = "4096";
        world.World.RunFor(2_500);

        Assert.Equal("4096", world.Client().Query(Ask).Scalar);
        Assert.Equal("1024", before.Query(Ask).Scalar);
    }

    [Fact]
    public void Values_of_then_are_those_of_the_first_change_since()
    {
        var values = GlobalValues.Unknown.With([new("sql_mode", "A"), new("max_allowed_packet", "1")]);
        Assert.Equal(0, values.Epoch);
        values = values.With([new("sql_mode", "B"), new("max_allowed_packet", "2")]);
        values = values.With([new("sql_mode", "B")]);
        Assert.Equal(1, values.Epoch);
        values = values.With([new("sql_mode", "C")]);
        Assert.Equal([("sql_mode", "A")], values.Since(0));
        Assert.Equal([("sql_mode", "B")], values.Since(1));
        Assert.Empty(values.Since(2));
        values = values.With([new("sql_mode", "A")]);
        Assert.Empty(values.Since(0));
        Assert.Equal([("sql_mode", "B")], values.Since(1));
    }
}
