using Seawall.Control.Processes;
using Seawall.Rehearsal.Sessions;

namespace Seawall.Demos;

/// <summary>
/// Sessions that write a row and read it back through Seawall over two replicas, of which one falls behind, then both, then none; then one is
/// killed, and comes back: where the reads go, what the primary gets of them, and that nobody reads something older than what he has written or
/// read.
/// </summary>
internal sealed class ReplicasDemo(DemoOptions options, ReplicasScreen screen, TimeProvider time)
{
    private const int Readers = 24;

    // Seawall sees it after a second, and then its share doubles each second.
    private const int ReturnSeconds = 6;

    // The lab's servers come with this account (lab/server); the demo watches and prepares with it.
    private const string Admin = "seawall";

    private const string Visitor = "demo";

    /// <summary>Runs the demo until its end, or until <paramref name="cancel"/>. Throws <see cref="DemoException"/>.</summary>
    internal async Task Run(Func<DemoTarget, Task<SeawallProcess>> startSeawall, CancellationToken cancel)
    {
        var sessions = new DemoSessions(time);
        var lab = DemoLab.Find("./seawall demo replicas");
        screen.Step("Looking for MariaDB; installing it from Debian's packages if it is missing");
        await lab.Install("mariadb", screen.Detail, cancel);
        using var folder = DemoFolder.Make(options.KeepsData);
        screen.Step($"Starting a primary and two replicas on loopback, data in {folder.Path}");
        using var servers = await DemoReplicaSet.Start(lab, folder.Path, cancel);
        var (primary, first, second) = (servers.Primary, servers.First, servers.Second);
        using var atPrimary = await sessions.Open(primary.Port, Admin);
        using var atFirst = await sessions.Open(first.Port, Admin);
        using var atSecond = await sessions.Open(second.Port, Admin);
        await Prepare(atPrimary);
        await Name(atFirst, "replica-1", cancel);
        await Name(atSecond, "replica-2", cancel);
        screen.Step($"Starting Seawall on port {options.Port}, which reads from replicas");
        await using var seawall = await startSeawall(
            new DemoTarget(folder.Path, options.Port, primary.Port, [first.Port, second.Port], Admin) { ReadsFromReplicas = true });
        (await sessions.OpenWhenReady(options.Port, Visitor, cancel)).Dispose();

        var phases = new (string Title, Func<Task> Begin)[]
        {
            ("Both replicas keep up", () => Task.CompletedTask),
            ("replica-1 applies nothing any more", () => atFirst.Query("STOP SLAVE SQL_THREAD")),
            ("Neither does replica-2", () => atSecond.Query("STOP SLAVE SQL_THREAD")),
            ("Both are back", () => Task.WhenAll(atFirst.Query("START SLAVE SQL_THREAD"), atSecond.Query("START SLAVE SQL_THREAD"))),
            ("replica-1 is killed", () => Task.Run(servers.Lose, cancel)),
            ("It is back, and gets little at first", () => servers.Return(lab, folder.Path, cancel)),
        };
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var tally = new ReplicasTally();
        screen.Step($"{Readers} sessions write a row each and read it back, without a pause longer than some milliseconds");
        var running = Enumerable.Range(0, Readers).Select(id => Converse(sessions, id, tally, end.Token)).ToArray();
        try
        {
            for (var phase = 0; phase < phases.Length; phase++)
            {
                screen.Begin(phases[phase].Title);
                await phases[phase].Begin();
                // The last one until the replica has its whole share again.
                var seconds = phase == phases.Length - 1 ? Math.Max(ReturnSeconds, options.Seconds) : options.Seconds;
                for (var passed = 0; passed < seconds; passed++)
                {
                    tally.BeginSecond(phase);
                    await Task.Delay(TimeSpan.FromSeconds(1), time, cancel);
                    tally.NoteSpill(phase, seawall.Engine.Spill);
                    screen.Second(tally.LastSecond, seawall.Engine.Freshness(), seawall.Engine.Replicas);
                }
            }
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(running);
        }
        screen.Answer([.. phases.Select(phase => phase.Title)], tally);
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
        await session.Query("CREATE TABLE demo.register (id INT PRIMARY KEY, value BIGINT NOT NULL)");
        await session.Query($"INSERT INTO demo.register SELECT seq, 0 FROM demo.seq_0_to_{Readers - 1}");
        await session.Query("CREATE TABLE demo.place (name VARCHAR(20) NOT NULL)");
        await session.Query("INSERT INTO demo.place VALUES ('primary')");
    }

    // Each server has a name of its own in a row that is not replicated: an answer says where it comes from.
    private async Task Name(ServerSession replica, string name, CancellationToken cancel)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                if ((await replica.Query("SELECT COUNT(*) FROM demo.place"))[0][0] == "1")
                    break;
            }
            catch (InvalidOperationException) when (tries < 100)
            {
                // The table has not arrived yet.
            }
            if (tries == 100)
                throw new DemoException($"{name} does not follow the primary");
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancel);
        }
        await replica.Query("SET SESSION sql_log_bin = 0");
        await replica.Query($"UPDATE demo.place SET name = '{name}'");
    }

    private async Task Converse(DemoSessions sessions, int id, ReplicasTally tally, CancellationToken end)
    {
        await Task.Yield();
        var session = await sessions.Open(options.Port, Visitor);
        var random = new Random(id);
        var seen = 0L;
        for (var turn = 0; !end.IsCancellationRequested; turn++)
        {
            try
            {
                if (turn % 8 == 0)
                {
                    var began = time.GetTimestamp();
                    await session.Query($"UPDATE demo.register SET value = value + 1 WHERE id = {id}");
                    tally.Wrote(time.GetElapsedTime(began));
                    seen++;
                }
                var row = (await session.Query($"SELECT value, name FROM demo.register, demo.place WHERE id = {id}"))[0];
                var value = long.Parse(row[0]!);
                tally.Read(row[1]!, isOld: value < seen);
                seen = Math.Max(seen, value);
            }
            catch (InvalidOperationException refusal)
            {
                tally.Refused(refusal.Message);
                if (!refusal.Message.Contains("did not run", StringComparison.Ordinal))
                {
                    // It was at the server that was killed. Another connection knows only what was acknowledged.
                    session.Dispose();
                    session = await sessions.Open(options.Port, Visitor);
                    seen = 0;
                }
            }
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(2, 8)), time, CancellationToken.None);
        }
        session.Dispose();
    }
}
