using System.Buffers.Binary;
using System.Text;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// <c>CONNECTION_ID()</c> and <c>@@pseudo_thread_id</c> on real servers: the number of the greeting, and everything else in the
/// answer as the server gives it.
/// </summary>
public sealed class ConnectionIdTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb, RawClient.Usual)]
    [InlineData(LabKind.MySql97, RawClient.Usual)]
    [InlineData(LabKind.MySql56, RawClient.Usual)]
    [InlineData(LabKind.MariaDb, RawClient.Usual & ~Capabilities.DeprecateEof)]
    [InlineData(LabKind.MySql97, RawClient.Usual & ~Capabilities.DeprecateEof)]
    public async Task Every_packet_is_as_on_a_direct_connection_but_for_the_number(LabKind kind, Capabilities wanted)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var direct = RawClient.Connect(server.Port, "seawall", "seawall", wanted);
        using var through = RawClient.Connect(seawall.Port, "seawall", "seawall", wanted);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall", wanted);
        foreach (var sql in (string[])
            [
                "select connection_id()", "SELECT /* who */ Connection_Id ( ) AS me", "select connection_id(), 'x', null, @@pseudo_thread_id",
                "select null, 1.5, cast('2020-01-02 03:04:05' as datetime), cast('10:11:12' as time), connection_id(), repeat('y', 300)",
                "select distinct @@session.pseudo_thread_id from dual", "select connection_id() + 0, connection_id() /* me */ + 0 me",
                "select * from (select connection_id() + 0 union all select 7) t", "select if(connection_id() > 0, @@pseudo_thread_id, 'x')",
                "select max(connection_id()) from (select 1 as a union select 2) t",
            ])
        {
            Same(direct.Query(sql), through.Query(sql), isBinary: false);
            other.Query("begin");
            Assert.Equal($"{other.ConnectionId}", other.Query("select connection_id()").FirstValue);
            Same(Executed(direct, sql), Executed(through, sql), isBinary: true);
            other.Query("rollback");
        }

        void Same(RawAnswer one, RawAnswer two, bool isBinary)
        {
            isBinary &= two.Packets.Any(packet => Convert.ToHexString(packet.Head).Contains(Number(through.ConnectionId, true), default));
            var (mine, theirs) = (Number(through.ConnectionId, isBinary), Number(direct.ConnectionId, isBinary));
            Assert.Contains(two.Packets, packet => Convert.ToHexString(packet.Head).Contains(mine, StringComparison.Ordinal));
            Assert.Equal(Shown(one), Shown(two).Select(packet => packet.Replace(mine, theirs, StringComparison.Ordinal)).ToArray());
        }
    }

    [Fact]
    public async Task A_client_that_wants_no_metadata_reads_its_number_as_well()
    {
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall", RawClient.Usual | Capabilities.OptionalMetadata);
        Assert.Null(client.Query("set resultset_metadata = none").Error);
        foreach (var (answer, isBinary) in (IEnumerable<(RawAnswer, bool)>)
            [(client.Query("select 'x', connection_id()"), false), (Executed(client, "select 'x', connection_id()"), true)])
        {
            Assert.Contains(Number(client.ConnectionId, isBinary), string.Concat(Shown(answer)), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_number_that_the_session_has_set_itself_stays(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Assert.Null(client.Query("set pseudo_thread_id = 7").Error);
        Assert.Equal("7", client.Query("select @@pseudo_thread_id").FirstValue);
    }

    private static RawAnswer Executed(RawClient client, string sql)
    {
        var prepared = client.Ask(CommandKind.StatementPrepare, Encoding.UTF8.GetBytes(sql));
        return client.Ask(CommandKind.StatementExecute, [.. BitConverter.GetBytes(prepared.StatementId), 0, 1, 0, 0, 0]);
    }

    private static string[] Shown(RawAnswer answer) =>
        [.. answer.Packets.Select(packet => $"{packet.Sequence} {Convert.ToHexString(packet.Head)}")];

    private static string Number(uint id, bool isBinary)
    {
        var raw = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(raw, id);
        return Convert.ToHexString(isBinary ? raw : [(byte)$"{id}".Length, .. Encoding.ASCII.GetBytes($"{id}")]);
    }
}
