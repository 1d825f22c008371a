using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// The real process: what it holds while clients read slowly or never, and after thousands of torn conversations.
/// <c>SEAWALL_LONG=1</c> streams 2 GB in place of 200 MB.
/// </summary>
public sealed class MemoryTests(LabServers lab, ITestOutputHelper output)
{
    private const int RowBytes = 1_000_000;

    // Rooms of the runtime that fill when there is something to do; a single result is three times as long.
    private const long GrowthKiBMax = 64 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static int Rows => Environment.GetEnvironmentVariable("SEAWALL_LONG") == "1" ? 2_000 : 200;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Clients_that_read_slowly_or_never_hold_bounded_memory_and_delay_nobody(LabKind kind)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        await server.ExecuteAsync("CREATE DATABASE memory", Cancel);
        await server.ExecuteAsync("CREATE TABLE memory.ten (a INT)", Cancel);
        await server.ExecuteAsync("INSERT INTO memory.ten VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)", Cancel);
        using var port = new LabPort();
        await using var seawall = await StartAsync(server, port);
        Warm(port.Number);
        var (peakBefore, filesBefore) = (PeakKiB(seawall.Pid), Files(seawall.Pid));

        var never = Enumerable.Range(0, 5).Select(_ => Asking(port.Number)).ToArray();
        using (var reader = Asking(port.Number))
        {
            using var other = RawClient.Connect(port.Number, "seawall", "seawall");
            var rows = 0;
            // Old servers end the columns with the same packet as the rows.
            while (reader.NextOrEnd() is { } packet && packet.Head[0] != 0xFF && !(packet.Head[0] == 0xFE && rows > 0))
            {
                rows += packet.Length > RowBytes ? 1 : 0;
                if (rows % 50 == 1)
                    Assert.Equal("1", other.Query("SELECT 1").FirstValue);
            }
            Assert.Equal(Rows, rows);
        }
        var growth = PeakKiB(seawall.Pid) - peakBefore;
        output.WriteLine($"{Rows} MB read by one client, never by five: the peak grew by {growth} KiB from {peakBefore} KiB");
        foreach (var client in never)
            client.Dispose();

        Assert.InRange(growth, 0, GrowthKiBMax);
        await BackToAsync(seawall.Pid, filesBefore, extra: 7);
    }

    [Fact]
    public async Task Thousands_of_torn_conversations_leave_no_descriptor_and_no_memory()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        await using var seawall = await StartAsync(server, port);
        Warm(port.Number);
        Tear(port.Number, 300, 30);
        var (peakBefore, filesBefore) = (PeakKiB(seawall.Pid), Files(seawall.Pid));

        Tear(port.Number, 3_000, 300);

        var growth = PeakKiB(seawall.Pid) - peakBefore;
        output.WriteLine($"3,300 torn conversations: the peak grew by {growth} KiB from {peakBefore} KiB");
        Assert.InRange(growth, 0, GrowthKiBMax);
        await BackToAsync(seawall.Pid, filesBefore, extra: 4);
        using var client = RawClient.Connect(port.Number, "seawall", "seawall");
        Assert.Equal("1", client.Query("SELECT 1").FirstValue);
    }

    private static void Tear(int port, int strangers, int clients)
    {
        var random = new Random(17);
        var noise = new byte[200];
        for (var i = 0; i < strangers; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(IPAddress.Loopback, port);
            random.NextBytes(noise);
            noise[3] = 1;
            socket.Send(noise.AsSpan(0, random.Next(noise.Length)));
            if (i % 2 == 0)
                socket.LingerState = new LingerOption(true, 0); // With a reset.
        }
        for (var i = 0; i < clients; i++)
        {
            using var client = RawClient.Connect(port, "seawall", "seawall");
            client.Send(CommandKind.Query, i % 2 == 0 ? "BEGIN"u8 : "SELECT 1"u8);
            client.SendBytes([200, 0, 0, 0, 3, .. "SELECT half"u8]);
        }
    }

    // Connections of the pool may stay, and so may descriptors that are about to be closed for a moment.
    private static async Task BackToAsync(int pid, int before, int extra) => await Eventually.TrueAsync(
        () => Files(pid) <= before + extra, TimeSpan.FromSeconds(60), Cancel, () => $"{Files(pid)} descriptors, {before} before");

    private static RawClient Asking(int port)
    {
        var client = RawClient.Connect(port, "seawall", "seawall");
        client.Send(CommandKind.Query, System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"SELECT REPEAT('x', {RowBytes}) FROM memory.ten a, memory.ten b, memory.ten c, memory.ten d LIMIT {Rows}")));
        return client;
    }

    private static void Warm(int port)
    {
        for (var i = 0; i < 50; i++)
        {
            using var client = RawClient.Connect(port, "seawall", "seawall");
            Assert.Equal("1", client.Query("SELECT 1").FirstValue);
        }
    }

    private async Task<LabProgram> StartAsync(LabServer server, LabPort port)
    {
        var settings = Path.Combine(lab.NewFolder(), "seawall.toml");
        // On a machine with much else to do everything waits for its turn, and clients would be turned away for that.
        LabFolders.WritePrivate(settings, string.Create(CultureInfo.InvariantCulture, $"""
            [clients]
            listen = ["127.0.0.1:{port.Number}"]
            [[servers]]
            name = "primary"
            address = "127.0.0.1:{server.Port}"
            [monitor]
            user = "seawall"
            password = "seawall"
            [protection]
            mode = "off"
            [admin]
            listen = "off"
            [metrics]
            listen = "off"
            """));
        var program = LabProgram.Start(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), "run", "-c", settings));
        await program.WaitForLineAsync(line => line.Contains("is up", StringComparison.Ordinal), s_patience, Cancel);
        return program;
    }

    private static long PeakKiB(int pid) => long.Parse(
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    private static int Files(int pid) => Directory.GetFiles($"/proc/{pid}/fd").Length;
}
