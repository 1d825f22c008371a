using System.Buffers.Text;
using Seawall.MySql.Framing;

namespace Seawall.MySql.Results;

/// <summary>
/// Puts other rows into one small result that is here as a whole: columns and end stay as the server sent them. Text and binary
/// rows; whatever is no result with rows stays as it is.
/// </summary>
/// <param name="packets">The result, in the form in which the client gets it.</param>
/// <param name="endsWithOk">Whether rows end with an OK packet, and no packet stands between columns and rows.</param>
public readonly ref struct ResultRecast(ReadOnlySpan<byte> packets, bool endsWithOk)
{
    private const byte Null = 0xFB;

    private readonly ReadOnlySpan<byte> _packets = packets;

    /// <summary>Writes the result with these rows of (word, number, text), which is what SHOW WARNINGS has.</summary>
    public void ReplaceRows(PacketWriter writer, IReadOnlyList<byte[]?[]> rows, bool isBinary)
    {
        if (!TryWriteHead(writer, out var rest))
            return;
        foreach (var row in rows)
        {
            writer.BeginNext();
            if (isBinary)
                writer.Int1(0).Int1(0).LengthEncodedBytes(row[0]).Int4(NumberOf(row[1])).LengthEncodedBytes(row[2]);
            else
                writer.LengthEncodedBytes(row[0]).LengthEncodedBytes(row[1]).LengthEncodedBytes(row[2]);
            writer.End();
        }
        while (!IsEnd(rest, out var length))
            rest = rest[(PacketHeader.Size + length)..];
        WriteRest(writer, rest);
    }

    // The number of columns, the columns, and the packet behind them if there is one.
    private bool TryWriteHead(PacketWriter writer, out ReadOnlySpan<byte> rest)
    {
        rest = _packets;
        var first = rest.Length > PacketHeader.Size ? rest[PacketHeader.Size] : OkPacket.Header;
        if (first is OkPacket.Header or ErrPacket.Header or Null)
        {
            writer.Packets(rest);
            return false;
        }
        var sequence = rest[PacketHeader.Size - 1];
        for (var left = 1 + first + (endsWithOk ? 0 : 1); left > 0 && rest.Length >= PacketHeader.Size; left--)
        {
            var length = PacketHeader.LengthOf(rest);
            writer.Begin(sequence++).Raw(rest.Slice(PacketHeader.Size, length)).End();
            rest = rest[(PacketHeader.Size + length)..];
        }
        return true;
    }

    // The numbers have moved when there are more rows, or fewer.
    private static void WriteRest(PacketWriter writer, ReadOnlySpan<byte> rest)
    {
        while (rest.Length >= PacketHeader.Size)
        {
            var length = PacketHeader.LengthOf(rest);
            writer.BeginNext().Raw(rest.Slice(PacketHeader.Size, length)).End();
            rest = rest[(PacketHeader.Size + length)..];
        }
    }

    // Short rows only: none begins with what a row of 16 MiB begins with.
    private static bool IsEnd(ReadOnlySpan<byte> rest, out int length)
    {
        length = rest.Length >= PacketHeader.Size ? PacketHeader.LengthOf(rest) : 0;
        return length == 0 || rest[PacketHeader.Size] is OkPacket.EndHeader or ErrPacket.Header;
    }

    // It was read from a server, which may say anything, and with zeros around each digit in ucs2, utf16 and utf32.
    private static uint NumberOf(ReadOnlySpan<byte> digits)
    {
        Span<byte> plain = stackalloc byte[10];
        var length = 0;
        foreach (var digit in digits)
        {
            if (digit != 0 && length < plain.Length)
                plain[length++] = digit;
        }
        return Utf8Parser.TryParse(plain[..length], out uint number, out _) ? number : 0;
    }
}
