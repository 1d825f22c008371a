using System.Globalization;
using System.Runtime.InteropServices;

namespace Seawall.Bench.Run;

/// <summary>What is to be run, and how long.</summary>
internal sealed record RunPlan(bool IsQuick, HashSet<string> Parts, string? ResultsFile, string Commit)
{
    internal static readonly string[] AllParts = ["statements", "syscalls", "allocations", "capture", "logins", "idle", "tls", "mariadb", "deferral"];

    internal int[] ClientCounts => IsQuick ? [1, 16, 64, 256] : [1, 16, 64, 256, 1000];

    internal int[] MariaDbClientCounts => IsQuick ? [1, 64] : [1, 16, 64, 256];

    internal int Rounds => IsQuick ? 2 : 5;

    internal int WarmMs => IsQuick ? 300 : 500;

    internal int Ms => IsQuick ? 1_000 : 2_000;

    internal bool Has(string part) => Parts.Contains(part);
}

/// <summary>The whole benchmark: starts the parts, measures them in turns, prints a table and writes down the raw results.</summary>
internal static class BenchRun
{
    internal static int Do(string[] options)
    {
        if (Plan(options) is not { } plan)
            return 2;
        using var ground = AtEnd.Folder("seawall-bench-", out var folder);
        var results = Measure(plan, folder);
        Judge(results, plan);
        new Report(results, plan).Print(Console.Out);
        if (plan.ResultsFile is { } file)
        {
            results.Write(file);
            Console.WriteLine($"raw results: {Path.GetFileName(file)}");
        }
        return results.Samples.Any(sample => sample.Reply.Failed > 0) ? 1 : 0;
    }

    private static RunPlan? Plan(string[] options)
    {
        var plan = new RunPlan(false, [.. RunPlan.AllParts], null, "unknown");
        for (var i = 0; i < options.Length; i++)
        {
            switch (options[i])
            {
                case "--quick":
                    plan = plan with { IsQuick = true };
                    continue;
                case "--only" when i + 1 < options.Length:
                    plan = plan with { Parts = [.. options[++i].Split(',')] };
                    continue;
                case "--results" when i + 1 < options.Length:
                    plan = plan with { ResultsFile = options[++i] };
                    continue;
                case "--commit" when i + 1 < options.Length:
                    plan = plan with { Commit = options[++i] };
                    continue;
            }
            Console.Error.WriteLine($"no option '{options[i]}'");
            return null;
        }
        foreach (var part in plan.Parts.Except(RunPlan.AllParts))
        {
            Console.Error.WriteLine($"no part '{part}'; there are: {string.Join(' ', RunPlan.AllParts)}");
            return null;
        }
        return plan;
    }

    private static Results Measure(RunPlan plan, string folder)
    {
        var results = new Results
        {
            Date = DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mmZ", CultureInfo.InvariantCulture),
            Commit = plan.Commit,
            Command = "bench/run" + (plan.IsQuick ? " --quick" : "")
                + (plan.Parts.Count == RunPlan.AllParts.Length ? "" : $" --only {string.Join(',', plan.Parts)}"),
            Machine = Describe(),
        };
        using var load = new LoadDriver();
        if (plan.Parts.Any(part => part is not ("mariadb" or "deferral")))
        {
            var stubPort = Contestant.FreePort();
            using var stub = Child.Own("stub", $"{stubPort}");
            new StubParts(plan, results, load, stub, stubPort, folder).Run();
        }
        if (plan.Has("mariadb"))
            new MariaDbPart(plan, results, folder).Run();
        if (plan.Has("deferral"))
            new DeferralPart(plan, results, folder).Run();
        return results;
    }

    // The promises, on the plain path: no TLS, a point select, pooled, as many loops as HAProxy has threads.
    private static void Judge(Results results, RunPlan plan)
    {
        foreach (var clients in plan.ClientCounts.Where(clients => clients is 16 or 64 or 256))
        {
            foreach (var threads in (int[])[1, 2])
            {
                var ours = results.Median("statements", $"seawall-{threads}", clients, reply => reply.CpuUsEach);
                var theirs = results.Median("statements", $"haproxy-{threads}", clients, reply => reply.CpuUsEach);
                results.Targets.Add(new(
                    $"CPU per statement against HAProxy, {clients} clients, {threads} thread(s)", 1.0, ours / theirs, "times"));
            }
        }
        results.Targets.Add(new("system calls per statement, 64 clients, 2 loops", 4.3,
            results.Median("syscalls", "seawall-2", 64, reply => reply.SyscallsEach), "calls"));
        results.Targets.Add(new("bytes allocated per statement", 1, results.AllocatedEach, "bytes"));
        results.Targets.Add(new("CPU per statement while captured in full against not, 64 clients", 1.05,
            results.Median("capture", "seawall-capturing", 64, reply => reply.CpuUsEach)
                / results.Median("capture", "seawall-engine", 64, reply => reply.CpuUsEach), "times"));
        results.Targets.Add(new("records that a capture has lost", 0, results.CaptureDropped, "records"));
        results.Targets.Add(new("memory per idle plain client", 1024,
            results.Idle.FirstOrDefault(sample => sample.Contestant == "seawall-2")?.BytesEach, "bytes"));
        results.Targets.Add(new("memory per idle TLS client", 40 * 1024,
            results.Idle.FirstOrDefault(sample => sample.Contestant == "seawall-tls")?.BytesEach, "bytes"));
        results.Targets.Add(new("CPU per login (native, plain)", 60,
            results.Median("logins", "seawall-2", StubParts.LoginsAtOnce, reply => reply.CpuUsEach), "µs"));
        results.Targets.Add(new("server connections opened by logins alone", 0, results.DialsByLogins, "connections"));
        results.Targets.RemoveAll(target => target.Measured is null);
    }

    internal static Machine Describe()
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        return new Machine(
            processor?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString(),
            Environment.ProcessorCount,
            File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
            Environment.Version.ToString(),
            FirstLine("haproxy", "-v"), FirstLine("mariadbd", "--version"), FirstLine("sysbench", "--version"));
    }

    private static string FirstLine(string program, string argument)
    {
        try
        {
            return Child.Run(program, argument).Split('\n')[0].Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "not installed";
        }
    }
}
