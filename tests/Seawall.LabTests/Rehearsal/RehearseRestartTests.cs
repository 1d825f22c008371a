using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary>
/// <c>seawall rehearse knee</c> and <c>restart</c> with commands that restart the servers: everybody connects again, and the made accounts are dropped
/// whatever becomes of it.
/// </summary>
public sealed class RehearseRestartTests(LabServers lab)
{
    private const int Pass = 0, Inconclusive = 2;
    private const string Section = "NEW CONNECTIONS, AFTER A RESTART", Last = "the last client is in again", Out = "clients that were not let in again";
    private const string Made = "select count(*) from mysql.user where user like 'seawall_rh%'";

    private static readonly TimeSpan s_timeMax = TimeSpan.FromMinutes(5);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // The same driver and the same kind of account on both: what everybody pays after the restart is the new server's.
    [Fact]
    public async Task Everybody_connects_again_and_the_exchanges_that_an_empty_cache_takes_are_seen()
    {
        await using var old = await lab.StartAsync(LabKind.MySql56, Cancel);
        await using var @new = await lab.StartAsync(LabKind.MySql97, Cancel);
        await using var oldMark = await RehearsalMarks.PutAsync(old, Cancel);
        await using var newMark = await RehearsalMarks.PutAsync(@new, Cancel);
        using var oldRestart = new AskedRestart(lab.NewFolder());
        using var newRestart = new AskedRestart(lab.NewFolder());
        var (json, html) = (Path.Combine(lab.NewFolder(), "verdict.json"), Path.Combine(lab.NewFolder(), "report.html"));
        await using var program = LabProgram.Start(Command("knee", old, @new.Port, "--make-accounts", "--i-mean", oldMark.Name, "--i-mean", newMark.Name,
            "--reconnects", "40", "--old-restart", oldRestart.Command, "--new-restart", newRestart.Command, "--json", json, "--html", html, "--peak", "10",
            "--from", "15", "--rate-max", "15", "--step-seconds", "1"));
        await oldRestart.WhenAsked(program, old.RestartAsync, Cancel);
        await newRestart.WhenAsked(program, @new.RestartAsync, Cancel);
        var result = await program.WaitAsync(s_timeMax, Cancel);

        Assert.True(result.Status == Pass, result.ToString());
        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.Equal(["knee", "restart"], report.RootElement.GetProperty("steps").EnumerateArray().Select(step => step.GetString()));
        var last = report.Measure(Section, Last);
        Assert.Equal((true, true, "pass"), (IsSeconds(last.Old), IsSeconds(last.New), last.Result));
        Assert.Equal(("0 %", "0 %", "pass"), report.Measure(Section, Out));
        var trips = report.Measure(Section, "round trips of a login after a restart");
        Assert.Equal("3.00", trips.Old);
        // The first who come pay for it; how many do until the cache knows the account is chance.
        Assert.True(double.Parse(trips.New!, CultureInfo.InvariantCulture) > 3, result.ToString());
        Assert.Contains("after a restart: 40 clients (--reconnects)", report.Coverage(), StringComparison.Ordinal);
        Assert.DoesNotContain("restart", report.NotTested(), StringComparison.Ordinal);
        Assert.Contains(Section, await File.ReadAllTextAsync(html, Cancel), StringComparison.Ordinal);
        Assert.Contains(Section, result.Output, StringComparison.Ordinal);
        foreach (var server in (LabServer[])[old, @new])
            Assert.Equal("0", await server.AskAsync(Made, Cancel));
    }

    [Fact]
    public async Task A_server_that_is_not_marked_is_not_restarted()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var mark = await RehearsalMarks.PutAsync(server, Cancel);
        var (run, json) = (Path.Combine(lab.NewFolder(), "run"), Path.Combine(lab.NewFolder(), "verdict.json"));
        var result = await LabProgram.RunAsync(Command("restart", server, server.Port, "--i-mean", "another", "--old-restart", $"touch {run}",
            "--new-restart", $"touch {run}", "--reconnects", "10", "--json", json), s_timeMax, Cancel);

        Assert.True(result.Status == Inconclusive, result.ToString());
        Assert.False(File.Exists(run));
        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.Equal(("?", "?", "unknown"), report.Measure(Section, Last));
        Assert.Contains("connects after a restart: the old server", report.NotTested(), StringComparison.Ordinal);
        Assert.Contains("is marked under another name", report.NotTested(), StringComparison.Ordinal);
    }

    // On one server under two names. The old one's command fails; the new one's says that it has restarted what it has not.
    [Fact]
    public async Task A_command_that_fails_and_one_that_restarts_nothing_are_told_and_measure_nothing()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var mark = await RehearsalMarks.PutAsync(server, Cancel);
        var json = Path.Combine(lab.NewFolder(), "verdict.json");
        var result = await LabProgram.RunAsync(Command("restart", server, server.Port, "--make-accounts", "--i-mean", mark.Name, "--old-restart",
            "echo no such unit; exit 7 # marker-of-a-command", "--new-restart", "true", "--restart-seconds", "10", "--peak", "10", "--json", json),
            s_timeMax, Cancel);

        Assert.True(result.Status == Inconclusive, result.ToString());
        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.Equal(("?", "?", "unknown"), report.Measure(Section, Last));
        Assert.Contains("after a restart of the old server: the command of --old-restart ended with status 7", report.NotTested(), StringComparison.Ordinal);
        Assert.Contains("after a restart of the new server: its command came to its end, and it was not restarted: it says that it has been up for",
            report.NotTested(), StringComparison.Ordinal);
        // What a command says is for whoever named it.
        Assert.Contains("seawall: the command of --old-restart ended with status 7. It said:\nno such unit", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("no such unit", report.RootElement.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("marker-of-a-command", result.Output + result.Errors + report.RootElement.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("0", await server.AskAsync(Made, Cancel));
    }

    [Fact]
    public async Task A_server_that_does_not_come_back_is_told_with_the_accounts_that_are_left_there()
    {
        var old = await lab.SharedAsync(LabKind.MySql56, Cancel);
        var @new = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var oldMark = await RehearsalMarks.PutAsync(old, Cancel);
        await using var newMark = await RehearsalMarks.PutAsync(@new, Cancel);
        await using var relay = new LosingRelay(@new.Port);
        using var restart = new AskedRestart(lab.NewFolder());
        var json = Path.Combine(lab.NewFolder(), "verdict.json");
        await using var program = LabProgram.Start(Command("restart", old, relay.Port, "--make-accounts", "--i-mean", oldMark.Name, "--i-mean", newMark.Name,
            "--new-restart", restart.Command, "--restart-seconds", "15", "--reconnects", "10", "--json", json));
        await restart.WhenAsked(program, _ =>
        {
            relay.Lose();
            return Task.CompletedTask;
        }, Cancel);
        var result = await program.WaitAsync(s_timeMax, Cancel);

        Assert.True(result.Status == Inconclusive, result.ToString());
        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.Equal(("?", "?", "unknown"), report.Measure(Section, Last));
        var told = report.NotTested();
        Assert.Contains("after a restart of the old server: --old-restart names no command that restarts it", told, StringComparison.Ordinal);
        Assert.Contains("after a restart of the new server: it did not come back within 15 s (--restart-seconds). It does not answer now", told,
            StringComparison.Ordinal);
        Assert.Contains("accounts of this rehearsal may be left", told, StringComparison.Ordinal);
        Assert.Equal("0", await old.AskAsync(Made, Cancel));
        Assert.NotEqual("0", await @new.AskAsync(Made, Cancel));
        // What it says to do does it.
        await @new.ExecuteAsync(Regex.Match(result.Errors, @"on the new server: (DROP USER '[^(]+) \(").Groups[1].Value, Cancel);
        Assert.Equal("0", await @new.AskAsync(Made, Cancel));
    }

    // Ended while the server is down: it is waited for, and the accounts are dropped when it is there.
    [Fact]
    public async Task Interrupted_during_the_restart_it_drops_its_accounts_when_the_server_is_back()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await using var mark = await RehearsalMarks.PutAsync(server, Cancel);
        using var restart = new AskedRestart(lab.NewFolder());
        await using var program = LabProgram.Start(
            Command("restart", server, server.Port, "--make-accounts", "--i-mean", mark.Name, "--old-restart", restart.Command, "--reconnects", "10"));
        await restart.WhenAsked(program, async cancel =>
        {
            await server.StopAsync(cancel);
            program.Signal(LabSignal.Interrupt);
            await Eventually.TrueAsync(() => program.Errors.Contains("Ending: what was measured", StringComparison.Ordinal), s_timeMax, cancel);
            await server.StartAsync(cancel);
        }, Cancel);
        var result = await program.WaitAsync(s_timeMax, Cancel);

        Assert.True(result.Status == Inconclusive, result.ToString());
        Assert.Contains("ended before it was done", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("may be left", result.Output + result.Errors, StringComparison.Ordinal);
        Assert.Equal("0", await server.AskAsync(Made, Cancel));
    }

    private LabCommand Command(string step, LabServer old, int @new, params string[] more)
    {
        var budgets = Path.Combine(lab.NewFolder(), "budgets.toml");
        File.WriteAllText(budgets, WideBudgets.With("reconnect_seconds_max = 60"));
        return new LabCommand(Path.Combine(LabFolders.Repository, "seawall"),
            ["rehearse", step, "--old", Dsn(old.Port), "--new", Dsn(@new), "--budgets", budgets, "--driver", "mysql2", .. more]);
    }

    private static string Dsn(int port) => $"mysql://seawall:seawall@127.0.0.1:{port}";

    private static bool IsSeconds(string? text) => text is { Length: > 2 } && text.EndsWith(" s", StringComparison.Ordinal) && char.IsDigit(text[0]);

    /// <summary>A command that asks the test for a restart and waits until that is done: who starts a server is who ends it.</summary>
    private sealed class AskedRestart(string folder) : IDisposable
    {
        private readonly string _asked = Path.Combine(folder, "asked"), _done = Path.Combine(folder, "done");

        public string Command => $"touch {_asked}; until [ -e {_done} ]; do sleep 0.05; done";

        public async Task WhenAsked(LabProgram program, Func<CancellationToken, Task> restart, CancellationToken cancel)
        {
            await Eventually.TrueAsync(() => File.Exists(_asked) || program.HasEnded, s_timeMax, cancel, () => $"{program.Output}\n{program.Errors}");
            Assert.False(program.HasEnded, $"{program.Output}\n{program.Errors}");
            await restart(cancel);
            Dispose();
        }

        // However the test ends, the command does: it is in a session of its own.
        public void Dispose() => File.WriteAllText(_done, "");
    }
}
