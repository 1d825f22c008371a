using Seawall.MySql.Framing;

namespace Seawall.MySql.Results;

/// <summary>"Failed": code, SQLSTATE and words.</summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html</remarks>
public readonly ref struct ErrPacket
{
    /// <summary>The first byte of an ERR packet.</summary>
    public const byte Header = 0xFF;

    private ErrPacket(ReadOnlySpan<byte> payload)
    {
        var reader = new FieldReader(payload);
        IsValid = reader.Int1() == Header;
        Code = reader.Int2();
        // Before the client has said that it speaks 4.1 there is no SQLSTATE.
        if (reader.Rest is [(byte)'#', ..])
        {
            _ = reader.Int1();
            SqlState = reader.Bytes(5);
        }
        Message = reader.ToEnd();
        IsValid &= reader.IsValid;
    }

    /// <summary>Whether the packet was well formed.</summary>
    public bool IsValid { get; }

    /// <summary>The error number.</summary>
    public ushort Code { get; }

    /// <summary>The five characters of SQLSTATE, or nothing.</summary>
    public ReadOnlySpan<byte> SqlState { get; }

    /// <summary>The words, in the session's character set.</summary>
    public ReadOnlySpan<byte> Message { get; }

    /// <summary>
    /// Whether it is no error but MariaDB's report of how far a statement has come, which has the form of one with the number
    /// 65,535.
    /// </summary>
    public static bool IsProgress(ReadOnlySpan<byte> payload) => payload is [Header, 0xFF, 0xFF, ..];

    /// <summary>Reads a payload.</summary>
    public static ErrPacket Read(ReadOnlySpan<byte> payload) => new(payload);

    /// <summary>
    /// Writes a payload. <paramref name="withState"/> is false only in place of a greeting: an old client knows no
    /// SQLSTATE before the handshake, and MySQL sends none there.
    /// </summary>
    public static void Write(PacketWriter writer, SqlError error, string message, bool withState = true)
    {
        writer.Int1(Header).Int2(error.Code);
        if (withState)
            writer.Int1((byte)'#').Text(error.State);
        writer.Text(message);
    }
}

/// <summary>An error number and its SQLSTATE.</summary>
/// <param name="Code">The number, as in the server's <c>errmsg</c> tables.</param>
/// <param name="State">Five characters.</param>
public readonly record struct SqlError(ushort Code, string State)
{
    /// <summary>No connection is free: clients wait and come again.</summary>
    public static SqlError TooManyConnections => new(1040, "08004");

    /// <summary>The peer does not speak the protocol.</summary>
    public static SqlError Handshake => new(1043, "08S01");

    /// <summary>Wrong account or password.</summary>
    public static SqlError AccessDenied => new(1045, "28000");

    /// <summary>Memory, or anything else, is short: nobody tries again by himself.</summary>
    public static SqlError OutOfResources => new(1041, "HY000");

    /// <summary>Waited too long: most programs try again.</summary>
    public static SqlError LockWaitTimeout => new(1205, "HY000");

    /// <summary>RESIGNAL where there is nothing to signal again: the error comes on top of those that are there.</summary>
    public static SqlError NothingToResignal => new(1645, "0K000");

    /// <summary>No such table in information_schema.</summary>
    public static SqlError UnknownTable => new(1109, "42S02");

    /// <summary>No such table.</summary>
    public static SqlError NoSuchTable => new(1146, "42S02");

    /// <summary>No such command.</summary>
    public static SqlError UnknownCommand => new(1047, "08S01");

    /// <summary>No such schema.</summary>
    public static SqlError UnknownSchema => new(1049, "42000");

    /// <summary>Seawall or a server is going down.</summary>
    public static SqlError ServerShutdown => new(1053, "08S01");

    /// <summary>Bad syntax (the admin port uses it).</summary>
    public static SqlError Syntax => new(1064, "42000");

    /// <summary>Nothing to do.</summary>
    public static SqlError EmptyQuery => new(1065, "42000");

    /// <summary>A packet longer than allowed.</summary>
    public static SqlError PacketTooLarge => new(1153, "08S01");

    /// <summary>Packets in the wrong order.</summary>
    public static SqlError PacketsOutOfOrder => new(1156, "08S01");

    /// <summary>What came was not compressed as it should be.</summary>
    public static SqlError UncompressFailed => new(1157, "08S01");

    /// <summary>A level of zstd that there is not.</summary>
    public static SqlError WrongCompressionLevel => new(3923, "HY000");

    /// <summary>Waited for a client in vain.</summary>
    public static SqlError ReadTimeout => new(1159, "08S01");

    /// <summary>A statement's arguments do not fit (a wrong statement number, a malformed execution).</summary>
    public static SqlError MalformedPacket => new(1835, "HY000");

    /// <summary>No prepared statement of that number.</summary>
    public static SqlError UnknownStatement => new(1243, "HY000");

    /// <summary>A piece of a parameter was sent for one that there is not.</summary>
    public static SqlError WrongArguments => new(1210, "HY000");

    /// <summary>No cursor is open.</summary>
    public static SqlError NoOpenCursor => new(1421, "HY000");

    /// <summary>As many prepared statements as there may be.</summary>
    public static SqlError TooManyPrepared => new(1461, "42000");

    /// <summary>MySQL up to 5.7: no <c>LOAD DATA LOCAL</c> for this client.</summary>
    public static SqlError CommandNotAllowed => new(1148, "42000");

    /// <summary>MySQL from 8.0: no <c>LOAD DATA LOCAL</c> for this client.</summary>
    public static SqlError LocalFilesOff => new(3948, "42000");

    /// <summary>MariaDB: no <c>LOAD DATA LOCAL</c> for this client.</summary>
    public static SqlError LocalFilesOffMariaDb => new(4166, "HY000");

    /// <summary>A variable cannot have this value.</summary>
    public static SqlError WrongValue => new(1231, "42000");

    /// <summary>Seawall does not offer it.</summary>
    public static SqlError NotSupported => new(1235, "42000");

    /// <summary>The account may not have more.</summary>
    public static SqlError TooManyUserConnections => new(1203, "42000");

    /// <summary>The account needs TLS.</summary>
    public static SqlError SecureTransportRequired => new(3159, "08004");

    /// <summary>The server's authentication plugin is not offered here.</summary>
    public static SqlError AuthenticationPlugin => new(1251, "08004");

    /// <summary>The account is locked.</summary>
    public static SqlError AccountLocked => new(3118, "HY000");

    /// <summary>MariaDB's number for a locked account.</summary>
    public static SqlError AccountLockedMariaDb => new(4151, "HY000");

    /// <summary>The password has expired, and the client cannot live with that.</summary>
    public static SqlError PasswordExpired => new(1862, "HY000");

    /// <summary>No server connection came free in time (MySQL's number for a time limit).</summary>
    public static SqlError QueryTimeout => new(3024, "HY000");

    /// <summary>MariaDB's number for a time limit.</summary>
    public static SqlError QueryTimeoutMariaDb => new(1969, "70100");

    /// <summary>No server can be reached; the statement was not sent.</summary>
    public static SqlError ServerNotAvailable => new(3168, "HY000");

    /// <summary>The server was lost while it had the statement: nobody knows whether it ran.</summary>
    public static SqlError ServerLost => new(2013, "HY000");

    /// <summary>Closed because nothing came from the client for too long.</summary>
    public static SqlError ClientInactive => new(4031, "HY000");

    /// <summary>Somebody ended the connection on purpose.</summary>
    public static SqlError Killed => new(1927, "70100");

    /// <summary>Somebody ended the statement on purpose.</summary>
    public static SqlError Interrupted => new(1317, "70100");

    /// <summary>The connection is somebody else's.</summary>
    public static SqlError NotOwner => new(1095, "HY000");

    /// <summary>No such system variable.</summary>
    public static SqlError UnknownVariable => new(1193, "HY000");

    /// <summary>The statement cannot be prepared.</summary>
    public static SqlError NotPreparable => new(1295, "HY000");

    /// <summary>No such connection.</summary>
    public static SqlError NoSuchThread => new(1094, "HY000");

    /// <summary>Seawall itself failed.</summary>
    public static SqlError Internal => new(1105, "HY000");
}
