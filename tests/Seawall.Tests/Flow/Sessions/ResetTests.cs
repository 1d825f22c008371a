using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Tests.Flow.Statements;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>What COM_RESET_CONNECTION and COM_CHANGE_USER take away, and what they leave, as servers do.</summary>
public sealed class ResetTests
{
    private const string Ask = "SELECT DATABASE(), @@collation_database";

    private static readonly FakeClientOptions s_several = new() { Capabilities = FakeClientOptions.Modern | Capabilities.MultiStatements };

    public static TheoryData<FakeServerKind> Resettable => [FakeServerKind.MariaDb1011, FakeServerKind.MySql97];

    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void A_change_of_user_leaves_what_was_said_of_several_statements(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client(s_several);
        Assert.Equal(2, client.Query("SELECT 1; SELECT 2").Results.Count);
        Assert.True(client.BeginCommand(CommandKind.SetOption, [1, 0]).Value.IsOk);

        client.Query("CREATE TEMPORARY TABLE tt (a INT)");

        Assert.True(client.ChangeUser("app", "secret", "shop").IsOk);

        Assert.Equal(1064, client.Query("SELECT 1; SELECT 2").Code);
        Assert.Equal(2, world.Client(s_several).Query("SELECT 1; SELECT 2").Results.Count);
        Assert.Equal(1064, client.Query("SELECT 1; SELECT 2").Code);
    }

    // Servers stay in the schema and forget its collation, until it is entered again.
    [Theory]
    [MemberData(nameof(Resettable))]
    public void A_client_that_resets_its_session_has_the_servers_collation_in_its_schema(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client(new() { Schema = "shop" });
        var other = world.Client(new() { Schema = "shop" });
        var own = CollationHere(client);

        Assert.True(client.Command(CommandKind.ResetConnection).IsOk);

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(["shop", "latin1_swedish_ci"], client.Query(Ask).Row);
            Assert.Equal(["shop", own], other.Query(Ask).Row);
        }
        Assert.True(client.Command(CommandKind.InitDb, "shop").IsOk);
        Assert.Equal(["shop", own], client.Query(Ask).Row);
        Assert.Single(world.Pooled);
    }

    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void A_collation_that_was_set_in_place_of_the_schemas_is_the_sessions_own(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client(new() { Schema = "shop" });
        var other = world.Client(new() { Schema = "shop" });
        var own = CollationHere(other);

        Assert.True(client.Query("SET @@collation_database = 'latin1_swedish_ci'").IsOk);

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(["shop", own], other.Query(Ask).Row);
            Assert.Equal(["shop", "latin1_swedish_ci"], client.Query(Ask).Row);
        }
        Assert.True(client.Command(CommandKind.InitDb, "shop").IsOk);
        Assert.Equal(["shop", own], client.Query(Ask).Row);
        Assert.Single(world.Pooled);
    }

    [Theory]
    [MemberData(nameof(Resettable))]
    public void A_connection_that_was_cleaned_knows_the_collation_of_its_schema_again(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var first = world.Client(new() { Schema = "shop" });
        var own = CollationHere(first);
        first.Query("CREATE TEMPORARY TABLE tt (a INT)");

        first.Quit();
        world.World.RunFor(10);

        Assert.Equal(["shop", own], world.Client(new() { Schema = "shop" }).Query(Ask).Row);
        Assert.Contains(world.Pooled.Single().Commands, command => command.Kind == CommandKind.ResetConnection);
    }

    private static string? CollationHere(FakeClient client)
    {
        var own = client.Query("SELECT @@collation_database").Scalar;
        Assert.NotEqual("latin1_swedish_ci", own);
        return own;
    }
}
