using Seawall.Rehearsal.Knees;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Reports;
using Seawall.Rehearsal.Restarts;
using Seawall.Rehearsal.Targets;
using Seawall.Rehearsal.Traffics;
using Xunit;

namespace Seawall.Tests.Rehearsal;

/// <summary>
/// What everybody connecting again after a restart comes to, and what becomes of commands that fail; <c>RehearseRestartTests</c> has real servers for it.
/// </summary>
public sealed class RestartTests
{
    private const string Last = "the last client is in again", Out = "clients that were not let in again";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0.9, 1.4, 0, "Pass", "Pass")]
    [InlineData(0.9, 12.0, 0, "Fail", "Pass")]
    [InlineData(12.0, 12.0, 0, "Fail", "Pass")] // As with a burst: what it takes is beyond what may be, whatever it was.
    [InlineData(0.9, 1.4, 1, "Pass", "Fail")]
    [InlineData(0.9, 0.0, 100, "Fail", "Fail")] // Nobody: not even late.
    [InlineData(null, 1.4, 0, "Unknown", "Unknown")] // Nothing to compare with is no pass,
    [InlineData(null, 12.0, 1, "Fail", "Fail")] // and what is beyond its budget is so by itself.
    [InlineData(0.9, null, 0, "Unknown", "Unknown")]
    public void The_last_client_is_in_within_its_budget_and_nobody_is_left_outside(double? old, double? @new, int failed, string last, string left)
    {
        var section = RestartReport.Make(Of("old", old, 0), Of("new", @new, failed), 100, "--reconnects", new Budgets());

        Assert.Equal((last, left), (Grade(section, Last), Grade(section, Out)));
    }

    [Fact]
    public void Without_a_budget_it_is_a_note_but_what_was_not_measured_stays_unknown()
    {
        var budgets = new Budgets { ReconnectSecondsMax = double.PositiveInfinity, RefusedPercentMax = double.PositiveInfinity };

        Assert.Equal("Note", Grade(RestartReport.Make(Of("old", 1, 0), Of("new", 50, 3), 100, "", budgets), Last));
        Assert.Equal("Unknown", Grade(RestartReport.Make(Of("old", 1, 0), Of("new", null, 0), 100, "", budgets), Last));
        Assert.Equal("Unknown", Grade(RestartReport.Make(Of("old", 1, 0), Of("new", null, 0), 100, "", budgets), Out));
        Assert.Equal("Unknown", Grade(RestartReport.None("not marked"), Last));
    }

    [Fact]
    public void A_machine_that_lets_clients_begin_late_fails_no_server()
    {
        var late = Of("new", 12, 0, lateMs: 5_000);
        var section = RestartReport.Make(Of("old", 1, 0), late, 100, "", new Budgets());

        Assert.Equal("Unknown", Grade(section, Last));
        Assert.Contains(section.Findings, one => one.Words.Contains("this machine let clients of the new server begin late", StringComparison.Ordinal));
    }

    [Fact]
    public void Exchanges_more_than_usual_and_who_has_them_are_told()
    {
        var line = RestartReport.Make(Of("old", 1, 0), Of("new", 1, 4, proofs: 60), 100, "", new Budgets())
            .Measures.Single(one => one.Name.StartsWith("round trips", StringComparison.Ordinal));

        Assert.Equal(("3.00", "4.25", "+42 %"), (line.Old, line.New, line.Change)); // 60 of 96 with two exchanges more.
        Assert.EndsWith("did not know it: 0 of 100 (old), 60 of 96 (new)", line.Basis, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(7, 90, 50.0, 20.0, 7, "--reconnects")]
    [InlineData(null, 90, 50.0, 200.0, 90, "as many as the capture had at one time")]
    [InlineData(null, 3, 50.0, 20.0, 50, "as many as come in one second")] // Who comes and goes is seldom there at one time.
    [InlineData(null, 90, 0.0, 2_000.0, 90, "as many as the capture had at one time")] // What a server can take is no number of clients.
    [InlineData(null, 9_000, 50.0, 20.0, 4_000, "of 9000 that the capture had at one time, as many as this machine begins")]
    [InlineData(null, 0, 50.4, 20.0, 50, "as many as come in one second")]
    [InlineData(null, 0, 0.0, 20.0, 20, "as many as come in one second")]
    [InlineData(null, 0, 0.2, 0.0, 1, "as many as come in one second")]
    [InlineData(null, 0, 0.0, 0.0, 0, "nobody said how many clients there are (--reconnects, --peak, --capture)")]
    public void Who_comes_back_is_said_or_captured_or_what_comes_in_a_second(
        int? said, int captured, double peak, double usual, int clients, string basis) =>
        Assert.Equal((clients, basis), new RestartPlan { Clients = said }.Population(captured, peak, usual));

    [Fact]
    public void Most_connections_at_one_time_are_counted_by_when_they_were_there()
    {
        var traffic = new Traffic
        {
            Connections =
            [
                new() { At = 0, Ended = 2 }, new() { At = 1 }, new() { At = 1.5, Ended = 1.6, HasFailed = true }, new() { At = 2, Ended = 3 }, new() { At = 5 },
            ],
        };

        Assert.Equal(2, traffic.MostAtOnce); // At 2 one leaves as another comes.
    }

    [Theory]
    [InlineData("true", "", "")]
    [InlineData("exit 3", "ended with status 3", "")]
    [InlineData("echo stopping; printf 'no such\\033[31m unit\\n' >&2; exit 5", "ended with status 5", "stopping\nno such[31m unit")]
    [InlineData("cat; exit 4", "ended with status 4", "")] // Nobody answers what it asks.
    [InlineData("kill -9 $$", "ended with status 137", "")]
    public async Task A_command_that_fails_is_told_by_its_status_and_its_words(string command, string problem, string said) =>
        Assert.Equal(new RestartEnd(problem, said), await RestartCommand.Run(command, TimeSpan.FromMinutes(1), TimeProvider.System, Cancel));

    [Fact]
    public async Task The_words_of_a_command_are_bounded()
    {
        var end = await RestartCommand.Run("seq 1 5000; exit 1", TimeSpan.FromMinutes(1), TimeProvider.System, Cancel);

        Assert.InRange(end.Said.Length, 1_000, 2_000);
        Assert.EndsWith("\n5000", end.Said, StringComparison.Ordinal);
    }

    // What a restart leaves running has its output still: nobody waits for the end of that.
    [Fact]
    public async Task What_it_leaves_running_keeps_nobody_waiting()
    {
        var folder = Directory.CreateTempSubdirectory("seawall-restart");
        var file = Path.Combine(folder.FullName, "pid");
        var end = await RestartCommand.Run($"sleep 600 & echo $! > {file}", TimeSpan.FromMinutes(5), TimeProvider.System, Cancel);
        using var left = System.Diagnostics.Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(file, Cancel)));

        Assert.Equal(new RestartEnd("", ""), end);
        Assert.False(left.HasExited);
        left.Kill();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_command_that_does_not_end_is_ended_and_all_that_it_waits_for()
    {
        var folder = Directory.CreateTempSubdirectory("seawall-restart");
        var file = Path.Combine(folder.FullName, "pid");
        var end = await RestartCommand.Run(
            $"sh -c 'echo $$ > {file}.new; mv {file}.new {file}; exec sleep 600'; true", TimeSpan.FromSeconds(3), TimeProvider.System, Cancel);

        Assert.Equal("was not done within 3 s, and was ended", end.Problem);
        if (File.Exists(file)) // On a busy machine it may not have come so far.
            await GoneAsync(int.Parse(await File.ReadAllTextAsync(file, Cancel)));
        folder.Delete(recursive: true);
    }

    // Half a restart is a server that is down: what is under way has some time yet.
    [Fact]
    public async Task A_command_that_is_nearly_done_may_come_to_its_end_when_the_rehearsal_is_ended()
    {
        var folder = Directory.CreateTempSubdirectory("seawall-restart");
        var (begun, goOn, done) = (Path.Combine(folder.FullName, "begun"), Path.Combine(folder.FullName, "on"), Path.Combine(folder.FullName, "done"));
        using var end = new CancellationTokenSource();
        var running = RestartCommand.Run(
            $"touch {begun}; until [ -e {goOn} ]; do sleep 0.05; done; touch {done}", TimeSpan.FromMinutes(5), TimeProvider.System, end.Token);
        while (!File.Exists(begun) && !running.IsCompleted)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        await end.CancelAsync();
        await File.WriteAllTextAsync(goOn, "", Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.True(File.Exists(done));
        folder.Delete(recursive: true);
    }

    [Fact]
    public void A_password_that_Seawall_knows_is_in_no_words_of_a_command()
    {
        var target = new Target("new", new Dsn { User = "u", Host = "h", Password = new LoginPassword("marker"u8) });

        Assert.Equal("+ mysqladmin -p… shutdown", target.Hide("+ mysqladmin -pmarker shutdown"));
        Assert.Equal("as it is", new Target("new", new Dsn { User = "u", Host = "h", Password = new LoginPassword(default) }).Hide("as it is"));
    }

    // A process that was killed is gone when its parent, or init, has heard of it.
    private static async Task GoneAsync(int pid)
    {
        try
        {
            while (!(await File.ReadAllTextAsync($"/proc/{pid}/status", Cancel)).Contains("State:\tZ", StringComparison.Ordinal))
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }
        catch (IOException)
        {
            // It is.
        }
    }

    private static string Grade(Section section, string name) => section.Measures.Single(one => one.Name == name).Grade.ToString();

    // A hundred clients, of whom some are not let in; the last of the others after so many seconds.
    private static RestartOf Of(string name, double? lastIn, int failed, int proofs = 0, double lateMs = 1)
    {
        var one = new RestartOf(new Target(name, new Dsn { User = "u", Host = "h" }), "true", () => throw new InvalidOperationException("nobody logs in here"));
        if (lastIn is not { } seconds)
            return one;
        const int clients = 100, usualTrips = 3, tripsOfProof = 2;
        var second = new RainSecond
        {
            Due = clients,
            Ended = clients,
            LastIn = seconds,
            Proofs = proofs,
            RoundTrips = ((clients - failed) * usualTrips) + (proofs * tripsOfProof),
        };
        second.Ms.AddRange(Enumerable.Repeat(20.0, clients - failed));
        second.LateMs.AddRange(Enumerable.Repeat(lateMs, clients));
        if (failed > 0)
            second.Failed["error 1040"] = failed;
        one.Missing = "";
        one.Seen = Comeback.Of([second], clients);
        return one;
    }
}
