using Seawall.MySql.Framing;

namespace Seawall.MySql.Results;

/// <summary>What <see cref="RowsAhead.Look"/> came to.</summary>
public enum RowsAheadResult : byte
{
    /// <summary>The end is not among what has arrived.</summary>
    Later,

    /// <summary>The packet that ends the rows is there.</summary>
    End,

    /// <summary>An error ends the rows, or a packet too long to look past.</summary>
    NoEnd,
}

/// <summary>
/// Looks for the end of rows in what has arrived, without using it up: a server that sends an EOF packet behind the columns
/// says there what it says at the end, and one that does not, says it at the end only.
/// </summary>
public static class RowsAhead
{
    /// <summary>
    /// Looks through <paramref name="data"/>, which begins behind the columns of a server that deprecates EOF; the flags of the
    /// end are in <paramref name="status"/>.
    /// </summary>
    public static RowsAheadResult Look(ReadOnlySpan<byte> data, bool tracksSession, out ServerStatus status)
    {
        status = ServerStatus.None;
        while (data.Length >= PacketHeader.Size)
        {
            var length = PacketHeader.LengthOf(data);
            if (length == PacketHeader.LengthMax)
                return RowsAheadResult.NoEnd;
            data = data[PacketHeader.Size..];
            if (length > data.Length)
                return RowsAheadResult.Later;
            if (length > 0 && data[0] == ErrPacket.Header)
                return RowsAheadResult.NoEnd;
            if (length > 0 && data[0] == OkPacket.EndHeader)
            {
                status = OkPacket.Read(data[..length], tracksSession).Status;
                return RowsAheadResult.End;
            }
            data = data[length..];
        }
        return RowsAheadResult.Later;
    }
}
