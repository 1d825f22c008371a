using Seawall.MySql.Commands;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Seawall.Tests.Flow.Statements;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>
/// What statements leave on a connection unseen (a trigger's user variables, the counts that a routine may ask for) is nobody
/// else's to read.
/// </summary>
public sealed class LeftoversTests
{
    private static readonly FakeServerKind[] s_kinds = [FakeServerKind.MySql97, FakeServerKind.MariaDb1011, FakeServerKind.MySql56];

    public static TheoryData<int> Kinds => [0, 1, 2];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_routine_asks_for_no_counts_of_others(int kind)
    {
        using var world = World(kind);
        var client = world.Client();
        var other = world.Client();
        foreach (var first in (string[])["SELECT 1", "BEGIN", "BEGIN; INSERT INTO log VALUES (1)"])
        {
            foreach (var hidden in (string[])["CALL counts()", "SELECT counts()", "EXECUTE IMMEDIATE 'SELECT ROW_COUNT(), FOUND_ROWS()'"])
            {
                other.Query("SELECT two");
                other.Query("UPDATE seven");
                foreach (var part in first.Split("; "))
                    Assert.Equal(0, client.Query(part).Code);
                if (first == "SELECT 1")
                    other.Query("UPDATE seven");

                var counts = client.Query(hidden).Row;
                Assert.DoesNotContain("7", counts);
                Assert.DoesNotContain("2", counts);
                Assert.DoesNotContain("77", counts);
                client.Query("ROLLBACK");
                Assert.Equal(0, client.Command(CommandKind.ResetConnection).Code);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_user_variable_that_a_trigger_of_others_has_set_is_not_there(int kind)
    {
        using var world = World(kind);
        var client = world.Client();
        var other = world.Client();
        foreach (var question in (string[])["SELECT @secret", "CALL secret()"])
        {
            other.Query("UPDATE with_trigger");
            client.Query("SELECT 1"); // It comes back to the same connection, which nobody has had in between.
            Assert.Null(client.Query(question).Scalar);
            Assert.Equal(0, client.Command(CommandKind.ResetConnection).Code);
        }
        other.Query("UPDATE with_trigger");
        var prepared = client.Prepare("SELECT @secret").Id;
        Assert.Null(client.Execute(prepared).Scalar);
        other.Query("UPDATE with_trigger");
        Assert.Null(client.Execute(prepared).Scalar);
    }

    [Fact]
    public void A_session_reads_what_its_own_trigger_has_set_until_it_is_reset()
    {
        using var world = World(0);
        var client = world.Client();
        client.Query("UPDATE with_trigger");
        Assert.Equal("theirs", client.Query("SELECT @secret").Scalar);
        Assert.Equal("theirs", client.Query("SELECT @secret").Scalar);

        client.Command(CommandKind.ResetConnection);
        Assert.Null(client.Query("SELECT @secret").Scalar);
    }

    [Fact]
    public void No_reset_is_sent_where_nothing_can_have_been_left_or_nothing_is_read()
    {
        using var world = World(0);
        var client = world.Client();
        var other = world.Client();
        foreach (var harmless in (string[])["SELECT 'other'", "SET time_zone = '+01:00'", "BEGIN", "COMMIT"])
            other.Query(harmless);
        client.Query("SELECT @mine");
        other.Query("UPDATE with_trigger");
        foreach (var ordinary in (string[])["SELECT 1", "BEGIN", "UPDATE seven", "SELECT a FROM t", "COMMIT"])
            client.Query(ordinary);

        var commands = world.Pooled.Single().Commands;
        Assert.DoesNotContain(commands, command => command.Kind == CommandKind.ResetConnection);
        Assert.DoesNotContain(commands, command => command.Text?.StartsWith("DO ", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void Who_reads_variables_in_transactions_begins_them_on_a_connection_without_any()
    {
        using var world = World(0);
        var client = world.Client();
        var other = world.Client();
        other.Query("UPDATE with_trigger");
        client.Query("BEGIN");
        client.Query("SELECT @secret"); // Nothing can be done about this one any more.
        client.Query("COMMIT");

        other.Query("UPDATE with_trigger");
        client.Query("BEGIN");
        Assert.Null(client.Query("SELECT @secret").Scalar);
        client.Query("UPDATE with_trigger");
        Assert.Equal("theirs", client.Query("SELECT @secret").Scalar);
        client.Query("COMMIT");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_asked_about_the_statement_before_outlives_the_reset(int kind)
    {
        using var world = World(kind);
        world.Server.When("INSERT INTO t (id)", (session, _) => new FakeOk(1, InsertId: session.LastInsertId = 500));
        var client = world.Client();
        var other = world.Client();
        other.Query("UPDATE with_trigger");
        client.Query("INSERT INTO t (id) VALUES (500)");
        Assert.Null(client.Query("SELECT @secret").Scalar);
        Assert.Equal("500", client.Query("SELECT LAST_INSERT_ID()").Scalar);

        other.Query("UPDATE with_trigger");
        client.Query("UPDATE odd");
        Assert.Null(client.Query("SELECT @secret FROM t").Scalar);
        Assert.Equal("500", client.Query("SELECT LAST_INSERT_ID()").Scalar);

        other.Query("UPDATE with_trigger");
        client.Query("UPDATE seven");
        Assert.Equal([null, "7", "500"], client.Query("SELECT @secret, ROW_COUNT(), LAST_INSERT_ID()").Row);
    }

    [Fact]
    public void Nothing_is_put_into_an_XA_transaction_that_has_ended()
    {
        using var world = World(1);
        world.Server.When("XA ", new FakeOk());
        var client = world.Client();
        world.Client().Query("UPDATE seven");
        foreach (var sql in (string[])["XA START 'a'", "UPDATE seven", "XA END 'a'", "CALL counts()"])
            Assert.Equal(0, client.Query(sql).Code);

        var texts = world.Pooled.Single().Commands.Select(command => command.Text ?? "").ToList();
        Assert.Single(texts, text => text.StartsWith("DO ", StringComparison.Ordinal));
        Assert.True(texts.FindIndex(text => text.StartsWith("DO ", StringComparison.Ordinal)) < texts.IndexOf("XA START 'a'"));
    }

    private static EngineWorld World(int kind)
    {
        var world = new EngineWorld(StatementTests.OnePooled() with { Kind = s_kinds[kind] });
        world.Server.When("UPDATE seven", new FakeOk(7));
        world.Server.When("SELECT two", new FakeRows(["a"], [["1"], ["2"]]));
        world.Server.When("DO (SELECT", (session, _) => Count(session, new FakeOk()));
        world.Server.When("UPDATE odd", (session, _) =>
        {
            session.Warnings.Add("odd");
            return new FakeOk(Warnings: 1);
        });
        world.Server.When("UPDATE with_trigger", (session, _) =>
        {
            session.UserVariables["secret"] = "theirs";
            return new FakeOk(77);
        });
        foreach (var hidden in (string[])["CALL counts", "SELECT counts", "EXECUTE IMMEDIATE"])
        {
            world.Server.When(hidden, (session, _) => new FakeRows(["r", "f"],
                [[Text(session.RowCount), Text(session.FoundRows)]]));
        }
        world.Server.When("CALL secret", (session, _) =>
            new FakeRows(["s"], [[session.UserVariables.GetValueOrDefault("secret")]]));
        return world;

        static FakeAnswer Count(FakeSession session, FakeAnswer answer)
        {
            session.FoundRows = 1;
            return answer;
        }

        static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
