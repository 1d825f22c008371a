using System.Globalization;
using System.Text.RegularExpressions;
using Seawall.Bench.Load;
using Seawall.Bench.Measure;

namespace Seawall.Bench.Run;

/// <summary>The same statement by sysbench, in front of a real server.</summary>
internal sealed partial class MariaDbPart(RunPlan plan, Results results, string folder)
{
    // The lab's servers come with this account (lab/README.md).
    private const string User = "seawall";

    private const int Rows = 10_000;

    internal void Run()
    {
        var lab = Environment.GetEnvironmentVariable("SEAWALL_BENCH_LAB")
            ?? throw new InvalidOperationException("run it by bench/run, which says where the lab's servers are");
        var data = Path.Combine(folder, "mariadb");
        var port = Contestant.FreePort();
        Child.Run(Path.Combine(lab, "server"), "mariadb", data, $"{port}", "77", "--", "--max-connections=1200");
        using var server = AtEnd.Do(() => Child.Run(Path.Combine(lab, "server"), "stop", data));
        Child.Run("mariadb", "-h127.0.0.1", $"-P{port}", $"-u{User}", $"-p{User}", "-e", "CREATE DATABASE bench");
        Sysbench(port, 1, 0, "prepare");
        using var haProxy = Contestant.HaProxy(2, port, folder);
        using var seawall = Contestant.Seawall(2, port, User, User, folder);
        Contestant[] contestants = [Contestant.Directly(port), haProxy, seawall];
        WaitFor(seawall);
        foreach (var contestant in contestants)
            Sysbench(contestant.Port, 16, 2, "run");
        for (var round = 1; round <= Math.Min(plan.Rounds, 3); round++)
        {
            foreach (var clients in plan.MariaDbClientCounts)
            {
                foreach (var contestant in contestants)
                    Measure(contestant, clients, round);
            }
        }
    }

    // It lets clients in when it has read the accounts.
    private static void WaitFor(Contestant seawall)
    {
        for (var left = 100; ; left--)
        {
            try
            {
                Child.Run("mariadb", "-h127.0.0.1", $"-P{seawall.Port}", $"-u{User}", $"-p{User}", "-e", "SELECT 1");
                return;
            }
            catch (InvalidOperationException) when (left > 0)
            {
                Thread.Sleep(100);
            }
        }
    }

    private void Measure(Contestant contestant, int clients, int round)
    {
        var seconds = Math.Max(2, plan.Ms / 1_000);
        var cpu = contestant.Pid > 0 ? ProcessFigures.CpuNs(contestant.Pid) : 0;
        var said = Sysbench(contestant.Port, clients, seconds, "run");
        cpu = contestant.Pid > 0 ? ProcessFigures.CpuNs(contestant.Pid) - cpu : 0;
        var done = long.Parse(Total().Match(said).Groups[1].Value, CultureInfo.InvariantCulture);
        var failed = long.Parse(Errors().Match(said).Groups[1].Value, CultureInfo.InvariantCulture);
        var took = double.Parse(Time().Match(said).Groups[1].Value, CultureInfo.InvariantCulture);
        var (p50, p99) = Quantiles(said);
        results.Samples.Add(new("mariadb", contestant.Name, clients, round, new LoadReply
        {
            Done = done,
            Failed = failed,
            Problem = failed > 0 ? "sysbench counted errors" : null,
            Seconds = took,
            P50Us = p50,
            P99Us = p99,
            CpuUsEach = cpu / 1e3 / done,
        }));
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"mariadb {contestant.Name} {clients} clients, round {round}: {done / took:F0}/s, {cpu / 1e3 / done:F2} µs CPU"));
    }

    private static string Sysbench(int port, int threads, int seconds, string verb) => Child.Run("sysbench",
        "oltp_point_select", "--db-driver=mysql", "--mysql-host=127.0.0.1", $"--mysql-port={port}", $"--mysql-user={User}",
        $"--mysql-password={User}", "--mysql-db=bench", "--tables=1", $"--table-size={Rows}", "--db-ps-mode=disable",
        "--histogram=on", "--percentile=99", $"--threads={threads}", $"--time={seconds}", verb);

    // sysbench prints one percentile; its histogram has all of them: "  0.123 |***   456".
    private static (double P50, double P99) Quantiles(string said)
    {
        var buckets = Bucket().Matches(said).Select(match => (
            Ms: double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture),
            Count: long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture))).ToArray();
        var total = buckets.Sum(bucket => bucket.Count);
        return (At(0.5), At(0.99));

        double At(double share)
        {
            long seen = 0;
            foreach (var (ms, count) in buckets)
            {
                seen += count;
                if (seen >= total * share)
                    return ms * 1e3;
            }
            return 0;
        }
    }

    [GeneratedRegex(@"^\s+total:\s+(\d+)", RegexOptions.Multiline)]
    private static partial Regex Total();

    [GeneratedRegex(@"ignored errors:\s+(\d+)")]
    private static partial Regex Errors();

    [GeneratedRegex(@"total time:\s+([\d.]+)s")]
    private static partial Regex Time();

    [GeneratedRegex(@"^\s+([\d.]+) \|\**\s+(\d+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Bucket();
}
