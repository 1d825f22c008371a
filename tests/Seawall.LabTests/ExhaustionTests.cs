using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MySqlConnector;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>The real process when the system has nothing left for it: no file descriptor, or no room on the disk of its log.</summary>
public sealed class ExhaustionTests(LabServers lab)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);
    private static readonly string s_seawall = Path.Combine(LabFolders.Repository, "seawall");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_descriptors_newcomers_hear_why_and_those_who_are_in_go_on()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        using var metrics = new LabPort();
        await using var seawall = LabProgram.Start(new LabCommand(s_seawall, "run", "-c",
            Settings(server, port, metrics, "mode = \"off\"")));
        await seawall.WaitForLineAsync(line => line.Contains("is up", StringComparison.Ordinal), s_patience, Cancel);
        await using var busy = await LabDriver.ConnectAsync(port.Number, Cancel);
        Assert.Equal("42", await LabDriver.AskAsync(busy, "select 6 * 7", Cancel));

        // Some 10 more clients, and 48 that clients do not get.
        await LimitAsync(seawall.Pid, Open(seawall.Pid) + 58);
        var flood = Enumerable.Range(0, 40).Select(_ => Connect(port.Number)).ToArray();
        using var scraper = Connect(metrics.Number);
        var words = flood.Select(Hear).ToArray();

        Assert.Contains(words, said => said.Contains("no file descriptor left", StringComparison.Ordinal));
        // While it lasts: nobody who is in notices, and nothing spins.
        var (cpu, since) = (LabProcess.CpuSeconds(seawall.Pid), Stopwatch.StartNew());
        while (since.Elapsed < TimeSpan.FromSeconds(2))
        {
            Assert.Equal("42", await LabDriver.AskAsync(busy, "select 6 * 7", Cancel));
            await Task.Delay(100, Cancel);
        }
        Assert.InRange(LabProcess.CpuSeconds(seawall.Pid) - cpu, 0, since.Elapsed.TotalSeconds / 2);

        foreach (var socket in flood)
            socket.Dispose();
        await LimitAsync(seawall.Pid, 4_096);
        await Eventually.TrueAsync(async () =>
        {
            await using var next = await LabDriver.ConnectAsync(port.Number, Cancel);
            return await LabDriver.AskAsync(next, "select 6 * 7", Cancel) == "42" && seawall.Errors.Contains("FilesAgain", StringComparison.Ordinal);
        }, s_patience, Cancel, () => seawall.Errors);
        Assert.Equal("42", await LabDriver.AskAsync(busy, "select 6 * 7", Cancel));
        var line = Assert.Single(seawall.Errors.Split('\n'), line => line.Contains("OutOfFiles", StringComparison.Ordinal));
        Assert.Contains("LimitNOFILE", line, StringComparison.Ordinal);
        Assert.DoesNotContain("(9001)", seawall.Errors, StringComparison.Ordinal);
        seawall.Signal(LabSignal.Terminate);
        await busy.CloseAsync();
        Assert.Equal(0, (await seawall.WaitAsync(s_patience, Cancel)).Status);
    }

    [Fact]
    public async Task A_soft_limit_is_raised_to_the_hard_one_at_the_start()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        using var metrics = new LabPort();
        await using var seawall = LabProgram.Start(new LabCommand(
            "bash", "-c", $"ulimit -Sn 400; ulimit -Hn 4000; exec {s_seawall} run -c {Settings(server, port, metrics)}"));
        await seawall.WaitForLineAsync(line => line.Contains("is up", StringComparison.Ordinal), s_patience, Cancel);

        Assert.Contains("open files: 4000 allowed", seawall.Errors, StringComparison.Ordinal);
        Assert.Contains("Max open files            4000                 4000", File.ReadAllText($"/proc/{seawall.Pid}/limits"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_under_the_log_costs_lines_and_nothing_else()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        using var metrics = new LabPort();
        await using var seawall = LabProgram.Start(new LabCommand(
            "bash", "-c", $"exec {s_seawall} run -c {Settings(server, port, metrics)} >/dev/full 2>/dev/full"));
        MySqlConnection? client = null;
        await Eventually.TrueAsync(async () =>
        {
            Assert.False(seawall.HasEnded);
            try
            {
                client = await LabDriver.ConnectAsync(port.Number, Cancel);
                return true;
            }
            catch (MySqlException)
            {
                return false; // Not up yet.
            }
        }, s_patience, Cancel);

        for (var i = 0; i < 20; i++)
            Assert.Equal("42", await LabDriver.AskAsync(client!, "select 6 * 7", Cancel));
        using var http = new HttpClient();
        var page = await http.GetStringAsync(new Uri($"http://127.0.0.1:{metrics.Number}/metrics"), Cancel);

        var lost = page.Split('\n').Single(line => line.StartsWith("seawall_log_lines_lost_total ", StringComparison.Ordinal));
        Assert.True(double.Parse(lost.Split(' ')[1], CultureInfo.InvariantCulture) >= 3, lost);
        await client!.DisposeAsync();
        seawall.Signal(LabSignal.Terminate);
        Assert.Equal(0, (await seawall.WaitAsync(s_patience, Cancel)).Status);
    }

    [Fact]
    public async Task Without_memory_newcomers_hear_why_until_there_is_some_again()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        using var metrics = new LabPort();
        var settings = Settings(server, port, metrics, "memory_mib_max = 4_000");
        await using var seawall = LabProgram.Start(new LabCommand(s_seawall, "run", "-c", settings));
        await seawall.WaitForLineAsync(line => line.Contains("is up", StringComparison.Ordinal), s_patience, Cancel);
        await using var inside = await LabDriver.ConnectAsync(port.Number, Cancel);

        // Less than any process of this kind has.
        File.WriteAllText(settings, File.ReadAllText(settings).Replace("4_000", "8", StringComparison.Ordinal));
        seawall.Signal(LabSignal.Hangup);
        await SaysAsync(seawall, "new clients are turned away");
        var refused = await Assert.ThrowsAsync<MySqlException>(() => LabDriver.ConnectAsync(port.Number, Cancel));
        Assert.Equal(1040, refused.Number);
        Assert.Contains("of 8 MiB (protection.memory_mib_max); trying again is safe", refused.Message, StringComparison.Ordinal);
        Assert.Equal("42", await LabDriver.AskAsync(inside, "select 6 * 7", Cancel));

        File.WriteAllText(settings, File.ReadAllText(settings).Replace("memory_mib_max = 8", "memory_mib_max = 4_000", StringComparison.Ordinal));
        seawall.Signal(LabSignal.Hangup);
        await SaysAsync(seawall, "nothing is done about it any more");
        await using var next = await LabDriver.ConnectAsync(port.Number, Cancel);
        Assert.Equal("42", await LabDriver.AskAsync(next, "select 6 * 7", Cancel));
        seawall.Signal(LabSignal.Terminate);
    }

    private string Settings(LabServer server, LabPort port, LabPort metrics, string protection = "")
    {
        var path = Path.Combine(lab.NewFolder(), "seawall.toml");
        LabFolders.WritePrivate(path, string.Create(CultureInfo.InvariantCulture, $"""
            [clients]
            listen = ["127.0.0.1:{port.Number}"]
            [[servers]]
            name = "db"
            address = "127.0.0.1:{server.Port}"
            [monitor]
            user = "seawall"
            password = "seawall"
            [admin]
            listen = "off"
            [metrics]
            listen = "127.0.0.1:{metrics.Number}"
            [protection]
            {protection}

            """));
        return path;
    }

    private static Task SaysAsync(LabProgram seawall, string words) => Eventually.TrueAsync(
        () => seawall.Errors.Contains(words, StringComparison.Ordinal), s_patience, Cancel, () => seawall.Errors);

    private static int Open(int pid) => Directory.GetFileSystemEntries($"/proc/{pid}/fd").Length;

    private static async Task LimitAsync(int pid, int files) => (await LabProgram.RunAsync(
        new LabCommand("prlimit", $"--pid={pid}", $"--nofile={files}:"), s_patience, Cancel)).ShouldSucceed();

    private static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 30_000 };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    // A greeting, or why there is none.
    private static string Hear(Socket socket)
    {
        var buffer = new byte[1024];
        return Encoding.Latin1.GetString(buffer, 0, socket.Receive(buffer));
    }
}
