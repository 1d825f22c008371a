using System.Globalization;
using System.Net;
using Seawall.Control.Processes;
using Seawall.Engine.Loops;
using Seawall.Rehearsal.Sessions;
using Seawall.Rehearsal.Storms;

namespace Seawall.Demos;

/// <summary>
/// A storm of short connections on a server, then the same storm through Seawall: what it does to the server, side by side.
/// </summary>
internal sealed class StormDemo(DemoOptions options, DemoScreen screen, TimeProvider time)
{
    /// <summary>Rows of the table that the storm reads from.</summary>
    private const int Rows = 10_000;

    // The lab's servers come with this account (lab/server); the demo watches and prepares with it.
    private const string Admin = "seawall";

    /// <summary>Who the storm's clients are.</summary>
    private const string Visitor = "demo";

    /// <summary>Runs the demo until its end, or until <paramref name="cancel"/>. Throws <see cref="DemoException"/>.</summary>
    internal async Task Run(Func<DemoTarget, Task<SeawallProcess>> startSeawall, CancellationToken cancel)
    {
        var sessions = new DemoSessions(time);
        var lab = DemoLab.Find("./seawall demo");
        screen.Step("Looking for MariaDB; installing it from Debian's packages if it is missing");
        await lab.Install("mariadb", screen.Detail, cancel);
        using var folder = DemoFolder.Make(options.KeepsData);
        screen.Step($"Starting a primary and two replicas on loopback, data in {folder.Path}");
        using var servers = await DemoReplicaSet.Start(lab, folder.Path, cancel);
        var (primary, first, second) = (servers.Primary, servers.First, servers.Second);
        screen.Detail($"MariaDB {primary.Version}: primary on {primary.Port}, replicas on {first.Port} and {second.Port}");
        using var session = await sessions.Open(primary.Port, Admin);
        screen.Step($"Filling a table with {Rows:N0} rows");
        await Prepare(session);
        screen.Step($"Starting Seawall on port {options.Port}");
        await using var seawall = await startSeawall(
            new DemoTarget(folder.Path, options.Port, primary.Port, [first.Port, second.Port], Admin));
        (await sessions.OpenWhenReady(options.Port, Visitor, cancel)).Dispose();
        var figures = await screen.Storms(options, async report =>
        {
            var direct = await Storm(primary, session, primary.Port, count => report(0, count), cancel);
            var through = await Storm(primary, session, options.Port, count => report(1, count), cancel);
            return (direct, through);
        });
        screen.Table(options, figures.direct, figures.through);
        if (options.IsBrief)
            return;
        screen.Invite(options.Port, Visitor, seawall.AdminOptionFile);
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancel).ContinueWith(_ => { }, CancellationToken.None);
    }

    private static async Task Prepare(ServerSession session)
    {
        await session.Query($"CREATE USER {Visitor}@'%' IDENTIFIED BY '{Visitor}'");
        await session.Query("CREATE DATABASE demo");
        await session.Query($"GRANT ALL ON demo.* TO {Visitor}@'%'");
        await session.Query("CREATE TABLE demo.items (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, price DECIMAL(8,2) NOT NULL)");
        await session.Query($"INSERT INTO demo.items SELECT seq, CONCAT('item ', seq), seq / 100 FROM demo.seq_1_to_{Rows}");
    }

    private async Task<StormFigures> Storm(
        DemoServer server, ServerSession session, int port, Action<long> report, CancellationToken cancel)
    {
        var plan = new StormPlan
        {
            Target = Endpoint.Tcp(IPAddress.Loopback, port),
            Account = DemoSessions.AccountOf(Visitor),
            Statement = "SELECT name, price FROM demo.items WHERE id = {0}",
            KeyMax = Rows,
            Connections = options.Connections,
            AtOnce = options.AtOnce,
        };
        var opened = await Opened(session);
        var cpu = server.CpuSeconds;
        using var storm = new Storm(plan, time, seed: 1);
        var running = storm.Run(cancel);
        while (await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(100), time, CancellationToken.None)) != running)
            report(storm.Result.Ended);
        var result = await running;
        cancel.ThrowIfCancellationRequested();
        report(result.Ended);
        screen.Errors(result.Errors);
        return StormFigures.Of(result, await Opened(session) - opened, server.CpuSeconds - cpu);
    }

    private static async Task<long> Opened(ServerSession session)
    {
        var rows = await session.Query("SHOW GLOBAL STATUS LIKE 'Connections'");
        return long.Parse(rows[0][1]!, CultureInfo.InvariantCulture);
    }
}
