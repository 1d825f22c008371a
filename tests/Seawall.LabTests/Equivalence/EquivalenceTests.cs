using System.Net;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Loops;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests.Equivalence;

/// <summary>
/// Goal: no client can tell Seawall from the server. Method: random sessions, each on a private connection to the server and,
/// among dozens of others, through Seawall with a pool of one to four connections; every packet of every answer is compared.
/// docs/exactness.md says how to run more of it.
/// </summary>
public sealed class EquivalenceTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Random_sessions_are_answered_as_the_server_answers_them(LabKind kind)
    {
        var plan = Plan.FromEnvironment();
        Assert.SkipUnless(plan.IsChosen, "only by ./test equivalence: a million steps (docs/exactness.md)");
        Assert.SkipWhen(plan.AreReplicasReadFrom && kind == LabKind.MySql56, "MySQL 5.6 tells no numbers of transactions");
        Assert.SkipWhen(plan.Server is { } only && only != kind, $"only {plan.Server} was asked for");
        if (plan.AreReplicasReadFrom)
            await PlayWithReplicasAsync(kind, plan, Console.Error.WriteLine);
        else
            await PlayAsync(kind, plan, Console.Error.WriteLine);
    }

    // What is always run: a few seconds of the same. The seed makes the sessions, and chance how they meet.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Some_random_sessions_are_answered_as_the_server_answers_them(LabKind kind)
    {
        Assert.SkipWhen(Plan.FromEnvironment().IsChosen, "a longer run was asked for");
        await PlayAsync(kind, new Plan { Steps = 1, Scripts = 40, Seed = 10_000 }, _ => { });
    }

    // The same sessions, in schemas of their own, with what they read coming from replicas as far as it may.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Some_random_sessions_that_read_from_replicas_are_answered_as_the_primary_answers_them(LabKind kind)
    {
        Assert.SkipWhen(Plan.FromEnvironment().IsChosen, "a longer run was asked for");
        await PlayWithReplicasAsync(kind, new Plan { Steps = 1, Scripts = 40, Seed = 20_000, AreReplicasReadFrom = true }, _ => { });
    }

    private async Task PlayWithReplicasAsync(LabKind kind, Plan plan, Action<string> say)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 2, Cancel, OptionsOf(kind));
        var reads = new ReadOptions
        {
            From = ReadsFrom.Replicas,
            // What is compared are answers, also on a machine that is short of time.
            WaitMsMax = 10_000,
            LagMsMax = 3_600_000,
        };
        using var run = new Run(set.Primary, plan, options => options with
        {
            Servers = [.. set.Members.Select((member, i) => options.Servers[0] with
            {
                Id = new ServerId($"s{i}"),
                Endpoint = Endpoint.Tcp(IPAddress.Loopback, member.Port),
                Role = member == set.Primary ? ServerRole.Primary : ServerRole.Replica,
            })],
            Reads = reads,
        }, () => set.CaughtUpAsync(Cancel).GetAwaiter().GetResult());
        var isSame = await run.PlayAsync(say, Cancel);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{run.Tally.Steps} steps, {run.Tally.FromReplicas} of them answered by replicas, of them known to differ:\n{run.Tally}");
        Assert.True(isSame, string.Join('\n', run.Reports));
        Assert.True(run.Tally.Steps >= plan.Steps);
        Assert.True(run.Tally.FromReplicas > run.Tally.Steps / 100, $"{run.Tally.FromReplicas} of {run.Tally.Steps}");
    }

    private async Task PlayAsync(LabKind kind, Plan plan, Action<string> say)
    {
        await using var server = await StartAsync(lab, kind);
        using var run = new Run(server, plan);
        var isSame = await run.PlayAsync(say, Cancel);
        TestContext.Current.TestOutputHelper?.WriteLine($"{run.Tally.Steps} steps, of them known to differ:\n{run.Tally}");
        Assert.True(isSame, string.Join('\n', run.Reports));
        Assert.True(run.Tally.Steps >= plan.Steps);
    }

    // The control: a Seawall that is blind to a part of a session's state is found out, and the difference is a few lines.
    [Theory]
    [InlineData(UntrackedState.Settings)]
    [InlineData(UntrackedState.Pins)]
    internal async Task A_proxy_that_does_not_track_sessions_is_found_out(UntrackedState untracked)
    {
        const int linesMax = 12;
        const int triesMax = 12;
        Assert.SkipWhen(Plan.FromEnvironment().IsChosen, "a longer run was asked for");
        var reports = new List<string>();
        // What one session finds of another depends on who gets which connection: it need not come again, or not soon enough to leave out
        // much on a busy machine. And who is blind to pins gives away connections that hold locks, for which all others may wait: other
        // sessions then, in a pool of another size.
        while (reports.Count < triesMax && !reports.Any(IsShort))
        {
            await using var server = await StartAsync(lab, LabKind.MariaDb, "--lock-wait-timeout=2", "--innodb-lock-wait-timeout=2");
            var plan = new Plan { Sessions = 12, Seed = 1 + 10 * reports.Count, PrepareAttemptsMax = 3 };
            using var run = new Run(server, plan, options => options with { Untracked = untracked });

            try
            {
                Assert.False(await run.PlayAsync(_ => { }, Cancel));
                reports.Add(run.Reports.Single());
            }
            catch (InvalidOperationException stuck)
            {
                // Found out as well, and not in a few lines.
                reports.Add(stuck.Message);
            }
            TestContext.Current.TestOutputHelper?.WriteLine(reports[^1]);
        }
        Assert.True(reports.Any(IsShort), string.Join("\n\n", reports));

        static bool IsShort(string report) => report.Contains("steps are left", default)
            && report.Split('\n').Count(line => line.StartsWith("  ", default) && line.Contains(": ", default)) is > 0 and <= linesMax;
    }

    // No binary log and no care for power cuts: what is compared are answers.
    internal static Task<LabServer> StartAsync(LabServers lab, LabKind kind, params string[] options) => lab.StartAsync(kind, new LabServerSettings
    {
        Options =
        [
            "--skip-log-bin",
            .. kind == LabKind.MariaDb ? Array.Empty<string>() : ["--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"],
            .. OptionsOf(kind),
            .. options,
        ],
    }, Cancel);

    private static string[] OptionsOf(LabKind kind) =>
        [
            "--innodb-flush-log-at-trx-commit=0", "--innodb-lock-wait-timeout=20",
            // Plans, which flags tell of, must not depend on when a thread of the server has counted rows.
            "--innodb-stats-auto-recalc=OFF",
            // An open table remembers with which auto_increment_increment it was last asked for a number, whoever asked, and steps by it behind
            // a number that a client chose. A connection takes from its own part of the open tables (MySQL 9.7 has 16 parts), by its number.
            "--table-open-cache-instances=1",
            // A connection that was reset, by whomever, has its foreign keys checked by InnoDB, and a new one by the layer above, with other
            // gaps among the numbers and another REPLACE: here InnoDB does it always.
            .. kind == LabKind.MySql97 ? ["--innodb-native-foreign-keys=ON"] : Array.Empty<string>(),
        ];
}
