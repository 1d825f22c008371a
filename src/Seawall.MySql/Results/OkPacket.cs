using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;

namespace Seawall.MySql.Results;

/// <summary>"Done": the answer to a statement without rows, and, where the ends agreed on it, the end of rows.</summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html</remarks>
public readonly ref struct OkPacket
{
    /// <summary>The first byte of an OK packet.</summary>
    public const byte Header = 0x00;

    /// <summary>The first byte of an EOF packet, and of an OK packet that ends rows.</summary>
    public const byte EndHeader = 0xFE;

    private OkPacket(ReadOnlySpan<byte> payload, bool tracksSession)
    {
        var reader = new FieldReader(payload);
        FirstByte = reader.Int1();
        AffectedRows = reader.LengthEncoded();
        LastInsertId = reader.LengthEncoded();
        Status = (ServerStatus)reader.Int2();
        // Rows that an error has interrupted, inside a procedure that handles it, are ended by MySQL 5.7 and later in the old form: without a count.
        Warnings = FirstByte == EndHeader && reader.IsAtEnd ? (ushort)0 : reader.Int2();
        // The documentation has string<EOF> for ends without session tracking; every server writes the length all the same.
        if (!reader.IsAtEnd)
            Info = reader.LengthEncodedBytes();
        if (tracksSession && Status.HasFlag(ServerStatus.SessionStateChanged))
            SessionChanges = reader.LengthEncodedBytes();
        IsValid = reader.IsValid && (FirstByte is Header or EndHeader);
    }

    /// <summary>Whether the packet was well formed.</summary>
    public bool IsValid { get; }

    /// <summary><see cref="Header"/> or <see cref="EndHeader"/>.</summary>
    public byte FirstByte { get; }

    /// <summary>Rows changed, or found when the login asked for that.</summary>
    public ulong AffectedRows { get; }

    /// <summary>The first value that AUTO_INCREMENT gave, or what LAST_INSERT_ID(expr) set; 0 for none.</summary>
    public ulong LastInsertId { get; }

    /// <summary>The status flags.</summary>
    public ServerStatus Status { get; }

    /// <summary>The number of warnings.</summary>
    public ushort Warnings { get; }

    /// <summary>Words for people, such as <c>Rows matched: 1  Changed: 1  Warnings: 0</c>.</summary>
    public ReadOnlySpan<byte> Info { get; }

    /// <summary>What changed in the session: read it with <see cref="SessionChangeReader"/>.</summary>
    public ReadOnlySpan<byte> SessionChanges { get; }

    /// <summary>Reads a payload; <paramref name="tracksSession"/> as agreed at login, since the form differs.</summary>
    public static OkPacket Read(ReadOnlySpan<byte> payload, bool tracksSession) => new(payload, tracksSession);

    /// <summary>Writes a payload in the form that a client with these capabilities expects.</summary>
    public static void Write(
        PacketWriter writer, byte firstByte, ulong affectedRows, ulong lastInsertId, ServerStatus status, ushort warnings,
        ReadOnlySpan<byte> info, ReadOnlySpan<byte> sessionChanges, Capabilities capabilities)
    {
        var tracks = capabilities.HasFlag(Capabilities.SessionTrack);
        status = tracks && sessionChanges.Length > 0
            ? status | ServerStatus.SessionStateChanged
            : status & ~ServerStatus.SessionStateChanged;
        writer.Int1(firstByte).LengthEncoded(affectedRows).LengthEncoded(lastInsertId)
            .Int2((ushort)status).Int2(warnings);
        if (info.Length > 0 || sessionChanges.Length > 0)
            writer.LengthEncodedBytes(info);
        if (sessionChanges.Length > 0)
            writer.LengthEncodedBytes(sessionChanges);
    }
}
