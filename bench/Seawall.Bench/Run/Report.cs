using System.Globalization;
using Seawall.Bench.Load;

namespace Seawall.Bench.Run;

/// <summary>The results as tables for people: medians over the rounds, and ratios within this run.</summary>
internal sealed class Report(Results results, RunPlan plan)
{
    private static readonly string[] s_all = ["direct", "haproxy-1", "seawall-1", "haproxy-2", "seawall-2"];

    internal void Print(TextWriter to)
    {
        var machine = results.Machine;
        to.WriteLine($"{results.Date} {results.Command} at {results.Commit}");
        to.WriteLine($"{machine.Processor}, {machine.Processors} processors, Linux {machine.Kernel}, .NET {machine.DotNet}; {machine.HaProxy}");
        Curves(to, "statements", "stub server, point select", s_all, plan.ClientCounts);
        if (results.Samples.Any(sample => sample.Part == "syscalls"))
            Figure(to, "system calls per statement", "syscalls", s_all[1..], [1, 64, 256], reply => reply.SyscallsEach, "F2", withRatios: false);
        Logins(to);
        TlsLogins(to);
        Idle(to);
        if (results.AllocatedEach is { } allocated)
            to.WriteLine(Text($"\nallocated per statement, everything in the process: {allocated:F2} bytes"));
        if (results.DialsByLogins is { } dials)
            to.WriteLine(Text($"server connections opened while clients logged in and asked nothing: {dials}"));
        Curves(to, "mariadb", "MariaDB by sysbench, point select", ["direct", "haproxy-2", "seawall-2"], plan.MariaDbClientCounts);
        if (results.Samples.Any(sample => sample.Part == "deferral"))
        {
            to.WriteLine("\n=== an insert: committed by MariaDB, and acknowledged by the journal of deferred statements ===");
            Figure(to, "per second", "deferral", ["direct", "seawall-2"], plan.MariaDbClientCounts, reply => reply.PerSecond, "F0", withRatios: false);
        }
        Targets(to);
        foreach (var bad in results.Samples.Where(sample => sample.Reply.Failed > 0))
            to.WriteLine(Text($"FAILED: {bad.Part} {bad.Contestant} {bad.Clients} clients, round {bad.Round}: {bad.Reply.Failed} times, {bad.Reply.Problem}"));
    }

    private void Curves(TextWriter to, string part, string title, string[] contestants, int[] clients)
    {
        if (!results.Samples.Any(sample => sample.Part == part))
            return;
        to.WriteLine($"\n=== {title} ===");
        var proxies = contestants.Where(name => name != Contestant.Direct).ToArray();
        Figure(to, "CPU of the proxy, µs per statement", part, proxies, clients, reply => reply.CpuUsEach, "F2", withRatios: true);
        Figure(to, "statements per second", part, contestants, clients, reply => reply.PerSecond, "F0", withRatios: true);
        Figure(to, "latency p50, µs", part, contestants, clients, reply => reply.P50Us, "F0", withRatios: false);
        Figure(to, "latency p99, µs", part, contestants, clients, reply => reply.P99Us, "F0", withRatios: false);
    }

    private void Figure(
        TextWriter to, string title, string part, string[] contestants, int[] clients, Func<LoadReply, double?> figure,
        string format, bool withRatios)
    {
        to.WriteLine($"\n{title}");
        Row(to, "clients", clients.Select(count => count.ToString(CultureInfo.InvariantCulture)));
        foreach (var contestant in contestants)
            Row(to, contestant, clients.Select(count => Number(results.Median(part, contestant, count, figure), format)));
        if (!withRatios)
            return;
        foreach (var threads in (int[])[1, 2])
        {
            if (contestants.Contains($"seawall-{threads}"))
            {
                Row(to, $"seawall / haproxy, {threads}", clients.Select(count => Number(
                    results.Median(part, $"seawall-{threads}", count, figure) / results.Median(part, $"haproxy-{threads}", count, figure), "F2")));
            }
        }
    }

    private void Logins(TextWriter to)
    {
        if (!results.Samples.Any(sample => sample.Part == "logins"))
            return;
        to.WriteLine($"\n=== logins, mysql_native_password, no TLS, {StubParts.LoginsAtOnce} at once ===");
        Row(to, "", ["per second", "p50 µs", "p99 µs", "CPU µs"]);
        foreach (var contestant in s_all)
        {
            double? At(Func<LoadReply, double?> figure) => results.Median("logins", contestant, StubParts.LoginsAtOnce, figure);
            Row(to, contestant, [Number(At(r => r.PerSecond), "F0"), Number(At(r => r.P50Us), "F0"), Number(At(r => r.P99Us), "F0"),
                contestant == Contestant.Direct ? "" : Number(At(r => r.CpuUsEach), "F1")]);
        }
    }

    private void TlsLogins(TextWriter to)
    {
        if (!results.Samples.Any(sample => sample.Part.StartsWith("tls-", StringComparison.Ordinal)))
            return;
        to.WriteLine($"\n=== logins under TLS 1.3, {StubParts.TlsLoginsAtOnce} at once, self-made P-256 certificate ===");
        Row(to, "", ["per second", "p50 µs", "p99 µs", "CPU µs"]);
        foreach (var part in (string[])["tls-full", "tls-resumed"])
        {
            double? At(Func<LoadReply, double?> figure) => results.Median(part, "seawall-tls", StubParts.TlsLoginsAtOnce, figure);
            Row(to, part, [Number(At(r => r.PerSecond), "F0"), Number(At(r => r.P50Us), "F0"), Number(At(r => r.P99Us), "F0"),
                Number(At(r => r.CpuUsEach), "F1")]);
        }
    }

    private void Idle(TextWriter to)
    {
        if (results.Idle.Count == 0)
            return;
        to.WriteLine("\n=== idle clients ===");
        Row(to, "", ["clients", "KiB before", "KiB with", "bytes each"]);
        foreach (var sample in results.Idle)
        {
            Row(to, sample.Contestant, [Number(sample.Clients, "F0"), Number(sample.BytesBefore / 1024, "F0"),
                Number(sample.BytesWith / 1024, "F0"), Number(sample.BytesEach, "F0")]);
        }
    }

    private void Targets(TextWriter to)
    {
        to.WriteLine("\n=== targets ===");
        foreach (var target in results.Targets)
        {
            to.WriteLine(Text(
                $"{(target.IsMet == true ? "met   " : "MISSED")} {target.What}: {target.Measured:0.##} {target.Unit} (at most {target.Limit:0.##})"));
        }
    }

    private static void Row(TextWriter to, string name, IEnumerable<string> cells) =>
        to.WriteLine(name.PadRight(22) + string.Concat(cells.Select(cell => cell.PadLeft(11))));

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
