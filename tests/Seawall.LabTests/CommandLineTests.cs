using System.Globalization;
using System.Net.Sockets;
using System.Text;
using MySqlConnector;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>The one command as operators use it: <c>./seawall</c>, its words, its signals and how it ends.</summary>
public sealed class CommandLineTests(LabServers lab)
{
    private const int Done = 0, Failed = 1, Usage = 2, SomebodyCutOff = 4, SecondSigterm = 143;

    // A first start builds; a machine that is busy with other tests takes its time.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);
    private static readonly string s_seawall = Path.Combine(LabFolders.Repository, "seawall");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Help_shows_what_to_type_and_needs_no_argument()
    {
        var plain = await RunAsync();
        var help = await RunAsync("--help");
        var run = await RunAsync("run", "--help");

        Assert.Equal((Done, Done, Done), (plain.Status, help.Status, run.Status));
        Assert.Equal(help.Output, plain.Output);
        Assert.Contains("seawall run --server 127.0.0.1:3306", help.Output, StringComparison.Ordinal);
        Assert.Contains("Exit status:", run.Output, StringComparison.Ordinal);
        Assert.StartsWith("seawall ", (await RunAsync("--version")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("run")]
    [InlineData("run", "-c", "x", "--server", "y")]
    [InlineData("run", "-c", "x", "--listen", "y")]
    [InlineData("run", "--server")]
    [InlineData("demo", "--port", "x")]
    [InlineData("demo", "--port", "0")]
    [InlineData("rehearse", "run", "--old", "mysql://a@b", "--new", "mysql://a@b", "--time-box", "soon")]
    [InlineData("check")]
    public async Task A_command_line_that_makes_no_sense_ends_with_2(params string[] arguments)
    {
        var result = await RunAsync(arguments);

        Assert.Equal(Usage, result.Status);
        Assert.StartsWith("seawall: ", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_runs_from_any_folder_and_through_a_link()
    {
        var folder = lab.NewFolder();
        var link = Path.Combine(folder, "sw");
        File.CreateSymbolicLink(link, s_seawall);

        var result = await LabProgram.RunAsync(new LabCommand(link, "--version") { Folder = folder }, s_patience,
            Cancel);

        Assert.Equal(Done, result.Status);
    }

    [Fact]
    public async Task Check_explains_good_settings_and_lists_what_is_wrong_with_others()
    {
        var good = SettingsFile("[pool]\nsize = 7\n[[servers]]\nname = \"db\"\naddress = \"127.0.0.1:3306\"\n");
        var bad = SettingsFile("[pool]\nsizee = 7\n[clients]\nmax = 0\n");

        var fine = await RunAsync("check", "-c", good);
        var wrong = await RunAsync("check", "-c", bad);
        var missing = await RunAsync("check", "-c", "/nowhere.toml");

        Assert.Equal((Done, Failed, Failed), (fine.Status, wrong.Status, missing.Status));
        Assert.Contains("pool.size", fine.Output, StringComparison.Ordinal);
        Assert.Contains("(default 32)", fine.Output, StringComparison.Ordinal);
        Assert.Contains(":2:1: error: unknown key \"sizee\" in [pool]; did you mean \"size\"?", wrong.Output,
            StringComparison.Ordinal);
        Assert.Contains(":4:7: error: clients.max = 0", wrong.Output, StringComparison.Ordinal);
        Assert.Contains("there is no file /nowhere.toml", missing.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_tries_the_servers_when_it_is_told_to()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await server.ExecuteAsync("CREATE USER blind@'%' IDENTIFIED BY 'blind'", Cancel);
        var good = SettingsFile(SettingsOf(server.Port, 1));
        var blind = SettingsFile(SettingsOf(server.Port, 1).Replace("\"seawall\"", "\"blind\"",
            StringComparison.Ordinal));
        var gone = SettingsFile(SettingsOf(1, 1));

        var fine = await RunAsync("check", "-c", good, "--connect");
        var poor = await RunAsync("check", "-c", blind, "--connect");
        var lost = await RunAsync("check", "-c", gone, "--connect");

        Assert.Equal((Done, Failed, Failed), (fine.Status, poor.Status, lost.Status));
        Assert.Contains($"{server.Version}", fine.Output, StringComparison.Ordinal);
        Assert.Contains("'seawall' can read its", fine.Output, StringComparison.Ordinal);
        Assert.Contains("'blind' cannot read the accounts", poor.Output, StringComparison.Ordinal);
        Assert.Contains("cannot connect to 127.0.0.1:1", lost.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_may_encrypt_with_a_certificate_that_nobody_had_to_make()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        await using var seawall = await StartInFrontAsync("run", "-c", SettingsFile(SettingsOf(server.Port, port.Number)));

        await using var client = await LabDriver.ConnectAsync(port.Number, Cancel, MySqlSslMode.Required);

        Assert.Equal("42", await LabDriver.AskAsync(client, "SELECT 6 * 7", Cancel));
    }

    [Fact]
    public async Task Statements_go_through_without_a_settings_file()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        await using var seawall = await StartInFrontAsync(
            "run", "--server", $"127.0.0.1:{server.Port}", "--listen", $"127.0.0.1:{port.Number}", "--admin", "off",
                "--metrics", "off",
            "--monitor", "seawall", "--monitor-password-file", PasswordFile("seawall"));

        await using var client = await LabDriver.ConnectAsync(port.Number, Cancel);

        Assert.Equal("42", await LabDriver.AskAsync(client, "SELECT 6 * 7", Cancel));
    }

    [Fact]
    public async Task A_hangup_reloads_and_a_mistake_changes_nothing()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        var file = SettingsFile(SettingsOf(server.Port, port.Number));
        await using var seawall = await StartInFrontAsync("run", "-c", file);
        await using var client = await LabDriver.ConnectAsync(port.Number, Cancel);

        File.AppendAllText(file, "[pool]\nsize = 3\n");
        seawall.Signal(LabSignal.Hangup);
        await SaysAsync(seawall, "changed: pool.size: 32 -> 3");
        File.AppendAllText(file, "[log]\nlevl = \"debug\"\n");
        seawall.Signal(LabSignal.Hangup);
        await SaysAsync(seawall, "did you mean \"level\"?");

        Assert.Contains("not reloaded", seawall.Errors, StringComparison.Ordinal);
        Assert.Equal("42", await LabDriver.AskAsync(client, "SELECT 6 * 7", Cancel));
    }

    [Fact]
    public async Task An_end_in_order_lets_a_transaction_finish_and_nobody_in()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        await using var seawall = await StartInFrontAsync("run", "-c", SettingsFile(SettingsOf(server.Port, port.Number)));
        await using var busy = await LabDriver.ConnectAsync(port.Number, Cancel);
        await using var idle = await LabDriver.ConnectAsync(port.Number, Cancel);
        await LabDriver.AskAsync(busy, "BEGIN", Cancel);
        await LabDriver.AskAsync(busy, "SELECT 1", Cancel);

        seawall.Signal(LabSignal.Terminate);
        await SaysAsync(seawall, "waiting for 1 clients to finish");
        await SaysAsync(seawall, "in_transaction");

        await Assert.ThrowsAnyAsync<MySqlException>(() => LabDriver.ConnectAsync(port.Number, Cancel));
        var told = await Assert.ThrowsAnyAsync<MySqlException>(() => LabDriver.AskAsync(idle, "SELECT 1", Cancel));
        Assert.Contains("shutting down", told.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("42", await LabDriver.AskAsync(busy, "SELECT 6 * 7", Cancel));
        await LabDriver.AskAsync(busy, "COMMIT", Cancel);
        var end = await seawall.WaitAsync(s_patience, Cancel);
        Assert.Equal(Done, end.Status);
        Assert.Contains("everybody has left", end.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_manager_is_told_when_it_is_up_and_when_it_ends()
    {
        using var port = new LabPort();
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var path = Path.Combine(lab.NewFolder(), "notify.sock");
        manager.Bind(new UnixDomainSocketEndPoint(path));
        var command = new LabCommand(s_seawall, "run", "-c", SettingsFile(SettingsOf(1, port.Number)))
        {
            Environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = path },
        };
        await using var seawall = LabProgram.Start(command);

        Assert.StartsWith("READY=1\n", await HearAsync(manager), StringComparison.Ordinal);
        seawall.Signal(LabSignal.Terminate);
        Assert.Equal("STOPPING=1", await HearAsync(manager));
        Assert.Equal(Done, (await seawall.WaitAsync(s_patience, Cancel)).Status);
    }

    [Fact]
    public async Task A_second_signal_ends_at_once()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        await using var seawall = await StartInFrontAsync("run", "-c", SettingsFile(SettingsOf(server.Port, port.Number)));
        await using var busy = await LabDriver.ConnectAsync(port.Number, Cancel);
        await LabDriver.AskAsync(busy, "BEGIN", Cancel);
        await LabDriver.AskAsync(busy, "SELECT 1", Cancel);

        seawall.Signal(LabSignal.Terminate);
        await SaysAsync(seawall, "GoesDown");
        seawall.Signal(LabSignal.Terminate);

        Assert.Equal(SecondSigterm, (await seawall.WaitAsync(s_patience, Cancel)).Status);
    }

    [Fact]
    public async Task Who_does_not_finish_in_time_is_cut_off_and_the_status_says_so()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        await using var seawall = await StartInFrontAsync(
            "run", "-c", SettingsFile(SettingsOf(server.Port, port.Number) + "[process]\nshutdown_ms_max = 300\n"));
        await using var busy = await LabDriver.ConnectAsync(port.Number, Cancel);
        await LabDriver.AskAsync(busy, "BEGIN", Cancel);
        await LabDriver.AskAsync(busy, "SELECT 1", Cancel);

        seawall.Signal(LabSignal.Terminate);

        var end = await seawall.WaitAsync(s_patience, Cancel);
        Assert.Equal(SomebodyCutOff, end.Status);
        Assert.Contains("process.shutdown_ms_max = 300", end.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_another_seawall_has_is_told_with_its_setting()
    {
        using var port = new LabPort();
        var file = SettingsFile(SettingsOf(1, port.Number));
        await using var first = await StartAsync("run", "-c", file);

        var second = await RunAsync("run", "-c", file);

        Assert.Equal(Failed, second.Status);
        Assert.Contains($"clients.listen = \"127.0.0.1:{port.Number}\": the address is in use already", second.Errors,
            StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_that_a_killed_process_left_is_taken_over_and_one_in_use_is_not()
    {
        var path = Path.Combine(lab.NewFolder(), "s.sock");
        var file = SettingsFile($"[clients]\nlisten = [\"{path}\"]\n{Quiet}[[servers]]\nname = \"db\"\naddress = \"127.0.0.1:1\"\n");
        await using (var killed = await StartAsync("run", "-c", file))
            await killed.KillAsync();
        Assert.True(File.Exists(path));

        await using var next = await StartAsync("run", "-c", file);
        var third = await RunAsync("run", "-c", file);
        next.Signal(LabSignal.Terminate);

        Assert.Equal(Failed, third.Status);
        Assert.Contains("another process listens there", third.Errors, StringComparison.Ordinal);
        Assert.Equal(Done, (await next.WaitAsync(s_patience, Cancel)).Status);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task A_client_on_a_unix_socket_is_not_made_to_encrypt()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        var path = Path.Combine(lab.NewFolder(), "s.sock");
        var file = SettingsFile(SettingsOf(server.Port, port.Number)
            .Replace("listen = [", $"tls = \"required\"\nlisten = [\"{path}\", ", StringComparison.Ordinal));
        await using var seawall = await StartInFrontAsync("run", "-c", file);

        // MariaDB's own client takes TLS wherever it is offered.
        var result = await LabProgram.RunAsync(
            new LabCommand("mariadb", "-S", path, "-useawall", "-pseawall", "-N", "-e", "SELECT 6 * 7"), s_patience,
                Cancel);

        Assert.Equal("42", result.ShouldSucceed().Output);
    }

    [Fact]
    public async Task A_wrong_monitoring_password_is_told_to_operators_and_clients()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        await using var seawall = await StartAsync(
            "run", "-c", SettingsFile(SettingsOf(server.Port, port.Number, monitorPassword: "zaphod-wrong")));

        await SaysAsync(seawall, "Access denied for user 'seawall'");
        var told = await Assert.ThrowsAnyAsync<MySqlException>(() => LabDriver.ConnectAsync(port.Number, Cancel));

        Assert.Contains("Seawall", told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("zaphod", seawall.Errors + seawall.Output + told, StringComparison.Ordinal);
        Assert.False(seawall.HasEnded);
    }

    [Fact]
    public async Task A_server_may_come_up_after_seawall()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        await server.StopAsync(Cancel);
        await using var seawall = await StartAsync("run", "-c", SettingsFile(SettingsOf(server.Port, port.Number)));
        await SaysAsync(seawall, "cannot be watched");
        var told = await Assert.ThrowsAnyAsync<MySqlException>(() => LabDriver.ConnectAsync(port.Number, Cancel));
        Assert.Contains("has not reached server 'db'", told.Message, StringComparison.Ordinal);

        await server.StartAsync(Cancel);
        await SaysAsync(seawall, "AccountsRead");

        await using var client = await LabDriver.ConnectAsync(port.Number, Cancel);
        Assert.Equal("42", await LabDriver.AskAsync(client, "SELECT 6 * 7", Cancel));
    }

    [Fact]
    public async Task Without_an_admin_password_one_is_made_that_only_its_user_can_read()
    {
        using var port = new LabPort();
        using var admin = new LabPort();
        var run = lab.NewFolder();
        SetMode(run, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var command = new LabCommand(s_seawall, "run", "--server", "127.0.0.1:1", "--listen",
            $"127.0.0.1:{port.Number}",
            "--admin", $"127.0.0.1:{admin.Number}", "--metrics", "off")
        {
            Environment = new Dictionary<string, string> { ["XDG_RUNTIME_DIR"] = run },
        };
        await using var seawall = LabProgram.Start(command);
        await seawall.WaitForLineAsync(line => line.Contains("is up", StringComparison.Ordinal), s_patience, Cancel);

        var file = Assert.Single(Directory.GetFiles(run, "seawall-admin.cnf", SearchOption.AllDirectories));
        var password = File.ReadAllLines(file).Single(line =>
            line.StartsWith("password=", StringComparison.Ordinal))["password=".Length..];

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            ModeOf(Path.GetDirectoryName(file)!));
        Assert.Equal(32, password.Length);
        Assert.Contains(file, seawall.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(password, seawall.Errors + seawall.Output, StringComparison.Ordinal);
        seawall.Signal(LabSignal.Terminate);
        await seawall.WaitAsync(s_patience, Cancel);
        Assert.False(File.Exists(file));
    }

    private const string Quiet = "[admin]\nlisten = \"off\"\n[metrics]\nlisten = \"off\"\n";

    private static Task<LabResult> RunAsync(params string[] arguments) =>
        LabProgram.RunAsync(new LabCommand(s_seawall, arguments), s_patience, Cancel);

    private static async Task<LabProgram> StartAsync(params string[] arguments)
    {
        var program = LabProgram.Start(new LabCommand(s_seawall, arguments));
        await program.WaitForLineAsync(line => line.Contains("is up", StringComparison.Ordinal), s_patience, Cancel);
        return program;
    }

    // Newcomers wait for a server that has not been seen yet, but not for as long as that may take on a machine with much else to do.
    private static async Task<LabProgram> StartInFrontAsync(params string[] arguments)
    {
        var program = await StartAsync(arguments);
        await SaysAsync(program, "AccountsRead");
        return program;
    }

    private static async Task<string> HearAsync(Socket manager)
    {
        var buffer = new byte[1024];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(s_patience);
        return Encoding.UTF8.GetString(buffer, 0, await manager.ReceiveAsync(buffer, limit.Token));
    }

    private static async Task SaysAsync(LabProgram program, string words)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(s_patience);
        while (!program.Errors.Contains(words, StringComparison.Ordinal))
        {
            Assert.False(program.HasEnded || limit.IsCancellationRequested,
                $"it never said '{words}':\n{program.Errors}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        }
    }

    private string SettingsFile(string text)
    {
        var path = Path.Combine(lab.NewFolder(), "seawall.toml");
        File.WriteAllText(path, text);
        SetMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private string PasswordFile(string password)
    {
        var path = Path.Combine(lab.NewFolder(), "password");
        File.WriteAllText(path, password + "\n");
        SetMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private static string SettingsOf(int serverPort, int port, string monitorPassword = "seawall") => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        [clients]
        listen = ["127.0.0.1:{port}"]
        [[servers]]
        name = "db"
        address = "127.0.0.1:{serverPort}"
        [monitor]
        user = "seawall"
        password = "{monitorPassword}"
        {Quiet}
        """);

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? default
        : File.GetUnixFileMode(path);

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, mode);
    }
}
