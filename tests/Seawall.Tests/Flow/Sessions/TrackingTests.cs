using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Tests.Flow.Statements;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>Seawall has everything reported; a client hears of what it asked to hear of.</summary>
public sealed class TrackingTests
{
    public static TheoryData<FakeServerKind> Kinds => [FakeServerKind.MariaDb1011, FakeServerKind.MySql97];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_client_that_wants_no_schema_hears_of_none(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client(new() { Schema = "shop" });
        var other = world.Client(new() { Schema = "shop" });

        Assert.True(client.Query("SET session_track_schema = 0").IsOk);

        Assert.Empty(client.Query("USE mail").Only.Changes);
        Assert.Equal([(SessionChangeKind.Schema, "", "mail")], other.Query("USE mail").Only.Changes);
        Assert.Equal("mail", client.Query("SELECT DATABASE()").Scalar);
        Assert.True(client.Command(CommandKind.ResetConnection).IsOk);
        Assert.Equal([(SessionChangeKind.Schema, "", "shop")], client.Query("USE shop").Only.Changes);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_client_hears_of_the_variables_that_it_named(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client();

        Assert.True(client.Query("SET session_track_system_variables = 'lc_time_names, sql_mode'").IsOk);

        Assert.Empty(client.Query("SET time_zone = '+02:00'").Only.Changes);
        Assert.Equal([(SessionChangeKind.SystemVariables, "sql_mode", "ANSI_QUOTES")],
            client.Query("SET sql_mode = 'ANSI_QUOTES'").Only.Changes);
        Assert.Equal([(SessionChangeKind.SystemVariables, "time_zone", "+02:00")],
            world.Client().Query("SET time_zone = '+02:00'").Only.Changes);
    }

    // An error cannot tell; the next packet is told to a question of Seawall's own, before others get the connection.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_a_statement_that_failed_has_changed_is_told_with_the_next_answer(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        world.Server.When("UPDATE broken", (session, _) =>
        {
            session.SetInRoutine("time_zone", "+02:00");
            return new FakeError(1146, "No such table");
        });
        var client = world.Client();
        var other = world.Client();
        foreach (var isPing in (bool[])[true, false])
        {
            Assert.Equal(1146, client.Query("UPDATE broken").Code);
            Assert.Empty(other.Query("DO 0").Only.Changes);

            var next = isPing ? client.Command(CommandKind.Ping) : client.Query("DO 0");

            Assert.Equal([(SessionChangeKind.SystemVariables, "time_zone", "+02:00")], next.Only.Changes);
            Assert.Empty(client.Query("DO 0").Only.Changes);
            Assert.Equal("+02:00", client.Query("SELECT @@time_zone").Scalar);
            Assert.NotEqual("+02:00", other.Query("SELECT @@time_zone").Scalar);
        }
    }

    // Seawall itself wants to hear of no transactions: the setting is the client's, wherever its statements go.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Reports_of_transactions_follow_the_client_that_wants_them_and_reach_no_other(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind) with
        {
            Prepare = server => server.Globals["session_track_transaction_info"] = "OFF",
        });
        var client = world.Client();

        Assert.True(client.Query("SET session_track_transaction_info = 'STATE'").IsOk);

        Assert.Equal("OFF", world.Client().Query("SELECT @@session_track_transaction_info").Scalar);
        Assert.Equal("STATE", client.Query("SELECT @@session_track_transaction_info").Scalar);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_client_that_wants_to_know_that_something_changed_hears_it(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client();

        Assert.True(client.Query("SET session_track_state_change = 1").IsOk);

        Assert.Equal([(SessionChangeKind.State, "", "1")], client.Query("SET lc_time_names = 'de_DE'").Only.Changes);
        Assert.Empty(world.Client().Query("SET lc_time_names = 'de_DE'").Only.Changes);
        Assert.Equal(Engine.Flow.PinReasons.None, world.Engine.Lanes[0].Door.Sessions.First().PinReasons);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Long_values_are_reported_whole(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client();
        var (one, two) = (new string('a', 900), new string('b', 250));

        Assert.True(client.Query("SET session_track_system_variables = 'lc_time_names,sql_mode'").IsOk);

        Assert.Equal(
            [(SessionChangeKind.SystemVariables, "lc_time_names", one), (SessionChangeKind.SystemVariables, "sql_mode", two)],
            client.Query($"SET lc_time_names = '{one}', sql_mode = '{two}'").Only.Changes);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_end_without_room_for_reports_says_that_there_is_one_as_the_server_does(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        world.Server.When("SELECT routine", (session, _) =>
        {
            session.SetInRoutine("lc_time_names", "de_DE");
            return FakeAnswer.One("1");
        });
        var old = new FakeClientOptions { Capabilities = FakeClientOptions.Old };
        var (client, other) = (world.Client(old), world.Client(old));

        Assert.True(client.Query("SET session_track_system_variables = 'lc_time_names'").IsOk);

        Assert.Equal(kind == FakeServerKind.MariaDb1011,
            client.Query("SELECT routine()").Only.Status.HasFlag(ServerStatus.SessionStateChanged));
        Assert.False(other.Query("SELECT routine()").Only.Status.HasFlag(ServerStatus.SessionStateChanged));
        Assert.False(client.Query("SELECT 1").Only.Status.HasFlag(ServerStatus.SessionStateChanged));
    }

    // MariaDB: with whatever it reports next, and not before.
    [Fact]
    public void What_the_end_of_rows_could_not_tell_is_told_with_the_next_report()
    {
        using var world = new EngineWorld(StatementTests.OnePooled(FakeServerKind.MariaDb1011));
        world.Server.When("SELECT routine", (session, _) =>
        {
            session.SetInRoutine("lc_time_names", "de_DE");
            return FakeAnswer.One("1");
        });
        var client = world.Client(new FakeClientOptions { Capabilities = FakeClientOptions.Modern & ~MySql.Handshakes.Capabilities.DeprecateEof });
        Assert.True(client.Query("SET session_track_system_variables = 'lc_time_names,sql_mode'").IsOk);
        Assert.True(client.Query("SELECT routine()").IsOk);

        Assert.Empty(client.Query("SET time_zone = '+02:00'").Only.Changes);
        Assert.Equal(
            [(SessionChangeKind.SystemVariables, "lc_time_names", "de_DE"), (SessionChangeKind.SystemVariables, "sql_mode", "ANSI")],
            client.Query("SET sql_mode = 'ANSI'").Only.Changes.Order());
        Assert.Single(client.Query("SET sql_mode = 'ANSI'").Only.Changes);
    }

    // The flag is of what a statement has changed itself, and MariaDB reports what was put back with whatever it reports next: it is made
    // to at once.
    [Fact]
    public void What_SET_STATEMENT_has_put_back_is_not_said_to_be_of_the_next_statement()
    {
        using var world = new EngineWorld(StatementTests.OnePooled(FakeServerKind.MariaDb1011));
        var isOwed = false;
        world.Server.When("SET STATEMENT", (_, _) =>
        {
            isOwed = true;
            return FakeAnswer.One("1");
        });
        world.Server.When("SELECT routine", (session, _) =>
        {
            session.SetInRoutine("sql_mode", "ANSI");
            if (isOwed && world.Pooled.Single().Commands[^2].Text != "SET session_track_schema=1")
                session.SetInRoutine("lc_time_names", "en_US");
            return FakeAnswer.One("1");
        });
        var client = world.Client(new FakeClientOptions { Capabilities = FakeClientOptions.Old });
        Assert.True(client.Query("SET session_track_system_variables = 'lc_time_names'").IsOk);
        Assert.True(client.Query("SELECT 1").IsOk);

        Assert.True(client.Query("SET STATEMENT lc_time_names = 'de_DE' FOR SELECT 1").IsOk);

        Assert.False(client.Query("SELECT routine()").Only.Status.HasFlag(ServerStatus.SessionStateChanged));
    }

    [Fact]
    public void A_limit_of_no_rows_does_not_keep_it_from_hearing_what_was_set()
    {
        using var world = new EngineWorld(StatementTests.OnePooled(FakeServerKind.MariaDb1011));
        var client = world.Client();
        client.Query("SET sql_select_limit = 0");

        client.Query("SET NAMES latin1");

        Assert.Equal(Engine.Flow.PinReasons.None, world.Engine.Lanes[0].Door.Sessions.First().PinReasons);
    }
}
