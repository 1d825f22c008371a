using Seawall.Engine.Flow;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Tests.Flow.Statements;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>What a statement leaves to be asked for is there after others had the connection, and never that of others.</summary>
public sealed class BequestTests
{
    [Theory]
    [InlineData("SELECT ROW_COUNT()", "7")]
    [InlineData("select row_count ( ) as n", "7")]
    [InlineData("SELECT FOUND_ROWS()", "2")]
    [InlineData("SELECT ROW_COUNT(), FOUND_ROWS(), @@warning_count, 5", "7,2,0,5")]
    [InlineData("SELECT ROW_COUNT() + 1 FROM t", "8")]
    public void The_counts_of_the_statement_before_are_told_on_whatever_connection(string question, string answer)
    {
        using var world = World(FakeServerKind.MariaDb1011);
        var client = world.Client();
        var other = world.Client();
        client.Query("SELECT two");
        client.Query("UPDATE seven");
        other.Query("SELECT 'other'");

        Assert.Equal(answer, string.Join(',', client.Query(question).Row));
        Assert.Equal("-1", client.Query("SELECT ROW_COUNT()").Scalar); // And that was a statement as well.
    }

    // MariaDB reads about tables and schemas that there are not, and has run no statement then; what it opens fails as others do.
    [Theory]
    [InlineData("SHOW INDEX FROM c", 1109, "7")]
    [InlineData("SHOW FULL COLUMNS FROM nothing", 1146, "7")]
    [InlineData("DESCRIBE nothing", 1146, "7")]
    [InlineData("EXPLAIN nothing", 1146, "7")]
    [InlineData("SHOW TABLES FROM nothing", 1049, "7")]
    [InlineData("SHOW EXPLAIN FOR 1", 1094, "7")]
    [InlineData("SHOW CREATE TABLE nothing", 1146, "-1")]
    [InlineData("SHOW CREATE TABLE information_schema.c", 1109, "-1")]
    [InlineData("SHOW CREATE DATABASE nothing", 1049, "-1")]
    [InlineData("EXPLAIN SELECT * FROM nothing", 1146, "-1")]
    [InlineData("DESC UPDATE nothing SET a = 1", 1146, "-1")]
    [InlineData("SHOW COLUMNS FROM t WHERE nothing", 1054, "-1")]
    public void An_error_about_what_is_only_read_about_leaves_ROW_COUNT_as_it_was_on_MariaDB(string text, int code, string count)
    {
        using var world = World(FakeServerKind.MariaDb1011);
        world.Server.When(text, new FakeError((ushort)code, "It is not there"));
        var client = world.Client();
        client.Query("UPDATE seven");
        world.Client().Query("SELECT 'other'");
        Assert.Equal(code, client.Query(text).Code);
        world.Client().Query("SELECT 'other'");

        Assert.Equal(count, client.Query("SELECT ROW_COUNT()").Scalar);
    }

    [Fact]
    public void Counts_stand_in_the_text_and_not_in_the_names_of_columns()
    {
        using var world = World();
        var client = world.Client();
        var other = world.Client();
        client.Query("UPDATE seven");
        other.Query("SELECT 'other'");
        Assert.Equal(1235, client.Query("INSERT INTO log VALUES (ROW_COUNT()) /* row_count */").Code); // Which of the two?
        Assert.True(client.Query("INSERT INTO log VALUES (ROW_COUNT( ), 'row_count')").IsOk);
        Assert.Equal("INSERT INTO log VALUES (if(1,7,ROW_COUNT( )), 'row_count')", world.Pooled.Single().Commands[^1].Text);

        client.Query("UPDATE seven");
        other.Query("SELECT 'other'");
        Assert.Equal(["ROW_COUNT() + 1", "x"], client.Query("SELECT ROW_COUNT() + 1, 1 AS x").Only.Columns);
    }

    [Fact]
    public void A_prepared_question_is_executed_with_the_value_in_it()
    {
        using var world = World();
        var client = world.Client();
        var other = world.Client();
        var prepared = client.Prepare("SELECT ROW_COUNT(), 'x'").Id;
        foreach (var others in (bool[])[true, false, true])
        {
            client.Query("UPDATE seven");
            if (others)
                other.Query("SELECT 'other'");
            var reply = client.Execute(prepared);
            Assert.Equal(("7", "ROW_COUNT()"), (reply.Row[0], reply.Only.Columns[0]));
        }
    }

    [Fact]
    public void An_error_that_Seawall_says_itself_takes_the_place_of_the_one_before()
    {
        using var world = World(FakeServerKind.MariaDb1011);
        var client = world.Client();
        foreach (var isAlone in (bool[])[true, false])
        {
            Assert.Equal(1064, client.Query("SELEC").Code);
            Assert.Equal(1243, client.Execute(99).Code);
            if (!isAlone)
                world.Client().Query("SELECT 'other'");

            var warnings = client.Query("SHOW WARNINGS");
            Assert.Equal(["Error", "1243"], warnings.Only.Rows.Single().Take(2));
            Assert.Equal("1,1,-1", string.Join(',', Refused().Query("SELECT @@warning_count, @@error_count, ROW_COUNT()").Row));
            Assert.True(client.Query("UPDATE seven").IsOk);
            Assert.Empty(client.Query("SHOW WARNINGS").Only.Rows); // The next statement takes its place as ever.
        }

        FakeClient Refused()
        {
            Assert.Equal(1047, client.Command(MySql.Commands.CommandKind.BinlogDump).Code);
            return client;
        }
    }

    [Fact]
    public void What_cannot_be_told_is_refused_however_often_it_is_asked()
    {
        using var world = World();
        var client = world.Client();
        var other = world.Client();
        client.Query("UPDATE seven");
        other.Query("UPDATE seven");
        for (var i = 0; i < 3; i++)
            Assert.Equal(1235, client.Query("SELECT ROW_COUNT() /* row_count */").Code);
        client.Query("BEGIN");
        Assert.Equal("0", client.Query("SELECT ROW_COUNT()").Scalar);
    }

    [Fact]
    public void Who_was_refused_once_keeps_its_connection_until_it_has_asked_and_others_wait_for_it()
    {
        using var world = World();
        var client = world.Client();
        var other = world.Client();
        client.Query("UPDATE seven");
        other.Query("SELECT 'other'");
        Assert.Equal(1235, client.Query("SELECT ROW_COUNT() /* row_count */").Code);

        var waitMs = Math.Min(world.Engine.Pools.All.First().Limits.WaitMsMax, 20_000);
        for (var i = 0; i < 3; i++)
        {
            client.Query("UPDATE seven");
            var waiting = other.BeginQuery("SELECT 'other'");
            world.World.RunFor(waitMs / 2 - 500);
            Assert.False(waiting.IsDone);
            Assert.NotEqual(1235, client.Query("SELECT ROW_COUNT() /* row_count */").Code);
            world.World.RunFor(waitMs / 2 + 1_500); // But not for ever, and not longer than others wait.
            Assert.Equal("other", waiting.Value.Scalar);
        }
    }

    [Fact]
    public void What_one_client_of_an_account_was_refused_the_others_are_not()
    {
        using var world = World();
        world.Server.When("GET DIAGNOSTICS", new FakeOk());
        var client = world.Client();
        var other = world.Client();
        client.Query("UPDATE odd");
        other.Query("SELECT 'other'");
        Assert.Equal(1235, client.Query("GET DIAGNOSTICS @n = NUMBER").Code);

        var third = world.Client();
        third.Query("UPDATE odd");
        var waiting = other.BeginQuery("SELECT 'other'");
        world.World.RunFor(500);
        Assert.True(third.Query("GET DIAGNOSTICS @n = NUMBER").IsOk);
        third.Cut();
        Assert.Equal("other", waiting.Value.Scalar);
    }

    [Fact]
    public void The_last_value_of_a_sequence_is_known_where_it_was_taken()
    {
        using var world = World(FakeServerKind.MariaDb1011);
        var client = world.Client();
        var other = world.Client();
        other.Query("SELECT 'other'");
        Assert.Equal(1235, client.Query("SELECT LASTVAL(s)").Code);
        client.Query("SELECT NEXTVAL(s)");
        var waiting = other.BeginQuery("SELECT 'other'");
        Assert.Equal(1235, client.Query("SELECT LASTVAL(t)").Code);
        Assert.NotEqual(1235, client.Query("SELECT PREVIOUS VALUE FOR s").Code);
        Assert.NotEqual(1235, client.Query("SELECT LASTVAL(s)").Code);
        client.Cut();
        Assert.Equal("other", waiting.Value.Scalar);
    }

    [Fact]
    public void An_error_to_a_preparation_of_seawalls_own_can_be_asked_about()
    {
        using var world = World();
        var client = world.Client();
        var other = world.Client();
        var prepared = client.Prepare("SELECT 'x', ?").Id;
        client.Query("UPDATE seven");
        world.Pooled.Single().Cut();
        world.World.RunFor(100);
        other.Query("SELECT 'other'");
        world.Server.Unpreparable["SELECT 'x', ?"] = new FakeError(1146, "Table 'x' doesn't exist", "42S02");

        Assert.Equal(1146, client.Execute(prepared, "a").Code);

        Assert.Equal("-1", client.Query("SELECT ROW_COUNT()").Scalar);
    }

    [Fact]
    public void What_is_only_defined_asks_for_nothing()
    {
        using var world = World();
        var client = world.Client();
        client.Query("UPDATE seven");
        world.Client().Query("SELECT 'other'");
        client.Query("CREATE OR REPLACE VIEW v AS SELECT ROW_COUNT()");
        Assert.Equal("CREATE OR REPLACE VIEW v AS SELECT ROW_COUNT()", world.Pooled.Single().Commands[^1].Text);
    }

    [Fact]
    public void Found_rows_that_only_the_server_knows_are_asked_for_before_others_get_the_connection()
    {
        using var world = World();
        world.Server.When("SELECT SQL_CALC_FOUND_ROWS", (session, _) =>
        {
            session.FoundRows = 99;
            return new FakeRows(["a"], [["1"]], IsPart: true);
        });
        var client = world.Client();
        client.Query("SELECT SQL_CALC_FOUND_ROWS a FROM t LIMIT 1");
        world.Client().Query("SELECT 'other'");

        Assert.Equal("99", client.Query("SELECT FOUND_ROWS()").Scalar);
    }

    [Fact]
    public void What_nobody_asks_for_is_not_kept_for_long_but_whoever_asks_for_it_finds_it_kept_from_then_on()
    {
        using var world = World();
        world.Server.When("SELECT a FROM t LIMIT 1, 1", (session, _) =>
        {
            session.FoundRows = 3;
            return new FakeRows(["a"], [["1"]], IsPart: true);
        });
        var client = world.Client();
        var other = world.Client();
        Reply Ask()
        {
            client.Query("SELECT a FROM t LIMIT 1, 1");
            other.Query("SELECT 'other'");
            return client.Query("SELECT FOUND_ROWS()");
        }

        for (var i = 0; i < 70; i++)
        {
            client.Query("SELECT a FROM t LIMIT 1, 1");
            other.Query("SELECT 'other'");
        }
        Assert.Equal(64, world.Pooled.Single().Commands.Count(command => command.Text.Contains("FOUND_ROWS()", StringComparison.Ordinal)));

        Assert.Equal(1235, Ask().Code);
        Assert.Equal("3", Ask().Scalar);
    }

    [Theory]
    [InlineData("SHOW COUNT(*) WARNINGS", 1)]
    [InlineData("SELECT @@warning_count", 1)]
    [InlineData("SELECT @@error_count", 0)]
    public void Warnings_are_counted_after_others_had_the_connection(string question, int count)
    {
        using var world = World();
        var client = world.Client();
        client.Query("UPDATE odd");
        world.Client().Query("SELECT 'other'");

        Assert.Equal($"{count}", client.Query(question).Scalar);
    }

    [Fact]
    public void Nobody_sees_the_warnings_of_others()
    {
        foreach (var kind in (FakeServerKind[])[FakeServerKind.MySql56, FakeServerKind.MySql97, FakeServerKind.MariaDb1011])
        {
            using var world = World(kind);
            var client = world.Client();
            var other = world.Client();
            client.Query("UPDATE odd");
            other.Query("SELECT 'other'");

            Assert.Empty(other.Query("SHOW WARNINGS").Only.Rows);
            Assert.Equal("secret", client.Query("SHOW WARNINGS").Row[2]);
        }
    }

    [Fact]
    public void A_number_that_the_client_chose_is_not_taken_for_one_that_the_server_made()
    {
        using var world = World();
        world.Server.When("INSERT INTO t (id)", new FakeOk(1, InsertId: 500)); // As it was: the client chose.
        var client = world.Client();
        var other = world.Client();
        client.Query("INSERT INTO t (a) VALUES (7)");
        var made = client.Query("SELECT LAST_INSERT_ID()").Scalar;
        other.Query("INSERT INTO t (a) VALUES (8)");

        client.Query("INSERT INTO t (id) VALUES (500)");
        Assert.Equal(made, client.Query("SELECT LAST_INSERT_ID()").Scalar);
        client.Query("INSERT INTO t (id) VALUES (500)");
        other.Query("INSERT INTO t (a) VALUES (9)");
        Assert.Equal(made, client.Query("SELECT LAST_INSERT_ID()").Scalar);
    }

    [Fact]
    public void A_number_that_nobody_can_tell_any_more_is_refused()
    {
        using var world = World();
        world.Server.When("INSERT INTO t (id)", new FakeOk(1, InsertId: 500));
        var client = world.Client();
        client.Query("INSERT INTO t (id) VALUES (500)");
        world.Pooled.Single().Cut(); // Who knows whether the server made it?
        world.World.RunFor(100);

        Assert.Equal(1235, client.Query("SELECT LAST_INSERT_ID()").Code);
        client.Query("INSERT INTO t (a) VALUES (77)");
        Assert.Equal("1", client.Query("SELECT LAST_INSERT_ID()").Scalar);
    }

    [Fact]
    public void A_number_that_others_had_before_the_doubt_began_tells_nothing()
    {
        using var world = World();
        world.Server.When("INSERT INTO t (id) VALUES (99)", (session, _) => new FakeOk(1, InsertId: session.LastInsertId = 99));
        world.Server.When("INSERT INTO t (id) VALUES (1)", (session, _) => new FakeOk(1, InsertId: session.LastInsertId = 1));
        var client = world.Client();
        world.Client().Query("INSERT INTO t (a) VALUES (8)"); // It gets 1.
        client.Query("INSERT INTO t (id) VALUES (99)");
        client.Query("INSERT INTO t (id) VALUES (1)");

        Assert.Equal(1235, client.Query("SELECT LAST_INSERT_ID()").Code); // And not 0.
    }

    [Fact]
    public void A_number_that_no_answer_tells_may_be_the_one_that_others_left()
    {
        using var world = World();
        world.Server.When("UPDATE t SET a = LAST_INSERT_ID(NULL)", (session, _) => new FakeOk(1, InsertId: session.LastInsertId = 0));
        var client = world.Client();
        client.Query("INSERT INTO t (a) VALUES (8)"); // It gets 1.
        Assert.Equal("0", world.Client().Query("SELECT LAST_INSERT_ID()").Scalar); // Which is set for it.
        client.Query("UPDATE t SET a = LAST_INSERT_ID(NULL)");

        Assert.Equal(1235, client.Query("SELECT LAST_INSERT_ID()").Code); // And not 1.
    }

    public static TheoryData<FakeServerKind> Kinds => [FakeServerKind.MariaDb1011, FakeServerKind.MySql97];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void To_set_the_number_does_not_change_what_else_is_asked_for(FakeServerKind kind)
    {
        using var world = World(kind);
        var client = world.Client();
        client.Query("INSERT INTO t (a) VALUES (7)");
        world.Client().Query("INSERT INTO t (a) VALUES (8)");
        client.Query("BEGIN");
        client.Query("UPDATE seven");
        Assert.Equal(["1", "7"], client.Query("SELECT LAST_INSERT_ID(), ROW_COUNT()").Row);

        client.Query("COMMIT");
        world.Client().Query("INSERT INTO t (a) VALUES (9)");
        client.Query("BEGIN");
        client.Query("UPDATE odd");
        Assert.Equal(["1", "1"], client.Query("SELECT LAST_INSERT_ID(), @@warning_count").Row);
    }

    [Fact]
    public void Warnings_that_a_routine_may_have_left_as_they_were_are_refused()
    {
        using var world = World(FakeServerKind.MariaDb1011);
        world.Server.When("CALL p", new FakeOk());
        world.Server.When("SELECT f() FROM t", (session, _) =>
        {
            session.Warnings.Clear();
            return new FakeRows(["f"], []);
        });
        var client = world.Client();
        client.Query("UPDATE odd");
        world.Client().Query("SELECT 'other'");
        client.Query("CALL p()");

        Assert.Equal(1235, client.Query("SHOW WARNINGS").Code);

        client.Query("UPDATE odd");
        client.Query("SELECT f() FROM t"); // That takes them away for sure.
        Assert.Empty(client.Query("SHOW WARNINGS").Only.Rows);
    }

    [Fact]
    public void A_routine_does_not_take_away_a_number_that_is_in_doubt()
    {
        using var world = World();
        world.Server.When("INSERT INTO t (id)", (session, _) => new FakeOk(1, InsertId: session.LastInsertId = 500));
        world.Server.When("CALL p", new FakeOk());
        var client = world.Client();
        client.Query("INSERT INTO t (id) VALUES (500)"); // Who knows whether the server made it?

        Assert.True(client.Query("CALL p()").IsOk);

        Assert.Equal("500", client.Query("SELECT LAST_INSERT_ID()").Scalar);
    }

    [Theory]
    [InlineData(true, 1235)]
    [InlineData(false, 0)]
    public void A_routine_does_not_make_sure_of_a_number_that_may_be_that_of_others(bool isLeftInDoubt, int code)
    {
        using var world = World();
        world.Server.When("INSERT INTO t (id)", (session, _) => new FakeOk(1, InsertId: session.LastInsertId = 500));
        world.Server.When("CALL p", new FakeOk());
        world.Client().Query(isLeftInDoubt ? "INSERT INTO t (id) VALUES (500)" : "INSERT INTO t (a) VALUES (7)");
        var client = world.Client();
        client.Query("INSERT INTO t (id) VALUES (500)");

        Assert.True(client.Query("CALL p()").IsOk);

        var answer = client.Query("SELECT LAST_INSERT_ID()");
        Assert.Equal(code, answer.Code);
        Assert.Equal(code == 0 ? "500" : null, code == 0 ? answer.Scalar : null);
    }

    [Fact]
    public void A_second_number_in_doubt_is_not_taken_for_what_others_left()
    {
        using var world = World();
        world.Server.When("INSERT INTO t (id) VALUES (400)", (session, _) => new FakeOk(1, InsertId: session.LastInsertId = 400));
        world.Server.When("UPDATE seq", (session, _) => new FakeOk(1, InsertId: session.LastInsertId = 500));
        world.Server.When("INSERT INTO t (id) VALUES (500)", (session, _) => new FakeOk(1, InsertId: session.LastInsertId = 500));
        world.Client().Query("UPDATE seq SET id = LAST_INSERT_ID(500)");
        var client = world.Client();
        client.Query("INSERT INTO t (id) VALUES (400)");
        client.Query("INSERT INTO t (id) VALUES (500)");

        Assert.Equal(1235, client.Query("SELECT LAST_INSERT_ID()").Code); // 500, or what it was before.
    }

    // On the connection that it keeps as well: the number is set there first, and that is a statement.
    [Fact]
    public void The_number_of_rows_outlives_the_setting_of_LAST_INSERT_ID()
    {
        using var world = World();
        var client = world.Client();
        world.Client().Query("INSERT INTO t (a) VALUES (7)");
        Assert.True(client.Query("SET @a = 1").IsOk);
        client.Query("UPDATE seven");

        Assert.True(client.Query("SET @a = LAST_INSERT_ID(), @b = ROW_COUNT()").IsOk);

        Assert.Equal("SET @a = LAST_INSERT_ID(), @b = if(1,7,ROW_COUNT())", world.Pooled.Single().Commands[^1].Text);
    }

    // It has no reset, and a change of user leaves them.
    [Fact]
    public void What_MySQL_5_6_keeps_over_a_change_of_user_is_known()
    {
        using var world = World(FakeServerKind.MySql56);
        world.Server.When("INSERT INTO t (id)", (session, _) => new FakeOk(1, InsertId: session.LastInsertId = 500));
        world.Server.When("GET DIAGNOSTICS", (session, _) => new FakeOk(Warnings: (ushort)(session.Warnings.Count > 0 ? 0 : 1)));
        var first = world.Client();
        Assert.True(first.Query("CREATE TEMPORARY TABLE mine").IsOk);
        Assert.True(first.Query("INSERT INTO t (a) VALUES (7)").IsOk);
        Assert.True(first.Query("UPDATE odd").IsOk);
        first.Cut(); // The next one changes the user.
        var client = world.Client();

        Assert.True(client.Query("DO 1").IsOk);
        Assert.Equal(1, client.Query("GET DIAGNOSTICS CONDITION 1 @a = MESSAGE_TEXT").Only.Warnings);
        client.Query("INSERT INTO t (id) VALUES (500)");
        Assert.Equal("500", client.Query("SELECT LAST_INSERT_ID()").Scalar);
        client.Query("INSERT INTO t (id) VALUES (500)");
        Assert.True(client.ChangeUser("app", "secret").IsOk);
        Assert.Equal("500", client.Query("SELECT LAST_INSERT_ID()").Scalar);
    }

    [Fact]
    public void A_ping_is_a_statement_that_changed_nothing()
    {
        using var world = World();
        var client = world.Client();
        client.Query("UPDATE seven");
        client.Command(MySql.Commands.CommandKind.Ping);

        Assert.Equal("0", client.Query("SELECT ROW_COUNT()").Scalar);
        Assert.Equal(PinReasons.None, world.Engine.Lanes[0].Door.Sessions.Single().PinReasons);
    }

    private static EngineWorld World(FakeServerKind? kind = null)
    {
        var world = new EngineWorld(StatementTests.OnePooled() with { Kind = kind ?? FakeServerKind.MySql97 });
        world.Server.When("UPDATE seven", new FakeOk(7));
        world.Server.When("SELECT two", new FakeRows(["a"], [["1"], ["2"]]));
        world.Server.When("UPDATE odd", (session, _) =>
        {
            session.Warnings.Add("secret");
            return new FakeOk(Warnings: 1);
        });
        return world;
    }
}
