using System.Diagnostics;
using System.Globalization;
using Seawall.Bench.Load;
using Seawall.Bench.Measure;

namespace Seawall.Bench.Run;

/// <summary>
/// The same insert by mariadb-slap: directly, where each waits for the server's commit, and through Seawall with a key, where each waits for
/// the journal's disk. Both have the same disk; the server flushes at each commit as well.
/// </summary>
internal sealed class DeferralPart(RunPlan plan, Results results, string folder)
{
    // The lab's servers come with this account (lab/README.md).
    private const string User = "seawall";

    private const string Insert = "INSERT INTO bench.lines (text) VALUES ('a line in a log, as long as they are')";

    internal void Run()
    {
        var lab = Environment.GetEnvironmentVariable("SEAWALL_BENCH_LAB")
            ?? throw new InvalidOperationException("run it by bench/run, which says where the lab's servers are");
        var data = Path.Combine(folder, "deferring");
        var port = Contestant.FreePort();
        Child.Run(Path.Combine(lab, "server"), "mariadb", data, $"{port}", "78", "--",
            "--max-connections=1200", "--innodb-flush-log-at-trx-commit=1", "--skip-log-bin");
        using var server = AtEnd.Do(() => Child.Run(Path.Combine(lab, "server"), "stop", data));
        Say(port, "CREATE DATABASE bench; CREATE DATABASE seawall; CREATE TABLE bench.lines (n INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(80)); "
            + "CREATE TABLE seawall.applied (id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY, "
            + "at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)");
        using var seawall = Contestant.Seawall(2, port, User, User, folder, $"""

            [deferral]
            folder = "{Path.Combine(folder, "journal")}"
            bytes_max = 1000000000

            [[deferrals]]
            name = "lines"

            """);
        var patience = Stopwatch.StartNew();
        while (!Answers(seawall.Port) && patience.Elapsed < TimeSpan.FromSeconds(20))
            Thread.Sleep(100);
        Contestant[] ways = [Contestant.Directly(port), seawall];
        for (var round = 0; round <= Math.Min(plan.Rounds, 3); round++)
        {
            foreach (var clients in plan.MariaDbClientCounts)
            {
                foreach (var way in ways)
                    Measure(way, clients, round);
            }
        }
    }

    // Round 0 is for warming up. How many go is chosen by what went in the round before: some seconds of them.
    private void Measure(Contestant way, int clients, int round)
    {
        var before = round == 0 ? 0 : results.Median("deferral", way.Name, clients, reply => reply.PerSecond) ?? _warm[(way.Name, clients)];
        var count = Math.Max(clients * 20, (int)(before * plan.Ms / 1_000));
        var text = way.Pid > 0 ? $"{Insert} /*defer_key='log'*/" : Insert;
        var cpu = way.Pid > 0 ? ProcessFigures.CpuNs(way.Pid) : 0;
        var said = Child.Run("mariadb-slap", "--csv", "-h127.0.0.1", $"-P{way.Port}", $"-u{User}", $"-p{User}", "--skip-ssl",
            $"--concurrency={clients}", $"--number-of-queries={count}", "--iterations=1", "--create-schema=bench", "--no-drop", $"--query={text}");
        cpu = way.Pid > 0 ? ProcessFigures.CpuNs(way.Pid) - cpu : 0;
        // engine,kind,mean,least,most,clients,statements each
        var seconds = double.Parse(said.Trim().Split(',')[2], CultureInfo.InvariantCulture);
        var done = count / clients * clients;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"deferral {way.Name} {clients} clients, round {round}: {done / seconds:F0}/s acknowledged"));
        if (round == 0)
        {
            _warm[(way.Name, clients)] = done / seconds;
            return;
        }
        results.Samples.Add(new("deferral", way.Name, clients, round,
            new LoadReply { Done = done, Seconds = seconds, CpuUsEach = cpu / 1e3 / done }));
    }

    private readonly Dictionary<(string Way, int Clients), double> _warm = [];

    private static bool Answers(int port)
    {
        try
        {
            Say(port, "SELECT 1");
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static void Say(int port, string sql) => Child.Run("mariadb", "-h127.0.0.1", $"-P{port}", $"-u{User}", $"-p{User}", "-e", sql);
}
