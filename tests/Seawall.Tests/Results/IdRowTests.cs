using System.Buffers.Binary;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;
using Xunit;

namespace Seawall.Tests.Results;

/// <summary>The number of a connection, replaced in rows.</summary>
public sealed class IdRowTests
{
    private const uint Server = 25, Client = 2_147_483_650;

    [Fact]
    public void A_row_of_text_gets_the_clients_number_where_the_servers_was()
    {
        var row = new PacketWriter().Begin(0).LengthEncodedText("25").LengthEncodedText("25").Int1(0xFB).LengthEncodedText("x")
            .LengthEncodedText("25").OpenPayload.ToArray();
        var due = new PacketWriter().Begin(3).LengthEncodedText("25").LengthEncodedText("2147483650").Int1(0xFB)
            .LengthEncodedText("x").LengthEncodedText("2147483650").End().Bytes.ToArray();
        var writer = new PacketWriter().Clear();

        Assert.True(IdRow.TryWriteText(writer, 3, row, 0b11110, Server, Client));
        Assert.Equal(due, writer.Bytes.ToArray());
    }

    [Theory]
    [InlineData("26")]
    [InlineData("025x")]
    [InlineData("")]
    public void Another_value_than_the_servers_number_stays(string value)
    {
        var row = new PacketWriter().Begin(0).LengthEncodedText(value).OpenPayload.ToArray();
        Assert.False(IdRow.TryWriteText(new PacketWriter().Clear(), 1, row, 1, Server, Client));
    }

    [Fact]
    public void A_row_that_makes_no_sense_stays()
    {
        byte[] row = [2, (byte)'2', (byte)'5', 200, 1];
        Assert.False(IdRow.TryWriteText(new PacketWriter().Clear(), 1, row, 1, Server, Client));
        byte[] binary = [0, 0, 25, 0];
        IdRow.ChangeBinary(binary, [0x08], 1, Server, Client);
        Assert.Equal([0, 0, 25, 0], binary);
    }

    [Fact]
    public void A_row_of_binary_values_is_changed_in_place_behind_values_of_every_length()
    {
        // A tiny one, a text, NULL, a time, the number in four bytes, a date with its length, the number in eight, a larger one.
        byte[] types = [0x01, 0xFD, 0xFD, 0x0B, 0x03, 0x0C, 0x08, 0x08];
        var row = new PacketWriter().Begin(0).Int1(0).Raw([0b0001_0000, 0]).Int1(25).LengthEncodedText("25").Raw([0])
            .Int4(Server).Raw([4, 1, 2, 3, 4]).Int8(Server).Int8(Server + (1UL << 40)).OpenPayload.ToArray();
        var due = row.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(due.AsSpan(8), Client);
        BinaryPrimitives.WriteUInt32LittleEndian(due.AsSpan(17), Client);

        IdRow.ChangeBinary(row, types, 0b1111_1111, Server, Client);

        Assert.Equal(due, row);
    }
}
