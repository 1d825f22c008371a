using Seawall.Engine.Flow.Servers;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;

namespace Seawall.Engine.Flow;

/// <summary>
/// Makes COM_QUERY fit the server connection that it goes to: whether attributes stand before the text was agreed on with the
/// client at its login, and with the server at another.
/// </summary>
internal static class QueryPacket
{
    /// <summary>Changes the packet where it lies; false when for that it needs another packet: see <see cref="Grow"/>.</summary>
    internal static bool TryFit(Statement statement, ServerConnection connection)
    {
        var has = statement.TextAt > 1; // The client's, or none, when it was made to fit a connection before.
        if (connection.TakesAttributes == has)
            return true;
        var packet = statement.Packet;
        if (has)
        {
            // A server that knows none: they are lost, as they would be there. Spaces before a text are not part of it.
            packet.Payload[1..statement.TextAt].Fill((byte)' ');
            return true;
        }
        var added = ServerQuery.NoAttributes.Length;
        if (packet.Length + added >= PacketHeader.LengthMax)
            return false;
        packet = packet with
        {
            Offset = packet.Offset - added,
            Available = packet.Available + added,
            Length = packet.Length + added,
        };
        PacketHeader.Write(packet.Bytes, packet.Length, 0);
        packet.Payload[0] = (byte)CommandKind.Query;
        ServerQuery.NoAttributes.CopyTo(packet.Payload[1..]);
        statement.TextAt += added;
        statement.Replace(packet);
        return true;
    }

    /// <summary>The command with attributes, or none, before a text of 16 MiB or more.</summary>
    internal static GrownCommand Grow(Statement statement, ServerConnection connection) =>
        new(statement, connection, [(byte)CommandKind.Query, .. ServerQuery.NoAttributes], replaced: 1);
}
