using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Xunit;

namespace Seawall.Tests.Results;

public sealed class RowsAheadTests
{
    private const ServerStatus Flags = ServerStatus.Autocommit | ServerStatus.OutParameters;

    [Fact]
    public void The_end_is_found_behind_rows_of_any_length()
    {
        var data = new PacketWriter().Clear();
        foreach (var row in (byte[][])[[], [0xFB], [3, 1, 2, 3], [0x00, 0x00, 0xFE]])
            data.Begin(0).Raw(row).End();
        var bytes = End(data).Bytes.ToArray();

        Assert.Equal(RowsAheadResult.End, RowsAhead.Look(bytes, tracksSession: false, out var status));
        Assert.Equal(Flags, status);
    }

    [Fact]
    public void Whatever_is_cut_off_it_is_not_there_yet()
    {
        var bytes = End(new PacketWriter().Clear().Begin(0).Raw([3, 1, 2, 3]).End()).Bytes.ToArray();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(RowsAheadResult.Later, RowsAhead.Look(bytes.AsSpan(0, length), tracksSession: false, out var status));
            Assert.Equal(ServerStatus.None, status);
        }
    }

    [Fact]
    public void Errors_and_rows_of_several_packets_have_no_end_to_look_for()
    {
        var error = new PacketWriter().Clear().Begin(0).Raw([1, 1]).End().Begin(1).Raw([ErrPacket.Header, 1, 1]).End();

        Assert.Equal(RowsAheadResult.NoEnd, RowsAhead.Look(error.Bytes, tracksSession: false, out _));
        Assert.Equal(RowsAheadResult.NoEnd, RowsAhead.Look([0xFF, 0xFF, 0xFF, 0, 0xFE], tracksSession: false, out _));
    }

    private static PacketWriter End(PacketWriter data)
    {
        data.Begin(1);
        OkPacket.Write(data, OkPacket.EndHeader, 0, 0, Flags, 0, default, default, Capabilities.DeprecateEof | Capabilities.Protocol41);
        return data.End();
    }
}
