using System.Globalization;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

public sealed class PreparedTests
{
    [Fact]
    public void Each_client_has_numbers_of_its_own()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var first = world.Client();
        var second = world.Client();

        Assert.Equal(1U, first.Prepare("SELECT 'a', ?").Id);
        Assert.Equal(1U, second.Prepare("SELECT 'b', ?").Id);
        Assert.Equal(2U, first.Prepare("SELECT 'c', ?").Id);

        Assert.Equal(["a", "x"], first.Execute(1, "x").Row);
        Assert.Equal(["b", "y"], second.Execute(1, "y").Row);
        Assert.Equal(["c", "z"], first.Execute(2, "z").Row);
    }

    [Fact]
    public void The_same_text_under_the_same_settings_is_prepared_once_for_all_clients()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        for (var i = 0; i < 10; i++)
        {
            var client = world.Client();
            var prepared = client.Prepare("SELECT ?");
            Assert.Equal($"{i}", client.Execute(prepared.Id, $"{i}").Scalar);
        }

        Assert.InRange(world.Pooled.Single().PreparedCount, 1, 2);
    }

    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void A_statement_is_prepared_again_on_a_connection_that_does_not_know_it(FakeServerKind kind)
    {
        using var world = new EngineWorld(new() { Kind = kind });
        var client = world.Client();
        var prepared = client.Prepare("SELECT ?, @@server_thread");
        var first = client.Execute(prepared.Id, "one").Row;
        Occupy(world, world.Pooled.Single().Session.Id);

        var second = client.Execute(prepared.Id, "two").Row;

        Assert.Equal(("one", "two"), (first[0], second[0]));
        Assert.NotEqual(first[1], second[1]);
        Assert.Equal(1, world.Count(meter => meter.Reprepares));
    }

    // SET autocommit would end it.
    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void A_statement_that_is_prepared_again_for_an_open_transaction_leaves_it_open(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client();
        var prepared = client.Prepare("SELECT ?, @@sql_mode, @@autocommit");
        Assert.True(client.Query("SET sql_mode = 'ANSI_QUOTES'").IsOk);
        Assert.True(client.Query("SET autocommit = 0").IsOk);
        var other = world.Client();
        Assert.True(other.Query("CREATE TEMPORARY TABLE tt (a INT)").IsOk);
        other.ChangeUser("app", "secret"); // Nothing is prepared on the connection any more.
        Assert.True(client.Query("UPDATE t SET a = 1").IsOk);
        var sent = world.Pooled.Single().Commands.Count;

        Assert.Equal("ANSI_QUOTES", client.Execute(prepared.Id, "a").Row[1]);

        Assert.DoesNotContain(world.Pooled.Single().Commands.Skip(sent), command => command.Text.Contains("autocommit=", default));
        Assert.Equal(1, world.Count(meter => meter.Reprepares));
    }

    // The settings of then are set by statements, after which ROW_COUNT() would be theirs.
    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void A_question_that_is_prepared_again_under_other_settings_is_about_the_statement_before(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        world.Server.When("UPDATE t", new FakeOk(AffectedRows: 3));
        var client = world.Client();
        var id = client.Prepare("SELECT ROW_COUNT()").Id;
        Assert.True(client.Query("SET sql_mode = 'ANSI_QUOTES'").IsOk);
        var other = world.Client();
        Assert.True(other.Query("CREATE TEMPORARY TABLE tt (a INT)").IsOk);
        other.ChangeUser("app", "secret"); // Nothing is prepared on the connection any more.
        Assert.True(client.Query("UPDATE t SET a = 1").IsOk);

        Assert.Equal("3", client.Execute(id).Scalar);
    }

    // To prepare it there would take the warnings of the statement before away.
    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void A_reset_of_a_statement_that_is_not_there_prepares_nothing(FakeServerKind kind)
    {
        using var world = new EngineWorld(new() { Kind = kind });
        var client = world.Client();
        var id = client.Prepare("SELECT ?").Id;
        Occupy(world, world.Pooled.Single().Session.Id);
        Warn(world, client);

        Assert.True(client.BeginCommand(CommandKind.StatementReset, BitConverter.GetBytes(id)).Value.IsOk);

        Assert.Equal(0, world.Count(meter => meter.Reprepares));
        Assert.Equal(0, client.Command(CommandKind.Ping).Only.Warnings);
        Assert.Equal("odd", client.Query("SHOW WARNINGS").Row[2]);
        Assert.Equal("a", client.Execute(id, "a").Scalar);
    }

    // It has no answer, and the server of a client that prepared it there takes nothing away.
    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void A_piece_of_a_parameter_leaves_the_warnings_where_its_statement_must_be_prepared(FakeServerKind kind)
    {
        using var world = new EngineWorld(new() { Kind = kind });
        var client = world.Client();
        var id = client.Prepare("SELECT ?").Id;
        Occupy(world, world.Pooled.Single().Session.Id);
        Warn(world, client);

        client.Tell(CommandKind.StatementSendLongData, [.. BitConverter.GetBytes(id), 0, 0, (byte)'x']);

        Assert.Equal("odd", client.Query("SHOW WARNINGS").Row[2]);
        Assert.Equal(1, world.Count(meter => meter.Reprepares));
        var said = world.Pooled.SelectMany(pooled => pooled.Commands).Select(command => command.Text).ToList();
        Assert.InRange(said.IndexOf("SHOW WARNINGS"), 0, said.LastIndexOf("SELECT ?") - 1);
    }

    // Inside a transaction, so that the connection stays.
    private static void Warn(EngineWorld world, FakeClient client)
    {
        world.Server.When("UPDATE odd", (session, _) =>
        {
            session.Warnings.Clear();
            session.Warnings.Add("odd");
            return new FakeOk(Warnings: 1);
        });
        Assert.True(client.Query("BEGIN").IsOk);
        Assert.Equal(1, client.Query("UPDATE odd").Only.Warnings);
    }

    [Fact]
    public void Types_that_were_told_once_are_told_again_to_another_connection()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        var prepared = client.Prepare("SELECT ?, ?");
        Assert.Equal(["a", null], client.Execute(prepared.Id, "a", null).Row);
        Occupy(world, world.Pooled.Single().Session.Id);

        Assert.Equal([null, "b"], client.BeginExecute(prepared.Id, [null, "b"], withTypes: false).Value.Row);
        Assert.Equal(["c", "d"], client.BeginExecute(prepared.Id, ["c", "d"], withTypes: false).Value.Row);
    }

    [Fact]
    public void Types_of_one_client_are_not_anothers()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var strings = world.Client();
        var numbers = world.Client();
        strings.Prepare("SELECT ?");
        numbers.Prepare("SELECT ?");
        Assert.Equal("a", strings.Execute(1, "a").Scalar);
        Assert.Equal("5", numbers.BeginExecute([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 8, 0, 5, 0, 0, 0, 0, 0, 0, 0]).Value.Scalar);

        Assert.Equal("b", strings.BeginExecute(1, ["b"], withTypes: false).Value.Scalar);
        Assert.Equal("7", numbers.BeginExecute([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]).Value.Scalar);
    }

    [Fact]
    public void The_longest_unused_statement_of_a_connection_makes_room()
    {
        using var world = new EngineWorld(new()
        {
            With = options => options with { Pools = options.Pools with { SizeMax = 1, PreparedMax = 3 } },
        });
        var client = world.Client();
        for (var i = 1; i <= 5; i++)
            client.Prepare($"SELECT {i}");
        world.World.Settle();
        Assert.Equal(3, world.Pooled.Single().PreparedCount);

        for (var round = 0; round < 3; round++)
        {
            for (uint id = 1; id <= 5; id++)
                Assert.Equal(id.ToString(CultureInfo.InvariantCulture), client.Execute(id).Scalar);
        }

        Assert.Equal(3, world.Pooled.Single().PreparedCount);
    }

    [Fact]
    public void A_number_that_is_not_known_is_refused_and_the_conversation_goes_on()
    {
        using var world = new EngineWorld();
        var client = world.Client();

        Assert.Equal(1243, client.Execute(77, "a").Code);
        Assert.Equal(1243, client.BeginCommand(CommandKind.StatementReset, [77, 0, 0, 0]).Value.Code);
        Assert.Equal(1243, client.Fetch(77, 1, 1).Code);
        Assert.Equal("on", client.Query("SELECT 'on'").Scalar);
    }

    [Fact]
    public void A_statement_that_was_closed_is_gone()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        var prepared = client.Prepare("SELECT 1");

        client.Tell(CommandKind.StatementClose, BitConverter.GetBytes(prepared.Id));

        Assert.Equal(1243, client.Execute(prepared.Id).Code);
        Assert.Equal(2U, client.Prepare("SELECT 1").Id);
        client.Tell(CommandKind.StatementClose, [9, 9, 9, 9]); // Nothing is answered to that either.
        Assert.Equal("1", client.Execute(2).Scalar);
    }

    [Fact]
    public void A_statement_that_cannot_be_prepared_is_the_servers_to_refuse()
    {
        using var world = new EngineWorld();
        var client = world.Client();

        Assert.Equal(1295, client.Prepare("FAIL 1").Code);
        Assert.Equal(1U, client.Prepare("SELECT 1").Id);
    }

    [Fact]
    public void A_statement_that_cannot_be_prepared_again_says_why()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        var prepared = client.Prepare("SELECT ?");
        client.Execute(prepared.Id, "a");
        world.Pooled.Single().Cut();
        world.World.RunFor(10);
        world.Server.Globals.Remove("session_track_schema"); // The move that tells a new connection to track fails.

        var reply = client.Execute(prepared.Id, "a");

        Assert.Equal(1193, reply.Code);
        Assert.Contains("the statement did not run", reply.Error!.Message, StringComparison.Ordinal);
        world.Server.Globals["session_track_schema"] = "1";
        Assert.Equal("b", client.Execute(prepared.Id, "b").Scalar);
    }

    [Fact]
    public void Pieces_of_a_parameter_keep_the_connection_until_the_execution()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        var other = world.Client();
        var prepared = client.Prepare("SELECT ?");
        client.Execute(prepared.Id, "warm");

        client.Tell(CommandKind.StatementSendLongData, [.. BitConverter.GetBytes(prepared.Id), 0, 0, .. "long "u8]);
        client.Tell(CommandKind.StatementSendLongData, [.. BitConverter.GetBytes(prepared.Id), 0, 0, .. "story"u8]);
        var waiting = other.BeginQuery("SELECT 'other'");
        world.World.RunFor(100);
        Assert.False(waiting.IsDone);

        Assert.Equal("long story", client.Execute(prepared.Id, (string?)null).Scalar);
        Assert.Equal("other", waiting.Value.Scalar);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_piece_that_cannot_be_sent_does_not_shift_the_answers_of_what_follows(bool isFull)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        var prepared = client.Prepare("SELECT ?");
        if (isFull)
        {
            Assert.True(world.Client().Query("BEGIN").IsOk);
        }
        else
        {
            world.Pooled.Single().Cut();
            world.World.RunFor(10);
            world.Server.Globals.Remove("session_track_schema"); // A new connection cannot be told to track.
        }

        client.Tell(CommandKind.StatementSendLongData, [.. BitConverter.GetBytes(prepared.Id), 0, 0, .. "piece"u8]);
        world.World.RunFor(10_000);

        // To a piece nothing is answered: what is said is taken for the answer to the execution, and must be the last word.
        var reply = client.Execute(prepared.Id, (string?)null);
        Assert.Contains("the statement did not run", reply.Error!.Message, StringComparison.Ordinal);
        Assert.True(client.Query("SELECT 'mine'").IsCut);
        world.Server.Globals["session_track_schema"] = "1";
    }

    [Fact]
    public void A_cursor_keeps_the_connection_until_its_last_row()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Server.When("SELECT list", new FakeRows(["n"], Enumerable.Range(0, 5).Select(i => (IReadOnlyList<string?>)[$"{i}"])));
        var client = world.Client();
        var other = world.Client();
        var prepared = client.Prepare("SELECT list");

        var opened = client.BeginExecute(prepared.Id, [], cursor: 1);
        Assert.True(opened.Value.Only.Status.HasFlag(ServerStatus.CursorExists) || opened.Value.Only.Rows.Count == 0);
        var waiting = other.BeginQuery("SELECT 'other'");
        Assert.Equal(3, client.Fetch(prepared.Id, 3, 1).Only.Rows.Count);
        world.World.RunFor(100);
        Assert.False(waiting.IsDone);

        var last = client.Fetch(prepared.Id, 3, 1).Only;

        Assert.Equal(2, last.Rows.Count);
        Assert.True(last.Status.HasFlag(ServerStatus.LastRowSent));
        Assert.Equal("other", waiting.Value.Scalar);
        Assert.Equal(1421, client.Fetch(prepared.Id, 3, 1).Code);
    }

    [Fact]
    public void Who_reads_without_a_cursor_has_no_statement_that_had_one()
    {
        using var world = new EngineWorld(StatementTests.OnePooled() with { Kind = FakeServerKind.MySql97 });
        world.Server.When("SELECT list", new FakeRows(["n"], Enumerable.Range(0, 5).Select(i => (IReadOnlyList<string?>)[$"{i}"])));
        var (reader, other) = (world.Client(), world.Client());
        var (read, asked, again) = (reader.Prepare("SELECT list"), other.Prepare("SELECT list"), reader.Prepare("SELECT list"));

        for (var round = 0; round < 3; round++)
        {
            Assert.True(reader.BeginExecute(read.Id, [], cursor: 1).Value.Only.Status.HasFlag(ServerStatus.CursorExists));
            Assert.Equal(5, reader.Fetch(read.Id, 6, 1).Only.Rows.Count);
            Assert.Equal(5, other.Execute(asked.Id).Only.Rows.Count);
            Assert.Equal(5, reader.Execute(again.Id).Only.Rows.Count);
        }

        Assert.Equal(2, world.Pooled.Single().PreparedCount); // One for those with a cursor, one for those without.
    }

    [Fact]
    public void A_cursor_that_is_closed_with_its_statement_lets_go()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Server.When("SELECT list", new FakeRows(["n"], Enumerable.Range(0, 5).Select(i => (IReadOnlyList<string?>)[$"{i}"])));
        var client = world.Client();
        var prepared = client.Prepare("SELECT list");
        _ = client.BeginExecute(prepared.Id, [], cursor: 1).Value;

        client.Tell(CommandKind.StatementClose, BitConverter.GetBytes(prepared.Id));
        // The client says nothing more: pools of drivers close their statements and lie idle.
        Assert.Equal("other", world.Client().Query("SELECT 'other'").Scalar);
        Assert.True(client.Query("SELECT 1").IsOk);
    }

    [Fact]
    public void A_parameter_in_pieces_that_is_closed_with_its_statement_lets_go()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        var prepared = client.Prepare("SELECT ?");
        client.Tell(CommandKind.StatementSendLongData, [.. BitConverter.GetBytes(prepared.Id), 0, 0, .. "piece"u8]);

        client.Tell(CommandKind.StatementClose, BitConverter.GetBytes(prepared.Id));

        Assert.Equal("other", world.Client().Query("SELECT 'other'").Scalar);
    }

    [Fact]
    public void A_client_keeps_as_many_statements_as_servers_allow_and_no_more()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        for (var i = 0; i < 8191; i++)
            Assert.Equal(0, client.Prepare($"SELECT {i}").Code);

        Assert.Equal(1461, client.Prepare("SELECT 'one more'").Code);
        client.Tell(CommandKind.StatementClose, [1, 0, 0, 0]);
        Assert.Equal(0, client.Prepare("SELECT 'one more'").Code);
    }

    [Fact]
    public void The_texts_that_one_client_keeps_are_bounded()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        var filler = new string('x', 1_000_000);
        var kept = 0;
        while (kept < 200 && client.Prepare($"SELECT '{kept}{filler}'").Code == 0)
            kept++;

        Assert.InRange(kept, 60, 70);
        Assert.Equal(1461, client.Prepare("SELECT 'one more'").Code);
        client.Tell(CommandKind.StatementClose, [1, 0, 0, 0]);
        Assert.Equal(0, client.Prepare("SELECT 'one more'").Code);
    }

    [Fact]
    public void Texts_are_forgotten_when_nobody_holds_them()
    {
        using var world = new EngineWorld(new()
        {
            With = options => options with { Pools = options.Pools with { SizeMax = 1, IdleMsMax = 1_000 } },
        });
        var client = world.Client();
        for (var i = 0; i < 50; i++)
            client.Prepare($"SELECT {i}");
        Assert.True(world.Engine.PreparedTextCount > 40);

        client.Cut();
        world.World.RunFor(5_000);

        Assert.Equal(0, world.Engine.PreparedTextCount);
    }

    // Takes a connection away from everybody else: a transaction of another client is on it.
    internal static void Occupy(EngineWorld world, uint connection)
    {
        var holder = world.Client();
        Assert.Equal(connection.ToString(CultureInfo.InvariantCulture), holder.Query("SELECT @@server_thread FROM one").Scalar);
        Assert.True(holder.Query("BEGIN").IsOk);
    }

    [Fact]
    public void Commands_too_short_to_name_a_statement_are_malformed_to_MySQL_which_says_so()
    {
        foreach (var kind in (FakeServerKind[])[FakeServerKind.MySql97, FakeServerKind.MySql56, FakeServerKind.MariaDb1011])
        {
            using var world = new EngineWorld(new() { Kind = kind });
            var client = world.Client();
            foreach (var (command, body) in ((CommandKind, byte[])[])
                [
                    (CommandKind.StatementClose, [1]), (CommandKind.StatementSendLongData, [1, 0, 0, 0]),
                    (CommandKind.StatementReset, []), (CommandKind.StatementFetch, [1, 0, 0, 0]),
                ])
            {
                client.Tell(command, body);
                // MariaDB says nothing to the first two, and knows no such statement.
                if (kind != FakeServerKind.MariaDb1011)
                    Assert.Equal(1835, client.BeginRead().Value.Code);
                else if (command is CommandKind.StatementReset or CommandKind.StatementFetch)
                    Assert.Equal(1243, client.BeginRead().Value.Code);
                Assert.Equal("next", client.Query("SELECT 'next'").Scalar);
            }
        }
    }
}
