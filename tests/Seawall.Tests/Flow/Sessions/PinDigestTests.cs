using Seawall.Engine.Flow;
using Seawall.Engine.Telemetry.Views;
using Seawall.MySql.Commands;
using Seawall.Testing;
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

    private static ClientView Look(EngineWorld world)
    {
        var lane = world.Engine.Lanes[0];
        return SessionView.Of(Assert.Single(lane.Door.Sessions), lane.Loop);
    }
}
