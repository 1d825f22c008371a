using Seawall.Engine.Flow;
using Seawall.Engine.Telemetry.Views;
using Seawall.MySql.Commands;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Seawall.Tests.Flow.Statements;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>Who is pinned is told with the statement that did it, as it looks without its values.</summary>
public sealed class PinDigestTests
{
    [Fact]
    public void Each_reason_is_told_with_the_statement_that_is_the_oldest_to_hold_for_it()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        client.Query("CREATE TEMPORARY TABLE mine (a VARCHAR(10) DEFAULT 'secret')");
        world.World.RunFor(500);
        client.Query("CREATE TEMPORARY TABLE other (a INT)");
        client.Query("SET @mine = 'secret'");
        world.World.RunFor(500);
        client.Query("SELECT 1"); // The loop looks at the clock when it has something to do.

        var view = Look(world);
        Assert.Equal(PinReasons.TemporaryTable | PinReasons.UserVariable, view.Pins);
        Assert.Equal(["create temporary table mine(a varchar(?) default ?)", "set @? = ?"], view.PinnedBy.Select(by => by?.Text));
        Assert.InRange(view.PinnedMs, 1_000, 1_500);

        client.Query("DROP TEMPORARY TABLE mine");
        view = Look(world);
        Assert.Equal(["create temporary table other(a int)", "set @? = ?"], view.PinnedBy.Select(by => by?.Text));
        Assert.InRange(view.PinnedMs, 500, 999);
        client.Command(CommandKind.ResetConnection);
        view = Look(world);
        Assert.Equal((PinReasons.None, 0L), (view.Pins, view.PinnedMs));
        Assert.Empty(view.PinnedBy);
    }

    [Fact]
    public void A_prepared_statement_is_told_by_its_text()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        var id = client.Prepare("SET @mine = ?").Id;
        client.Execute(id, "secret");

        Assert.Equal(["set @? = ?"], Look(world).PinnedBy.Select(by => by?.Text));
    }

    [Theory]
    [InlineData("SET autocommit = 0; START TRANSACTION READ ONLY; SELECT 1; SET autocommit = 1", "set autocommit = ?")]
    [InlineData("SET autocommit = 0; UPDATE loose SET a = 7", "update loose set a = ?")]
    [InlineData("SET autocommit = 0; SELECT a FROM loose", "select a from loose")]
    [InlineData("SET autocommit = 0; SELECT * FROM nowhere", "select * from nowhere")]
    [InlineData("SELECT 1; DELETE FROM triggers WHERE a = 7", "delete from triggers where a = ?")]
    public void What_the_server_reports_is_told_with_its_statement(string sql, string expected)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Server.When("SELECT * FROM nowhere", new FakeError(1146, "Table 'nowhere' doesn't exist", "42S02"));
        world.Server.When("UPDATE loose", new FakeOk(1));
        world.Server.When("SELECT a FROM loose", new FakeRows(["a"], [["1"]]));
        // One row, autocommit, no warnings, no words; and that something has changed in the session.
        world.Server.When("DELETE FROM triggers", new FakePacket([0, 1, 0, 2, 0x40, 0, 0, 0, 4, 2, 2, 1, (byte)'1']));
        var client = world.Client();
        foreach (var one in sql.Split("; "))
            client.Query(one);

        // The error itself holds the connection as well, for a moment, and speaks for itself.
        Assert.Equal([expected], Look(world).PinnedBy.Where(by => by is not null).Select(by => by!.Text));
    }

    private static ClientView Look(EngineWorld world)
    {
        var lane = world.Engine.Lanes[0];
        return SessionView.Of(Assert.Single(lane.Door.Sessions), lane.Loop);
    }
}
