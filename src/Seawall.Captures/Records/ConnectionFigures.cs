namespace Seawall.Captures.Records;

/// <summary>How a login ended.</summary>
public enum LoginEnd : byte
{
    /// <summary>The client was let in.</summary>
    In,

    /// <summary>It was refused before it could say who it is.</summary>
    TurnedAway,

    /// <summary>It was refused: the account, the password, the schema.</summary>
    Refused,

    /// <summary>It left, or its bytes made no sense.</summary>
    Gone,
}

/// <summary>Why a connection ended.</summary>
public enum CloseReason : byte
{
    /// <summary>The client said goodbye.</summary>
    Goodbye,

    /// <summary>It hung up without a word.</summary>
    HungUp,

    /// <summary>Seawall or the server ended it.</summary>
    SentAway,

    /// <summary>The capture ended before it.</summary>
    Unknown,
}

/// <summary>The numbers of a connection's login. Of blocks of bytes, so that a loop can write it down without allocating.</summary>
public record struct ConnectionFigures
{
    /// <summary>Its number; other records name it. Unique in one capture.</summary>
    public ulong Connection { get; set; }

    /// <summary>When it was accepted.</summary>
    public long AcceptUs { get; set; }

    /// <summary>How long TLS took; 0 without TLS.</summary>
    public uint TlsUs { get; set; }

    /// <summary>How long it took from the acceptance to the OK, or to its end.</summary>
    public uint LoginUs { get; set; }

    /// <summary>The client's capabilities: MySQL's 32 bits, and MariaDB's above them.</summary>
    public ulong Capabilities { get; set; }

    /// <summary>The collation that it began with.</summary>
    public ushort Collation { get; set; }

    /// <summary>How often one side waited for the other, from the greeting to the end of the login; TCP and TLS are not in it.</summary>
    public ushort RoundTrips { get; set; }

    /// <summary>Packets from the client.</summary>
    public ushort PacketsIn { get; set; }

    /// <summary>Packets to the client.</summary>
    public ushort PacketsOut { get; set; }

    /// <summary>Bytes from the client, without TLS; 0: not known.</summary>
    public uint BytesIn { get; set; }

    /// <summary>Bytes to the client, without TLS; 0: not known.</summary>
    public uint BytesOut { get; set; }

    /// <summary>The version of TLS as .NET counts (<c>SslProtocols</c>); 0 without TLS.</summary>
    public ushort TlsVersion { get; set; }

    /// <summary>The cipher suite's number; 0 without TLS.</summary>
    public ushort TlsCipher { get; set; }

    /// <summary>Whether the TLS session was resumed.</summary>
    public bool TlsResumed { get; set; }

    /// <summary>Whether it came over a Unix socket.</summary>
    public bool IsLocal { get; set; }

    /// <summary>Whether it was there before the capture: its login was not seen.</summary>
    public bool WasThere { get; set; }

    /// <summary>How the login ended.</summary>
    public LoginEnd End { get; set; }

    /// <summary>The error that it was refused with; 0: none.</summary>
    public ushort ErrorCode { get; set; }
}

/// <summary>The numbers of a connection's end.</summary>
public record struct EndFigures
{
    /// <summary>Which connection.</summary>
    public ulong Connection { get; set; }

    /// <summary>When its first command came; 0: none.</summary>
    public long FirstCommandUs { get; set; }

    /// <summary>When it ended.</summary>
    public long CloseUs { get; set; }

    /// <summary>Commands in all, captured or not.</summary>
    public ulong Commands { get; set; }

    /// <summary>Why it ended.</summary>
    public CloseReason Reason { get; set; }
}
