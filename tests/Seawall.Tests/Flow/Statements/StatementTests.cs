using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

public sealed class StatementTests
{
    private static readonly FakeClientOptions s_multi = new()
    {
        Capabilities = FakeClientOptions.Modern | Capabilities.MultiStatements,
    };

    public static MatrixTheoryData<FakeServerKind, Capabilities> Ends => new MatrixTheoryData<FakeServerKind, Capabilities>(
        [FakeServerKind.MySql56, FakeServerKind.MySql97, FakeServerKind.MySql97WithEof, FakeServerKind.MariaDb1011],
        [FakeClientOptions.Modern, FakeClientOptions.Old]);

    [Theory]
    [MemberData(nameof(Ends))]
    public void An_answer_looks_to_each_client_as_it_was_agreed_with_it(FakeServerKind kind, Capabilities capabilities)
    {
        using var world = new EngineWorld(new() { Kind = kind });
        var client = world.Client(new() { Capabilities = capabilities });

        Assert.Equal(["a", null, "b"], client.Query("SELECT 'a', NULL, 'b'").Row);
        Assert.Equal(1UL, client.Query("INSERT INTO t VALUES (1)").Only.AffectedRows);
        Assert.Equal(1064, client.Query("NONSENSE").Code);
        Assert.Equal(2, client.FieldList("t").Only.Columns.Count);
        var prepared = client.Prepare("SELECT ?, ?, 'x'");
        Assert.Equal((2, 3), (prepared.Parameters, prepared.Columns));
        Assert.Equal(["1", null, "x"], client.Execute(prepared.Id, "1", null).Row);
        var plain = client.Prepare("INSERT INTO t VALUES (2)");
        Assert.Equal((0, 0), (plain.Parameters, plain.Columns));
        Assert.Equal(1UL, client.Execute(plain.Id).Only.AffectedRows);
        Assert.Equal(["end"], client.Query("SELECT 'end'").Row);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public void A_text_of_several_statements_has_several_results(FakeServerKind kind, Capabilities capabilities)
    {
        using var world = new EngineWorld(new() { Kind = kind });
        var client = world.Client(new() { Capabilities = capabilities | Capabilities.MultiStatements });

        var reply = client.Query("SELECT 'a'; INSERT INTO t VALUES (1); SELECT 'b', 'c'");

        Assert.Equal(3, reply.Results.Count);
        Assert.Equal("a", reply.Results[0].Rows[0][0]);
        Assert.Equal(1UL, reply.Results[1].AffectedRows);
        Assert.Equal(["b", "c"], reply.Results[2].Rows[0]);
        Assert.True(client.Query("SELECT 1").IsOk);
    }

    [Fact]
    public void A_client_that_did_not_ask_for_several_statements_does_not_get_them_from_the_client_before()
    {
        using var world = new EngineWorld(OnePooled());
        Assert.True(world.Client(s_multi).Query("SELECT 1; SELECT 2").IsOk);
        var careful = world.Client();

        Assert.Equal(1064, careful.Query("SELECT 1; SELECT 2").Code);
        Assert.Single(world.Pooled);
    }

    [Fact]
    public void An_error_in_the_middle_of_a_text_ends_the_answer()
    {
        using var world = new EngineWorld();
        var client = world.Client(s_multi);

        var reply = client.Query("SELECT 'a'; FAIL 1234; SELECT 'b'");

        Assert.Equal((2, 1234), (reply.Results.Count, reply.Code));
        Assert.True(client.Query("SELECT 1").IsOk);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public void An_error_in_the_middle_of_rows_ends_them(FakeServerKind kind, Capabilities capabilities)
    {
        using var world = new EngineWorld(new() { Kind = kind });
        world.Server.When("SELECT broken", new FakeRows(["a"], [["1"], ["2"]], Then: new FakeError(1317, "interrupted", "70100")));
        var client = world.Client(new() { Capabilities = capabilities });

        var reply = client.Query("SELECT broken");

        Assert.Equal((1317, 2), (reply.Code, reply.Only.Rows.Count));
        Assert.Equal("after", client.Query("SELECT 'after'").Scalar);
    }

    [Fact]
    public void An_empty_statement_is_the_servers_to_refuse()
    {
        using var world = new EngineWorld();

        Assert.Equal(1065, world.Client().Query("").Code);
    }

    [Theory]
    [InlineData(CommandKind.Time)]
    [InlineData(CommandKind.Shutdown)]
    [InlineData(CommandKind.BinlogDump)]
    [InlineData(CommandKind.Clone)]
    [InlineData((CommandKind)0x77)]
    public void A_command_that_is_not_spoken_is_refused_and_the_conversation_goes_on(CommandKind kind)
    {
        using var world = new EngineWorld();
        var client = world.Client();

        Assert.Equal(1047, client.Command(kind).Code);
        Assert.Equal("still here", client.Query("SELECT 'still here'").Scalar);
    }

    [Fact]
    public void A_ping_is_answered_without_a_server()
    {
        using var world = new EngineWorld();

        Assert.True(world.Client().Command(CommandKind.Ping).IsOk);
        Assert.Empty(world.Pooled);
    }

    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void A_ping_says_of_the_statement_before_what_its_server_would(FakeServerKind kind)
    {
        using var world = new EngineWorld(new() { Kind = kind, Prepare = server => server.When("WARN", new FakeOk(Warnings: 2)) });
        var client = world.Client();
        client.Query("WARN");

        var ping = client.Command(CommandKind.Ping).Only;

        Assert.Equal(kind.IsMariaDb ? 0 : 2, ping.Warnings);
        Assert.Equal(ServerStatus.Autocommit, ping.Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    public void A_command_with_a_wrong_number_is_refused_and_ends_the_conversation(byte sequence)
    {
        using var world = new EngineWorld();
        var client = world.Client();

        client.Send(FakeClient.Bytes(CommandKind.Query, "SELECT 1", sequence));
        var reply = client.BeginRead((byte)(sequence + 1)).Value;
        world.World.RunFor(10);

        Assert.Equal(1156, reply.Code);
        Assert.Equal(0, world.Engine.ClientCount);
    }

    [Fact]
    public void A_packet_of_nothing_is_refused_and_ends_the_conversation()
    {
        using var world = new EngineWorld();
        var client = world.Client();

        client.Send([0, 0, 0, 0]);
        var reply = client.BeginRead().Value;
        world.World.RunFor(10);

        Assert.Equal(1047, reply.Code);
        Assert.Equal(0, world.Engine.ClientCount);
    }

    [Fact]
    public void Commands_may_follow_each_other_without_waiting()
    {
        using var world = new EngineWorld(OnePooled());
        var client = world.Client();
        byte[] all = [];
        for (var i = 0; i < 200; i++)
            all = [.. all, .. FakeClient.Bytes(CommandKind.Query, $"SELECT '{i}'")];

        client.Send(all);

        for (var i = 0; i < 200; i++)
            Assert.Equal($"{i}", client.BeginRead().Value.Scalar);
    }

    [Fact]
    public void A_command_may_come_byte_by_byte()
    {
        using var world = new EngineWorld();
        world.World.Network.Chunk = _ => 1;
        var client = world.Client();

        Assert.Equal(["drop", "by", "drop"], client.Query("SELECT 'drop', 'by', 'drop'").Row);
        var prepared = client.Prepare("SELECT ?");
        Assert.Equal("x", client.Execute(prepared.Id, "x").Scalar);
    }

    [Fact]
    public void A_statement_that_is_longer_than_the_buffer_goes_through()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        foreach (var length in (int[])[60_000, 61_000, 65_530, 65_536, 70_000, 200_000])
        {
            var text = new string('x', length);
            Assert.Equal(text, client.Query($"SELECT '{text}'").Scalar);
        }
    }

    [Fact]
    public void The_flags_of_the_answer_are_the_servers()
    {
        using var world = new EngineWorld();
        var client = world.Client();

        Assert.Equal(ServerStatus.Autocommit, client.Query("SELECT 1").Only.Status);
        Assert.Equal(ServerStatus.Autocommit | ServerStatus.InTransaction, client.Query("BEGIN").Only.Status);
        Assert.Equal(ServerStatus.Autocommit, client.Query("COMMIT").Only.Status);
    }

    [Fact]
    public void A_client_is_told_of_its_own_changes_as_a_server_would_tell_it()
    {
        using var world = new EngineWorld();
        var client = world.Client();

        Assert.Equal([(SessionChangeKind.Schema, "", "mail")], client.Query("USE mail").Only.Changes);
        Assert.Equal([(SessionChangeKind.SystemVariables, "time_zone", "+02:00")], client.Query("SET time_zone='+02:00'").Only.Changes);
        // Seawall asks for every variable; a client that asked for nothing gets what servers tell by default.
        Assert.Empty(client.Query("SET lc_time_names='de_DE'").Only.Changes);
    }

    [Fact]
    public void Words_and_numbers_of_an_OK_reach_every_client()
    {
        using var world = new EngineWorld();
        world.Server.When("UPDATE much", new FakeOk(300, 70_000, 2, "Rows matched: 300"));
        foreach (var capabilities in (Capabilities[])[FakeClientOptions.Modern, FakeClientOptions.Old])
        {
            var reply = world.Client(new() { Capabilities = capabilities }).Query("UPDATE much").Only;

            Assert.Equal((300UL, 70_000UL, (ushort)2, "Rows matched: 300"),
                (reply.AffectedRows, reply.InsertId, reply.Warnings, reply.Info));
        }
    }

    [Fact]
    public void A_server_that_wants_a_file_which_the_client_never_offered_loses_its_connection()
    {
        using var world = new EngineWorld();
        world.Server.When("LOAD", new FakePacket([0xFB, .. "/etc/passwd"u8]));
        var client = world.Client();

        var reply = client.Query("LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t");

        Assert.False(reply.IsOk);
        Assert.DoesNotContain(reply.Results, result => result.Columns.Count > 0);
    }

    [Fact]
    public void Statistics_are_the_servers_words()
    {
        using var world = new EngineWorld();
        var client = world.Client();

        Assert.Equal("Uptime: 1", client.Ask(CommandKind.Statistics));
        Assert.True(client.Query("SELECT 1").IsOk);
    }

    [Fact]
    public void An_answer_that_makes_no_sense_does_not_reach_anybody_else()
    {
        using var world = new EngineWorld(OnePooled());
        world.Server.When("SELECT mad", new FakePacket([0x42, 0x42, 0x42]));
        var client = world.Client();
        var other = world.Client();

        Assert.False(client.Query("SELECT mad").IsOk);
        Assert.Equal("sane", other.Query("SELECT 'sane'").Scalar);
    }

    internal static EngineWorldOptions OnePooled(FakeServerKind? kind = null) => new()
    {
        Kind = kind ?? FakeServerKind.MySql97,
        With = options => options with { Pools = options.Pools with { SizeMax = 1 } },
    };
}
