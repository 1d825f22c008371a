using System.Globalization;
using MySqlConnector;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>The README's first command, as a newcomer runs it, ended at every stage.</summary>
public sealed class DemoTests(LabServers lab)
{
    private static readonly TimeSpan s_timeMax = TimeSpan.FromMinutes(3);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_demo_shows_both_storms_side_by_side_and_leaves_nothing_behind()
    {
        await lab.RequireAsync("mariadb", Cancel);
        var folder = lab.NewFolder();
        var port = new DemoPorts();
        var result = await LabProgram.RunAsync(Demo(folder, port, connections: 600, "--no-wait"), s_timeMax, Cancel);

        result.ShouldSucceed();
        Assert.Equal((600, true), (DemoTable.Row(result, "connections opened at the server").Direct,
            DemoTable.Row(result, "connections opened at the server").Through is > 0 and <= 32));
        Assert.Equal((0, 0), DemoTable.Row(result, "errors"));
        Assert.True(DemoTable.Row(result, "logins per second") is { Direct: > 0, Through: > 0 });
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task The_demo_leaves_Seawall_to_its_visitor_until_Ctrl_C()
    {
        await lab.RequireAsync("mariadb", Cancel);
        var folder = lab.NewFolder();
        var port = new DemoPorts();
        await using var demo = LabProgram.Start(Demo(folder, port, connections: 600));
        await demo.WaitForLineAsync(line => line.StartsWith("Ctrl-C ends it", StringComparison.Ordinal), s_timeMax, Cancel);
        await using (var visitor = new MySqlConnection(
            $"server=127.0.0.1;port={port.First};user=demo;password=demo;database=demo;pooling=false"))
        {
            await visitor.OpenAsync(Cancel);
            await using var query = new MySqlCommand("SELECT COUNT(*) FROM items", visitor);
            Assert.Equal(10_000L, await query.ExecuteScalarAsync(Cancel));
        }

        demo.Signal(LabSignal.Interrupt);
        Assert.Equal(0, (await demo.WaitAsync(s_timeMax, Cancel)).Status);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Theory]
    [InlineData("» Starting a primary")]
    [InlineData("» Filling a table")]
    [InlineData("  directly to the server")]
    [InlineData("  through Seawall")]
    public async Task Ctrl_C_cleans_up_at_every_stage(string stage)
    {
        await lab.RequireAsync("mariadb", Cancel);
        var folder = lab.NewFolder();
        var port = new DemoPorts();
        await using var demo = LabProgram.Start(Demo(folder, port, connections: 20_000));
        await demo.WaitForLineAsync(line => line.StartsWith(stage, StringComparison.Ordinal), s_timeMax, Cancel);

        demo.Signal(LabSignal.Interrupt);
        demo.Signal(LabSignal.Interrupt); // Whoever is impatient must not leave servers and data behind.
        Assert.Equal(130, (await demo.WaitAsync(s_timeMax, Cancel)).Status);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task The_demo_of_replicas_shows_where_reads_go_and_that_none_is_old()
    {
        await lab.RequireAsync("mariadb", Cancel);
        var folder = lab.NewFolder();
        var port = new DemoPorts();
        const int seconds = 2;
        var command = new LabCommand(SeawallScript, "demo", "replicas", "--no-wait", "--seconds", Text(seconds), "--port", Text(port.First))
        {
            Environment = new Dictionary<string, string> { ["TMPDIR"] = folder },
        };
        var result = await LabProgram.RunAsync(command, s_timeMax, Cancel);

        result.ShouldSucceed();
        Assert.Matches("(?m)^ +1+2+", result.Output); // Both replicas have answered in one second.
        Assert.Matches("(?m)^ +2+ .*broken", result.Output); // And one of them alone.
        Assert.Matches("(?m)at a time", result.Output); // Who comes back gets little at first.
        Assert.Contains("Of all answers 0 were older", result.Output, StringComparison.Ordinal);
        Assert.Equal("", result.Errors);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task Ctrl_C_ends_the_rehearsal_demo_and_leaves_nothing_behind()
    {
        await lab.RequireAsync("mysql56", Cancel);
        await lab.RequireAsync("mysql97", Cancel);
        var folder = lab.NewFolder();
        var command = new LabCommand(SeawallScript, "demo", "rehearsal", "--no-wait")
        {
            Environment = new Dictionary<string, string> { ["TMPDIR"] = folder },
        };
        await using var demo = LabProgram.Start(command);
        await demo.WaitForLineAsync(line => line.StartsWith("» Logging in", StringComparison.Ordinal), s_timeMax, Cancel);

        demo.Signal(LabSignal.Interrupt);
        var result = await demo.WaitAsync(s_timeMax, Cancel);
        Assert.Equal(130, result.Status);
        Assert.Contains("verdict: FAIL", result.Output, StringComparison.Ordinal); // The forecast is a report by then.
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task Ctrl_C_ends_the_overload_demo_in_the_middle_of_the_flood()
    {
        await lab.RequireAsync("mariadb", Cancel);
        var folder = lab.NewFolder();
        var port = new DemoPorts();
        var command = new LabCommand(SeawallScript, "demo", "overload", "--no-wait", "--port", Text(port.First))
        {
            Environment = new Dictionary<string, string> { ["TMPDIR"] = folder },
        };
        await using var demo = LabProgram.Start(command);
        await demo.WaitForLineAsync(line => line.StartsWith("   6 s", StringComparison.Ordinal), s_timeMax, Cancel);

        demo.Signal(LabSignal.Interrupt);
        Assert.Equal(130, (await demo.WaitAsync(s_timeMax, Cancel)).Status);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await lab.RequireAsync("mariadb", Cancel);
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        var command = new LabCommand(SeawallScript, "demo", "--no-wait", "--port", Text(port))
        {
            Environment = new Dictionary<string, string> { ["TMPDIR"] = lab.NewFolder() },
        };
        var result = await LabProgram.RunAsync(command, s_timeMax, Cancel);

        Assert.Equal(1, result.Status);
        Assert.Contains(Text(port), result.Errors, StringComparison.Ordinal);
        Assert.Contains("clients.listen", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal); // No stack trace.
    }

    [Theory]
    [InlineData("--port", "0")]
    [InlineData("--connections", "-1")]
    [InlineData("--at-once", "x")]
    [InlineData("--seconds", "9")]
    public async Task A_number_out_of_range_is_wrong_usage(string option, string value)
    {
        string[] words = option == "--seconds" ? ["demo", "overload", option, value] : ["demo", option, value];
        var result = await LabProgram.RunAsync(new LabCommand(SeawallScript, words), s_timeMax, Cancel);

        Assert.Equal(2, result.Status);
        Assert.Contains(option, result.Errors, StringComparison.Ordinal);
    }

    private static string SeawallScript => Path.Combine(LabFolders.Repository, "seawall");

    private static LabCommand Demo(string folder, DemoPorts port, int connections, params string[] more) =>
        new(SeawallScript, ["demo", "--connections", Text(connections), "--at-once", "50", "--port", Text(port.First), .. more])
        {
            Environment = new Dictionary<string, string> { ["TMPDIR"] = folder },
        };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
