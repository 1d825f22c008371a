using System.Text;
using MySqlConnector;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Records the conversations with real servers that fuzzing begins with, into <c>tests/Seawall.Fuzz/Corpus/recorded</c>. Not
/// part of a run of the tests: docs/fuzzing.md says how.
/// </summary>
public sealed class RecordingTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly string[] s_statements =
    [
        "SELECT 1", "SET NAMES utf8mb4", "SET time_zone = '+02:00', autocommit = 0", "SELECT @@time_zone, CONNECTION_ID(), NULL",
        "CREATE DATABASE IF NOT EXISTS fuzz", "USE fuzz", "CREATE TEMPORARY TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20))",
        "INSERT INTO t (name) VALUES ('one'), ('two')", "SELECT LAST_INSERT_ID(), ROW_COUNT()", "SELECT * FROM t",
        "UPDATE t SET name = 'x'",
        "SELECT 1; SELECT 2, 'b'; DO 1", "SELECT 1; SELECT nowhere; SELECT 3", "SELECT CAST('a' AS SIGNED)", "SHOW WARNINGS",
        "BEGIN",
        "SELECT * FROM missing", "COMMIT", "SELECT REPEAT('x', 300), REPEAT('y', 700)", "DROP PROCEDURE IF EXISTS p",
        "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END", "CALL p()", "SELECT GET_LOCK('a', 0), RELEASE_LOCK('a')",
        "SHOW DATABASES",
    ];

    [Theory(Explicit = true)]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Conversations_are_recorded_for_fuzzing(LabKind kind)
    {
        var server = await lab.StartAsync(kind, Cancel);
        await using var tap = new RecordingTap(server.Port);
        var folder = Path.Combine(LabFolders.Repository, "tests", "Seawall.Fuzz", "Corpus", "recorded");
        Directory.CreateDirectory(folder);

        Converse(tap.Port, RawClient.Usual | Capabilities.LocalFiles | Capabilities.ConnectAttributes);
        await Keep("modern");
        Converse(tap.Port, (RawClient.Usual | Capabilities.LocalFiles) & ~(Capabilities.DeprecateEof | Capabilities.SessionTrack));
        await Keep("old");
        using (var refused = RawClient.Connect(tap.Port, "seawall", "wrong"))
            Assert.NotNull(refused.Refusal);
        await Keep("refused");
        using (var changing = RawClient.Connect(tap.Port, "seawall", "seawall", RawClient.Usual | Capabilities.ConnectAttributes))
        {
            changing.Send(CommandKind.ChangeUser, [.. "seawall\0"u8, 0, .. "fuzz\0"u8, 45, 0, .. "mysql_native_password\0"u8, 4,
                1, (byte)'a', 1, (byte)'b']);
            changing.NextOrEnd();
        }
        await Keep("change");
        await Drive(server, tap.Port);
        await Keep("driver");

        async Task Keep(string name) =>
            await File.WriteAllBytesAsync(Path.Combine(folder, $"{kind}-{name}.wire"), (await tap.TakeAsync()).ToFile(), Cancel);
    }

    private static void Converse(int port, Capabilities capabilities)
    {
        using var client = RawClient.Connect(port, "seawall", "seawall", capabilities, attributes: [1, (byte)'a', 2, (byte)'b',
            (byte)'c']);
        foreach (var sql in s_statements)
            client.Query(sql);
        client.Query("CREATE TABLE IF NOT EXISTS fuzz.l (a VARCHAR(20))");
        client.Send(CommandKind.Query, "LOAD DATA LOCAL INFILE 'rows' INTO TABLE fuzz.l"u8);
        if (client.NextOrEnd() is { Head: [0xFB, ..], Sequence: var number })
        {
            client.SendBytes([4, 0, 0, (byte)(number + 1), .. "a\nb\n"u8, 0, 0, 0, (byte)(number + 2)]);
            client.Read(CommandKind.Query);
        }
        client.Ask(CommandKind.InitDb, "fuzz"u8);
        client.Ask(CommandKind.FieldList, "l\0"u8);
        client.Ask(CommandKind.Statistics, []);
        client.Ask(CommandKind.StatementPrepare, Encoding.ASCII.GetBytes("SELECT ?, a FROM fuzz.l WHERE a <> ?"));
        byte[] values = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0xFD, 0, 0xFD, 0, 1, (byte)'x', 1, (byte)'y'];
        client.Ask(CommandKind.StatementExecute, values);
        values[4] = 1; // With a cursor.
        client.Ask(CommandKind.StatementExecute, values);
        client.Ask(CommandKind.StatementFetch, [1, 0, 0, 0, 1, 0, 0, 0]);
        client.Ask(CommandKind.StatementReset, [1, 0, 0, 0]);
        client.Ask(CommandKind.StatementClose, [1, 0, 0, 0]);
        client.Ask(CommandKind.SetOption, [1, 0]);
        client.Ask(CommandKind.Ping, []);
        client.Ask(CommandKind.Quit, []);
    }

    // A driver that changes its user (a reset where there is one), prepares, and calls with OUT parameters.
    private static async Task Drive(LabServer server, int port)
    {
        var where = server.ConnectionString();
        where.Server = "127.0.0.1";
        where.Port = (uint)port;
        where.SslMode = MySqlSslMode.None;
        where.AllowPublicKeyRetrieval = true;
        where.Pooling = false;
        where.ConnectionProtocol = MySqlConnectionProtocol.Tcp;
        await using var connection = new MySqlConnection(where.ConnectionString);
        await connection.OpenAsync(Cancel);
        await using var command = new MySqlCommand("SELECT @a, @b, NOW()", connection);
        command.Parameters.AddWithValue("@a", 5);
        command.Parameters.AddWithValue("@b", "text");
        await command.PrepareAsync(Cancel);
        await command.ExecuteScalarAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await using var insert = new MySqlCommand("INSERT INTO fuzz.l VALUES ('driver')", connection, transaction);
        await insert.ExecuteNonQueryAsync(Cancel);
        await transaction.RollbackAsync(Cancel);
        if (server.Kind != LabKind.MySql56)
            await connection.ResetConnectionAsync(Cancel);
        await connection.PingAsync(Cancel);
    }
}
