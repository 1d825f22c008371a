using System.Text.Json;
using System.Text.RegularExpressions;
using MySqlConnector;
using Seawall.LabTests.Lab;
using Seawall.Rehearsal.Targets;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary>
/// <c>seawall rehearse handshake</c> on real servers, judged by counts alone (the budgets file asks for no times), so that a busy machine
/// changes nothing.
/// </summary>
public sealed class RehearseHandshakeTests(LabServers lab)
{
    private const int Pass = 0, Fail = 1, Inconclusive = 2;

    private static readonly TimeSpan s_timeMax = TimeSpan.FromMinutes(5);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task From_5_6_with_native_accounts_to_9_7_with_sha2_accounts_the_extra_exchange_is_measured()
    {
        var old = await lab.SharedAsync(LabKind.MySql56, Cancel);
        var @new = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var oldMark = await RehearsalMarks.PutAsync(old, Cancel);
        await using var newMark = await RehearsalMarks.PutAsync(@new, Cancel);

        var result = await Handshake(old, @new, "--make-accounts", "--i-mean", oldMark.Name, "--i-mean", newMark.Name,
            "--driver", "mysql2", "--driver", "mariadb-connector-j-2");

        Assert.True(result.Status == Fail, result.ToString());
        var words = Flat(result);
        Assert.Contains("mysql_native_password becoming caching_sha2_password takes one exchange more (50 % of logins): greeted with "
            + "caching_sha2_password, begun with mysql_native_password, and the server asked for caching_sha2_password (AuthSwitch)",
            words, StringComparison.Ordinal);
        Assert.Contains("MariaDB Connector/J 2.x (Java) cannot log in to accounts of mysql_native_password becoming caching_sha2_password "
            + "after each restart of the new server", words, StringComparison.Ordinal);
        Assert.DoesNotContain("were forecast", words, StringComparison.Ordinal);
        foreach (var server in (LabServer[])[old, @new])
            Assert.Equal("0", await server.AskAsync("select count(*) from mysql.user where user like 'seawall_rh%'", Cancel));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_server_against_itself_passes(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        var result = await Handshake(server, server, "--driver", "mysql2", "--driver", "mysqlconnector");

        Assert.True(result.Status == Pass, result.ToString());
    }

    // With the usual budgets, processor time and latency of statements among them: what no interval decides is inconclusive, and no alarm.
    [Fact]
    public async Task Twenty_runs_of_a_server_against_itself_raise_one_false_alarm_at_most()
    {
        const int runsWanted = 20, runsMin = 10;
        var timeMax = TimeSpan.FromMinutes(18);
        Assert.SkipUnless(Environment.GetEnvironmentVariable("SEAWALL_LONG") == "1", "takes minutes; ./test --long runs it");
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var capture = Statements();
        var began = TimeProvider.System.GetTimestamp();
        var (runs, alarms) = (0, new List<LabResult>());
        for (; runs < runsWanted && TimeProvider.System.GetElapsedTime(began) < timeMax; runs++)
        {
            string[] both = ["--old", Dsn(server), "--new", Dsn(server), "--driver", "mysql2", "--quiet"];
            LabResult[] results =
            [
                await Run("handshake", [.. both, "--samples", "12"]),
                await Run("replay", [.. both, "--capture", capture]),
            ];
            alarms.AddRange(results.Where(result => result.Status == Fail).Take(1));
        }
        TestContext.Current.SendDiagnosticMessage("{0} runs, {1} fail", runs, alarms.Count);

        Assert.True(alarms.Count <= 1, string.Join('\n', alarms));
        Assert.DoesNotContain(alarms, run => Flat(run).Contains("round trips of a login FAIL", StringComparison.Ordinal));
        Assert.SkipUnless(runs >= runsMin, $"only {runs} runs within {timeMax}: the machine has too much else to do");

        Task<LabResult> Run(string step, string[] words) =>
            LabProgram.RunAsync(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), ["rehearse", step, .. words]), s_timeMax, Cancel);
    }

    private string Statements()
    {
        using var capture = new MadeCapture(lab.NewFolder());
        for (var client = 0; client < 6; client++)
        {
            var id = capture.Connect(client * 0.02);
            for (var i = 0; i < 60; i++)
                capture.Query(id, 0.2 + (i * 0.02), $"select {i} + {client}, repeat('x', {i % 4 * 100}) from (select 1 union select {i}) t order by 1");
            capture.Close(id, 1.5);
        }
        return capture.Finish();
    }

    [Fact]
    public async Task On_MariaDB_a_driver_that_begins_with_sha2_fails_on_every_login()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var result = await Handshake(server, server, "--driver", "mysql2=libmysqlclient-sha2-first");

        Assert.True(result.Status == Fail, result.ToString());
        Assert.Contains(
            "begun with caching_sha2_password, and the server asked for mysql_native_password (AuthSwitch)", Flat(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Accounts_are_made_on_no_server_that_is_not_marked_by_the_name_that_is_meant()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var unmarked = await Handshake(server, server, "--make-accounts", "--driver", "mysql2");
        await using var mark = await RehearsalMarks.PutAsync(server, Cancel);
        var other = await Handshake(server, server, "--make-accounts", "--i-mean", "another", "--driver", "mysql2");
        // A row that came from elsewhere, by replication or a snapshot.
        await server.ExecuteAsync("update seawall_rehearsal.target set port = port + 1", Cancel);
        var copied = await Handshake(server, server, "--make-accounts", "--i-mean", mark.Name, "--driver", "mysql2");

        Assert.Equal((Inconclusive, Inconclusive, Inconclusive), (unmarked.Status, other.Status, copied.Status));
        Assert.Contains("is not marked as a rehearsal target", unmarked.Errors, StringComparison.Ordinal);
        Assert.Contains("marked under another name", other.Errors, StringComparison.Ordinal);
        Assert.Contains("is not marked as a rehearsal target", copied.Errors, StringComparison.Ordinal);
        Assert.Equal("0", await server.AskAsync("select count(*) from mysql.user where user like 'seawall_rh%'", Cancel));
    }

    // Wherever it waits for the server, in the middle of making accounts as well, Ctrl-C ends it with a report, and the accounts are gone.
    [Fact]
    public async Task Ctrl_C_ends_it_wherever_it_waits_and_leaves_nothing_behind()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var mark = await RehearsalMarks.PutAsync(server, Cancel);
        foreach (var piece in (int[])[0, 2, 21, 40, 46, 48, 50, 52, 60, 90])
        {
            await using var relay = new StallingRelay(server.Port, piece);
            await using var program = LabProgram.Start(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"),
                "rehearse", "handshake", "--old", Dsn(server), "--new", $"mysql://seawall:seawall@127.0.0.1:{relay.Port}", "--driver", "mysql2",
                "--make-accounts", "--i-mean", mark.Name));
            var result = await relay.InterruptWhenSilent(program, s_timeMax, Cancel);

            Assert.True(result.Status == Inconclusive, result.ToString());
            Assert.Contains("ended before it was done", Flat(result), StringComparison.Ordinal);
            Assert.Equal("0", await server.AskAsync("select count(*) from mysql.user where user like 'seawall_rh%'", Cancel));
        }
    }

    // The new server falls silent, and its accounts cannot be dropped: who asks twice is told what is waited for, and who asks three times waits no longer.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_second_Ctrl_C_is_told_what_is_still_done_and_a_third_ends_at_once(bool asksThreeTimes)
    {
        const int interrupted = 128 + (int)LabSignal.Interrupt;
        var old = await lab.SharedAsync(LabKind.MySql56, Cancel);
        var @new = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var oldMark = await RehearsalMarks.PutAsync(old, Cancel);
        await using var newMark = await RehearsalMarks.PutAsync(@new, Cancel);
        await using var relay = new StallingRelay(@new.Port);
        await using var program = LabProgram.Start(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), "rehearse", "handshake", "--old", Dsn(old),
            "--new", $"mysql://seawall:seawall@127.0.0.1:{relay.Port}", "--driver", "mysql2", "--make-accounts", "--i-mean", oldMark.Name,
            "--i-mean", newMark.Name, "--samples", "1000"));
        await program.WaitForLineAsync(line => line.Contains("Logging in", StringComparison.Ordinal), s_timeMax, Cancel);
        relay.StallAll();

        await Interrupt("Ending: what was measured so far is reported.");
        var left = $"on the new server (127.0.0.1:{relay.Port}): DROP USER 'seawall_rhs0'@'%'";
        await Interrupt("Still ending: accounts of this rehearsal are dropped, which takes at most 30 s; then what was measured is reported. A third Ctrl-C "
            + "ends at once, without a report, and leaves these accounts (nobody knows their passwords). By hand they are dropped so:", left);
        var told = program.Errors;
        if (asksThreeTimes)
            await Interrupt("Ended at once: there is no report, and accounts of this rehearsal are left");
        var result = await program.WaitAsync(s_timeMax, Cancel);

        Assert.True(result.Status == (asksThreeTimes ? interrupted : Inconclusive), result.ToString());
        Assert.Equal(!asksThreeTimes, Flat(result).Contains("ended before it was done", StringComparison.Ordinal));
        Assert.Equal(!asksThreeTimes, Flat(result).Contains("accounts of this rehearsal may be left", StringComparison.Ordinal));
        if (asksThreeTimes)
            Assert.Contains(left, result.Errors[told.Length..], StringComparison.Ordinal);
        const string count = "select count(*) from mysql.user where user like 'seawall_rh%'";
        Assert.NotEqual("0", await @new.AskAsync(count, Cancel));
        // What it said to do does it.
        var drops = Regex.Match(told, @"on the new server [^:]+:\d+\): (.+)").Groups[1].Value;
        await @new.ExecuteAsync(drops, Cancel);
        Assert.Equal("0", await @new.AskAsync(count, Cancel));
        // There they were dropped, or this was still under way.
        await Eventually.TrueAsync(async () =>
        {
            foreach (var drop in drops.Split("; ").Where(drop => asksThreeTimes))
                await Try(old, drop);
            return await old.AskAsync(count, Cancel) == "0";
        }, TimeSpan.FromSeconds(60), Cancel);

        static async Task Try(LabServer server, string sql)
        {
            try
            {
                await server.ExecuteAsync(sql, Cancel);
            }
            catch (MySqlException)
            {
                // It is gone already.
            }
        }

        // What it says comes line by line.
        async Task Interrupt(params string[] words)
        {
            program.Signal(LabSignal.Interrupt);
            await Eventually.TrueAsync(() => words.All(one => program.Errors.Contains(one, StringComparison.Ordinal)), TimeSpan.FromSeconds(60), Cancel,
                () => $"{program.Output}\n{program.Errors}");
        }
    }

    // The new server goes while logins are measured: what there is is reported, the old one's accounts are dropped, and how to drop the new one's is said.
    [Fact]
    public async Task A_server_that_is_lost_takes_no_report_with_it_and_accounts_that_are_left_there_are_named()
    {
        var old = await lab.SharedAsync(LabKind.MySql56, Cancel);
        var @new = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var oldMark = await RehearsalMarks.PutAsync(old, Cancel);
        await using var newMark = await RehearsalMarks.PutAsync(@new, Cancel);
        await using var relay = new LosingRelay(@new.Port);
        var json = Path.Combine(lab.NewFolder(), "verdict.json");
        await using var program = LabProgram.Start(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), "rehearse", "run", "--old", Dsn(old),
            "--new", $"mysql://seawall:seawall@127.0.0.1:{relay.Port}", "--driver", "mysql2", "--make-accounts", "--i-mean", oldMark.Name,
            "--i-mean", newMark.Name, "--samples", "200", "--json", json));
        await program.WaitForLineAsync(line => line.Contains("Logging in", StringComparison.Ordinal), s_timeMax, Cancel);
        relay.Lose();
        var result = await program.WaitAsync(s_timeMax, Cancel);

        Assert.True(result.Status is Fail or Inconclusive, result.ToString());
        using var verdict = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.True(verdict.RootElement.GetProperty("partial").GetBoolean(), result.ToString());
        Assert.Equal(["NEW CONNECTIONS, FORECAST", "NEW CONNECTIONS, MEASURED"],
            verdict.RootElement.GetProperty("sections").EnumerateArray().Take(2).Select(section => section.GetProperty("title").GetString()));
        var told = verdict.RootElement.GetProperty("not_tested")[0].GetString()!;
        Assert.Contains("what would have followed: accounts of this rehearsal may be left", told, StringComparison.Ordinal);
        Assert.Contains("cannot log in to the new server", told, StringComparison.Ordinal);
        Assert.Contains(told["what would have followed: ".Length..], result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("on the old server", told, StringComparison.Ordinal);

        const string count = "select count(*) from mysql.user where user like 'seawall_rh%'";
        Assert.Equal("0", await old.AskAsync(count, Cancel));
        Assert.NotEqual("0", await @new.AskAsync(count, Cancel));
        // What it says to do does it.
        await @new.ExecuteAsync(Regex.Match(told, @"on the new server: (DROP USER '[^(]+) \(").Groups[1].Value, Cancel);
        Assert.Equal("0", await @new.AskAsync(count, Cancel));
    }

    // A server that is gone refuses nobody: none of its logins fails, and nothing of it passes.
    [Fact]
    public async Task A_server_that_is_lost_among_logins_is_no_server_on_which_they_fail()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var relay = new LosingRelay(server.Port);
        var json = Path.Combine(lab.NewFolder(), "verdict.json");
        await using var program = LabProgram.Start(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), "rehearse", "handshake", "--old",
            Dsn(server), "--new", $"mysql://seawall:seawall@127.0.0.1:{relay.Port}", "--driver", "mysql2", "--driver", "mysqlnd", "--samples", "5000",
            "--json", json));
        await program.WaitForLineAsync(line => line.Contains("0 of 6 kinds of logins", StringComparison.Ordinal), s_timeMax, Cancel);
        relay.Lose();
        var result = await program.WaitAsync(s_timeMax, Cancel);

        Assert.True(result.Status == Inconclusive, result.ToString());
        using var verdict = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.True(verdict.RootElement.GetProperty("partial").GetBoolean(), result.ToString());
        Assert.DoesNotContain(verdict.Results(), one => one.Result == "fail");
        Assert.Contains($"what would have followed: the new server (127.0.0.1:{relay.Port}) was lost while logins were measured", verdict.NotTested(),
            StringComparison.Ordinal);
        Assert.Equal("6 kinds of logins were not measured, or not to the end: a server was lost", verdict.Findings("NEW CONNECTIONS, MEASURED", "unknown"));
    }

    // A load that would take ten minutes: when the time is over, it ends as after Ctrl-C, and says which part was not done.
    [Fact]
    public async Task A_time_box_ends_it_with_what_there_is_and_leaves_nothing_behind()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var mark = await RehearsalMarks.PutAsync(server, Cancel);
        var json = Path.Combine(lab.NewFolder(), "verdict.json");
        var budgets = Path.Combine(lab.NewFolder(), "budgets.toml");
        await File.WriteAllTextAsync(budgets, "[budgets]\nserver_cpu_percent = inf\nconnect_p99_ms_max = 60000\nrefused_percent_max = 100\n", Cancel);
        var result = await LabProgram.RunAsync(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), "rehearse", "run", "--old", Dsn(server),
            "--new", Dsn(server), "--driver", "mysql2", "--make-accounts", "--i-mean", mark.Name, "--samples", "2", "--from", "10", "--rate-max", "10",
            "--step-seconds", "600", "--time-box", "5", "--budgets", budgets, "--json", json), s_timeMax, Cancel);

        Assert.True(result.Status == Inconclusive, result.ToString());
        using var verdict = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.True(verdict.RootElement.GetProperty("partial").GetBoolean(), result.ToString());
        // On a busy machine it may not even have been begun.
        Assert.Contains(verdict.RootElement.GetProperty("not_tested").EnumerateArray(), one => one.GetString()!.Contains("knee: ", StringComparison.Ordinal)
            && one.GetString()!.Contains("5 s of --time-box", StringComparison.Ordinal));
        Assert.Equal("0", await server.AskAsync("select count(*) from mysql.user where user like 'seawall_rh%'", Cancel));
    }

    private async Task<LabResult> Handshake(LabServer old, LabServer @new, params string[] more)
    {
        var budgets = Path.Combine(lab.NewFolder(), "budgets.toml");
        await File.WriteAllTextAsync(budgets, "[budgets]\nserver_cpu_percent = inf\n", Cancel);
        string[] words =
        [
            "rehearse", "handshake", "--old", Dsn(old), "--new", Dsn(@new), "--budgets", budgets, "--samples", "3", "--quiet", .. more,
        ];
        return await LabProgram.RunAsync(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), words), s_timeMax, Cancel);
    }

    private static string Dsn(LabServer server) => $"mysql://seawall:seawall@127.0.0.1:{server.Port}";

    private static string Flat(LabResult result) =>
        string.Join(' ', result.Output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
}

/// <summary>A server marked as a rehearsal target for one test.</summary>
internal sealed class RehearsalMarks(LabServer server) : IAsyncDisposable
{
    public string Name => $"lab-{server.Kind}";

    public static async Task<RehearsalMarks> PutAsync(LabServer server, CancellationToken cancel)
    {
        var mark = new RehearsalMarks(server);
        await mark.DisposeAsync();
        await server.ExecuteAsync(RehearsalMark.Statements(mark.Name), cancel);
        return mark;
    }

    public async ValueTask DisposeAsync() => await server.ExecuteAsync("drop database if exists seawall_rehearsal", CancellationToken.None);
}
