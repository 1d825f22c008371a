using System.Globalization;
using System.Text.Json;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary>
/// <c>seawall rehearse knee</c> and <c>run</c> on real servers, with low rates and lines that no busy machine breaks: what is tested is that
/// all of it is done, reported and cleaned up, and not how fast the servers are.
/// </summary>
public sealed class RehearseKneeTests(LabServers lab)
{
    private const int Pass = 0, Fail = 1, Inconclusive = 2;

    private static readonly string[] s_driver = ["--driver", "mysql2"];

    private static readonly TimeSpan s_timeMax = TimeSpan.FromMinutes(5);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_is_not_marked_is_not_loaded()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var connects = await Connects(server);
        var result = await LabProgram.RunAsync(Command(server, server, "knee"), s_timeMax, Cancel);

        Assert.Equal(Inconclusive, result.Status);
        Assert.Contains("only rehearsal targets are loaded", result.Errors, StringComparison.Ordinal);
        Assert.InRange(await Connects(server) - connects, 0, 20);
    }

    [Fact]
    public async Task All_of_it_runs_in_order_and_leaves_nothing_behind()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var mark = await RehearsalMarks.PutAsync(server, Cancel);
        var (json, html) = (Path.Combine(lab.NewFolder(), "verdict.json"), Path.Combine(lab.NewFolder(), "report.html"));
        using var capture = new MadeCapture(lab.NewFolder());
        for (var client = 0; client < 10; client++)
        {
            var id = capture.Connect(client * 0.02, driver: client < 7 ? "Node-MySQL-2" : "libmariadb");
            capture.Query(id, 0.3, "select 1 + 1");
            capture.Close(id, 0.5);
        }

        var result = await LabProgram.RunAsync(
            Command(server, server, "run", "--make-accounts", "--i-mean", mark.Name, "--samples", "2", "--json", json, "--html", html,
            "--capture", capture.Finish()), s_timeMax, Cancel);

        Assert.True(result.Status == Pass, result.ToString());
        using var verdict = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.Equal(
            ["NEW CONNECTIONS, FORECAST", "NEW CONNECTIONS, MEASURED", "NEW CONNECTIONS, UNDER LOAD", "NEW CONNECTIONS, REPLAYED", "QUERIES", "RESULTS"],
            verdict.RootElement.GetProperty("sections").EnumerateArray().Take(6).Select(section => section.GetProperty("title").GetString()));
        // The capture weighs: seven of ten connects, and its users.
        var coverage = verdict.Coverage();
        Assert.Contains("by the connects that the capture counted", coverage, StringComparison.Ordinal);
        Assert.Contains("drivers by their connects in the capture: mysql2, libmariadb", coverage, StringComparison.Ordinal);
        Assert.Contains("replay: 10 of 10 commands", coverage, StringComparison.Ordinal);
        Assert.StartsWith("sha256:", verdict.RootElement.GetProperty("inputs").GetProperty("capture").GetString(), StringComparison.Ordinal);
        Assert.Contains("<polyline", await File.ReadAllTextAsync(html, Cancel), StringComparison.Ordinal);
        Assert.Equal("0", await server.AskAsync("select count(*) from mysql.user where user like 'seawall_rh%'", Cancel));
    }

    [Fact]
    public async Task Interrupted_it_reports_what_it_has_and_leaves_nothing_behind()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var mark = await RehearsalMarks.PutAsync(server, Cancel);
        await using var program = LabProgram.Start(
            Command(server, server, "knee", "--make-accounts", "--i-mean", mark.Name, "--step-seconds", "600"));
        await program.WaitForLineAsync(line => line.Contains("connects a second", StringComparison.Ordinal), s_timeMax, Cancel);
        program.Signal(LabSignal.Interrupt);
        var result = await program.WaitAsync(s_timeMax, Cancel);

        Assert.Equal(Inconclusive, result.Status);
        Assert.Contains("ended before it was done", result.Output, StringComparison.Ordinal);
        Assert.Equal("0", await server.AskAsync("select count(*) from mysql.user where user like 'seawall_rh%'", Cancel));
    }

    // A server that is gone takes no rate: that it is gone is told, and nothing is said of its knee.
    [Fact]
    public async Task A_server_that_is_lost_under_load_has_no_lower_knee()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var mark = await RehearsalMarks.PutAsync(server, Cancel);
        await using var relay = new LosingRelay(server.Port);
        var json = Path.Combine(lab.NewFolder(), "verdict.json");
        var budgets = Path.Combine(lab.NewFolder(), "budgets.toml");
        await File.WriteAllTextAsync(budgets, "[budgets]\nconnect_p99_ms_max = 60000\nconnection_memory_percent = inf\n", Cancel);
        await using var program = LabProgram.Start(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), "rehearse", "knee", "--old", Dsn(server),
            "--new", $"mysql://seawall:seawall@127.0.0.1:{relay.Port}", "--budgets", budgets, "--driver", "mysql2", "--i-mean", mark.Name, "--peak", "10",
            "--from", "15", "--rate-max", "15", "--step-seconds", "5", "--json", json));
        await program.WaitForLineAsync(line => line.Contains("new: 15 connects a second", StringComparison.Ordinal), s_timeMax, Cancel);
        relay.Lose();
        var result = await program.WaitAsync(s_timeMax, Cancel);

        Assert.True(result.Status == Inconclusive, result.ToString());
        using var verdict = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.DoesNotContain(verdict.Results(), one => one.Result is "fail" or "pass");
        Assert.Contains($"the new server (127.0.0.1:{relay.Port}) was lost at 15 connects a second", verdict.NotTested(), StringComparison.Ordinal);
    }

    // Each connection of the new server's has a value of half a megabyte: only its memory tells.
    [Fact]
    public async Task A_connection_that_takes_more_memory_is_found()
    {
        await using var old = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await using var @new = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await @new.ExecuteAsync("set global init_connect = 'set @hungry = repeat(0x41, 500000)'", Cancel);
        await using var oldMark = await RehearsalMarks.PutAsync(old, Cancel);
        await using var newMark = await RehearsalMarks.PutAsync(@new, Cancel);
        var json = Path.Combine(lab.NewFolder(), "verdict.json");
        var command = Command(old, @new, "knee", "--make-accounts", "--i-mean", oldMark.Name, "--i-mean", newMark.Name, "--json", json);
        var file = command.Arguments.ToList()[command.Arguments.ToList().IndexOf("--budgets") + 1];
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, Cancel)).Replace(
            "connection_memory_percent = inf", "connection_memory_percent = 25\nheadroom_min = 0\nknee_percent = inf", StringComparison.Ordinal), Cancel);
        var result = await LabProgram.RunAsync(command, s_timeMax, Cancel);

        Assert.True(result.Status == Fail, result.ToString());
        using var verdict = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        var failing = verdict.RootElement.GetProperty("sections").EnumerateArray().SelectMany(section => section.GetProperty("measures").EnumerateArray())
            .Where(line => line.GetProperty("result").GetString() == "fail").Select(line => line.GetProperty("name").GetString());
        Assert.Equal(["memory of an idle connection"], failing);
    }

    private static async Task<int> Connects(LabServer server) => int.Parse(
        (await server.AskAsync("select variable_value from information_schema.global_status where variable_name = 'connections'", Cancel))!,
        CultureInfo.InvariantCulture);

    private LabCommand Command(LabServer old, LabServer @new, string step, params string[] more)
    {
        var budgets = Path.Combine(lab.NewFolder(), "budgets.toml");
        File.WriteAllText(budgets, WideBudgets.With());
        string[] load = step is "knee" or "run" ? ["--peak", "10", "--from", "15", "--rate-max", "15", "--step-seconds", "1"] : [];
        if (more.Contains("--step-seconds"))
            load = load[..^2];
        return new LabCommand(Path.Combine(LabFolders.Repository, "seawall"),
            ["rehearse", step, "--old", Dsn(old), "--new", Dsn(@new), "--budgets", budgets, .. more.Contains("--capture") ? [] : s_driver, .. load, .. more]);
    }

    private static string Dsn(LabServer server) => $"mysql://seawall:seawall@127.0.0.1:{server.Port}";
}
