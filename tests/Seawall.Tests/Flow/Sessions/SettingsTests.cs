using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Tests.Flow.Statements;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>Sessions share one server connection; each sees its own settings, and nobody sees another's.</summary>
public sealed class SettingsTests
{
    private const string Ask = "SELECT DATABASE(), @@time_zone, @@sql_mode, @@group_concat_max_len";

    public static TheoryData<FakeServerKind> Tracking =>
        [FakeServerKind.MySql97, FakeServerKind.MySql97WithEof, FakeServerKind.MariaDb1011];

    [Theory]
    [MemberData(nameof(Tracking))]
    public void Each_session_sees_its_own_settings_on_the_connection_that_all_share(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var shop = world.Client(new() { Schema = "shop" });
        var mail = world.Client(new() { Schema = "mail" });
        shop.Query("SET time_zone='+02:00', sql_mode='ANSI_QUOTES'");
        mail.Query("SET group_concat_max_len=4096");

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(["shop", "+02:00", "ANSI_QUOTES", "1024"], shop.Query(Ask).Row);
            Assert.Equal(["mail", "SYSTEM", "STRICT_TRANS_TABLES", "4096"], mail.Query(Ask).Row);
        }
        Assert.Single(world.Pooled);
    }

    // As MariaDB's Connector/J begins its sessions: what it sets in the same breath is reported no more, nor is that.
    [Theory]
    [MemberData(nameof(Tracking))]
    public void A_client_that_has_less_reported_loses_no_settings(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client(new() { Schema = "shop" });
        var other = world.Client(new() { Schema = "mail" });
        other.Query("SELECT 1");

        Assert.True(client.Query("set time_zone='+02:00', session_track_system_variables='autocommit', sql_mode='ANSI_QUOTES'").IsOk);
        Assert.True(client.Query("SET group_concat_max_len=4096").IsOk);
        Assert.True(client.Query("SET session_track_system_variables=''").IsOk);
        other.Query("SET sql_mode=''");

        Assert.Equal(["mail", "SYSTEM", "", "1024"], other.Query(Ask).Row);
        Assert.Equal(["shop", "+02:00", "ANSI_QUOTES", "4096"], client.Query(Ask).Row);
    }

    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void A_session_can_change_its_schema_in_every_way(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client(new() { Schema = "shop" });
        var other = world.Client(new() { Schema = "test" });

        Assert.True(client.Command(CommandKind.InitDb, "mail").IsOk);
        Assert.Equal("test", other.Query("SELECT DATABASE()").Scalar);
        Assert.Equal("mail", client.Query("SELECT DATABASE()").Scalar);
        Assert.Equal(1049, client.Command(CommandKind.InitDb, "nowhere").Code);
        Assert.Equal("test", other.Query("SELECT DATABASE()").Scalar);
        Assert.Equal("mail", client.Query("SELECT DATABASE()").Scalar);
    }

    // A variable that a session was allowed to set, and the next one is not allowed to take back.
    [Theory]
    [InlineData("SELECT 'mine'", false)]
    [InlineData("UPDATE t SET a = 1", false)]
    [InlineData("SELECT ?", true)]
    public void A_connection_that_cannot_be_moved_is_replaced_and_the_statement_runs_elsewhere(string sql, bool isPrepared)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Server.When("SET lc_time_names=DEFAULT", new FakeError(1231, "Variable 'lc_time_names' cannot be set"));
        var odd = world.Client();
        var client = world.Client();
        var prepared = isPrepared ? client.Prepare(sql) : null;
        for (var i = 0; i < 3; i++)
        {
            Assert.True(odd.Query("SET lc_time_names='de_DE'").IsOk);

            Assert.True((prepared is null ? client.Query(sql) : client.Execute(prepared.Id, "mine")).IsOk);
        }
        Assert.Single(world.Pooled);
        Assert.Equal(3, world.Log.Lines.Count(line => line.Contains("error 1231: it is replaced", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_setting_that_no_server_connection_takes_is_told_to_the_client()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        Assert.True(client.Query("SET lc_time_names='de_DE'").IsOk);
        world.Server.When("SET ", (_, sql) => sql.Contains("lc_time_names='de_DE'", StringComparison.Ordinal)
            ? new FakeError(1231, "Variable 'lc_time_names' cannot be set")
            : null);
        Assert.Equal("other", world.Client().Query("SELECT 'other'").Scalar);

        Assert.Equal(1231, client.Query("SELECT 'mine'").Code);
        Assert.Equal("other", world.Client().Query("SELECT 'other'").Scalar);
    }

    [Fact]
    public void A_question_for_settings_does_not_use_up_what_was_said_of_the_next_transaction()
    {
        using var world = new EngineWorld(StatementTests.OnePooled(FakeServerKind.MariaDb1011));
        world.Server.When("SET TRANSACTION", new FakeOk());
        var client = world.Client();
        Assert.True(client.Query("SET TRANSACTION READ WRITE").IsOk);

        Assert.True(client.Query("SET @@time_zone = '+02:00'").IsOk); // MariaDB is silent about it.

        Assert.DoesNotContain(world.Pooled.Single().Queries, sql => sql.StartsWith("SELECT @@", StringComparison.Ordinal));
        Assert.Equal("+02:00", client.Query("SELECT @@time_zone").Scalar);
    }

    [Fact]
    public void A_session_without_a_schema_never_gets_into_anothers()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var shop = world.Client(new() { Schema = "shop" });
        var nowhere = world.Client();

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("shop", shop.Query("SELECT DATABASE()").Scalar);
            Assert.Null(nowhere.Query("SELECT DATABASE()").Scalar);
        }
    }

    [Fact]
    public void A_connection_with_the_right_settings_is_preferred_to_one_that_must_be_moved()
    {
        using var world = new EngineWorld();
        var clients = Enumerable.Range(1, 3).Select(hours =>
        {
            var client = world.Client();
            client.Query($"SET time_zone='+0{hours}:00'");
            client.Query("BEGIN");
            return client;
        }).ToArray();
        foreach (var client in clients)
            client.Query("COMMIT");
        var moves = world.Count(meter => meter.Moves);

        for (var i = 0; i < 30; i++)
            clients[i % 3].Query(Ask);

        Assert.Equal(moves, world.Count(meter => meter.Moves));
    }

    [Fact]
    public void A_move_is_one_exchange()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var shop = world.Client(new() { Schema = "shop" });
        var mail = world.Client(new() { Schema = "mail" });
        shop.Query("SET time_zone='+02:00', group_concat_max_len=100");
        mail.Query("SET lc_time_names='de_DE'");
        shop.Query("SELECT 1");
        world.World.Network.Links[^1].LatencyUs = 1_000;
        ((Testing.Worlds.SimulatedWire)world.Pooled.Single().Wire).Link.LatencyUs = 10_000;
        world.Pooled.Single().Commands.Clear();
        var begun = world.World.Clock.ElapsedMs;

        mail.Query("INSERT INTO t VALUES (1)");

        // There and back for the move, there and back for the statement.
        Assert.InRange(world.World.Clock.ElapsedMs - begun, 40, 43);
        Assert.Equal(
            ["InitDb mail", "Query SET group_concat_max_len=DEFAULT,lc_time_names='de_DE',time_zone=DEFAULT",
                "Query INSERT INTO t VALUES (1)"],
            world.Pooled.Single().Commands.Select(command => command.ToString()));
    }

    [Fact]
    public void A_harmless_statement_shares_the_trip_of_the_move()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var shop = world.Client(new() { Schema = "shop" });
        var mail = world.Client(new() { Schema = "mail" });
        shop.Query("SELECT 1");
        mail.Query("SELECT 1");
        ((Testing.Worlds.SimulatedWire)world.Pooled.Single().Wire).Link.LatencyUs = 10_000;
        var begun = world.World.Clock.ElapsedMs;

        Assert.Equal("shop", shop.Query("SELECT DATABASE()").Scalar);

        Assert.InRange(world.World.Clock.ElapsedMs - begun, 20, 23);
    }

    [Theory]
    [InlineData("SELECT DATABASE()")]
    [InlineData("INSERT INTO t VALUES ('not where it should be')")]
    public void Nothing_runs_for_a_session_whose_settings_cannot_be_had(string sql)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var shop = world.Client(new() { Schema = "shop" });
        var mail = world.Client(new() { Schema = "mail" });
        mail.Query("SELECT 1");
        shop.Query("SELECT 1");
        world.Server.Schemas.Remove("mail");

        var reply = mail.Query(sql);

        Assert.Equal(1049, reply.Code);
        Assert.DoesNotContain(world.Server.Connections, connection => connection.Queries.Any(seen => seen.StartsWith("INSERT", StringComparison.Ordinal)));
        Assert.Equal("shop", shop.Query("SELECT DATABASE()").Scalar);
        world.Server.Schemas.Add("mail");
        Assert.Equal("mail", mail.Query("SELECT DATABASE()").Scalar);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_transaction_keeps_its_connection_and_gives_it_back(bool isModern)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var first = world.Client(new() { Capabilities = isModern ? FakeClientOptions.Modern : FakeClientOptions.Old });
        var second = world.Client();
        first.Query("BEGIN");
        first.Query("INSERT INTO t VALUES (1)");

        var waiting = second.BeginQuery("SELECT 'mine'");
        world.World.RunFor(100);
        Assert.False(waiting.IsDone);
        first.Query("COMMIT");

        Assert.Equal("mine", waiting.Value.Scalar);
        Assert.Equal(ServerStatus.Autocommit, waiting.Value.Only.Status);
    }

    [Fact]
    public void Autocommit_is_a_setting_and_a_transaction_that_begins_by_itself_is_seen()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var manual = world.Client();
        var other = world.Client();

        Assert.Equal(ServerStatus.SessionStateChanged, manual.Query("SET autocommit=0").Only.Status);
        Assert.Equal(ServerStatus.Autocommit, other.Query("SELECT 1").Only.Status);
        Assert.Equal(ServerStatus.InTransaction, manual.Query("INSERT INTO t VALUES (1)").Only.Status);
        var waiting = other.BeginQuery("SELECT 1");
        world.World.RunFor(50);
        Assert.False(waiting.IsDone);
        Assert.Equal(ServerStatus.None, manual.Query("COMMIT").Only.Status);

        Assert.Equal(ServerStatus.Autocommit, waiting.Value.Only.Status);
    }

    [Fact]
    public void A_client_that_leaves_in_its_transaction_leaves_a_clean_connection()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        client.Query("SET time_zone='+05:00'");
        client.Query("BEGIN");
        client.Query("INSERT INTO t VALUES (1)");

        client.Cut();
        var row = world.Client().Query("SELECT @@time_zone");

        Assert.Equal(("SYSTEM", ServerStatus.Autocommit), (row.Scalar, row.Only.Status));
        Assert.Contains(world.Pooled.Single().Commands, command => command.Kind == CommandKind.ResetConnection);
    }

    [Fact]
    public void A_server_that_cannot_reset_is_logged_in_to_anew()
    {
        using var world = new EngineWorld(StatementTests.OnePooled(FakeServerKind.MySql56));
        var client = world.Client();
        client.Query("BEGIN");

        client.Cut();

        Assert.Equal(ServerStatus.Autocommit, world.Client().Query("SELECT 1").Only.Status);
        Assert.Contains(world.Pooled.Single().Commands, command => command.Kind == CommandKind.ChangeUser);
    }

    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void A_reset_makes_a_session_as_new_but_keeps_its_schema(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client(new() { Schema = "shop" });
        client.Query("SET time_zone='+05:00'");
        client.Query("INSERT INTO t VALUES (1)");
        client.Command(CommandKind.InitDb, "mail");
        var prepared = client.Prepare("SELECT 1");
        client.Query("BEGIN");

        Assert.True(client.Command(CommandKind.ResetConnection).IsOk);

        var row = client.Query("SELECT DATABASE(), @@time_zone").Only;
        Assert.Equal(["mail", "SYSTEM"], row.Rows[0]);
        Assert.Equal(ServerStatus.Autocommit, row.Status);
        Assert.Equal(1243, client.Execute(prepared.Id).Code);
    }

    [Fact]
    public void A_change_of_user_changes_everything()
    {
        using var world = new EngineWorld(new() { Prepare = server => server.Accounts.Add(new FakeAccount("web", "spider")) });
        var client = world.Client(new() { Schema = "shop" });
        client.Query("SET time_zone='+05:00'");
        client.Query("BEGIN");

        var changed = client.ChangeUser("web", "spider", "mail", collation: 8);

        Assert.True(changed.IsOk);
        Assert.Equal([(SessionChangeKind.Schema, "", "mail")], changed.Only.Changes);
        var row = client.Query("SELECT CURRENT_USER(), DATABASE(), @@time_zone, @@character_set_client").Only;
        Assert.Equal(["web", "mail", "SYSTEM", "latin1"], row.Rows[0]);
        Assert.Equal(ServerStatus.Autocommit, row.Status);
    }

    [Theory]
    [InlineData("app", "guess", null, 1045)]
    [InlineData("nobody", "secret", null, 1045)]
    [InlineData("app", "secret", "nowhere", 1049)]
    public void A_change_of_user_that_fails_ends_the_conversation(string user, string password, string? schema, int code)
    {
        using var world = new EngineWorld();
        var client = world.Client();

        Assert.Equal(code, client.ChangeUser(user, password, schema).Code);
        world.World.RunFor(10);

        Assert.Equal(0, world.Engine.ClientCount);
    }

    [Theory]
    [InlineData("app", "guess", null, 1045)]
    [InlineData("nobody", "secret", null, 1045)]
    [InlineData("app", "secret", "nowhere", 1049)]
    public void At_MariaDB_a_client_whose_change_of_user_fails_stays_who_it_was(string user, string password, string? schema, int code)
    {
        using var world = new EngineWorld(new() { Kind = FakeServerKind.MariaDb1011 });
        var client = world.Client(new() { Schema = "shop" });
        client.Query("SET lock_wait_timeout = 7");
        client.Query("SET NAMES latin1");

        Assert.Equal(code, client.ChangeUser(user, password, schema).Code);

        Assert.Equal("app", client.Query("SELECT CURRENT_USER()").Scalar);
        Assert.Equal("shop", client.Query("SELECT DATABASE()").Scalar);
        Assert.Equal("latin1", client.Query("SELECT @@character_set_client").Scalar);
        Assert.NotEqual("7", client.Query("SELECT @@lock_wait_timeout").Scalar);
        Assert.Equal(code, client.ChangeUser(user, password, schema).Code);
        Assert.Equal(code, client.ChangeUser(user, password, schema).Code);
        Assert.Equal(1047, client.BeginCommand(CommandKind.ChangeUser, [0, 0, 0]).Value.Code); // Three guesses are enough.
    }

    [Fact]
    public void At_MariaDB_a_change_of_user_that_succeeds_gives_no_new_guesses()
    {
        using var world = new EngineWorld(new() { Kind = FakeServerKind.MariaDb1011 });
        var client = world.Client(new() { Schema = "shop" });

        Assert.Equal(1045, client.ChangeUser("nobody", "secret").Code);
        Assert.Equal(1045, client.ChangeUser("nobody", "secret").Code);
        Assert.True(client.ChangeUser("app", "secret").IsOk);
        Assert.Equal(1045, client.ChangeUser("nobody", "secret").Code);
        Assert.Equal(1047, client.BeginCommand(CommandKind.ChangeUser, [0, 0, 0]).Value.Code);
    }

    [Fact]
    public void Nobody_begins_in_a_character_set_that_servers_refuse()
    {
        using var world = new EngineWorld();

        Assert.Equal(1231, world.Connect(new() { Collation = 35 }).LogIn().Code);
        Assert.Equal(1231, world.Client().ChangeUser("app", "secret", collation: 35).Code);
    }

    [Fact]
    public void The_switch_for_several_statements_is_the_sessions_own()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        var other = world.Client();

        Assert.True(client.BeginCommand(CommandKind.SetOption, [0, 0]).Value.IsOk);
        Assert.Equal(2, client.Query("SELECT 1; SELECT 2").Results.Count);
        Assert.Equal(1064, other.Query("SELECT 1; SELECT 2").Code);
        Assert.True(client.BeginCommand(CommandKind.SetOption, [1, 0]).Value.IsOk);
        Assert.Equal(1064, client.Query("SELECT 1; SELECT 2").Code);
    }

    [Theory]
    [InlineData("it''s")]
    [InlineData("back\\slash")]
    [InlineData("日本")]
    [InlineData("")]
    [InlineData("12")]
    public void A_value_of_any_kind_is_moved_as_it_is(string value)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Server.Globals["default_storage"] = "x";
        var client = world.Client();
        Assert.True(client.Query($"SET default_storage='{value}'").IsOk);
        var set = world.Pooled.Single().Session["default_storage"];
        world.Client().Query("SELECT 1");

        Assert.Equal(set, client.Query("SELECT @@default_storage").Scalar);
    }

    // The name of this one is a word of the language.
    [Theory]
    [MemberData(nameof(Tracking))]
    public void A_session_can_speak_in_bytes(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client();
        Assert.True(client.Query("SET NAMES 'binary'").IsOk);
        Assert.Equal("utf8mb4", world.Client().Query("SELECT @@character_set_client").Scalar);

        Assert.Equal("binary", client.Query("SELECT @@character_set_client").Scalar);
    }

    [Fact]
    public void The_last_insert_id_is_the_sessions_own()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var first = world.Client();
        var second = world.Client();

        Assert.Equal(1UL, first.Query("INSERT INTO t VALUES (1)").Only.InsertId);
        Assert.Equal(2UL, second.Query("INSERT INTO t VALUES (1)").Only.InsertId);

        Assert.Equal("1", first.Query("SELECT LAST_INSERT_ID()").Scalar);
        Assert.Equal("2", second.Query("SELECT LAST_INSERT_ID()").Scalar);
    }
}
