using System.Diagnostics;
using System.Globalization;
using System.Net;
using Seawall.Control.Processes;
using Seawall.Engine.Loops;
using Seawall.Rehearsal.Floods;
using Seawall.Rehearsal.Sessions;

namespace Seawall.Demos;

/// <summary>
/// Four times what a server can do, through a plain forwarder and then through Seawall: what gets done while it lasts, what becomes of
/// those who matter most, and whether it is over when it is over.
/// </summary>
internal sealed class OverloadDemo(DemoOptions options, OverloadScreen screen, TimeProvider time)
{
    // Of what the server can do: before and after, it is busy and no more than that. At four times as much, the critical class alone, a
    // fifth of it, wants less than there is.
    private const double Calm = 0.7, Flood = 4;

    /// <summary>Statements that may run at the server's one processor: twice as many, and one more to take the place of one that ends.</summary>
    private const int Running = 3;

    // The lab's servers come with this account (lab/server); the demo prepares with it.
    private const string Admin = "seawall";

    private static readonly FloodClass[] s_classes =
    [
        // As many connections as 20 programs with pools of 20 open.
        new("critical", DemoSessions.AccountOf("critical"), 0.2, 80), new("normal", DemoSessions.AccountOf("normal"), 0.5, 200),
        new("low", DemoSessions.AccountOf("low"), 0.3, 120),
    ];

    /// <summary>Runs the demo until its end, or until <paramref name="cancel"/>. Throws <see cref="DemoException"/>.</summary>
    internal async Task Run(Func<DemoTarget, Task<SeawallProcess>> startSeawall, CancellationToken cancel)
    {
        var sessions = new DemoSessions(time);
        var lab = DemoLab.Find("./seawall demo overload");
        screen.Step("Looking for MariaDB; installing it from Debian's packages if it is missing");
        await lab.Install("mariadb", screen.Detail, cancel);
        using var folder = DemoFolder.Make(options.KeepsData);
        screen.Step($"Starting a server on loopback, data in {folder.Path}");
        using var server = await lab.StartServer(
            "mariadb", Path.Combine(folder.Path, "server"), DemoSessions.FreePort(), 1, null, cancel, "--max-connections=1200");
        var isApart = SetApart(server);
        screen.Detail($"MariaDB {server.Version} on port {server.Port}, on {(isApart ? "a processor of its own" : "the only processor that there is")}");
        using var session = await sessions.Open(server.Port, Admin);
        screen.Step("Filling a table, and finding out what the server can do");
        await FloodGround.Prepare(session, s_classes.Select(one => one.Name));
        var statements = await FloodGround.Statements(session, () => server.CpuSeconds);
        var capacity = FloodGround.Capacity(statements);
        screen.Detail(string.Create(CultureInfo.InvariantCulture, $"{capacity:F0} requests a second: ")
            + string.Join(", ", statements.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Share:P0} take {one.WorkMs:F0} ms"))));
        cancel.ThrowIfCancellationRequested();
        screen.Step($"Starting Seawall on port {options.Port}");
        await using var seawall = await startSeawall(new DemoTarget(folder.Path, options.Port, server.Port, [], Admin)
        {
            Overload = (Running, new Dictionary<string, string> { ["critical"] = "critical", ["low"] = "low" }),
        });
        (await sessions.OpenWhenReady(options.Port, "normal", cancel)).Dispose();
        using var forwarder = new PlainForwarder(server.Port);

        var plan = new FloodPlan
        {
            Target = Endpoint.Tcp(IPAddress.Loopback, forwarder.Port),
            Classes = s_classes,
            Statements = statements,
            Steps = Steps(capacity),
        };
        screen.Explain(plan, Calm, Flood);
        var plain = await Watch("Through a plain forwarder", plan, capacity, cancel);
        await BeQuiet(session, cancel);
        var gated = await Watch("Through Seawall", plan with { Target = Endpoint.Tcp(IPAddress.Loopback, options.Port) }, capacity, cancel);
        screen.Answer(plan, plain, gated, capacity);
        if (options.IsBrief)
            return;
        screen.Invite(seawall.AdminOptionFile);
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancel).ContinueWith(_ => { }, CancellationToken.None);
    }

    // A quarter of the time before it, the flood, and the rest to see what is left of it.
    private FloodStep[] Steps(double capacity)
    {
        var (before, flood) = (options.Seconds / 4, options.Seconds * 3 / 10);
        return [new(before, Calm * capacity), new(flood, Flood * capacity), new(options.Seconds - before - flood, Calm * capacity)];
    }

    // A line for each second, when the patience of those who asked in it is over.
    private async Task<FloodLedger> Watch(string name, FloodPlan plan, double capacity, CancellationToken cancel)
    {
        screen.Begin(name);
        using var flood = new Flood(plan, time, seed: 1);
        var running = flood.Run(cancel);
        var told = 0;
        while (told < (int)plan.Seconds)
        {
            var ended = await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(50), time, CancellationToken.None)) == running;
            for (; told < (int)plan.Seconds && (ended || flood.Ledger.Seconds > told + 1 + (plan.PatienceMs / 1e3)); told++)
                screen.Second(plan, flood.Ledger, told, capacity);
            if (ended)
                await running; // Tells of a failure, or of Ctrl-C.
        }
        return await running;
    }

    // The server goes on with what nobody waits for any more; the other way is not to begin with that.
    private async Task BeQuiet(ServerSession session, CancellationToken cancel)
    {
        var rows = await Busy();
        for (var tries = 0; rows.Count > 0 && tries < 100; tries++)
        {
            foreach (var row in rows)
            {
                try
                {
                    await session.Query($"KILL {row[0]}");
                }
                catch (InvalidOperationException)
                {
                    // It has ended by itself.
                }
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancel);
            rows = await Busy();
        }

        async Task<IReadOnlyList<string?[]>> Busy()
        {
            var users = string.Join(", ", s_classes.Select(one => $"'{one.Name}'"));
            return await session.Query($"SELECT id FROM information_schema.processlist WHERE user IN ({users}) AND command = 'Query'");
        }
    }

    // The server gets the first processor and this program the others: it is the server that is to be short of time, not its load.
    private static bool SetApart(DemoServer server)
    {
        if (Environment.ProcessorCount < 2)
            return false;
        return Pin("0", server.Pid) && Pin($"1-{Environment.ProcessorCount - 1}", Environment.ProcessId);

        static bool Pin(string processors, int pid)
        {
            try
            {
                using var taskset = Process.Start(new ProcessStartInfo("taskset", ["-apc", processors, $"{pid}"]) { RedirectStandardOutput = true });
                taskset?.StandardOutput.ReadToEnd();
                taskset?.WaitForExit();
                return taskset?.ExitCode == 0;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }
    }
}
