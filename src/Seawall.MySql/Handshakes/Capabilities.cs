namespace Seawall.MySql.Handshakes;

/// <summary>
/// What the two ends of a connection agree to speak. The low 32 bits are MySQL's, the high 32 MariaDB's extension, which
/// travels in a reserved field when <see cref="ClientMySql"/> is not set.
/// </summary>
/// <remarks>
/// https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html and
/// https://mariadb.com/docs/server/reference/clientserver-protocol/1-connecting/connection
/// </remarks>
[Flags]
public enum Capabilities : ulong
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Set by MySQL and its clients; not set by MariaDB, which then means its extension.</summary>
    ClientMySql = 1 << 0,

    /// <summary>"Affected rows" are the rows found, not the rows changed. Fixed at login.</summary>
    FoundRows = 1 << 1,

    /// <summary>Long column flags.</summary>
    LongFlag = 1 << 2,

    /// <summary>A schema is named at login.</summary>
    ConnectWithSchema = 1 << 3,

    /// <summary><c>schema.table.column</c> is refused.</summary>
    NoSchema = 1 << 4,

    /// <summary>zlib compression.</summary>
    Compress = 1 << 5,

    /// <summary>Made for ODBC; no effect.</summary>
    Odbc = 1 << 6,

    /// <summary><c>LOAD DATA LOCAL</c> is allowed.</summary>
    LocalFiles = 1 << 7,

    /// <summary>Spaces are allowed before the parenthesis of a function. Same as the <c>sql_mode</c>.</summary>
    IgnoreSpace = 1 << 8,

    /// <summary>The 4.1 protocol, the only one spoken here.</summary>
    Protocol41 = 1 << 9,

    /// <summary>The session's <c>wait_timeout</c> begins as <c>interactive_timeout</c>.</summary>
    Interactive = 1 << 10,

    /// <summary>The connection goes over to TLS before the login.</summary>
    Tls = 1 << 11,

    /// <summary>Status flags tell of transactions.</summary>
    Transactions = 1 << 13,

    /// <summary>Authentication data of 20 bytes; also the old name of the 4.1 authentication.</summary>
    SecureConnection = 1 << 15,

    /// <summary>Several statements in one command.</summary>
    MultiStatements = 1 << 16,

    /// <summary>Several results to one command.</summary>
    MultiResults = 1 << 17,

    /// <summary>Several results to one prepared statement.</summary>
    PreparedMultiResults = 1 << 18,

    /// <summary>Named authentication plugins.</summary>
    PluginAuth = 1 << 19,

    /// <summary>Connection attributes at login.</summary>
    ConnectAttributes = 1 << 20,

    /// <summary>Authentication data may be longer than 255 bytes.</summary>
    PluginAuthLengthEncoded = 1 << 21,

    /// <summary>The client can live with an expired password.</summary>
    CanHandleExpiredPasswords = 1 << 22,

    /// <summary>OK packets carry what changed in the session.</summary>
    SessionTrack = 1 << 23,

    /// <summary>Results end with an OK packet instead of EOF, and have none after the columns.</summary>
    DeprecateEof = 1 << 24,

    /// <summary>Column definitions may be left out.</summary>
    OptionalMetadata = 1 << 25,

    /// <summary>zstd compression.</summary>
    Zstd = 1 << 26,

    /// <summary>Attributes on statements.</summary>
    QueryAttributes = 1 << 27,

    /// <summary>More than one factor of authentication.</summary>
    MultiFactor = 1 << 28,

    /// <summary>MySQL reserves it.</summary>
    Extension = 1 << 29,

    /// <summary>The client verifies the server's certificate.</summary>
    VerifyServerCertificate = 1 << 30,

    /// <summary>The client remembers options.</summary>
    RememberOptions = 1UL << 31,

    /// <summary>MariaDB: progress reports.</summary>
    MariaDbProgress = 1UL << 32,

    /// <summary>MariaDB: <c>COM_STMT_BULK_EXECUTE</c>.</summary>
    MariaDbBulk = 1UL << 34,

    /// <summary>MariaDB: extended type information in column definitions.</summary>
    MariaDbExtendedMetadata = 1UL << 35,

    /// <summary>MariaDB: column definitions may be left out on a second execution.</summary>
    MariaDbCachedMetadata = 1UL << 36,

    /// <summary>MariaDB: unit results of bulk execution.</summary>
    MariaDbBulkUnitResults = 1UL << 37,

    /// <summary>The half that only MariaDB knows.</summary>
    MariaDbAll = 0xFFFF_FFFFUL << 32,
}
