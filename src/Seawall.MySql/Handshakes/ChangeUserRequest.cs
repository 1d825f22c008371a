using Seawall.MySql.Framing;

namespace Seawall.MySql.Handshakes;

/// <summary>COM_CHANGE_USER: a new login on the connection that is there. A view of the payload.</summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_change_user.html</remarks>
public readonly ref struct ChangeUserRequest
{
    private ChangeUserRequest(ReadOnlySpan<byte> payload, Capabilities capabilities)
    {
        var reader = new FieldReader(payload);
        _ = reader.Int1(); // The command.
        User = reader.NulTerminated();
        AuthResponse = reader.Bytes(reader.Int1());
        Schema = reader.NulTerminatedOrRest();
        // All that follows may be missing: old clients end here.
        if (!reader.IsAtEnd)
            Collation = reader.Int2();
        HasCollation = Collation != 0;
        if (capabilities.HasFlag(Capabilities.PluginAuth) && !reader.IsAtEnd)
            AuthPlugin = reader.NulTerminatedOrRest();
        if (capabilities.HasFlag(Capabilities.ConnectAttributes) && !reader.IsAtEnd)
            Attributes = reader.LengthEncodedBytes();
        IsValid = reader.IsValid;
    }

    /// <summary>Whether the packet was well formed.</summary>
    public bool IsValid { get; }

    /// <summary>The account's name.</summary>
    public ReadOnlySpan<byte> User { get; }

    /// <summary>The proof, made with the nonce of the greeting.</summary>
    public ReadOnlySpan<byte> AuthResponse { get; }

    /// <summary>The schema to begin in, or nothing.</summary>
    public ReadOnlySpan<byte> Schema { get; }

    /// <summary>Whether a collation was named.</summary>
    public bool HasCollation { get; }

    /// <summary>The collation that the session begins with.</summary>
    public ushort Collation { get; }

    /// <summary>The plugin that made the proof, or nothing.</summary>
    public ReadOnlySpan<byte> AuthPlugin { get; }

    /// <summary>The connection attributes.</summary>
    public ReadOnlySpan<byte> Attributes { get; }

    /// <summary>Reads a payload, the command byte included; the form depends on what was agreed at login.</summary>
    public static ChangeUserRequest Read(ReadOnlySpan<byte> payload, Capabilities capabilities) =>
        new(payload, capabilities);

    /// <summary>Writes a payload, the command byte included.</summary>
    public static void Write(
        PacketWriter writer, Capabilities capabilities, ReadOnlySpan<byte> user, ReadOnlySpan<byte> authResponse,
        ReadOnlySpan<byte> schema, ushort collation, ReadOnlySpan<byte> authPlugin, ReadOnlySpan<byte> attributes)
    {
        writer.Int1((byte)Commands.CommandKind.ChangeUser).NulTerminated(user)
            .Int1((byte)authResponse.Length).Raw(authResponse).NulTerminated(schema).Int2(collation);
        if (capabilities.HasFlag(Capabilities.PluginAuth))
            writer.NulTerminated(authPlugin);
        if (capabilities.HasFlag(Capabilities.ConnectAttributes))
            writer.LengthEncodedBytes(attributes);
    }
}
