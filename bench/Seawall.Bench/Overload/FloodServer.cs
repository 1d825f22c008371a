using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Seawall.Bench.Run;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Loops;
using Seawall.Rehearsal.Floods;
using Seawall.Rehearsal.Sessions;

namespace Seawall.Bench.Overload;

/// <summary>
/// MariaDB on one processor of its own, so that it is what is scarce: the load and what stands between have the others.
/// </summary>
internal sealed class FloodServer : IDisposable
{
    // The lab's servers come with this account (lab/README.md).
    internal const string Admin = "seawall";

    private const int ConnectionsMax = 1_200;

    private readonly AtEnd _server;
    private readonly List<ServerSession> _sessions = [];

    private FloodServer(AtEnd server, int port, int pid)
    {
        _server = server;
        Port = port;
        Pid = pid;
    }

    internal int Port { get; }

    internal int Pid { get; }

    /// <summary>The classes' accounts, with their shares and as many connections as 20 programs with pools of 20 have.</summary>
    internal static IReadOnlyList<FloodClass> Classes { get; } =
    [
        new("critical", AccountOf("critical"), 0.2, 80), new("normal", AccountOf("normal"), 0.5, 200), new("low", AccountOf("low"), 0.3, 120),
    ];

    /// <summary>What is asked, in the sizes that this server does in the times that are wanted.</summary>
    internal IReadOnlyList<FloodStatement> Statements { get; private set; } = [];

    /// <summary>Requests a second that it can do: 1 time the load.</summary>
    internal double Capacity => FloodGround.Capacity(Statements);

    internal static async Task<FloodServer> Start(string folder)
    {
        var lab = Environment.GetEnvironmentVariable("SEAWALL_BENCH_LAB")
            ?? throw new InvalidOperationException("run it by bench/overload, which says where the lab's servers are");
        var data = Path.Combine(folder, "mariadb");
        var port = Contestant.FreePort();
        var said = Child.Run(Path.Combine(lab, "server"), "mariadb", data, $"{port}", "77", "--",
            $"--max-connections={ConnectionsMax}", "--thread-cache-size=100", "--back-log=4096");
        var server = new FloodServer(
            AtEnd.Do(() => Child.Run(Path.Combine(lab, "server"), "stop", data)), port, int.Parse(said.Split(' ')[2], CultureInfo.InvariantCulture));
        try
        {
            Child.Run("taskset", "-apc", "0", $"{server.Pid}");
            server._sessions.Add(await server.Session());
            await FloodGround.Prepare(server._sessions[0], Classes.Select(one => one.Name));
            await server.Calibrate();
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    internal static Account AccountOf(string user)
    {
        var account = new Account(user, "%", [], AccountSource.Settings);
        account.Secrets.LearnPassword(Encoding.UTF8.GetBytes(user)); // Passwords are names here.
        return account;
    }

    internal Task<ServerSession> Session() =>
        ServerSession.Open(Endpoint.Tcp(IPAddress.Loopback, Port), AccountOf(Admin), TimeProvider.System);

    /// <summary>
    /// Finds anew what sizes take the times that are wanted: the same processor does more or less of it from one minute to the next, by
    /// what its neighbours do.
    /// </summary>
    internal async Task Calibrate() => Statements = await FloodGround.Statements(_sessions[0], () => CpuSeconds(Pid));

    /// <summary>Connections that it has accepted so far.</summary>
    internal async Task<long> Connections()
    {
        var rows = await _sessions[0].Query("SHOW GLOBAL STATUS LIKE 'Connections'");
        return long.Parse(rows[0][1]!, CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until it has done, or given up, what the run before has left behind.</summary>
    internal async Task BeQuiet()
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var rows = await _sessions[0].Query(
                "SELECT id FROM information_schema.processlist WHERE command = 'Query' AND user IN ('critical', 'normal', 'low')");
            if (rows.Count == 0)
                return;
            if (clock.Elapsed.TotalSeconds > 3)
            {
                foreach (var row in rows)
                    await Kill(row[0]!);
            }
            await Task.Delay(50);
        }
    }

    /// <summary>User and system time of a process, threads that have ended included, in seconds.</summary>
    internal static double CpuSeconds(int pid)
    {
        // proc(5): fields 14 and 15, counted from 1; the name in parentheses may have spaces. USER_HZ is 100.
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / 100;
    }

    public void Dispose()
    {
        foreach (var session in _sessions)
            session.Dispose();
        _server.Dispose();
    }

    private async Task Kill(string id)
    {
        try
        {
            await _sessions[0].Query($"KILL {id}");
        }
        catch (InvalidOperationException)
        {
            // It has just ended by itself.
        }
    }
}
