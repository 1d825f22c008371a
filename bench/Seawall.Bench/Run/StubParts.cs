using System.Globalization;
using Seawall.Bench.Load;
using Seawall.Bench.Measure;
using Seawall.Bench.Stub;

namespace Seawall.Bench.Run;

/// <summary>The parts that are measured in front of the stub server.</summary>
internal sealed class StubParts(RunPlan plan, Results results, LoadDriver load, Child stub, int stubPort, string folder)
{
    internal const int LoginsAtOnce = 64;

    /// <summary>HAProxy holds two descriptors for each, and the limit of 20,000 that is common is not to be hit.</summary>
    private const int IdleOfHaProxy = 9_000;

    private const int IdleOfSeawall = 10_000;

    private const int IdleUnderTls = 5_000;

    /// <summary>More would only wait for one another: a handshake is computed, on two processors as many at a time.</summary>
    internal const int TlsLoginsAtOnce = 16;

    internal void Run()
    {
        Contestant[] contestants =
        [
            Contestant.Directly(stubPort),
            Contestant.HaProxy(1, stubPort, folder), Seawall(1),
            Contestant.HaProxy(2, stubPort, folder), Seawall(2),
        ];
        try
        {
            Warm(contestants);
            if (plan.Has("statements"))
                Statements(contestants);
            if (plan.Has("syscalls"))
                Syscalls(contestants);
            if (plan.Has("logins"))
                Logins(contestants);
        }
        finally
        {
            foreach (var contestant in contestants)
                contestant.Dispose();
        }
        if (plan.Has("allocations"))
            Allocations();
        if (plan.Has("capture"))
            Capture();
        if (plan.Has("idle"))
            Idle();
        if (plan.Has("tls"))
            Tls();
    }

    private Contestant Seawall(int loops) =>
        Ready(Contestant.Seawall(loops, stubPort, StubAnswers.User, StubAnswers.Password, folder));

    private Contestant Engine(bool tls) =>
        Contestant.Engine(2, stubPort, StubAnswers.User, StubAnswers.Password, tls);

    // A front door is of use when it has read the accounts; that takes as long as the server takes to tell.
    private Contestant Ready(Contestant seawall)
    {
        for (var left = 100; load.Ask(new("idle", seawall.Port, 1)) is { Failed: > 0 } reply; left--)
        {
            if (left == 0)
                throw new InvalidOperationException($"{seawall.Name} lets nobody in: {reply.Problem}");
            Thread.Sleep(100);
        }
        load.Ask(new("leave", seawall.Port, 0));
        return seawall;
    }

    // Code is compiled better while it runs; nobody's first seconds are of interest.
    private void Warm(Contestant[] contestants)
    {
        foreach (var contestant in contestants)
        {
            load.Ask(new("statements", contestant.Port, 64, WarmMs: 0, Ms: 1_500));
            load.Ask(new("logins", contestant.Port, 32, WarmMs: 0, Ms: 500));
        }
    }

    // In turns, so that what else happens on the machine hits all of them alike.
    private void Statements(Contestant[] contestants)
    {
        for (var round = 1; round <= plan.Rounds; round++)
        {
            foreach (var clients in plan.ClientCounts)
            {
                foreach (var contestant in contestants)
                    Note("statements", contestant, clients, round, new("statements", contestant.Port, clients, plan.WarmMs, plan.Ms, contestant.Pid));
            }
        }
    }

    private void Syscalls(Contestant[] contestants)
    {
        foreach (var clients in (int[])[1, 64, 256])
        {
            foreach (var contestant in contestants.Where(contestant => contestant.Pid > 0))
            {
                Note("syscalls", contestant, clients, 1, new(
                    "statements", contestant.Port, clients, plan.WarmMs, plan.Ms, contestant.Pid, CountsSyscalls: true));
            }
        }
    }

    // Asked twice in the middle of a stretch of work: what is allocated in between, for what was done in between.
    private void Allocations()
    {
        const int betweenMs = 2_000;
        using var seawall = Engine(tls: false);
        Warm([seawall]);
        var request = new LoadRequest("statements", seawall.Port, 64, plan.WarmMs, betweenMs + 2_000, seawall.Pid);
        var asking = Task.Run(() => load.Ask(request));
        Thread.Sleep(plan.WarmMs + 1_000);
        var before = Allocated(seawall);
        Thread.Sleep(betweenMs);
        var after = Allocated(seawall);
        var reply = asking.GetAwaiter().GetResult();
        results.Samples.Add(new("allocations", seawall.Name, 64, 1, reply));
        results.AllocatedEach = (after - before) / (reply.PerSecond * betweenMs / 1e3);
    }

    // The same engine with and without, in turns. All of the process counts: the thread that writes as well.
    private void Capture()
    {
        using var plain = Engine(tls: false);
        using var capturing = Contestant.Capturing(2, stubPort, StubAnswers.User, StubAnswers.Password, Path.Combine(folder, "captures"));
        Warm([plain, capturing]);
        for (var round = 1; round <= plan.Rounds; round++)
        {
            foreach (var contestant in (Contestant[])[plain, capturing])
                Note("capture", contestant, 64, round, new("statements", contestant.Port, 64, plan.WarmMs, plan.Ms, contestant.Pid));
        }
        results.CaptureDropped = long.Parse(capturing.Process!.Ask("dropped"), CultureInfo.InvariantCulture);
    }

    private static long Allocated(Contestant seawall) =>
        long.Parse(seawall.Process!.Ask("allocated"), CultureInfo.InvariantCulture);

    private void Logins(Contestant[] contestants)
    {
        for (var round = 1; round <= plan.Rounds; round++)
        {
            foreach (var contestant in contestants)
                Note("logins", contestant, LoginsAtOnce, round, new("logins", contestant.Port, LoginsAtOnce, plan.WarmMs, plan.Ms, contestant.Pid));
        }
    }

    private void Idle()
    {
        using (var haProxy = Contestant.HaProxy(2, stubPort, folder))
            results.Idle.Add(Fill(haProxy, IdleOfHaProxy, "off"));
        using var seawall = Seawall(2);
        var accepted = 0L;
        results.Idle.Add(Fill(seawall, IdleOfSeawall, "off", () => accepted = Accepted(), () => results.DialsByLogins = Accepted() - accepted));
    }

    private void Tls()
    {
        using var seawall = Engine(tls: true);
        results.Idle.Add(Fill(seawall, plan.IsQuick ? IdleUnderTls / 2 : IdleUnderTls, "full"));
        foreach (var tls in (string[])["full", "resumed"])
        {
            for (var round = 1; round <= Math.Min(plan.Rounds, 3); round++)
            {
                Note($"tls-{tls}", seawall, TlsLoginsAtOnce, round, new(
                    "logins", seawall.Port, TlsLoginsAtOnce, plan.WarmMs, plan.Ms, seawall.Pid, Tls: tls));
            }
        }
    }

    // Before it is weighed, a process has let in and lost some ten thousand clients, so that its code is compiled as well as
    // it will be; but few at a time, since what many leave behind would be used again by those who are weighed.
    private IdleSample Fill(Contestant contestant, int clients, string tls, Action? before = null, Action? whileFull = null)
    {
        Console.Error.WriteLine($"idle: {contestant.Name}, {clients} clients");
        load.Ask(new("logins", contestant.Port, 32, WarmMs: 0, Ms: 2_000, Tls: tls));
        Thread.Sleep(2_000);
        before?.Invoke();
        var bytesBefore = ProcessFigures.ResidentBytes(contestant.Pid);
        var reply = load.Ask(new("idle", contestant.Port, clients, Tls: tls));
        Thread.Sleep(2_000);
        var bytesWith = ProcessFigures.ResidentBytes(contestant.Pid);
        whileFull?.Invoke();
        load.Ask(new("leave", contestant.Port, 0));
        return new IdleSample(contestant.Name, reply.Done, bytesBefore, bytesWith, reply.Failed, reply.Problem);
    }

    private long Accepted() => long.Parse(stub.Ask("accepted"), CultureInfo.InvariantCulture);

    private void Note(string part, Contestant contestant, int clients, int round, LoadRequest request)
    {
        var reply = load.Ask(request);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{part} {contestant.Name} {clients} clients, round {round}: {reply.PerSecond:F0}/s, {reply.CpuUsEach:F2} µs CPU{(reply.Problem is { } problem ? $", {reply.Failed} FAILED: {problem}" : "")}"));
        results.Samples.Add(new(part, contestant.Name, clients, round, reply));
    }
}
