using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.Testing;
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
}
