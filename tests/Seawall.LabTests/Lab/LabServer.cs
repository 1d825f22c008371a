using System.Globalization;
using MySqlConnector;

namespace Seawall.LabTests.Lab;

/// <summary>What a server is started with, beyond its kind.</summary>
public sealed record LabServerSettings
{
    /// <summary>
    /// With the lab's certificates (<see cref="LabFolders.Authority"/>). MySQL 5.6 has no TLS that .NET would speak.
    /// </summary>
    public bool Tls { get; init; }

    /// <summary>The server that it follows, from the beginning and by GTID.</summary>
    public LabServer? ReplicaOf { get; init; }

    /// <summary>The file that says by how much its clock is wrong; null for the machine's clock. Needs the lab's <c>tools</c>.</summary>
    public string? Clock { get; init; }

    /// <summary>Options of the server itself, such as <c>--max-connections=10</c>.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];
}

/// <summary>
/// A real server of a test's own. It keeps its port and its data from start to start, and ends with the test process
/// however that ends (lab/README.md says how). <see cref="LabServers"/> starts it, so that what is not to be had is
/// skipped.
/// </summary>
public sealed class LabServer : IAsyncDisposable
{
    // A start takes a second or two; the first of a kind initialises its template, and others may want the machine as
    // well.
    private static readonly TimeSpan StartTimeMax = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StopTimeMax = TimeSpan.FromMinutes(1);

    private readonly LabServerSettings _settings;
    private readonly LabPort _port = new();
    private readonly int _serverId;
    private LabProgram? _holder;

    private LabServer(LabKind kind, string dataFolder, int serverId, LabServerSettings settings)
    {
        Kind = kind;
        DataFolder = dataFolder;
        _serverId = serverId;
        _settings = settings;
    }

    public LabKind Kind { get; }

    /// <summary>As the server says it, without what its packager added: <c>10.11.18</c>.</summary>
    public string Version { get; private set; } = "";

    public int Port => _port.Number;

    public string Socket => Path.Combine(DataFolder, "mysql.sock");

    public string DataFolder { get; }

    public string ErrorLog => Path.Combine(DataFolder, "mysqld.err");

    public int ServerId => _serverId;

    /// <summary>The server's own pid, of its latest start.</summary>
    public int Pid { get; private set; }

    public bool IsRunning => Pid != 0 && LabSignals.Runs(Pid);

    /// <summary>User and system time that it used since it started.</summary>
    public double CpuSeconds => LabProcess.CpuSeconds(Pid);

    internal static async Task<LabServer> StartAsync(
        LabKind kind, string dataFolder, int serverId, LabServerSettings settings, CancellationToken cancel)
    {
        var server = new LabServer(kind, dataFolder, serverId, settings);
        try
        {
            await server.StartAsync(cancel);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again, with its data and on its port, after a stop or a kill.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        if (_holder is { HasEnded: false })
            throw new InvalidOperationException($"{this} runs already");
        string[] arguments =
        [
            Kind.Word(), DataFolder, Number(Port), Number(_serverId), "--hold",
            .. _settings.Tls ? ["--tls"] : Array.Empty<string>(),
            .. _settings.Clock is { } clock ? ["--clock", clock] : Array.Empty<string>(),
            .. _settings.ReplicaOf is { } source ? ["--replica-of", Number(source.Port)] : Array.Empty<string>(),
            "--", .. _settings.Options,
        ];
        _holder = LabProgram.Start(new LabCommand(LabFolders.Script("server"), arguments));
        var line = await _holder.WaitForLineAsync(line => line.StartsWith(Kind.Word(), default), StartTimeMax, cancel);
        var words = line.Split(' ');
        Version = words[1];
        Pid = int.Parse(words[2], CultureInfo.InvariantCulture);
    }

    /// <summary>Stops it as an operator would, with time to write everything down.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        var stop = new LabCommand(LabFolders.Script("server"), "stop", DataFolder);
        (await LabProgram.RunAsync(stop, StopTimeMax, cancel)).ShouldSucceed();
        await HolderEndsAsync(cancel);
    }

    /// <summary>kill -9. Returns when it is gone, so that it can be started again at once.</summary>
    public async Task KillAsync(CancellationToken cancel)
    {
        LabSignal.Kill.Send(Pid);
        await HolderEndsAsync(cancel);
    }

    public async Task RestartAsync(CancellationToken cancel)
    {
        await StopAsync(cancel);
        await StartAsync(cancel);
    }

    /// <summary>SIGSTOP: its connections stay open and say nothing, like a machine that hangs.</summary>
    public void Freeze() => LabSignal.Stop.Send(Pid);

    public void Thaw() => LabSignal.Continue.Send(Pid);

    /// <summary>A connection string over TCP, without TLS and without a pool; add to it what a test needs.</summary>
    public MySqlConnectionStringBuilder ConnectionString(string user = "seawall", string password = "seawall") => new()
    {
        Server = "127.0.0.1",
        Port = (uint)Port,
        UserID = user,
        Password = password,
        SslMode = MySqlSslMode.None,
        AllowPublicKeyRetrieval = true,
        Pooling = false,
    };

    /// <summary>A connection as seawall, who may do everything, straight to the server.</summary>
    public Task<MySqlConnection> ConnectAsync(CancellationToken cancel) =>
        OpenAsync(ConnectionString().ConnectionString, cancel);

    /// <summary>
    /// A connection as root, over the server's own socket, which no limit on TCP connections touches.
    /// </summary>
    public Task<MySqlConnection> ConnectAsRootAsync(CancellationToken cancel) =>
        OpenAsync(
            new MySqlConnectionStringBuilder
            {
                Server = Socket,
                ConnectionProtocol = MySqlConnectionProtocol.UnixSocket,
                UserID = "root",
                SslMode = MySqlSslMode.None,
                Pooling = false,
                AllowUserVariables = true,
            }.ConnectionString,
            cancel);

    /// <summary>Runs statements as root.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancel)
    {
        await using var connection = await ConnectAsRootAsync(cancel);
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>
    /// The first value that a statement answers, as root, as text; null when it is NULL or there is none.
    /// </summary>
    public async Task<string?> AskAsync(string sql, CancellationToken cancel)
    {
        await using var connection = await ConnectAsRootAsync(cancel);
        await using var command = new MySqlCommand(sql, connection);
        var value = await command.ExecuteScalarAsync(cancel);
        return value is null or DBNull ? null : Convert.ToString(value, CultureInfo.InvariantCulture);
    }

    public override string ToString() => $"{Kind} {Version} on port {Port}";

    public async ValueTask DisposeAsync()
    {
        if (_holder is not null)
            await _holder.DisposeAsync();
        _port.Dispose();
        foreach (var folder in (string[])[DataFolder, $"{DataFolder}.tmp"])
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task<MySqlConnection> OpenAsync(string connectionString, CancellationToken cancel)
    {
        var connection = new MySqlConnection(connectionString);
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

    private async Task HolderEndsAsync(CancellationToken cancel)
    {
        if (_holder is null)
            return;
        await _holder.WaitAsync(StopTimeMax, cancel);
        await _holder.DisposeAsync();
        _holder = null;
    }
}
