using MySqlConnector;

namespace Seawall.LabTests.Lab;

/// <summary>The clients whose logins are counted.</summary>
public enum LoginClient
{
    /// <summary>MySqlConnector.</summary>
    Connector,

    /// <summary>MariaDB's command-line client.</summary>
    MariaDb,

    /// <summary>MySQL 9's command-line client.</summary>
    MySql,

    /// <summary>The tests' own, which has no TLS.</summary>
    Raw,
}

/// <summary>One login of one client.</summary>
public sealed record LoginAttempt(LoginClient Client, int Port, string User, string Password)
{
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(30);

    public bool Tls { get; init; }

    /// <summary>A file with the server's public key, for a client that shall not need to ask for it.</summary>
    public string? PublicKeyFile { get; init; }

    /// <summary>The plugin that a command-line client is told to begin with.</summary>
    public string? Plugin { get; init; }

    /// <summary>What a command-line client does when it is in.</summary>
    public string Question { get; init; } = "select 1";

    /// <summary>Logs in, asks one question and leaves.</summary>
    public Task RunAsync(CancellationToken cancel) => Client switch
    {
        LoginClient.Connector => ConnectorAsync(cancel),
        LoginClient.MariaDb => ProgramAsync("mariadb", ["--no-defaults", Tls ? "--ssl" : "--skip-ssl"], cancel),
        LoginClient.MySql => ProgramAsync(LabFolders.Script("mysql97"), ["mysql", .. MySqlOptions()], cancel),
        LoginClient.Raw => Task.Run(Raw, cancel),
        _ => throw new NotSupportedException($"no client {Client}"),
    };

    private IEnumerable<string> MySqlOptions()
    {
        yield return Tls ? "--ssl-mode=REQUIRED" : "--ssl-mode=DISABLED";
        if (PublicKeyFile is not null)
            yield return $"--server-public-key-path={PublicKeyFile}";
        else
            yield return "--get-server-public-key";
    }

    private async Task ConnectorAsync(CancellationToken cancel)
    {
        var text = new MySqlConnectionStringBuilder
        {
            Server = "127.0.0.1",
            Port = (uint)Port,
            UserID = User,
            Password = Password,
            SslMode = Tls ? MySqlSslMode.Required : MySqlSslMode.None,
            AllowPublicKeyRetrieval = PublicKeyFile is null,
            ServerRsaPublicKeyFile = PublicKeyFile ?? "",
            Pooling = false,
        };
        await using var connection = new MySqlConnection(text.ConnectionString);
        await connection.OpenAsync(cancel);
        await using var command = new MySqlCommand("select 1", connection);
        await command.ExecuteScalarAsync(cancel);
    }

    private async Task ProgramAsync(string file, string[] before, CancellationToken cancel)
    {
        string[] plugin = Plugin is null ? [] : [$"--default-auth={Plugin}"];
        string[] password = Password.Length == 0 ? ["--skip-password"] : [$"-p{Password}"];
        string[] who = ["--protocol=tcp", "-h127.0.0.1", $"-P{Port}", $"-u{User}", .. password, .. plugin];
        var command = new LabCommand(file, [.. before, .. who, "-N", "-B", "-e", Question]);
        (await LabProgram.RunAsync(command, TimeMax, cancel)).ShouldSucceed();
    }

    private void Raw()
    {
        using var client = RawClient.Connect(Port, User, Password);
        if (client.Refusal is { } refusal)
            throw new InvalidOperationException(refusal.ToString());
    }
}
