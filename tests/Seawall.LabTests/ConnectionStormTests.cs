using System.Diagnostics;
using System.Globalization;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// The overload design's row M6 with a real server: everybody comes at once, and again when Seawall has died and is back. 1,000 clients;
/// 10,000 with <c>SEAWALL_LONG=1</c>.
/// </summary>
public sealed class ConnectionStormTests(LabServers lab, ITestOutputHelper output)
{
    /// <summary>The promise for 10,000, as well as for fewer.</summary>
    private const long PeakMiBMax = 600;

    /// <summary>Connections of one account's pool, as they come, and those that Seawall watches the server with.</summary>
    private const int PoolSize = 32, Watching = 12;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static int Clients => Environment.GetEnvironmentVariable("SEAWALL_LONG") == "1" ? 10_000 : 1_000;

    [Fact]
    public async Task Everybody_gets_in_at_once_and_again_after_a_crash_and_the_server_hardly_notices()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        var settings = WriteSettings(server, port);
        var seawall = await StartAsync(settings);
        try
        {
            using var clients = new Multitude(port.Number);
            await ComeAsync("at once", () => clients.Come(Clients), Clients);

            seawall.Signal(LabSignal.Kill);
            await seawall.WaitAsync(s_patience, Cancel);
            await seawall.DisposeAsync();
            await Eventually.TrueAsync(() => clients.In == 0, s_patience, Cancel, () => $"{clients.In} are still in");
            var begun = clients.Answers;
            await ComeAsync("after a crash", () => { }, begun + Clients, async () => seawall = await StartAsync(settings));

            // Whoever came when, the logins were checked here, and the server saw the connections of a pool.
            async Task ComeAsync(string when, Action come, int answers, Func<Task>? first = null)
            {
                var opened = await OpenedAsync(server);
                if (first is not null)
                    await first();
                var clock = Stopwatch.StartNew();
                come();
                await Eventually.TrueAsync(() => clients.In == Clients && clients.Answers >= answers, s_patience, Cancel,
                    () => $"{clients.In} of {Clients} are in; {clients.Problems}");
                var seconds = clock.Elapsed.TotalSeconds;
                opened = await OpenedAsync(server) - opened;
                var peak = PeakMiB(seawall.Pid);
                output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{when}: {Clients} clients in after {seconds:F1} s; {opened} server connections; peak {peak} MiB; {clients.Problems}"));
                Assert.InRange(opened, 1, PoolSize + Watching);
                Assert.InRange(peak, 1, PeakMiBMax);
            }
        }
        finally
        {
            await seawall.DisposeAsync();
        }
    }

    private string WriteSettings(LabServer server, LabPort port)
    {
        var file = Path.Combine(lab.NewFolder(), "seawall.toml");
        LabFolders.WritePrivate(file, string.Create(CultureInfo.InvariantCulture, $"""
            [clients]
            listen = ["127.0.0.1:{port.Number}"]
            max = 15000
            [[servers]]
            name = "primary"
            address = "127.0.0.1:{server.Port}"
            tls = "off"
            [monitor]
            user = "seawall"
            password = "seawall"
            [admin]
            listen = "off"
            [metrics]
            listen = "off"
            """));
        return file;
    }

    private static async Task<LabProgram> StartAsync(string settings)
    {
        var program = LabProgram.Start(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), "run", "-c", settings));
        await program.WaitForLineAsync(line => line.Contains("is up", StringComparison.Ordinal), s_patience, Cancel);
        return program;
    }

    private static async Task<long> OpenedAsync(LabServer server) => long.Parse((await server.AskAsync(
        "select variable_value from information_schema.global_status where variable_name = 'Connections'", Cancel))!, CultureInfo.InvariantCulture);

    private static long PeakMiB(int pid) => long.Parse(
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
}
