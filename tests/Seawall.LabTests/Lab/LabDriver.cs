using System.Globalization;
using MySqlConnector;

namespace Seawall.LabTests.Lab;

/// <summary>MySqlConnector without its pool, as <c>seawall</c>: each call is one login.</summary>
public static class LabDriver
{
    public static async Task<MySqlConnection> ConnectAsync(
        int port, CancellationToken cancel, MySqlSslMode tls = MySqlSslMode.None)
    {
        var connection = new MySqlConnection(new MySqlConnectionStringBuilder
        {
            Server = "127.0.0.1",
            Port = (uint)port,
            UserID = "seawall",
            Password = "seawall",
            Pooling = false,
            SslMode = tls,
            AllowPublicKeyRetrieval = true,
        }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancel);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>The first value of the first row, as text.</summary>
    public static async Task<string?> AskAsync(MySqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new MySqlCommand(sql, connection);
        return Convert.ToString(await command.ExecuteScalarAsync(cancel), CultureInfo.InvariantCulture);
    }
}
