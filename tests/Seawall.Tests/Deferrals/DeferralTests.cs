using Seawall.Engine.Deferrals;
using Seawall.Engine.Flow.Floodgates;
using Seawall.MySql.Handshakes;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Deferrals;

/// <summary>Statements that are acknowledged before they run: the real engine and journal in the simulated world.</summary>
public sealed class DeferralTests
{
    [Fact]
    public void A_statement_that_nobody_waits_for_is_acknowledged_and_runs_once_with_its_id_beside_it()
    {
        using var world = new DeferralWorld();
        var client = world.Client();
        var result = client.Query("INSERT INTO t VALUES ('one') /*defer_key='7'*/").Only;

        Assert.Null(result.Error);
        Assert.Matches("^seawall deferred id=[0-9a-f]{16}-1$", result.Info);
        Assert.Equal((0UL, 0UL), (result.AffectedRows, result.InsertId));
        world.RunUntil(() => world.Committed.Count > 0, "the statement runs");
        world.World.World.RunFor(1_000);

        Assert.Equal(["one"], world.Values);
        Assert.Equal(result.Info["seawall deferred id=".Length..], Assert.Single(world.Applied));
        var connection = world.World.Server.Connections.Single(connection =>
            connection.Attributes.GetValueOrDefault("program_name") == "seawall-deferred");
        Assert.Equal("app", connection.Session.User);
        Assert.Contains(connection.Queries, sql => sql.StartsWith("SET timestamp=", StringComparison.Ordinal));
        Assert.Contains(connection.Queries, sql => sql.StartsWith("DELETE FROM seawall.applied", StringComparison.Ordinal));
        Assert.Equal((1, 0, 1), (world.Rule.Tally.Accepted, world.Rule.Waiting, world.Rule.Tally.Applied));
    }

    [Fact]
    public void Statements_of_one_key_run_in_the_order_in_which_they_were_acknowledged()
    {
        using var world = new DeferralWorld();
        var clients = Enumerable.Range(0, 4).Select(_ => world.Client()).ToArray();
        for (var i = 0; i < 40; i++)
            DeferralWorld.Defer(clients[i % 4], $"{i % 3}-{i:d2}", $"key{i % 3}");
        world.RunUntil(() => world.Committed.Count == 40, "all have run");

        foreach (var key in "012")
            Assert.Equal(world.Values.Where(value => value[0] == key).Order(StringComparer.Ordinal), world.Values.Where(value => value[0] == key));
    }

    [Fact]
    public void An_attribute_says_the_same_as_a_comment()
    {
        using var world = new DeferralWorld();
        var client = world.World.Client(new() { Schema = "shop", Capabilities = FakeClientOptions.Modern | Capabilities.QueryAttributes });
        var reply = client.BeginQuery("INSERT INTO t VALUES ('one')", ("seawall.defer_key", "7")).Value;

        Assert.StartsWith("seawall deferred", reply.Only.Info, StringComparison.Ordinal);
        world.RunUntil(() => world.Committed.Count == 1, "it runs");
    }

    [Theory]
    [InlineData("SELECT 1 /*defer_key='7'*/", NotDeferred.Kind)]
    [InlineData("UPDATE t, u SET a = 1 /*defer_key='7'*/", NotDeferred.Target)]
    [InlineData("DELETE a FROM t a JOIN u /*defer_key='7'*/", NotDeferred.Target)]
    [InlineData("INSERT INTO t VALUES (@a) /*defer_key='7'*/", NotDeferred.Session)]
    [InlineData("INSERT INTO t VALUES (LAST_INSERT_ID()) /*defer_key='7'*/", NotDeferred.Session)]
    [InlineData("INSERT INTO t VALUES (1) RETURNING id /*defer_key='7'*/", NotDeferred.Returning)]
    public void What_cannot_wait_runs_at_once(string sql, NotDeferred reason)
    {
        using var world = new DeferralWorld(prepare: server =>
        {
            server.When("UPDATE", new FakeOk(3));
            server.When("INSERT", new FakeOk(3));
            server.When("DELETE a", new FakeOk(3));
        });
        var reply = world.Client().Query(sql);

        Assert.True(reply.IsOk, $"{reply}");
        Assert.DoesNotContain("deferred", reply.Results[0].Info, StringComparison.Ordinal);
        Assert.Equal((0, 1), (world.Rule.Tally.Accepted, world.Rule.Tally.NotDeferredFor(reason)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_execution_is_deferred_with_its_values_and_runs_as_one(bool hasAttributes)
    {
        using var world = new DeferralWorld();
        var client = hasAttributes
            ? world.World.Client(new() { Schema = "shop", Capabilities = FakeClientOptions.Modern | Capabilities.QueryAttributes }) : world.Client();
        var prepared = client.Prepare("INSERT INTO t VALUES (?, ?) /*defer_key='7'*/");
        var first = client.BeginExecute(BodyOf(prepared.Id, hasAttributes, withTypes: true, "one", null)).Value.Only;
        Assert.Matches("^seawall deferred id=[0-9a-f]{16}-1$", first.Info);
        // The types are told once.
        var second = client.BeginExecute(BodyOf(prepared.Id, hasAttributes, withTypes: false, "two", "more")).Value.Only;
        Assert.StartsWith("seawall deferred", second.Info, StringComparison.Ordinal);
        world.RunUntil(() => world.Committed.Count == 2, "both have run");
        world.World.World.RunFor(1_000);

        Assert.Equal(["one", "two"], world.Values);
        Assert.Contains("'more'", world.Committed[1], StringComparison.Ordinal);
        Assert.Equal(2, world.Applied.Count);
        Assert.Equal((2, 2), (world.Rule.Tally.Accepted, world.Rule.Tally.Applied));
    }

    // With query attributes values are counted, and types have names.
    private static byte[] BodyOf(uint id, bool hasAttributes, bool withTypes, string first, string? second)
    {
        if (!hasAttributes)
            return FakeClient.ExecuteBody(id, [first, second], withTypes, 0);
        byte[] types = withTypes ? [1, 0xFD, 0, 0, 0xFD, 0, 0] : [0];
        byte[] last = second is null ? [] : [(byte)second.Length, .. System.Text.Encoding.ASCII.GetBytes(second)];
        return [.. BitConverter.GetBytes(id), 0, 1, 0, 0, 0, 2, (byte)(second is null ? 2 : 0), .. types,
            (byte)first.Length, .. System.Text.Encoding.ASCII.GetBytes(first), .. last];
    }

    [Fact]
    public void What_is_executed_at_once_after_that_has_the_types_that_the_client_has_told()
    {
        using var world = new DeferralWorld();
        var client = world.Client();
        var prepared = client.Prepare("INSERT INTO t VALUES (?) /*defer_key='7'*/");
        Assert.StartsWith("seawall deferred", client.Execute(prepared.Id, "one").Only.Info, StringComparison.Ordinal);
        Assert.True(client.Query("BEGIN").IsOk);

        Assert.Equal("", client.BeginExecute(prepared.Id, ["two"], withTypes: false).Value.Only.Info);

        Assert.True(client.Query("COMMIT").IsOk);
        Assert.Equal(1, world.Rule.Tally.NotDeferredFor(NotDeferred.Transaction));
    }

    [Fact]
    public void Executions_survive_a_restart_in_the_journal()
    {
        var folder = Directory.CreateTempSubdirectory("seawall-deferral-").FullName;
        try
        {
            DeferralWorld before;
            using (before = new DeferralWorld(folder, prepare: server => server.When("INSERT INTO seawall.applied", new FakeError(1205, "locked"))))
            {
                var client = before.Client();
                var prepared = client.Prepare("INSERT INTO t VALUES (?) /*defer_key='7'*/");
                Assert.StartsWith("seawall deferred", client.Execute(prepared.Id, "kept").Only.Info, StringComparison.Ordinal);
            }
            using var after = new DeferralWorld(folder, before: before);
            after.Client();
            after.RunUntil(() => after.Committed.Count == 1, "it runs after the restart");
            Assert.Equal(["kept"], after.Values);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Transactions_and_what_pins_a_session_are_left_alone()
    {
        using var world = new DeferralWorld();
        var client = world.Client();
        const string sql = "INSERT INTO t VALUES ('now') /*defer_key='7'*/";
        Assert.True(client.Query("BEGIN").IsOk);
        Assert.Equal("", client.Query(sql).Only.Info);
        Assert.True(client.Query("COMMIT").IsOk);
        Assert.True(client.Query("SET autocommit = 0").IsOk);
        Assert.Equal("", client.Query(sql).Only.Info);
        Assert.True(client.Query("COMMIT").IsOk);
        Assert.True(client.Query("SET autocommit = 1").IsOk);
        Assert.True(client.Query("SET @a = 1").IsOk);
        Assert.Equal("", client.Query(sql).Only.Info);
        Assert.Equal("", world.Client().Query("INSERT INTO t VALUES ('no key')").Only.Info);

        Assert.Equal(2, world.Rule.Tally.NotDeferredFor(NotDeferred.Transaction));
        Assert.Equal(1, world.Rule.Tally.NotDeferredFor(NotDeferred.Pinned));
        Assert.Equal(0, world.Rule.Tally.Accepted);
    }

    [Fact]
    public void A_rule_lets_go_what_it_names_and_nothing_else()
    {
        using var world = new DeferralWorld(with: options => options with
        {
            Deferral = options.Deferral with { Rules = [new DeferralRule("mail", "app", "mail")] },
        });
        const string sql = "INSERT INTO t VALUES ('x') /*defer_key='7'*/";

        Assert.Equal("", world.Client().Query(sql).Only.Info);
        Assert.StartsWith("seawall deferred", world.World.Client(new() { Schema = "mail" }).Query(sql).Only.Info, StringComparison.Ordinal);
        Assert.Equal(0, Enum.GetValues<NotDeferred>().Sum(world.Rule.Tally.NotDeferredFor));
    }

    [Fact]
    public void Settings_and_schema_of_the_session_go_with_it()
    {
        using var world = new DeferralWorld();
        var client = world.Client();
        Assert.True(client.Query("SET time_zone = '+03:00'").IsOk);
        DeferralWorld.Defer(client, "one", "7");
        Assert.True(client.Query("SET time_zone = '+05:00'").IsOk);
        world.RunUntil(() => world.Committed.Count == 1, "it runs");

        var session = world.World.Server.Connections.Single(connection =>
            connection.Attributes.GetValueOrDefault("program_name") == "seawall-deferred").Session;
        Assert.Equal(("shop", "+03:00"), (session.Schema, session["time_zone"]));
    }

    [Fact]
    public void A_full_journal_refuses_and_says_which_setting()
    {
        using var world = new DeferralWorld(
            with: options => options with { Deferral = options.Deferral with { BytesMax = 2_000 } },
            prepare: server => server.When("INSERT INTO seawall.applied", new FakeError(1205, "Lock wait timeout exceeded")));
        var client = world.Client();
        Reply reply;
        for (var i = 0; (reply = client.Query($"INSERT INTO t VALUES ('{i}') /*defer_key='7'*/")).IsOk; i++)
            Assert.True(i < 100, "it never fills");

        Assert.Equal(1041, reply.Code);
        Assert.Contains("deferral.bytes_max = 2000", reply.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("did not run", reply.Error.Message, StringComparison.Ordinal);
        Assert.True(client.Query("SELECT 1").IsOk);
        Assert.Equal(1, world.Rule.Tally.Full);
    }

    [Fact]
    public void What_passes_is_tried_again_in_order_while_other_keys_go_on()
    {
        var failures = 3;
        using var world = new DeferralWorld(prepare: server => server.When("INSERT INTO t VALUES ('a1')",
            (_, _) => failures-- > 0 ? new FakeError(1213, "Deadlock found", "40001") : null));
        var client = world.Client();
        foreach (var (what, key) in (ReadOnlySpan<(string, string)>)[("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b")])
            DeferralWorld.Defer(client, what, key);
        world.RunUntil(() => world.Committed.Count == 4, "all have run");

        Assert.Equal(["b1", "b2", "a1", "a2"], world.Values);
        Assert.Equal(4, world.Applied.Distinct().Count());
        Assert.Empty(world.DeadLetters);
    }

    [Fact]
    public void What_the_server_refuses_for_good_is_kept_for_people_and_the_next_of_its_key_runs()
    {
        using var world = new DeferralWorld(prepare: server => server.When("INSERT INTO t VALUES ('bad')",
            new FakeError(1062, "Duplicate entry 'bad' for key 'PRIMARY'", "23000")));
        var client = world.Client();
        var bad = DeferralWorld.Defer(client, "bad", "a");
        DeferralWorld.Defer(client, "good", "a");
        world.RunUntil(() => world.Committed.Count == 1, "the next has run");

        var letter = Assert.Single(world.DeadLetters);
        Assert.Equal((bad, "failed", 1062, "a"), (letter.Id, letter.End, letter.Code, letter.Key));
        Assert.Contains("'bad'", letter.Statement, StringComparison.Ordinal);
        Assert.Contains(world.World.Log.Lines, line => line.Contains(bad, StringComparison.Ordinal));
        Assert.DoesNotContain(world.World.Log.Lines, line => line.Contains("INSERT INTO t", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_connection_that_is_lost_over_the_commit_runs_nothing_twice(bool hasCommitted)
    {
        var losses = 3;
        DeferralWorld? own = null;
        using var world = new DeferralWorld(prepare: server => server.When("COMMIT AND NO CHAIN", (session, _) =>
        {
            if (losses-- <= 0)
                return null;
            if (hasCommitted)
                own!.Commit(session);
            return new FakeHangUp();
        }));
        own = world;
        var client = world.Client();
        DeferralWorld.Defer(client, "a1", "a");
        DeferralWorld.Defer(client, "a2", "a");
        world.RunUntil(() => world.Rule.Tally.Applied == 2, "both have run");

        Assert.Equal(["a1", "a2"], world.Values);
    }

    [Fact]
    public void After_a_restart_the_rest_runs_when_its_account_has_logged_in_again()
    {
        var folder = Directory.CreateTempSubdirectory("seawall-deferral-").FullName;
        DeferralWorld first;
        using (first = new DeferralWorld(folder, prepare: server => server.When("INSERT INTO seawall.applied", new FakeHangUp())))
        {
            var client = first.Client();
            for (var i = 0; i < 5; i++)
                DeferralWorld.Defer(client, $"{i}", "a");
            first.World.World.RunFor(2_000);
            Assert.Empty(first.Committed);
        }
        using (var second = new DeferralWorld(folder, before: first))
        {
            second.World.World.RunFor(5_000);
            Assert.Equal(5, second.Rule.Waiting);
            Assert.Contains("has not logged in", second.Rule.Problem, StringComparison.Ordinal);
            second.Client();
            second.RunUntil(() => second.Committed.Count == 5, "all have run");
            Assert.Equal(["0", "1", "2", "3", "4"], second.Values);
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void An_answer_that_is_none_yet_is_not_taken_for_the_end_of_the_statement()
    {
        var answers = 0;
        using var world = new DeferralWorld(prepare: server => server.When("INSERT INTO t VALUES ('a1')",
            (_, _) => answers++ == 0 ? new FakePacket([0xFF, 0xFF, 0xFF, 1, 1, 1, 0, 0, 0, 0]) : null));
        var client = world.Client();
        DeferralWorld.Defer(client, "a1", "a");
        DeferralWorld.Defer(client, "a2", "a");
        world.RunUntil(() => world.Committed.Count == 2, "both have run");

        Assert.Equal(["a1", "a2"], world.Values);
        Assert.Empty(world.DeadLetters);
    }

    [Fact]
    public void While_another_process_has_the_journal_nothing_is_deferred_and_afterwards_it_is()
    {
        var folder = Directory.CreateTempSubdirectory("seawall-deferral-").FullName;
        var held = new JournalFiles(folder).Lock();
        using (var world = new DeferralWorld(folder))
        {
            var client = world.Client();
            Assert.Equal("", client.Query("INSERT INTO t VALUES ('now') /*defer_key='7'*/").Only.Info);
            held.Dispose();
            world.RunUntil(() => world.World.Engine.Deferrals.Journal is not null, "it is opened");
            DeferralWorld.Defer(client, "later", "7");
            world.RunUntil(() => world.Committed.Count == 1, "it runs");
            Assert.Contains(world.World.Log.Lines, line => line.Contains("in use by another process", StringComparison.Ordinal));
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_table_that_cannot_roll_back_is_found_out_and_left_alone_from_then_on()
    {
        using var world = new DeferralWorld();
        var client = world.Client();
        const string sql = "INSERT INTO plain VALUES (1) /*defer_key='7'*/";
        Assert.StartsWith("seawall deferred", client.Query(sql).Only.Info, StringComparison.Ordinal);
        world.RunUntil(() => world.DeadLetters.Count == 1, "it is given up");

        Assert.Contains("MyISAM", world.DeadLetters[0].Message, StringComparison.Ordinal);
        Assert.Equal("", client.Query(sql).Only.Info);
        Assert.Equal(1, world.Rule.Tally.NotDeferredFor(NotDeferred.Target));
    }

    [Fact]
    public void Nothing_runs_while_the_server_has_no_room_to_spare()
    {
        using var world = new DeferralWorld(
            with: options => options with { Overload = options.Overload with { Mode = OverloadMode.Enforce } },
            withServer: server => server with { RunningMax = 1 });
        var client = world.Client();
        var slow = world.Client().BeginQuery("SELECT SLEEP(20)");
        world.World.World.RunFor(50);
        DeferralWorld.Defer(client, "one", "a");
        world.World.World.RunFor(10_000);

        Assert.Empty(world.Committed);
        Assert.Contains("no room", world.Rule.Problem, StringComparison.Ordinal);
        Assert.True(slow.Value.IsOk);
        world.RunUntil(() => world.Committed.Count == 1, "it runs");
    }

    [Fact]
    public void What_becomes_too_old_is_given_up_and_kept_for_people()
    {
        using var world = new DeferralWorld(
            with: options => options with { Deferral = options.Deferral with { AgeMsMax = 30_000 } },
            prepare: server => server.When("INSERT INTO seawall.applied", new FakeError(1146, "Table 'seawall.applied' doesn't exist", "42S02")));
        DeferralWorld.Defer(world.Client(), "old", "a");
        world.World.World.RunFor(5_000);
        Assert.Contains("doesn't exist", world.Rule.Problem, StringComparison.Ordinal);
        world.RunUntil(() => world.DeadLetters.Count == 1, "it is given up");

        Assert.Equal("expired", world.DeadLetters[0].End);
        Assert.Contains("deferral.age_ms_max = 30000", world.DeadLetters[0].Message, StringComparison.Ordinal);
        Assert.Empty(world.Committed);
    }
}
