using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using MySqlConnector;
using Seawall.Control.Logs;
using Seawall.Control.Processes;
using Seawall.Control.Settings;
using Seawall.Engine.Facts.Topology;

namespace Seawall.LabTests.Lab;

/// <summary>
/// All of Seawall as an operator runs it, in this process: a settings file, the front door, the admin port, the metrics
/// endpoint and a log.
/// </summary>
public sealed class ProcessUnderTest : IAsyncDisposable
{
    public const string AdminPassword = "admin-marker-4c1f";

    // The watch connects at once, and again after a second; the rest is for a machine with much else to do.
    private static readonly TimeSpan ReadyTimeMax = TimeSpan.FromSeconds(20);

    private readonly LabPort _clients = new();
    private readonly LabPort _admin = new();
    private readonly LabPort _metrics = new();
    private readonly MemoryStream _log = new();
    private readonly SeawallLoggers _loggers;
    private readonly HttpClient _http = new();
    private readonly string _folder;

    private ProcessUnderTest(string folder)
    {
        _folder = folder;
        _loggers = new SeawallLoggers(new LogOptions(LogLevel.Debug, false), Stream.Synchronized(_log), isTerminal: false, TimeProvider.System);
    }

    public SeawallProcess Process { get; private set; } = null!;

    public int ClientPort => _clients.Number;

    public int AdminPort => _admin.Number;

    public string SettingsFile => Path.Combine(_folder, "seawall.toml");

    /// <summary>Everything that was logged, from Debug up.</summary>
    public string Log => Encoding.UTF8.GetString(_log.ToArray());

    /// <summary>
    /// Starts it in front of a server, which it watches as <c>seawall</c>, and waits until it lets clients in.
    /// <paramref name="more"/> is appended to the settings file.
    /// </summary>
    public static async Task<ProcessUnderTest> StartAsync(
        LabServers lab, LabServer server, CancellationToken cancel, string more = "")
    {
        var seawall = new ProcessUnderTest(lab.NewFolder());
        seawall.WriteSettings(server, more);
        var source = SettingsSource.File(seawall.SettingsFile);
        var reader = new SettingsReader(TimeProvider.System);
        var reading = await reader.Read(source, cancel);
        var settings = reading.Settings ?? throw new InvalidOperationException(string.Join('\n', reading.Problems));
        seawall.Process = new SeawallProcess(source, reader, settings, seawall._loggers, TimeProvider.System);
        try
        {
            await seawall.Process.Start(cancel);
            await Eventually.TrueAsync(
                () => seawall.Process.Engine.Facts is { Primary: { Version: not null, Health: ServerHealth.Up } } facts
                    && facts.Accounts.Find("seawall") is not null, // The server's own, so all of the server's have been read.
                ReadyTimeMax, cancel, () => seawall.Log);
            return seawall;
        }
        catch
        {
            await seawall.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes the settings file anew, for a reload.</summary>
    public void WriteSettings(LabServer server, string more = "", string name = "primary", bool isDrained = false)
    {
        LabFolders.WritePrivate(SettingsFile, string.Create(CultureInfo.InvariantCulture, $"""
            [clients]
            listen = ["127.0.0.1:{ClientPort}"]
            [[servers]]
            name = "{name}"
            address = "127.0.0.1:{server.Port}"
            tls = "off"
            {(isDrained ? "drain = true" : "")}
            [monitor]
            user = "seawall"
            password = "seawall"
            [admin]
            listen = "127.0.0.1:{AdminPort}"
            password = "{AdminPassword}"
            [metrics]
            listen = "127.0.0.1:{_metrics.Number}"
            [process]
            loops = 2
            {more}

            """));
    }

    /// <summary>A connection to the admin port.</summary>
    public Task<MySqlConnection> AdminAsync(
        CancellationToken cancel, string password = AdminPassword, MySqlSslMode tls = MySqlSslMode.None) =>
        OpenAsync(AdminPort, "admin", password, tls, cancel);

    /// <summary>A client's connection.</summary>
    public Task<MySqlConnection> ConnectAsync(
        CancellationToken cancel, string user = "seawall", string password = "seawall", MySqlSslMode tls = MySqlSslMode.None) =>
        OpenAsync(ClientPort, user, password, tls, cancel);

    /// <summary>The rows of an admin command, by column.</summary>
    public async Task<IReadOnlyList<Dictionary<string, object?>>> AskAsync(string command, CancellationToken cancel)
    {
        await using var connection = await AdminAsync(cancel);
        return await AskAsync(connection, command, cancel);
    }

    /// <summary>The rows of an admin command on a connection that is there.</summary>
    public static async Task<IReadOnlyList<Dictionary<string, object?>>> AskAsync(
        MySqlConnection connection, string command, CancellationToken cancel)
    {
        await using var asking = new MySqlCommand(command, connection);
        await using var reader = await asking.ExecuteReaderAsync(cancel);
        var rows = new List<Dictionary<string, object?>>();
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(Enumerable.Range(0, reader.FieldCount).ToDictionary(
                reader.GetName, i => reader.IsDBNull(i) ? null : reader.GetValue(i)));
        }
        return rows;
    }

    /// <summary>What the metrics endpoint says.</summary>
    public Task<string> MetricsAsync(string path, CancellationToken cancel) =>
        _http.GetStringAsync(new Uri($"http://127.0.0.1:{_metrics.Number}{path}"), cancel);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (Process is not null)
            await Process.DisposeAsync();
        _loggers.Dispose();
        _clients.Dispose();
        _admin.Dispose();
        _metrics.Dispose();
    }

    private static async Task<MySqlConnection> OpenAsync(
        int port, string user, string password, MySqlSslMode tls, CancellationToken cancel)
    {
        var connection = new MySqlConnection(new MySqlConnectionStringBuilder
        {
            Server = "127.0.0.1",
            Port = (uint)port,
            UserID = user,
            Password = password,
            SslMode = tls,
            AllowPublicKeyRetrieval = true,
            Pooling = false,
            DefaultCommandTimeout = 30,
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
}
