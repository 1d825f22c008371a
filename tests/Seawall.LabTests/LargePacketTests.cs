using System.Globalization;
using System.Text;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Statements and rows around and beyond the longest packet, through Seawall as from the server. The lab's servers take
/// 64 MiB.
/// </summary>
public sealed class LargePacketTests(LabServers lab)
{
    private const int Full = PacketHeader.LengthMax;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<LabKind, bool> KindsAndDialects()
    {
        var data = new TheoryData<LabKind, bool>();
        foreach (var kind in Enum.GetValues<LabKind>())
        {
            data.Add(kind, true);
            data.Add(kind, false);
        }
        return data;
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Statements_of_every_length_around_a_full_packet_arrive_whole(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        foreach (var length in (int[])[61_439, 61_440, 61_441, 70_000, Full - 1, Full, Full + 1, 20_000_000, 2 * Full, 33_000_000, (2 * Full) + 5])
        {
            const string before = "select sha2('", after = "', 256) as digest, 1 as one";
            // The command's own byte counts as well.
            var text = before + new string('x', length - 1 - before.Length - after.Length) + after;
            twins.SameQuery(text);
        }
        twins.SameQuery("select 'still in step'");
        twins.AssertSame();
    }

    [Theory]
    [MemberData(nameof(KindsAndDialects))]
    public async Task Rows_of_every_length_around_a_full_packet_arrive_whole(LabKind kind, bool deprecatesEof)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var twins = TwinSessions.Open(server, seawall,
            deprecatesEof ? RawClient.Usual : RawClient.Usual & ~Capabilities.DeprecateEof);
        // A value of this length has its length before it in four bytes, or in nine.
        foreach (var length in (int[])[Full - 5, Full - 4, Full - 3, Full, (2 * Full) - 10, (2 * Full) - 9, (2 * Full) - 8, 33_000_000])
            twins.SameQuery(string.Create(CultureInfo.InvariantCulture, $"select repeat('x', {length}) union all select 'last'"));
        twins.AssertSame();
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_result_of_100_MB_streams_through(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        twins.SameQuery("insert into people (name) select p.name from people p, people q, people r limit 60");
        twins.SameQuery("select id, repeat('abcdefghij', 160000) from people order by id limit 64");
        twins.AssertSame();
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public Task Executions_longer_than_a_packet_arrive_whole_with_and_without_types(LabKind kind) =>
        SameLongExecutionsAsync(kind, RawClient.Usual);

    [Fact]
    public Task Executions_longer_than_a_packet_arrive_whole_from_clients_with_attributes() =>
        SameLongExecutionsAsync(LabKind.MySql97, RawClient.Usual | Capabilities.QueryAttributes);

    private async Task SameLongExecutionsAsync(LabKind kind, Capabilities dialect)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var twins = TwinSessions.Open(server, seawall, dialect);
        foreach (var length in (int[])[Full - 20, Full - 18, Full - 16, Full - 14, Full, 20_000_000, 2 * Full])
        {
            var value = new string('v', length);
            await twins.SamePreparedAsync("select sha2(?, 256)", [value], between: () => seawall.LoseConnectionAsync(server, twins.Through, Cancel));
        }
        twins.AssertSame();
        // The control: another connection, which had not heard the types, ran the second of each.
        Assert.True(seawall.Count(meter => meter.Reprepares) >= 7);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Parameters_in_pieces_are_put_together_at_the_server(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        var piece = Encoding.ASCII.GetBytes(new string('p', 3_000_000));
        twins.SamePieces("select sha2(?, 256), length(?)", [piece, piece, [], piece], [[1, 2, 3], []]);
        twins.SamePieces("select sha2(?, 256), length(?)", [new byte[70_000]], [new byte[1]]);
        twins.AssertSame();
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_statement_beyond_the_servers_limit_is_refused_in_the_servers_words(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
        client.Send(CommandKind.Query, Encoding.ASCII.GetBytes("select '" + new string('x', 70_000_000) + "'"));
        var refusal = client.Read(CommandKind.Query).Error;
        Assert.NotNull(refusal);
        // 1153 from the server when its words arrived before it hung up; otherwise it is said that it has.
        Assert.True(refusal.Code is 1153 or 2013, refusal.ToString());
        using var next = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Assert.Equal("1", next.Query("select 1").FirstValue);
    }
}
