using Seawall.Testing;
using Seawall.Testing.Servers;
using Seawall.Tests.Flow.Statements;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>What somebody else was or left behind must not be seen: by another account, or after a reset.</summary>
public sealed class OthersTests
{
    [Fact]
    public void Whoever_changed_the_user_does_not_come_back_to_the_connection_of_the_old_one()
    {
        using var world = new EngineWorld(new() { Prepare = WithBoss });
        world.Client(new() { User = "boss", Password = "other" }).Query("SELECT 1"); // An idle connection in that pool.
        var client = world.Client();
        Assert.Equal("app", client.Query("SELECT who").Scalar);

        Assert.True(client.ChangeUser("boss", "other").IsOk);

        Assert.Equal("boss", client.Query("SELECT who").Scalar);
        Assert.Equal("app", world.Client().Query("SELECT who").Scalar);
    }

    [Fact]
    public void Connector_net_begins_in_the_mode_that_MariaDB_would_give_it_and_nobody_else_does()
    {
        using var world = new EngineWorld(StatementTests.OnePooled() with
        {
            Kind = FakeServerKind.MariaDb1011,
            Prepare = server => server.Globals["old_mode"] = "UTF8_IS_UTF8MB3",
        });
        var net = world.Client(new() { Attributes = [("_client_name", "mysql-connector-net"), ("_os", "Linux")] });

        Assert.Equal("UTF8_IS_UTF8MB3,NO_NULL_COLLATION_IDS", net.Query("SELECT @@old_mode").Scalar);
        Assert.Equal("UTF8_IS_UTF8MB3", world.Client().Query("SELECT @@old_mode").Scalar);
        Assert.Equal(("mysql-connector-net, seawall", "Linux"), (world.Pooled.Single().Attributes["_client_name"], world.Pooled.Single().Attributes["_os"]));
    }

    [Fact]
    public void A_reset_session_does_not_ask_for_the_warnings_of_before()
    {
        using var world = new EngineWorld();
        world.Server.When("UPDATE", (session, _) =>
        {
            session.Warnings.Add("mine");
            return new FakeOk(Warnings: 1);
        });
        var client = world.Client();
        Assert.Equal(1, client.Query("UPDATE t SET a = 1").Only.Warnings);

        Assert.True(client.Command(MySql.Commands.CommandKind.ResetConnection).IsOk);

        Assert.Empty(client.Query("SHOW WARNINGS").Only.Rows);
    }

    [Theory]
    [InlineData("SELECT LAST_INSERT_ID(5)")]
    [InlineData("SET last_insert_id = 5")]
    [InlineData("DO LAST_INSERT_ID(5)")]
    public void An_insert_id_that_a_session_chose_is_its_own(string choice)
    {
        using var world = new EngineWorld();
        world.Server.When(choice, (session, _) =>
        {
            session.LastInsertId = 5; // No server tells: of a SELECT it is in no packet.
            return choice.StartsWith("SELECT", StringComparison.Ordinal) ? FakeAnswer.One("5") : new FakeOk();
        });
        var first = world.Client();
        var second = world.Client();

        Assert.True(first.Query(choice).IsOk);

        Assert.Equal("0", second.Query("SELECT LAST_INSERT_ID()").Scalar);
        Assert.True(second.Query("BEGIN").IsOk);
        Assert.Equal("5", first.Query("SELECT LAST_INSERT_ID()").Scalar);
    }

    [Fact]
    public void A_number_that_a_session_chose_may_be_what_others_have_left()
    {
        using var world = new EngineWorld(Statements.StatementTests.OnePooled());
        world.Server.When("UPDATE seq", (session, _) => new FakeOk(1, session.LastInsertId = 7));
        world.Server.When("SELECT LAST_INSERT_ID(NULL)", (session, _) =>
        {
            session.LastInsertId = 0;
            return FakeAnswer.One("0");
        });
        var client = world.Client();
        var other = world.Client();
        Assert.True(client.Query("UPDATE seq SET id = LAST_INSERT_ID(id + 1)").IsOk);
        Assert.Equal("0", other.Query("SELECT LAST_INSERT_ID()").Scalar);

        Assert.True(client.Query("SELECT LAST_INSERT_ID(NULL)").IsOk);

        Assert.Equal("0", client.Query("SELECT LAST_INSERT_ID()").Scalar);
    }

    [Fact]
    public void A_sequence_that_tells_its_number_keeps_no_connection()
    {
        using var world = new EngineWorld(Statements.StatementTests.OnePooled());
        world.Server.When("UPDATE seq", (session, _) => new FakeOk(1, session.LastInsertId = 7));
        var client = world.Client();

        Assert.True(client.Query("UPDATE seq SET id = LAST_INSERT_ID(id + 1)").IsOk);

        Assert.Equal("0", world.Client().Query("SELECT LAST_INSERT_ID()").Scalar);
        Assert.Equal("7", client.Query("SELECT LAST_INSERT_ID()").Scalar);
    }

    [Fact]
    public void A_bug_in_the_middle_of_an_answer_does_not_leave_the_rest_to_somebody_else()
    {
        using var world = new EngineWorld(Statements.StatementTests.OnePooled());
        world.Server.When("SELECT two", new FakeSeveral([FakeAnswer.One("first"), new FakeLater(500, FakeAnswer.One("second"))]));
        var client = world.Client();
        var other = world.Client();
        Assert.True(client.Query("SELECT 1").IsOk);
        // The fourth piece on the wires is what Seawall writes of the answer: nothing should fail there, and this time it does.
        var pieces = 0;
        world.World.Network.Chunk = left => ++pieces == 4 ? throw new InvalidOperationException("a bug") : left;

        var mine = client.BeginQuery("SELECT two");
        world.World.RunFor(100);
        Assert.Equal("a bug", world.World.Bugs.Single().Message);
        world.World.Bugs.Clear();

        Assert.Equal("other", other.Query("SELECT 'other'").Scalar);
        Assert.True(mine.Value.IsCut);
    }

    private static void WithBoss(FakeServer server)
    {
        server.Accounts.Add(new FakeAccount("boss", "other"));
        server.When("SELECT who", (session, _) => new FakeRows(["who"], [[session.User]]));
    }
}
