using System.Collections.Frozen;
using Seawall.MySql.Handshakes;

namespace Seawall.Rehearsal.Drivers;

/// <summary>
/// The drivers that are known. Rows marked "captured" are held against the driver itself by a lab test (<c>DriverProfileTests</c>); the
/// others are read from the drivers' published sources and documentation.
/// </summary>
internal static class DriverProfiles
{
    private const string Native = "mysql_native_password";
    private const string Sha2 = "caching_sha2_password";

    // What all of them ask for; the rest is in the rows.
    private const Capabilities Core = Capabilities.Protocol41 | Capabilities.Transactions | Capabilities.SecureConnection
        | Capabilities.MultiResults | Capabilities.PluginAuth;

    private const Capabilities Long = Core | Capabilities.ClientMySql | Capabilities.LongFlag;

    private const Capabilities LibMySql = Long | Capabilities.LocalFiles | Capabilities.PreparedMultiResults
        | Capabilities.ConnectAttributes | Capabilities.PluginAuthLengthEncoded | Capabilities.SessionTrack;

    private const Capabilities LibMySql9 = LibMySql | Capabilities.MultiStatements | Capabilities.DeprecateEof
        | Capabilities.QueryAttributes | Capabilities.MultiFactor;

    // CLIENT_IGNORE_SIGPIPE and CLIENT_RESERVED, which no server looks at.
    private const Capabilities Meaningless = (Capabilities)((1 << 12) | (1 << 14));

    private static readonly FrozenSet<string> s_oracle = Set(Native, Sha2, "sha256_password", "mysql_clear_password");
    private static readonly FrozenSet<string> s_mariaDb = Set(Native, Sha2, "client_ed25519", "dialog");

    // What Connector/J asks for before anything else, by the words that its versions have for it.
    private const string ConnectorJAsks =
        "SELECT  @@session.auto_increment_increment AS auto_increment_increment, @@character_set_client AS character_set_client, "
        + "@@character_set_connection AS character_set_connection, @@character_set_results AS character_set_results, "
        + "@@character_set_server AS character_set_server, @@collation_server AS collation_server, "
        + "@@collation_connection AS collation_connection, @@init_connect AS init_connect, "
        + "@@interactive_timeout AS interactive_timeout, @@license AS license, @@lower_case_table_names AS lower_case_table_names, "
        + "@@max_allowed_packet AS max_allowed_packet, @@net_write_timeout AS net_write_timeout, ";

    /// <summary>All of them, in the order in which they are shown.</summary>
    public static IReadOnlyList<DriverProfile> All { get; } =
    [
        new()
        {
            Name = "mysqlconnector",
            Driver = "MySqlConnector 2.x (.NET)",
            Plugins = Set([.. s_oracle, "client_ed25519"]),
            Wanted = Core | Capabilities.ClientMySql | Capabilities.FoundRows | Capabilities.ConnectAttributes
                | Capabilities.PluginAuthLengthEncoded | Capabilities.SessionTrack | Capabilities.DeprecateEof
                | Capabilities.QueryAttributes | Capabilities.MultiStatements | Capabilities.MariaDbCachedMetadata,
            Always = Capabilities.None,
            Collation = 45,
            Tls = DriverTls.Preferred,
            AsksForKey = false,
            ClientName = "MySqlConnector",
            StartUp = [new("SET NAMES utf8mb4;")],
            Source = "captured from 2.6.2; https://mysqlconnector.net/connection-options/ (SslMode, AllowPublicKeyRetrieval)",
        },
        new()
        {
            Name = "connector-j",
            Driver = "Connector/J 8.x and 9.x (Java)",
            Plugins = s_oracle,
            Wanted = Long | Capabilities.ConnectAttributes | Capabilities.PluginAuthLengthEncoded | Capabilities.PreparedMultiResults
                | Capabilities.FoundRows | Capabilities.ConnectWithSchema | Capabilities.CanHandleExpiredPasswords | Capabilities.DeprecateEof
                | Capabilities.QueryAttributes | Capabilities.MultiFactor,
            Always = Capabilities.None,
            Collation = 255,
            Tls = DriverTls.Preferred,
            AsksForKey = false,
            ClientName = "MySQL Connector/J",
            StartUp =
            [
                new(ConnectorJAsks + "@@performance_schema AS performance_schema, @@sql_mode AS sql_mode, "
                    + "@@system_time_zone AS system_time_zone, @@time_zone AS time_zone, "
                    + "@@transaction_isolation AS transaction_isolation, @@wait_timeout AS wait_timeout",
                    "the server says that it is 8.0.3 or later", From: 80003),
                new("SET character_set_results = NULL"),
                new("SET autocommit=1", "the server's default is 0"),
                new("SET sql_mode='STRICT_TRANS_TABLES'", "the server's sql_mode has no STRICT_TRANS_TABLES"),
            ],
            Source = "https://github.com/mysql/mysql-connector-j (NativeAuthenticationProvider.java, NativeSession.java); "
                + "https://dev.mysql.com/doc/connector-j/en/connector-j-connp-props-security.html (sslMode, allowPublicKeyRetrieval)",
        },
        new()
        {
            Name = "connector-j-5.1",
            Driver = "Connector/J 5.1.46 and 5.1.47 (Java)",
            Plugins = s_oracle,
            Wanted = Long | Capabilities.FoundRows | Capabilities.ConnectAttributes | Capabilities.PluginAuthLengthEncoded
                | Capabilities.ConnectWithSchema,
            Collation = 33,
            Tls = DriverTls.Preferred,
            AsksForKey = false,
            ClientName = "MySQL Connector Java",
            StartUp =
            [
                new(ConnectorJAsks + "@@query_cache_size AS query_cache_size, @@query_cache_type AS query_cache_type, "
                    + "@@sql_mode AS sql_mode, @@system_time_zone AS system_time_zone, @@time_zone AS time_zone, "
                    + "@@tx_isolation AS transaction_isolation, @@wait_timeout AS wait_timeout",
                    "the server says that it is older than 8.0.3; MariaDB always does", Before: 80003),
            ],
            Source = "https://dev.mysql.com/doc/relnotes/connector-j/en/news-5-1-46.html (caching_sha2_password); its statement as general logs show it",
        },
        new()
        {
            Name = "mariadb-connector-j-2",
            Driver = "MariaDB Connector/J 2.x (Java)",
            FirstPlugin = Native,
            Plugins = Set([.. s_mariaDb, "sha256_password", "mysql_clear_password"]),
            Wanted = Core | Capabilities.FoundRows | Capabilities.ConnectWithSchema | Capabilities.LocalFiles
                | Capabilities.IgnoreSpace | Capabilities.PreparedMultiResults | Capabilities.ConnectAttributes
                | Capabilities.PluginAuthLengthEncoded | Capabilities.SessionTrack | Capabilities.DeprecateEof,
            Always = Capabilities.None,
            Collation = 224,
            Tls = DriverTls.Off,
            AsksForKey = false,
            ClientName = "MariaDB Connector/J",
            StartUp =
            [
                new("set autocommit=1, sql_mode = concat(@@sql_mode,',STRICT_TRANS_TABLES')"),
                new("SELECT @@max_allowed_packet,@@system_time_zone,@@time_zone,@@auto_increment_increment"),
            ],
            Source = "captured from 2.7.6 (Debian's libmariadb-java), by hand",
        },
        new()
        {
            Name = "mysql2",
            Driver = "mysql2 3.x (Node.js)",
            Plugins = s_oracle,
            Wanted = Long | Meaningless | Capabilities.FoundRows | Capabilities.ConnectWithSchema | Capabilities.Odbc
                | Capabilities.LocalFiles | Capabilities.IgnoreSpace | Capabilities.ConnectAttributes
                | Capabilities.PluginAuthLengthEncoded | Capabilities.MultiFactor | Capabilities.MariaDbExtendedMetadata,
            Always = Meaningless | Capabilities.ConnectWithSchema | Capabilities.QueryAttributes | Capabilities.SessionTrack,
            Collation = 224,
            Tls = DriverTls.Off,
            AsksForKey = true,
            ClientName = "Node-MySQL-2",
            Source = "captured from 3.24.6; https://sidorares.github.io/node-mysql2/docs (ssl)",
        },
        new()
        {
            Name = "libmysqlclient",
            Driver = "libmysqlclient 8.x and 9.x (C): mysqlclient, PyODBC, ODBC, DBD::mysql 5",
            Plugins = s_oracle,
            Wanted = LibMySql9,
            Always = LibMySql9,
            Collation = 255,
            Tls = DriverTls.Preferred,
            AsksForKey = false,
            ClientName = "libmysql",
            Source = "captured from 9.7 (the mysql program); https://dev.mysql.com/doc/c-api/9.4/en/mysql-options.html (MYSQL_OPT_SSL_MODE)",
        },
        new()
        {
            Name = "libmysqlclient-sha2-first",
            Driver = "libmysqlclient 8.x and 9.x told to begin with caching_sha2_password (default-auth)",
            FirstPlugin = Sha2,
            Plugins = s_oracle,
            Wanted = LibMySql9,
            Always = LibMySql9,
            Collation = 255,
            Tls = DriverTls.Preferred,
            AsksForKey = false,
            IsSilentOnMismatch = true,
            ClientName = "libmysql",
            Source = "captured from 9.7 (mysql --default-auth=caching_sha2_password); "
                + "https://dev.mysql.com/doc/c-api/9.4/en/mysql-options.html (MYSQL_DEFAULT_AUTH)",
        },
        new()
        {
            Name = "libmysqlclient-5",
            Driver = "libmysqlclient 5.6 and 5.7 before 5.7.23 (C)",
            FirstPlugin = Native,
            Plugins = Set(Native, "sha256_password", "mysql_clear_password"),
            Wanted = LibMySql,
            Collation = 8,
            Tls = DriverTls.Off,
            AsksForKey = false,
            IsSilentOnMismatch = true,
            ClientName = "libmysql",
            Source = "sql-common/client.c of MySQL 5.6 (run_plugin_auth); 5.7 uses TLS when it can: "
                + "https://dev.mysql.com/doc/refman/5.7/en/connection-options.html",
        },
        new()
        {
            Name = "libmariadb",
            Driver = "MariaDB Connector/C 3.1 to 3.3 (C), and DBD::mysql 4 on it (Debian)",
            Plugins = s_mariaDb,
            Wanted = LibMySql | Capabilities.FoundRows | Capabilities.MariaDbProgress | Capabilities.MariaDbBulk
                | Capabilities.MariaDbExtendedMetadata | Capabilities.MariaDbCachedMetadata,
            Always = Capabilities.SessionTrack,
            Collation = 45,
            Tls = DriverTls.Off,
            AsksForKey = true,
            ClientName = "libmariadb",
            Source = "captured from 3.3 (DBD::mysql 4.050); 3.4 and later use TLS by themselves: "
                + "https://mariadb.com/kb/en/mariadb-connector-c-340-release-notes/",
        },
        new()
        {
            Name = "dbd-mariadb",
            Driver = "DBD::MariaDB 1.x (Perl) on MariaDB Connector/C",
            Plugins = s_mariaDb,
            Wanted = LibMySql | Capabilities.FoundRows | Capabilities.RememberOptions | Capabilities.MariaDbProgress | Capabilities.MariaDbBulk
                | Capabilities.MariaDbExtendedMetadata | Capabilities.MariaDbCachedMetadata,
            Always = Capabilities.SessionTrack,
            Collation = 45,
            Tls = DriverTls.Off,
            AsksForKey = true,
            ClientName = "libmariadb",
            StartUp =
            [
                new("SET NAMES 'utf8mb4'"), new("SET character_set_server = 'utf8mb4'"),
                new("SET collation_connection = 'utf8mb4_unicode_ci'"), new("SET collation_server = 'utf8mb4_unicode_ci'"),
            ],
            Source = "captured from 1.22 (Debian's libdbd-mariadb-perl)",
        },
        new()
        {
            Name = "go-sql-driver",
            Driver = "go-sql-driver/mysql 1.8 and later (Go)",
            Plugins = Set([.. s_oracle, "client_ed25519"]),
            Wanted = Long | Capabilities.ConnectWithSchema | Capabilities.LocalFiles | Capabilities.ConnectAttributes,
            Collation = 45,
            Tls = DriverTls.Off,
            AsksForKey = true,
            ClientName = "Go-MySQL-Driver",
            Source = "https://github.com/go-sql-driver/mysql (packets.go, auth.go)",
        },
        new()
        {
            Name = "mysqlnd",
            Driver = "PHP 8 mysqlnd (mysqli, PDO)",
            Plugins = s_oracle,
            Wanted = Long | Capabilities.LocalFiles | Capabilities.ConnectAttributes,
            Collation = 0,
            Tls = DriverTls.Off,
            AsksForKey = true,
            ClientName = "mysqlnd",
            Source = "captured from PHP 8.2 (mysqli)",
        },
    ];

    /// <summary>The one of this name, or null.</summary>
    public static DriverProfile? Find(string name) => All.FirstOrDefault(one => one.Name == name);

    private static FrozenSet<string> Set(params string[] plugins) => plugins.ToFrozenSet();
}
