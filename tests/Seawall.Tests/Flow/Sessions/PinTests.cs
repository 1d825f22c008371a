using Seawall.Engine.Flow;
using Seawall.MySql.Commands;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Seawall.Tests.Flow.Statements;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>What cannot be moved keeps the connection, and lets go when it is gone.</summary>
public sealed class PinTests
{
    [Theory]
    [InlineData("CREATE TEMPORARY TABLE mine (a INT)", "DROP TEMPORARY TABLE mine")]
    [InlineData("SET @mine = 1", null)]
    [InlineData("SELECT @mine:=1", null)]
    [InlineData("BEGIN", "ROLLBACK")]
    public void State_of_a_connection_keeps_it_until_it_is_gone(string begins, string? ends)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        client.Query(begins);
        var waiting = world.Client().BeginQuery("SELECT 'mine too'");
        world.World.RunFor(1_000);
        Assert.False(waiting.IsDone);

        Assert.True((ends is null ? client.Command(CommandKind.ResetConnection) : client.Query(ends)).IsOk);

        Assert.Equal("mine too", waiting.Value.Scalar);
        Assert.True(world.World.Clock.ElapsedMs < 4_000);
    }

    [Theory]
    [InlineData("CREATE TEMPORARY TABLE mine (a INT)")]
    [InlineData("SET @mine = 1")]
    public void Whoever_leaves_takes_its_state_along(string sql)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        client.Query(sql);

        client.Cut();

        Assert.Equal(["", null], world.Client().Query("SELECT TEMPORARY_TABLES(), @mine").Row);
        Assert.Single(world.Pooled);
    }

    // The rows say nothing of how many were changed. ROLLBACK warns of those without transactions, on their own connection.
    [Fact]
    public void What_returns_rows_may_have_changed_some_outside_of_a_transaction()
    {
        using var world = new EngineWorld(StatementTests.OnePooled(FakeServerKind.MariaDb1011));
        world.Server.When("DELETE FROM m RETURNING", FakeAnswer.One("1"));
        var client = world.Client();
        Assert.True(client.Query("SET autocommit = 0").IsOk);
        Assert.Equal("1", client.Query("DELETE FROM m RETURNING id").Scalar);

        var waiting = world.Client().BeginQuery("SELECT 'mine'");
        world.World.RunFor(1_000);
        Assert.False(waiting.IsDone);

        Assert.True(client.Query("ROLLBACK").IsOk);
        Assert.Equal("mine", waiting.Value.Scalar);
    }

    // Servers keep what a transaction was when SET autocommit has ended it: others would be refused with 1792.
    [Theory]
    [InlineData("START TRANSACTION READ ONLY", true)]
    [InlineData("SET TRANSACTION READ ONLY", true)]
    [InlineData("SET SESSION transaction_read_only = 'ON'", true)]
    [InlineData("BEGIN", false)]
    public void What_a_transaction_was_that_SET_autocommit_ended_stays_with_its_session(string begins, bool stays)
    {
        using var world = new EngineWorld(StatementTests.OnePooled() with
        {
            Prepare = server => server.Globals["transaction_read_only"] = "OFF",
        });
        world.Server.When("SET TRANSACTION ", new FakeOk());
        var client = world.Client();
        client.Query("SET autocommit = 0");
        client.Query(begins);
        client.Query("BEGIN");
        client.Query("SET autocommit = 1");
        client.Prepare("COMMIT"); // It ends nothing yet.
        var waiting = world.Client().BeginQuery("SELECT 'mine too'");
        world.World.RunFor(1_000);

        Assert.Equal(!stays, waiting.IsDone);
        client.Query("BEGIN");
        client.Query("COMMIT");
        Assert.Equal("mine too", waiting.Value.Scalar);
    }

    // Whether a statement alone used up what SET TRANSACTION has said is not known: it may not have touched a table.
    [Theory]
    [InlineData("BEGIN", "COMMIT")]
    [InlineData("COMMIT", null)]
    public void What_the_next_transaction_shall_be_keeps_the_connection_until_there_was_one(string first, string? then)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Server.When("SET TRANSACTION ", new FakeOk());
        var client = world.Client();
        client.Query("SET TRANSACTION READ ONLY");
        client.Query("SELECT 1");
        var waiting = world.Client().BeginQuery("SELECT 'mine too'");
        world.World.RunFor(1_000);
        Assert.False(waiting.IsDone);

        Assert.True(client.Query(first).IsOk);
        if (then is not null)
            Assert.True(client.Query(then).IsOk);

        Assert.Equal("mine too", waiting.Value.Scalar);
    }

    [Fact]
    public void A_role_goes_with_whoever_leaves_it()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Server.When("SET ROLE ", new FakeOk());
        var client = world.Client();
        client.Query("SET ROLE boss");
        var left = world.Pooled.Single();

        client.Cut();

        Assert.Equal("1", world.Client().Query("SELECT '1'").Scalar);
        Assert.False(left.IsLive);
    }

    [Fact]
    public void A_connection_with_an_xa_transaction_goes_with_whoever_vanishes()
    {
        using var world = new EngineWorld(StatementTests.OnePooled() with
        {
            Prepare = server => server.When("XA ", new FakeOk()),
        });
        var client = world.Client();
        client.Query("XA START 'x'");
        client.Query("XA END 'x'");
        client.Query("XA PREPARE 'x'");
        var left = world.Pooled.Single();

        client.Cut();

        Assert.Equal("1", world.Client().Query("SELECT '1'").Scalar);
        Assert.False(left.IsLive);
        Assert.DoesNotContain(left.Commands, command => command.Kind == CommandKind.ResetConnection);
    }

    // What the reset of MariaDB would do to a prepared one: everything there afterwards is error 1031, and the locks stay.
    [Theory]
    [InlineData(false, "", true)]
    [InlineData(true, "ACTIVE", true)]
    [InlineData(true, "IDLE", true)]
    [InlineData(true, "PREPARED", false)]
    [InlineData(true, "ROLLBACK ONLY", false)]
    public void A_connection_with_an_xa_transaction_is_reset_before_it_goes_unless_that_does_harm(bool isMariaDb, string state, bool isReset)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(isMariaDb ? FakeServerKind.MariaDb1011 : FakeServerKind.MySql97) with
        {
            Prepare = server =>
            {
                server.When("XA ", new FakeOk());
                server.When("ROLLBACK",
                    new FakeError(1399, $"XAER_RMFAIL: The command cannot be executed when global transaction is in the  {state} state", "XAE07"));
            },
        });
        var client = world.Client();
        client.Query("XA START 'x'");
        var left = world.Pooled.Single();

        Assert.True(client.Command(CommandKind.ResetConnection).IsOk);

        Assert.Equal("1", client.Query("SELECT '1'").Scalar);
        Assert.False(left.IsLive);
        Assert.Equal(isReset, left.Commands.Any(command => command.Kind == CommandKind.ResetConnection));
    }

    [Fact]
    public void State_that_was_lost_with_its_server_ends_the_conversation()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("SET @mine = 1");
        world.Pooled.Single().Cut();
        world.World.RunFor(10);

        Assert.Equal(2013, client.Query("SELECT @mine").Code);
        world.World.RunFor(10);
        Assert.Equal(0, world.Engine.ClientCount);
    }

    [Fact]
    public void What_is_lost_is_told_by_a_number_that_the_client_takes_from_a_server()
    {
        using var world = new EngineWorld();
        var client = world.Client(new() { Attributes = [("_os", "Linux"), ("_client_name", "libmariadb")] });
        client.Query("SET @mine = 1");
        world.Pooled.Single().Cut();
        world.World.RunFor(10);

        var reply = client.Query("SELECT @mine");
        Assert.Equal(1927, reply.Code);
        Assert.Contains("[seawall: the statement did not run]", reply.Error?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Warnings_are_shown_as_long_as_nobody_else_needs_the_connection_and_kept_when_somebody_does()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Server.When("UPDATE odd", (session, _) =>
        {
            session.Warnings.Add("Data truncated");
            return new FakeOk(Warnings: 1);
        });
        var client = world.Client();
        client.Query("UPDATE odd SET a=1");
        Assert.Equal("Data truncated", client.Query("SHOW WARNINGS").Row[2]);

        client.Query("UPDATE odd SET a=1");
        Assert.Equal("other", world.Client().Query("SELECT 'other'").Scalar);
        Assert.True(world.World.Clock.ElapsedMs < 1_000); // They are given up at once, not after their time.

        Assert.Equal("Data truncated", client.Query("SHOW WARNINGS").Row[2]);
    }

    [Fact]
    public void The_reason_is_logged_once()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("SET @a = 1");
        client.Query("SET @a = 2");

        Assert.Single(world.Log.Lines, line => line.Contains("is pinned: user_variable", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("CREATE TEMPORARY TABLE mine (a INT)", 1235)]
    [InlineData("SET @mine = 1", 0)]
    [InlineData("SELECT GET_LOCK('x', 1)", 1235)]
    [InlineData("BEGIN", 0)]
    public void A_statement_that_would_pin_is_refused_where_the_settings_say_so(string sql, int code)
    {
        using var world = new EngineWorld(new()
        {
            With = options => options with
            {
                Pools = options.Pools with
                {
                    PinsRefused =
                    [
                        new(null, PinReasons.TemporaryTable), new("app", PinReasons.NamedLock), new("boss", PinReasons.UserVariable),
                    ],
                },
            },
        });
        world.Server.When("SELECT GET_LOCK", FakeAnswer.One("1"));
        var client = world.Client();

        var reply = client.Query(sql);

        Assert.Equal(code, reply.Code);
        Assert.Equal("still here", client.Query("SELECT 'still here'").Scalar);
        if (code != 0)
            Assert.DoesNotContain(world.Pooled.SelectMany(each => each.Commands), command => command.Text == sql);
    }
}
