using System.Text;
using Seawall.Engine.Facts.Topology;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;

namespace Seawall.Engine.Flow;

/// <summary>
/// MySQL's Connector/NET cannot read collations without a number, which MariaDB has from 10.10. MariaDB knows the driver by
/// an attribute of its login and begins its session in another <c>old_mode</c>. Here a session may run on a connection that
/// was opened for another client, so it is given that mode as a setting of its own, and no connection begins with it.
/// </summary>
internal static class ConnectorNet
{
    private const string Variable = "old_mode";

    private const string Flag = "NO_NULL_COLLATION_IDS";

    private static ReadOnlySpan<byte> AttributeName => "_client_name"u8;

    private static ReadOnlySpan<byte> ItsName => "mysql-connector-net"u8;

    /// <summary>The settings that a session of a client with these attributes begins with.</summary>
    internal static SessionSettings Begin(SessionSettings settings, ServerFacts? server, byte[] attributes)
    {
        if (server is not { OldMode: { } mode, Version.IsMariaDb: true } || !IsNamedBy(attributes) || mode.Contains(Flag, StringComparison.Ordinal))
            return settings;
        return settings.With(Variable, mode.Length == 0 ? Flag : $"{mode},{Flag}");
    }

    /// <summary>Attributes by which MariaDB does not know the driver, and an operator still does.</summary>
    internal static byte[] Disguise(byte[] attributes)
    {
        if (!IsNamedBy(attributes))
            return attributes;
        var writer = new PacketWriter().Begin(0);
        var reader = new AttributeReader(attributes);
        while (reader.MoveNext())
        {
            writer.LengthEncodedBytes(reader.Name).LengthEncodedBytes(
                Is(reader) ? Encoding.ASCII.GetBytes($"{Encoding.ASCII.GetString(ItsName)}, seawall") : reader.Value);
        }
        return writer.OpenPayload.ToArray();
    }

    private static bool IsNamedBy(byte[] attributes)
    {
        var reader = new AttributeReader(attributes);
        while (reader.MoveNext())
        {
            if (Is(reader))
                return true;
        }
        return false;
    }

    private static bool Is(AttributeReader attribute) =>
        attribute.Name.SequenceEqual(AttributeName) && attribute.Value.SequenceEqual(ItsName);
}
