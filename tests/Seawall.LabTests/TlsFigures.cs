using System.Diagnostics;
using System.Globalization;
using MySqlConnector;
using Seawall.Engine.Loops.Tls;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// What an idle client costs the process, all included; never runs by itself. <c>Seawall.LabTests -explicit only -method
/// '*TlsFigures.Memory*' -diagnostics</c>, with <c>SEAWALL_CLIENTS</c> for another number than 2,000. The clients are
/// another process.
/// </summary>
public sealed class TlsFigures(LabServers lab)
{
    private const string PeerVariable = "SEAWALL_FIGURES_PEER";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Explicit = true)]
    [InlineData(MySqlSslMode.None)]
    [InlineData(MySqlSslMode.Required)]
    public async Task Memory_of_idle_clients(MySqlSslMode mode)
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("SEAWALL_CLIENTS") ?? "2000", CultureInfo.InvariantCulture);
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var context = TlsServerContext.SelfSigned(TimeProvider.System).Context;
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Clients = options.Clients with { Tls = context, CountMax = 20_000 },
        });
        await LeaveAsync(seawall, await ComeAsync(seawall, mode, 100));
        var before = ResidentBytes();

        var clients = await ComeAsync(seawall, mode, count);
        var each = (ResidentBytes() - before) / count;

        Assert.Equal(mode == MySqlSslMode.None ? 0 : count + 100, seawall.Count(meter => meter.TlsHandshakes));
        TestContext.Current.SendDiagnosticMessage($"{count} idle clients, SSL mode {mode}: {each} bytes each");
        await LeaveAsync(seawall, clients);
    }

    /// <summary>The other process.</summary>
    [Fact(Explicit = true)]
    public async Task Play_the_clients()
    {
        if (Environment.GetEnvironmentVariable(PeerVariable)?.Split('|') is not [var connection, var number])
            return;
        List<MySqlConnection> all = [];
        for (var left = int.Parse(number, CultureInfo.InvariantCulture); left > 0; left -= 50)
        {
            var some = Enumerable.Range(0, Math.Min(left, 50)).Select(_ => new MySqlConnection(connection)).ToArray();
            await Task.WhenAll(some.Select(one => one.OpenAsync(Cancel)));
            all.AddRange(some);
        }
        await Console.In.ReadToEndAsync(Cancel);
        all.Clear();
    }

    private static async Task<Process> ComeAsync(SeawallUnderTest seawall, MySqlSslMode mode, int count)
    {
        var text = seawall.ConnectionString();
        text.SslMode = mode;
        text.ConnectionTimeout = 120;
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["-explicit", "only", "-method", "*TlsFigures.Play_the_clients"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment[PeerVariable] = $"{text.ConnectionString}|{count}";
        var process = Process.Start(start)!;
        await Eventually.TrueAsync(
            () => seawall.Engine.Lanes.Sum(lane => lane.Meter.LoginsSucceeded) >= seawall.Count(meter => meter.ClientsClosed) + count,
            TimeSpan.FromMinutes(3), Cancel);
        return process;
    }

    private static async Task LeaveAsync(SeawallUnderTest seawall, Process clients)
    {
        clients.StandardInput.Close();
        await clients.WaitForExitAsync(Cancel);
        await Eventually.TrueAsync(() => seawall.Engine.ClientCount == 0, TimeSpan.FromMinutes(1), Cancel);
    }

    private static long ResidentBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
