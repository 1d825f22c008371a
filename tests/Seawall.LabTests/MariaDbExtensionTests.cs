using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Xunit;

namespace Seawall.LabTests;

/// <summary>What MariaDB's own clients agree on besides: bulk executions, reports of progress, more about columns.</summary>
public sealed class MariaDbExtensionTests(LabServers lab)
{
    private const Capabilities MariaDb = RawClient.Usual & ~Capabilities.ClientMySql;

    private const ushort WithTypes = 0x80;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bulk_executions_are_answered_as_the_server_answers(bool deprecatesEof)
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await StartAsync(server);
        var dialect = MariaDb | Capabilities.MariaDbBulk;
        using var twins = TwinSessions.Open(server, seawall, deprecatesEof ? dialect : dialect & ~Capabilities.DeprecateEof);
        const string insert = "insert into people (name, age) values (?, ?)";
        Func<Task> lose = () => seawall.LoseConnectionAsync(server, twins.Through, Cancel);
        await twins.SameBulkAsync(insert, lose, Body(WithTypes, ("Liv", 1), ("Max", null)), Body(0, ("Ned", 3)), Body(0, ("Oli", 4), ("Pia", 5)));
        await twins.SameBulkAsync(insert + " returning id, name", lose, Body(WithTypes, ("Rob", 1), ("Sam", 2)), Body(0, ("Tim", 3)));
        await twins.SameBulkAsync("update people set name = ? where id = ?", lose, Body(WithTypes, ("Uwe", 1), ("Vic", 2)), Body(0, ("Wim", 3)));
        await twins.SameBulkAsync("insert into people (name, age) values (?, ?)", lose, Body(0, ("no types", 1))); // Nobody told them.
        await twins.SameBulkAsync(insert, lose, [0x40, 0], [0], [], [0x80, 0, 253], Body(WithTypes, (null, 1))); // Refused.
        await twins.SameBulkAsync("select ?, ?", lose, Body(WithTypes, ("a", 1)));
        await twins.SameBulkAsync("insert into people (name, age) values ('x', 1)", lose, [0, 0]);
        // One form and the other, of one statement.
        twins.SamePrepared(insert, ["Xia", 7]);
        twins.Same(CommandKind.StatementBulkExecute, "\u0063\0\0\0\0\0"); // 1243
        twins.SameQuery("select name, age from people order by id");
        twins.AssertSame();
    }

    [Fact]
    public async Task Bulk_executions_longer_than_a_packet_arrive_whole_with_and_without_types()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, MariaDb | Capabilities.MariaDbBulk);
        twins.SameQuery("create table longs (t longtext, n int)");
        foreach (var length in (int[])[70_000, PacketHeader.LengthMax - 40, PacketHeader.LengthMax - 20, PacketHeader.LengthMax, 20_000_000])
        {
            var value = new string('v', length);
            await twins.SameBulkAsync("insert into longs values (?, ?)", () => seawall.LoseConnectionAsync(server, twins.Through, Cancel),
                Body(WithTypes, (value, 1)), Body(0, (value, 2)));
        }
        twins.SameQuery("select sha2(t, 256), n from longs order by length(t), n");
        twins.AssertSame();
    }

    // Of its rows the answer tells one number, and not whether it is LAST_INSERT_ID().
    [Fact]
    public async Task The_number_that_a_bulk_execution_has_made_can_be_asked_for_after_others_had_the_connection()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(
            server, Cancel, options => options with { Pools = options.Pools with { SizeMax = 1, WaitMsMax = 30_000 } });
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall", MariaDb | Capabilities.MariaDbBulk);
        const string insert = "insert into bulk_ids.made (name, age) values (?, ?)";
        try
        {
            Assert.Null(other.Query("create or replace database bulk_ids").Error);
            Assert.Null(other.Query("create table bulk_ids.others (id int primary key auto_increment) auto_increment = 7000").Error);
            var told = new List<string?[]>();
            foreach (var port in (int[])[server.Port, seawall.Port])
            {
                Assert.Null(other.Query("create or replace table bulk_ids.made (id int primary key auto_increment, name varchar(9), age int)").Error);
                using var client = RawClient.Connect(port, "seawall", "seawall", MariaDb | Capabilities.MariaDbBulk);
                var answers = new List<string?>();
                void Others() => Assert.Null(other.Query("insert into bulk_ids.others values (null), (null)").Error);
                void Ask() => answers.Add(client.Query("select last_insert_id()").FirstValue);
                foreach (var rows in ((string?, int?)[][])[[("a", 1), ("b", 2), ("c", 3)], [("d", 4)], [("e", 5), ("f", 6)]])
                {
                    var id = BitConverter.GetBytes(client.Ask(CommandKind.StatementPrepare, System.Text.Encoding.ASCII.GetBytes(insert)).StatementId);
                    Others();
                    Assert.Null(client.Ask(CommandKind.StatementBulkExecute, [.. id, .. Body(WithTypes, rows)]).Error);
                    Ask();
                    Others();
                    Ask();
                    Assert.Null(client.Ask(CommandKind.StatementBulkExecute, [.. id, .. Body(WithTypes, rows)]).Error);
                    Others();
                    Ask();
                }
                told.Add([.. answers]);
            }
            Assert.Equal(told[0], told[1]);
            Assert.DoesNotContain("0", told[0]);
        }
        finally
        {
            await server.ExecuteAsync("drop database bulk_ids", Cancel);
        }
    }

    // MySQL does not know the command.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Clients_that_did_not_agree_are_refused_as_by_the_server(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        await twins.SameBulkAsync("insert into people (name, age) values (?, ?)", () => Task.CompletedTask, Body(WithTypes, ("a", 1)));
        twins.Same((CommandKind)0xFE, ""); // COM_MULTI, which no server has any more.
        twins.SameQuery("select count(*) from people");
        twins.AssertSame();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Only_clients_that_asked_hear_how_far_a_statement_has_come(bool asks)
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await StartAsync(server);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall", asks ? MariaDb | Capabilities.MariaDbProgress : MariaDb);
        Assert.Null(client.Query("create or replace database progress").Error);
        try
        {
            Assert.Null(client.Query("use progress").Error);
            Assert.Null(client.Query("create table t engine=aria select seq as id, repeat('x', 60) as x from seq_1_to_3000000").Error);
            Assert.Null(client.Query("set progress_report_time = 1").Error);
            client.Send(CommandKind.Query, "alter table t modify id bigint, algorithm=copy; select 'next'"u8);
            var packets = new List<RawPacket>();
            do
                packets.Add(client.NextOrEnd()!);
            while (ErrPacket.IsProgress(packets[^1].Head));
            Assert.Equal(OkPacket.Header, packets[^1].Head[0]);
            Assert.Equal(asks, packets.Count > 1);
            while (packets[^1].Head[0] != OkPacket.EndHeader)
                packets.Add(client.NextOrEnd()!);
            Assert.Equal(Enumerable.Range(1, packets.Count), packets.Select(packet => (int)packet.Sequence));
            Assert.Equal("on", client.Query("select 'on'").FirstValue);
        }
        finally
        {
            await server.ExecuteAsync("drop database progress", Cancel);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task More_about_columns_is_told_to_those_who_agreed_on_it(bool agrees)
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await StartAsync(server);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall", agrees ? MariaDb : MariaDb | Capabilities.MariaDbExtendedMetadata);
        using var twins = TwinSessions.Open(server, seawall, agrees ? MariaDb | Capabilities.MariaDbExtendedMetadata : MariaDb);
        twins.SameQuery("create table more (j json, u uuid, i inet6, p point, g geometry, n int)");
        twins.SameQuery("insert into more values ('[1]', uuid(), '::1', point(1, 2), point(3, 4), 5)");
        Assert.Equal("1", other.Query("select 1").FirstValue);
        twins.SameQuery("select j, i, p, g, n from more");
        twins.SameQuery("select * from types");
        twins.SamePrepared("select j, i, p, g, n, ? from more", [1]);
        twins.SameQuery("show warnings");
        twins.Same(CommandKind.FieldList, "more\0");
        twins.AssertSame();
        Assert.Equal($"{twins.Through.ConnectionId}", twins.Through.Query("select connection_id()").FirstValue);
        Assert.Equal(2, seawall.Engine.Pools.All.Count());
    }

    private static Task<SeawallUnderTest> StartAsync(LabServer server) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with { Pools = options.Pools with { SizeMax = 2, WaitMsMax = 30_000 } });

    // What follows the number: flags, types of a string and a LONG, rows with an indicator before each value.
    private static byte[] Body(ushort flags, params (string? Text, int? Number)[] rows)
    {
        var writer = new PacketWriter().Begin(0).Int2(flags);
        if ((flags & WithTypes) != 0)
            writer.Raw([253, 0, 3, 0]);
        foreach (var (text, number) in rows)
        {
            writer.Int1(text is null ? (byte)1 : (byte)0);
            if (text is not null)
                writer.LengthEncodedText(text);
            writer.Int1(number is null ? (byte)1 : (byte)0);
            if (number is { } value)
                writer.Int4((uint)value);
        }
        return writer.OpenPayload.ToArray();
    }
}
