using Seawall.MySql.Framing;
using Seawall.MySql.Results;

namespace Seawall.MySql.Handshakes;

/// <summary>The first packet of a connection, from server to client: who it is, what it can, and the nonce.</summary>
/// <remarks>
/// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html;
/// MariaDB puts the high half of <see cref="Capabilities"/> into the last four reserved bytes.
/// </remarks>
public readonly ref struct Greeting
{
    /// <summary>The only protocol version there is.</summary>
    public const byte ProtocolVersion = 10;

    /// <summary>The length of the nonce, without the NUL that follows it.</summary>
    public const int NonceLength = 20;

    private Greeting(ReadOnlySpan<byte> payload, Span<byte> nonce)
    {
        var reader = new FieldReader(payload);
        var version = reader.Int1();
        ServerVersion = reader.NulTerminated();
        ConnectionId = reader.Int4();
        var first = reader.Bytes(8);
        _ = reader.Int1();
        ulong capabilities = reader.Int2();
        Collation = reader.Int1();
        Status = (ServerStatus)reader.Int2();
        capabilities |= (ulong)reader.Int2() << 16;
        var nonceLength = Math.Max(21, (int)reader.Int1());
        var reserved = reader.Bytes(10);
        var second = reader.Bytes(nonceLength - 8);
        // Some servers leave out the NUL after the name of the plugin.
        AuthPlugin = reader.IsAtEnd ? default : reader.NulTerminatedOrRest();
        IsValid = reader.IsValid && version == ProtocolVersion && second.Length >= NonceLength - 8;
        if (!IsValid)
            return;
        if ((capabilities & (ulong)Capabilities.ClientMySql) == 0)
            capabilities |= (ulong)(reserved[6] | (reserved[7] << 8) | (reserved[8] << 16) | (reserved[9] << 24)) << 32;
        Capabilities = (Capabilities)capabilities;
        first.CopyTo(nonce);
        second[..(NonceLength - 8)].CopyTo(nonce[8..]);
    }

    /// <summary>Whether the packet was well formed.</summary>
    public bool IsValid { get; }

    /// <summary>The version, with MariaDB's <c>5.5.5-</c> if it is there.</summary>
    public ReadOnlySpan<byte> ServerVersion { get; }

    /// <summary>The server's number for the connection.</summary>
    public uint ConnectionId { get; }

    /// <summary>What the server can.</summary>
    public Capabilities Capabilities { get; }

    /// <summary>The low byte of the server's default collation.</summary>
    public byte Collation { get; }

    /// <summary>The status flags.</summary>
    public ServerStatus Status { get; }

    /// <summary>The authentication plugin that the client should begin with.</summary>
    public ReadOnlySpan<byte> AuthPlugin { get; }

    /// <summary>Reads a payload; the nonce goes into <paramref name="nonce"/>, <see cref="NonceLength"/> bytes.</summary>
    public static Greeting Read(ReadOnlySpan<byte> payload, Span<byte> nonce) => new(payload, nonce);

    /// <summary>Writes a payload.</summary>
    public static void Write(
        PacketWriter writer, ReadOnlySpan<byte> serverVersion, uint connectionId, ReadOnlySpan<byte> nonce,
        Capabilities capabilities, byte collation, ServerStatus status, ReadOnlySpan<byte> authPlugin)
    {
        var mariaDb = !capabilities.HasFlag(Capabilities.ClientMySql);
        writer.Int1(ProtocolVersion).NulTerminated(serverVersion).Int4(connectionId)
            .Raw(nonce[..8]).Int1(0)
            .Int2((ushort)capabilities).Int1(collation).Int2((ushort)status).Int2((ushort)((ulong)capabilities >> 16))
            .Int1(NonceLength + 1)
            .Zeros(6).Int4(mariaDb ? (uint)((ulong)capabilities >> 32) : 0)
            .NulTerminated(nonce[8..NonceLength])
            .NulTerminated(authPlugin);
    }
}
