using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Tests.Flow.Statements;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>What the flags of a login stand for, and limits on silence that a client sets itself.</summary>
public sealed class LoginFlagTests
{
    private static readonly FakeClientOptions s_typed = new()
    {
        Capabilities = FakeClientOptions.Modern | Capabilities.Interactive | Capabilities.IgnoreSpace,
    };

    [Fact]
    public void Flags_are_settings_that_move_with_their_session()
    {
        using var world = new EngineWorld(StatementTests.OnePooled() with
        {
            Prepare = server =>
            {
                server.Globals["sql_mode"] = "ANSI_QUOTES,STRICT_TRANS_TABLES";
                server.Globals["interactive_timeout"] = "7777";
            },
        });
        var typed = world.Client(s_typed);
        var plain = world.Client();
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(["ANSI_QUOTES,IGNORE_SPACE,STRICT_TRANS_TABLES", "7777"],
                typed.Query("SELECT @@sql_mode, @@wait_timeout").Row);
            Assert.Equal(["ANSI_QUOTES,STRICT_TRANS_TABLES", "28800"], plain.Query("SELECT @@sql_mode, @@wait_timeout").Row);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_silent_client_is_sent_away_by_its_own_limit_in_the_servers_way(bool isMariaDb)
    {
        using var world = new EngineWorld(new() { Kind = isMariaDb ? FakeServerKind.MariaDb1011 : FakeServerKind.MySql97 });
        var client = world.Client();
        var other = world.Client();
        Assert.True(client.Query("SET SESSION wait_timeout = 10").IsOk);
        world.World.RunFor(9_000);
        Assert.Equal("still", client.Query("SELECT 'still'").Scalar);
        world.World.RunFor(9_000);
        Assert.False(client.Wire.PeerGone);

        world.World.RunFor(2_000);

        var said = client.BeginRead(sequence: 0).Value;
        Assert.True(isMariaDb ? said.IsCut : said.Code == 4031, $"{said}");
        Assert.Equal("there", other.Query("SELECT 'there'").Scalar);
    }

    [Fact]
    public void The_settings_of_the_house_hold_for_those_who_would_stay_longer()
    {
        using var world = new EngineWorld(new()
        {
            With = options => options with { Clients = options.Clients with { IdleMsMax = 5_000 } },
        });
        var client = world.Client();
        Assert.True(client.Query("SET SESSION wait_timeout = 3600").IsOk);
        world.World.RunFor(7_000);

        Assert.Contains("clients.idle_ms_max", client.BeginRead(sequence: 0).Value.Results[0].Error!.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void A_schema_is_entered_whatever_character_set_the_session_has(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled() with
        {
            Kind = kind,
            Prepare = server => server.Schemas.Add("zwölf"),
        });
        var client = world.Client();
        var other = world.Client();
        Assert.True(client.Command(CommandKind.InitDb, "zwölf").IsOk);
        Assert.True(client.Query("SET character_set_client=latin1").IsOk);
        Assert.True(other.Query("SELECT 1").IsOk);
        world.Pooled.Single().Commands.Clear();

        Assert.Equal(["zwölf", "latin1"], client.Query("SELECT DATABASE(), @@character_set_client").Row);
        Assert.Equal("utf8mb4", other.Query("SELECT @@character_set_client").Scalar);
    }
}
