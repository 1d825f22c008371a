using System.Globalization;
using System.Text.RegularExpressions;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Sysbench, sixteen threads on a pool of eight connections. It speaks with MariaDB's client library, and by itself ends at the
/// first error that is not a deadlock.
/// </summary>
public sealed partial class SysbenchTests(LabServers lab)
{
    private const string Schema = "sysbench_work";
    private const int Threads = 16;
    private const int Connections = 8;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Sysbench_meets_no_error(LabKind kind)
    {
        await lab.RequireAsync("tools", Cancel);
        var server = await lab.SharedAsync(kind, Cancel);
        await server.ExecuteAsync($"create database {Schema}", Cancel);
        try
        {
            await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel,
                options => options with { Pools = options.Pools with { SizeMax = Connections, WaitMsMax = 30_000 } });
            await SysbenchAsync("oltp_read_write", "prepare", seawall, "auto");
            foreach (var (test, prepared) in ((string, string)[])
                [("oltp_point_select", "auto"), ("oltp_point_select", "disable"), ("oltp_read_write", "auto"), ("oltp_read_write", "disable")])
            {
                var report = await SysbenchAsync(test, "run", seawall, prepared);
                Assert.True(Figure(Reconnects(), report) == 0, report);
                // A deadlock of two of its transactions is the server's to report; rows that are only read know none.
                Assert.True(test == "oltp_read_write" || Figure(Ignored(), report) == 0, report);
                // The control: every thread worked.
                Assert.True(Figure(Queries(), report) > 10 * Threads, report);
            }
            Assert.InRange(seawall.ServerConnections, 1, Connections);
        }
        finally
        {
            await server.ExecuteAsync($"drop database {Schema}", Cancel);
        }
    }

    private static Task<string> SysbenchAsync(string test, string step, SeawallUnderTest seawall, string prepared) => LabSysbench.RunAsync(
        test, step, seawall.Port, Schema, prepared, Cancel, "--tables=2", "--table-size=5000", $"--threads={Threads}", "--time=2");

    private static long Figure(Regex pattern, string report) =>
        long.Parse(pattern.Match(report).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"reconnects:\s+(\d+)")]
    private static partial Regex Reconnects();

    [GeneratedRegex(@"ignored errors:\s+(\d+)")]
    private static partial Regex Ignored();

    [GeneratedRegex(@"total:\s+(\d+)")]
    private static partial Regex Queries();
}
