using Seawall.MySql.Compression;
using Seawall.MySql.Framing;

namespace Seawall.MySql.Handshakes;

/// <summary>The client's answer to the greeting: who it is and what it wants. A view of the payload; copy what must last.</summary>
/// <remarks>
/// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html
/// </remarks>
public readonly ref struct LoginRequest
{
    /// <summary>
    /// The longest login that is believed: the server's own limit on connection attributes (64 KiB) and room for names,
    /// password and plugin.
    /// </summary>
    public const int LengthMax = (64 * 1024) + 2048;

    /// <summary>The length of the request to go over to TLS: the login's first four fields.</summary>
    public const int TlsRequestLength = 32;

    private LoginRequest(ReadOnlySpan<byte> payload)
    {
        var reader = new FieldReader(payload);
        ulong capabilities = reader.Int4();
        MaxPacket = reader.Int4();
        Collation = reader.Int1();
        var reserved = reader.Bytes(23);
        if (reader.IsValid && (capabilities & (ulong)Capabilities.ClientMySql) == 0)
            capabilities |= (ulong)(reserved[19] | (reserved[20] << 8) | (reserved[21] << 16) | (reserved[22] << 24)) << 32;
        Capabilities = (Capabilities)capabilities;
        IsTlsRequest = payload.Length == TlsRequestLength && Capabilities.HasFlag(Capabilities.Tls);
        IsValid = reader.IsValid && Capabilities.HasFlag(Capabilities.Protocol41);
        if (!IsValid || IsTlsRequest)
            return;
        User = reader.NulTerminated();
        AuthResponse = Capabilities.HasFlag(Capabilities.PluginAuthLengthEncoded) ? reader.LengthEncodedBytes()
            : Capabilities.HasFlag(Capabilities.SecureConnection) ? reader.Bytes(reader.Int1())
            : reader.NulTerminated();
        // Clients are known that set the flags and leave out the fields when they would be last.
        if (Capabilities.HasFlag(Capabilities.ConnectWithSchema) && !reader.IsAtEnd)
            Schema = reader.NulTerminatedOrRest();
        if (Capabilities.HasFlag(Capabilities.PluginAuth) && !reader.IsAtEnd)
            AuthPlugin = reader.NulTerminatedOrRest();
        if (Capabilities.HasFlag(Capabilities.ConnectAttributes) && !reader.IsAtEnd)
            Attributes = reader.LengthEncodedBytes();
        // A client that leaves it out gets what the servers say to level 0.
        if (Capabilities.HasFlag(Capabilities.Zstd) && !reader.IsAtEnd)
            ZstdLevel = reader.Int1();
        IsValid = reader.IsValid;
    }

    /// <summary>Whether the packet was well formed, and of a client that speaks 4.1.</summary>
    public bool IsValid { get; }

    /// <summary>Whether this is only the request to go over to TLS; the login follows under it.</summary>
    public bool IsTlsRequest { get; }

    /// <summary>What the client can and wants.</summary>
    public Capabilities Capabilities { get; }

    /// <summary>The longest packet that the client says it takes.</summary>
    public uint MaxPacket { get; }

    /// <summary>The low byte of the collation that the session begins with.</summary>
    public byte Collation { get; }

    /// <summary>The account's name.</summary>
    public ReadOnlySpan<byte> User { get; }

    /// <summary>The proof, made with the nonce of the greeting.</summary>
    public ReadOnlySpan<byte> AuthResponse { get; }

    /// <summary>The schema to begin in, or nothing.</summary>
    public ReadOnlySpan<byte> Schema { get; }

    /// <summary>The plugin that made the proof, or nothing.</summary>
    public ReadOnlySpan<byte> AuthPlugin { get; }

    /// <summary>The connection attributes: read them with <see cref="AttributeReader"/>.</summary>
    public ReadOnlySpan<byte> Attributes { get; }

    /// <summary>The level of zstd that the client wants and uses itself; 0 when it wants none.</summary>
    public byte ZstdLevel { get; }

    /// <summary>Reads a payload.</summary>
    public static LoginRequest Read(ReadOnlySpan<byte> payload) => new(payload);

    /// <summary>Writes the request to go over to TLS.</summary>
    public static void WriteTlsRequest(PacketWriter writer, Capabilities capabilities, byte collation) =>
        WriteHead(writer, capabilities | Capabilities.Tls, collation);

    /// <summary>Writes a payload; the capabilities say which of the optional fields go in.</summary>
    public static void Write(
        PacketWriter writer, Capabilities capabilities, byte collation, ReadOnlySpan<byte> user,
        ReadOnlySpan<byte> authResponse, ReadOnlySpan<byte> schema, ReadOnlySpan<byte> authPlugin,
        ReadOnlySpan<byte> attributes, byte zstdLevel = CompressionBench.ZstdLevel)
    {
        WriteHead(writer, capabilities, collation);
        writer.NulTerminated(user);
        if (capabilities.HasFlag(Capabilities.PluginAuthLengthEncoded))
            writer.LengthEncodedBytes(authResponse);
        else
            writer.Int1((byte)authResponse.Length).Raw(authResponse);
        if (capabilities.HasFlag(Capabilities.ConnectWithSchema))
            writer.NulTerminated(schema);
        if (capabilities.HasFlag(Capabilities.PluginAuth))
            writer.NulTerminated(authPlugin);
        if (capabilities.HasFlag(Capabilities.ConnectAttributes))
            writer.LengthEncodedBytes(attributes);
        if (capabilities.HasFlag(Capabilities.Zstd))
            writer.Int1(zstdLevel);
    }

    private static void WriteHead(PacketWriter writer, Capabilities capabilities, byte collation)
    {
        // The longest packet taken: 1 GiB, the protocol's largest max_allowed_packet; nothing is held here anyway.
        writer.Int4((uint)capabilities).Int4(1 << 30).Int1(collation).Zeros(19)
            .Int4(capabilities.HasFlag(Capabilities.ClientMySql) ? 0 : (uint)((ulong)capabilities >> 32));
    }
}
