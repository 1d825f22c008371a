using System.Buffers.Binary;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Tests.Flow.Statements;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>What Seawall says itself leaves what the same words of a server would leave.</summary>
public sealed class OwnAnswerTests
{
    private const uint NoStatement = 99;

    public static TheoryData<FakeServerKind> Kinds => [FakeServerKind.MySql97, FakeServerKind.MySql56, FakeServerKind.MariaDb1011];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_error_of_Seawalls_own_is_the_one_that_is_asked_for(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client();
        client.Query("SELECT 1");
        var error = client.Execute(NoStatement).Error!;

        Assert.Equal(1243, error.Code);
        Assert.Equal(kind.IsMariaDb ? 0 : 1, client.Command(CommandKind.Ping).Only.Warnings);
        Assert.Equal(["Error", "1243", error.Message], client.Query("SHOW WARNINGS").Row);
        Assert.Equal("1", client.Query("SELECT @@error_count").Scalar);
        Assert.True(client.Execute(NoStatement).Error is { Code: 1243 });
        Assert.Equal("-1", client.Query("SELECT ROW_COUNT()").Scalar);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_error_with_which_a_client_ends_its_own_statement_can_be_asked_for(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client();
        client.Query("SELECT 1");
        var error = client.Query("KILL QUERY CONNECTION_ID()").Error!;

        Assert.Equal(1317, error.Code);
        Assert.Equal(kind.IsMariaDb ? 0 : 1, client.Command(CommandKind.Ping).Only.Warnings);
        Assert.Equal(["Error", "1317", error.Message], client.Query("SHOW WARNINGS").Row);
    }

    // MySQL does, and the connection now has the warnings of others, or none.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_change_of_the_schema_repeats_how_many_warnings_there_were(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client(new() { Schema = "shop" });
        Assert.Equal(1064, client.Query("nonsense").Code);
        world.Client().Query("SELECT 'other'");
        var expected = kind.IsMariaDb ? 0 : 1;

        Assert.Equal(expected, client.Command(CommandKind.InitDb, "mail").Only.Warnings);
        world.Client().Query("SELECT 'other'");
        Assert.Equal(expected, client.Command(CommandKind.InitDb, "shop").Only.Warnings);
        Assert.Equal(expected, client.Command(CommandKind.Ping).Only.Warnings);
    }

    // An error does not tell how many there were before it.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_error_on_top_of_warnings_is_repeated_with_them(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        world.Server.When("SELECT odd", (session, _) =>
        {
            session.Warnings.Clear();
            session.Warnings.AddRange(["a warning", "the error"]);
            return new FakeError(1146, "No such table");
        });
        var client = world.Client(new() { Schema = "shop" });
        var expected = kind.IsMariaDb ? 0 : 2;
        Assert.Equal(1146, client.Query("SELECT odd").Code);

        Assert.Equal(expected, client.Command(CommandKind.Ping).Only.Warnings);
        Assert.Equal(expected, client.BeginCommand(CommandKind.SetOption, [1, 0]).Value.Only.Warnings);
        Assert.Equal(1146, client.Query("SELECT odd").Code);
        world.Client().Query("SELECT 'other'");
        Assert.Equal(expected, client.Command(CommandKind.InitDb, "mail").Only.Warnings);
        Assert.True(client.Query("SELECT 1").IsOk);
        Assert.Equal(0, client.Command(CommandKind.Ping).Only.Warnings);
    }

    // A change of the schema begins no statement: what others left would stay beside its error.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_schema_that_there_is_not_is_not_told_beside_the_warnings_of_others(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        world.Server.When("UPDATE odd", new FakeOk(Warnings: 1));
        var client = world.Client();
        Assert.True(client.Query("SELECT 1").IsOk);
        Assert.True(world.Client().Query("UPDATE odd").IsOk);
        client.Command(CommandKind.InitDb, "nowhere");

        Assert.Contains(world.Pooled.Single().Commands, command => command.Text.StartsWith("DO (SELECT", default));
    }

    // MySQL 9.7 warns of SET NAMES utf8mb3, for one.
    [Fact]
    public void A_schema_that_there_is_not_is_not_told_beside_what_a_move_was_warned_of()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        Assert.True(client.Query("SET sql_mode = 'ANSI_QUOTES'").IsOk);
        Assert.True(world.Client().Query("SELECT 1").IsOk);
        client.Command(CommandKind.InitDb, "nowhere");

        var said = world.Pooled.Single().Commands.Select(command => command.Text).TakeLast(3).ToArray();
        Assert.Contains("ANSI_QUOTES", said[0], default);
        Assert.StartsWith("DO (SELECT", said[1], default);
        Assert.Equal("nowhere", said[2]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_piece_for_a_parameter_that_there_is_not_spoils_the_clients_statement_and_no_others(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client();
        var other = world.Client();
        var (own, others) = (client.Prepare("SELECT ?").Id, other.Prepare("SELECT ?").Id);
        byte[] piece = [0, 0, 0, 0, 1, 0, (byte)'x'];
        BinaryPrimitives.WriteUInt32LittleEndian(piece, own);
        client.Tell(CommandKind.StatementSendLongData, piece);

        Assert.Equal(1210, client.Execute(own, "a").Code);
        Assert.Equal("a", other.Execute(others, "a").Scalar);
        Assert.Equal(1210, client.Execute(own, "a").Code);
        Assert.True(client.BeginCommand(CommandKind.StatementReset, piece[..4]).Value.IsOk);
        Assert.Equal("b", client.Execute(own, "b").Scalar);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Several_statements_stay_forbidden_after_a_change_of_user(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client(new() { Capabilities = FakeClientOptions.Modern | Capabilities.MultiStatements });
        Assert.True(client.BeginCommand(CommandKind.SetOption, [1, 0]).Value.IsOk);

        Assert.True(client.ChangeUser("app", "secret").IsOk);

        Assert.Equal(1064, client.Query("SELECT 1; SELECT 2").Code);
    }

    // A server that cannot reset is logged in to anew, which does not take it back.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Several_statements_that_one_may_send_are_not_allowed_to_the_next(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client(new() { Capabilities = FakeClientOptions.Modern | Capabilities.MultiStatements });
        Assert.True(client.Query("BEGIN; SELECT 1").IsOk);
        client.Cut();

        Assert.Equal(1064, world.Client().Query("SELECT 1; SELECT 2").Code);
    }
}
