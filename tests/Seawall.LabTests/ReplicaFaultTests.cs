using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Decisions;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Replicas hang, break, run out of disk, and primaries are killed, under sessions that write and read back: no wrong answer, nothing lost that
/// was acknowledged, and errors that end. Real servers.
/// </summary>
public sealed class ReplicaFaultTests(LabServers lab)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_replica_that_is_stopped_is_left_and_comes_back_step_by_step(LabKind kind)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 2, Cancel);
        await using var seawall = await StartAsync(set.Members, isFixed: true);
        await using var sessions = await RegisterSessions.StartAsync(set, seawall.Port, 8, Cancel);
        await sessions.MoreAsync(200, Patience, Cancel);

        set.Members[1].Freeze();
        try
        {
            await Eventually.TrueAsync(() => Facts(seawall, 1).Health == ServerHealth.Down, Patience, Cancel, () => Told(seawall));
            await sessions.MoreAsync(400, Patience, Cancel);
        }
        finally
        {
            set.Members[1].Thaw();
        }
        await Eventually.TrueAsync(() => Replica(seawall, 1) is { IsWell: true, Part: ReadPart.Full }, Patience, Cancel, () => Told(seawall));
        Assert.Contains(seawall.Engine.GateEvents(200), news => news.Event is { Of: "1", To: "returning" });
        var reads = Replica(seawall, 1).Reads;
        await Eventually.TrueAsync(() => Replica(seawall, 1).Reads > reads, Patience, Cancel, () => Told(seawall));

        await sessions.StopAsync();
        Assert.Empty(sessions.Wrongs);
        // One for each session that was there, and those that had to wait for what the other had not yet.
        Assert.All(sessions.Errors, error => Assert.Matches("(is not known|hang|did not run|Lost connection)", error));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_replica_whose_replication_breaks_answers_nothing_until_it_is_mended(LabKind kind)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 2, Cancel);
        await using var seawall = await StartAsync(set.Members, isFixed: true);
        await using var sessions = await RegisterSessions.StartAsync(set, seawall.Port, 8, Cancel);
        await sessions.MoreAsync(200, Patience, Cancel);

        await set.BreakAsync(set.Members[1], Cancel);
        await Eventually.TrueAsync(() => Facts(seawall, 1).Freshness.State == FreshnessState.Broken, Patience, Cancel, () => Told(seawall));
        // What was placed before that was known has ended: each session has gone on since. Counted at once, not as the views are.
        await sessions.MoreAsync(100, Patience, Cancel);
        await Eventually.TrueAsync(() => Facts(seawall, 1).Freshness.Running == 0, Patience, Cancel);
        var reads = Facts(seawall, 1).Freshness.Tally.Reads;
        await sessions.MoreAsync(400, Patience, Cancel);
        Assert.Equal(reads, Facts(seawall, 1).Freshness.Tally.Reads);

        await set.MendAsync(set.Members[1], Cancel);
        await Eventually.TrueAsync(() => Replica(seawall, 1).Reads > reads, Patience, Cancel, () => Told(seawall));
        await sessions.StopAsync();
        Assert.Empty(sessions.Wrongs);
        Assert.All(sessions.Errors, error => Assert.Contains("the statement did not run", error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_replica_whose_disk_is_full_gives_no_old_answers(LabKind kind)
    {
        await using var disk = await SmallDisk.MountAsync(lab.NewFolder(), megabytes: 700, Cancel);
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, Cancel);
        await lab.RequireAsync(kind.Word(), Cancel);
        await using var full = await LabServer.StartAsync(kind, Path.Combine(disk.Folder, "d"), 901, new()
        {
            ReplicaOf = set.Primary,
            Options = [kind == LabKind.MariaDb ? "--read-only=1" : "--super-read-only=1"],
        }, Cancel);
        await set.CaughtUpAsync(full, Cancel);
        await using var seawall = await StartAsync([.. set.Members, full], isFixed: true);
        await using var sessions = await RegisterSessions.StartAsync(set, seawall.Port, 8, Cancel);
        await Eventually.TrueAsync(() => Replica(seawall, 2).Reads > 20, Patience, Cancel, () => Told(seawall));

        disk.Fill();
        // What it has to write down soon has no room: the relay log, or its own binary log.
        await Eventually.TrueAsync(() => Facts(seawall, 2) is not { Health: ServerHealth.Up, Freshness.State: FreshnessState.Fresh },
            Patience, Cancel, () => Told(seawall));
        await sessions.MoreAsync(400, Patience, Cancel);

        await sessions.StopAsync();
        Assert.Empty(sessions.Wrongs);
        await full.KillAsync(Cancel); // It would wait for room for a minute.
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_primary_is_killed_and_a_replica_promoted_under_reads_and_writes(LabKind kind)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 2, Cancel);
        var (a, b) = (set.Members[0], set.Members[1]);
        await using var seawall = await StartAsync(set.Members, isFixed: false);
        await using var ledger = await WriteLedger.StartAsync(a, 4, seawall.ConnectAppAsync, Cancel, pauseMs: 5);
        await using var sessions = await RegisterSessions.StartAsync(set, seawall.Port, 6, Cancel);
        await sessions.MoreAsync(200, Patience, Cancel);

        await a.KillAsync(Cancel);
        await Eventually.TrueAsync(() => seawall.Engine.Facts.Topology.State == PrimaryState.None, Patience, Cancel, () => Told(seawall));
        // The replica is given all that was acknowledged: what is lost after this, Seawall has lost.
        await a.StartAsync(Cancel);
        await set.CaughtUpAsync(b, Cancel);
        await a.KillAsync(Cancel);
        await set.PromoteAsync(b, Cancel);
        await Eventually.TrueAsync(() => seawall.Engine.Facts.Topology is { State: PrimaryState.Found, Primary.Name: "1" }, Patience, Cancel,
            () => Told(seawall));
        await ledger.MoreAsync(200, Patience, Cancel);
        await sessions.MoreAsync(200, Patience, Cancel);
        var reads = Replica(seawall, 2).Reads;
        await Eventually.TrueAsync(() => Replica(seawall, 2).Reads > reads, Patience, Cancel, () => Told(seawall));

        await sessions.StopAsync();
        await ledger.StopAsync();
        Assert.Empty(sessions.Wrongs);
        Assert.Empty(await ledger.WrongsAsync(b, Cancel));
    }

    // The control: a checker that could not find anything would find nothing.
    [Fact]
    public async Task A_register_that_goes_back_is_found()
    {
        await using var set = await ReplicaSet.StartAsync(lab, LabKind.MariaDb, replicas: 1, Cancel);
        await using var seawall = await StartAsync(set.Members, isFixed: true);
        await using var sessions = await RegisterSessions.StartAsync(set, seawall.Port, 2, Cancel);
        await sessions.MoreAsync(20, Patience, Cancel);
        await Eventually.TrueAsync(async () =>
        {
            await set.Primary.ExecuteAsync("update app.register set value = 0", Cancel);
            return !sessions.Wrongs.IsEmpty;
        }, Patience, Cancel);
        await sessions.StopAsync();
        Assert.Contains("and read", sessions.Wrongs.First(), StringComparison.Ordinal);
    }

    // Forward and back, of replicas and of the primary, by far more than any bound. A clock that is set moves the ends of waits on a real
    // machine as well; here durations go on as they are (libfaketime).
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Clocks_that_are_set_make_no_answer_older_than_it_may_be(LabKind kind)
    {
        await using var set = await ReplicaSet.StartWithClocksAsync(lab, kind, replicas: 2, Cancel);
        // A server that a busy machine keeps waiting does not hang.
        await using var seawall = await StartAsync(set.Members, isFixed: true, hangMsMax: 30_000);
        await using var sessions = await RegisterSessions.StartAsync(set, seawall.Port, 8, Cancel);
        await sessions.MoreAsync(200, Patience, Cancel);
        (int Member, int Seconds)[] clocks = [(1, 3600), (2, -3600), (1, -86_400), (0, 3600), (1, 0), (0, -3600), (2, 0), (0, 0)];
        foreach (var (member, seconds) in clocks)
        {
            await set.SetClockAsync(member, seconds, Cancel);
            await sessions.MoreAsync(200, Patience, Cancel);
        }
        // Replicas are read from as before. Not each for certain: one that cannot keep up on a busy machine is late, and is not.
        var reads = Reads(seawall);
        await Eventually.TrueAsync(() => Reads(seawall) > reads, Patience, Cancel, () => Told(seawall));
        await sessions.StopAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {sessions.Pairs} pairs, {sessions.Errors.Count} errors");
        Assert.Empty(sessions.Wrongs);
        var lost = sessions.Errors.Where(error => !error.Contains("the statement did not run", StringComparison.Ordinal)).ToArray();
        Assert.True(lost.Length == 0, $"{string.Join('\n', lost)}\n{Told(seawall)}");
    }

    private static async Task<SeawallUnderTest> StartAsync(IReadOnlyList<LabServer> servers, bool isFixed, int hangMsMax = 2_000)
    {
        var seawall = await SeawallUnderTest.StartAsync(servers[0], Cancel, options => options with
        {
            // One that hangs is to be found out soon.
            Servers = [.. SeawallUnderTest.ServerOptions(servers, isFixed ? servers[0] : null)
                .Select(server => server with { HangMsMax = hangMsMax })],
            Topology = options.Topology with { HoldMsMax = 60_000 },
            Reads = new ReadOptions { From = ReadsFrom.Replicas, SpillShare = 25, WaitMsMax = 1_000 },
        });
        await Eventually.TrueAsync(() => seawall.Engine.Replicas is var all && all.Count == servers.Count - 1 && all.All(one => one.IsWell),
            Patience, Cancel, () => Told(seawall));
        return seawall;
    }

    private static ServerFacts Facts(SeawallUnderTest seawall, int server) => seawall.Engine.Facts.Find(new($"{server}"))!;

    private static Engine.Telemetry.Views.ReplicaView Replica(SeawallUnderTest seawall, int server) =>
        seawall.Engine.Replicas.Single(replica => replica.Server == $"{server}");

    private static long Reads(SeawallUnderTest seawall) => seawall.Engine.Replicas.Sum(replica => replica.Reads);

    private static string Told(SeawallUnderTest seawall) =>
        string.Join('\n', [.. seawall.Engine.Freshness().Select(server => server.ToString()), .. seawall.Engine.Replicas.Select(replica => replica.ToString()),
            .. seawall.Log.TakeLast(30)]);

    /// <summary>A file system of its own, of a few megabytes. Where none may be mounted the test is skipped.</summary>
    private sealed class SmallDisk : IAsyncDisposable
    {
        private SmallDisk(string folder) => Folder = folder;

        internal string Folder { get; }

        internal static async Task<SmallDisk> MountAsync(string folder, int megabytes, CancellationToken cancel)
        {
            var mount = await LabProgram.RunAsync(
                new LabCommand("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder), Patience, cancel);
            Assert.SkipWhen(!mount.IsSuccess, $"no file system of a limited size may be mounted here: {mount.Errors}");
            return new SmallDisk(folder);
        }

        internal void Fill()
        {
            using var file = File.Create(Path.Combine(Folder, "filler"));
            var piece = new byte[64 * 1024];
            try
            {
                while (true)
                    file.Write(piece);
            }
            catch (IOException)
            {
                // It is full.
            }
        }

        public async ValueTask DisposeAsync() =>
            await LabProgram.RunAsync(new LabCommand("umount", "-l", Folder), Patience, CancellationToken.None);
    }
}
