using Seawall.Engine.Flow.Decisions;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Sessions write registers and read them back through Seawall, from replicas that are late, stopped, killed and started again: a read
/// must give what its session has written or read last, or something newer. With freshness switched off the same check must find that it
/// does not.
/// </summary>
public sealed class ReadYourWritesTests(LabServers lab)
{
    // Of each server. 500,000 in the long run, a million of both: SEAWALL_RYW_PAIRS=500000.
    private static readonly int s_pairs = int.TryParse(Environment.GetEnvironmentVariable("SEAWALL_RYW_PAIRS"), out var pairs) ? pairs : 6_000;

    // The run ends after so many minutes with the pairs that it has by then, and says how many: SEAWALL_RYW_MINUTES=10.
    private static readonly int? s_minutes =
        int.TryParse(Environment.GetEnvironmentVariable("SEAWALL_RYW_MINUTES"), out var minutes) ? minutes : null;

    // The long run of one server, by its word: SEAWALL_RYW_KIND=mysql97.
    private static readonly string? s_kind = Environment.GetEnvironmentVariable("SEAWALL_RYW_KIND");

    // Most of a session's time it waits for a replica that a moment ago was stopped or late: many of them make the long run a short one.
    private static readonly int s_sessions = s_pairs >= LongPairs ? 64 : 24;

    /// <summary>From so many pairs on it is the long run.</summary>
    private const int LongPairs = 100_000;

    /// <summary>A switchover comes after so many rounds of faults, of some three seconds each.</summary>
    private const int SwitchoverEvery = 3;

    /// <summary>In the long run the faults come less thickly: it is to have many pairs and all of them, and to end.</summary>
    private const int CalmMs = 4_000;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_session_reads_what_it_has_written_and_never_what_is_older(LabKind kind)
    {
        Assert.SkipWhen(s_kind is not null && s_kind != kind.Word(), $"only {s_kind} was asked for (SEAWALL_RYW_KIND)");
        var cancel = TestContext.Current.CancellationToken;
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 2, cancel);
        await using var seawall = await StartAsync(set, FreshnessLevel.Session, cancel);
        var result = await RunAsync(set, seawall, s_pairs, cancel);

        TestContext.Current.TestOutputHelper?.WriteLine(result.ToString());
        Assert.Equal([], result.Violations);
        Assert.True(result.Pairs >= s_pairs || (s_minutes is not null && result.Pairs > 0), result.ToString());
        Assert.True(result.FromReplicas > 0, result.ToString());
        if (s_pairs >= LongPairs)
            Assert.True(result is { Switchovers: > 0, Kills: > 0, Stops: > 0 }, result.ToString());
    }

    // The short run may be over before its turn comes: this one has it for certain.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Over_a_switchover_as_well(LabKind kind)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 2, cancel);
        await using var seawall = await StartAsync(set, FreshnessLevel.Session, cancel);
        var result = await RunAsync(set, seawall, 1_000, cancel, untilSwitchovers: 2);

        TestContext.Current.TestOutputHelper?.WriteLine(result.ToString());
        Assert.Equal([], result.Violations);
        Assert.True(result.Switchovers >= 2, result.ToString());
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Without_freshness_the_same_check_finds_older_answers(LabKind kind)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 2, cancel);
        await using var seawall = await StartAsync(set, FreshnessLevel.Any, cancel);
        var result = await RunAsync(set, seawall, 2_000, cancel);

        TestContext.Current.TestOutputHelper?.WriteLine(result.ToString());
        Assert.NotEmpty(result.Violations);
    }

    // Seawall has numbers of transactions told on its connections: what a client has asked of that is nothing to be moved.
    [Fact]
    public async Task A_client_that_tracks_transactions_and_one_that_does_not_share_a_connection()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var set = await ReplicaSet.StartAsync(lab, LabKind.MySql97, replicas: 1, cancel);
        await using var seawall = await StartAsync(set, FreshnessLevel.Session, cancel, poolMax: 1);
        using var tracks = RawClient.Connect(seawall.Port, "seawall", "seawall");
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Assert.Null(tracks.Query("set session_track_gtids = own_gtid").Error);
        for (var turn = 0; turn < 3; turn++)
        {
            Assert.Null(other.Query("do 1").Error);
            Assert.Null(tracks.Query("do 1").Error);
        }
        Assert.DoesNotContain(seawall.Log, line => line.Contains("could not be moved", StringComparison.Ordinal));
    }

    // Who is the primary is found out, for it changes.
    private static Task<SeawallUnderTest> StartAsync(ReplicaSet set, FreshnessLevel level, CancellationToken cancel, int? poolMax = null) =>
        SeawallUnderTest.StartAsync(set, new ReadOptions { From = ReadsFrom.Replicas, Level = level, SpillShare = 25 }, cancel, isFixed: false,
            options => options with { Pools = options.Pools with { SizeMax = poolMax ?? options.Pools.SizeMax } });

    private static async Task<Result> RunAsync(
        ReplicaSet set, SeawallUnderTest seawall, int pairs, CancellationToken cancel, int untilSwitchovers = 0)
    {
        await set.Primary.ExecuteAsync(
            "create table app.register (id int primary key, value bigint not null, pad varchar(50) not null default '')", cancel);
        await set.Primary.ExecuteAsync("insert into app.register (id, value) values "
            + string.Join(", ", Enumerable.Range(0, s_sessions).Select(id => $"({id}, 0)")), cancel);
        await set.CaughtUpAsync(cancel);
        var result = new Result();
        using var isOver = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var timeIsUp = new CancellationTokenSource(s_minutes is { } most ? TimeSpan.FromMinutes(most) : Timeout.InfiniteTimeSpan);
        var faults = FaultsAsync(set, result, untilSwitchovers, isOver.Token);
        // They block: threads of their own, for the pool gives one more each second only, and the faults would wait for theirs as well.
        var sessions = Enumerable.Range(0, s_sessions).Select(id => Task.Factory.StartNew(
            () => Converse(seawall.Port, id, pairs, untilSwitchovers, result, timeIsUp.Token),
            cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        await Task.WhenAll(sessions);
        await isOver.CancelAsync();
        await faults;
        result.FromReplicas = seawall.Count(meter => meter.ReplicaReads);
        result.Waits = seawall.Count(meter => meter.FreshWaits);
        result.Spilled = seawall.Count(meter => meter.SpilledReads);
        result.Refused = seawall.Count(meter => meter.RefusedReads);
        return result;
    }

    // One register of its own, written and read in several ways.
    private static void Converse(int port, int id, int pairs, int untilSwitchovers, Result result, CancellationToken timeIsUp)
    {
        var random = new Random(id);
        long value = 0, seen = 0, others = 0;
        RawClient? client = null;
        while ((result.Pairs < pairs && !timeIsUp.IsCancellationRequested) || result.Switchovers < untilSwitchovers)
        {
            client ??= Connect(port);
            try
            {
                var wrote = Write(client, id, ++value, random);
                if (wrote)
                    seen = value;
                else
                    value = seen = Math.Max(seen, ReadBack(client, id) ?? seen);
                for (var reads = random.Next(1, 4); reads > 0; reads--)
                {
                    if (ReadBack(client, id) is not { } read)
                        continue;
                    result.NotePair();
                    if (read < seen)
                        result.Violations.Add($"session {id} has seen {seen} and read {read}");
                    seen = Math.Max(seen, read);
                    // Of others it must never see less than it has.
                    var sum = client.Query("select sum(value) from app.register");
                    if (sum.Error is null && long.Parse(sum.FirstValue!, System.Globalization.CultureInfo.InvariantCulture) is var all)
                    {
                        if (all < others)
                            result.Violations.Add($"session {id} has seen a sum of {others} and read {all}");
                        others = Math.Max(others, all);
                    }
                }
            }
            catch (IOException)
            {
                // Its connection is gone; the next session has seen nothing.
                client.Dispose();
                client = null;
                (seen, others) = (0, 0);
            }
        }
        client?.Dispose();
    }

    private static bool Write(RawClient client, int id, long value, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                string[] all = ["begin", $"select value from app.register where id = {id} for update",
                    $"update app.register set value = {value} where id = {id}", "commit"];
                if (all.All(text => client.Query(text).Error is null))
                    return true;
                client.Query("rollback"); // A server that has just become read-only has refused a part of it.
                return false;
            case 1:
                return client.Query($"insert into app.register (id, value) values ({id}, {value}) on duplicate key update value = {value}").Error is null;
            case 2:
                return client.Query($"replace into app.register (id, value) values ({id}, {value})").Error is null;
            default:
                return client.Query($"update app.register set value = {value} where id = {id}").Error is null;
        }
    }

    private static long? ReadBack(RawClient client, int id)
    {
        var answer = client.Query($"select value from app.register where id = {id}");
        return answer.Error is not null || answer.FirstValue is not { } value ? null : long.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static RawClient Connect(int port)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return RawClient.Connect(port, "app", "app");
            }
            catch (IOException) when (tries < 100)
            {
                Thread.Sleep(100);
            }
        }
    }

    private static async Task FaultsAsync(ReplicaSet set, Result result, int untilSwitchovers, CancellationToken isOver)
    {
        try
        {
            for (var i = 0; ; i++)
            {
                if (s_pairs >= LongPairs)
                    await Task.Delay(CalmMs, isOver);
                var replicas = set.Replicas.ToArray();
                var replica = replicas[i % replicas.Length];
                if (untilSwitchovers == 0 || i % 2 == 1)
                {
                    await set.PauseAsync(replica, isOver);
                    result.Stops++;
                    await Task.Delay(300, isOver);
                    await set.ResumeAsync(replica, isOver);
                    await Task.Delay(200, isOver);
                    await set.LagAsync(replica, 1, isOver);
                    await Task.Delay(1_500, isOver);
                    await set.ResumeAsync(replica, isOver);
                }
                if (untilSwitchovers > 0 || i % SwitchoverEvery == SwitchoverEvery - 1)
                {
                    // Whoever has written at the old one and reads from the new one, or from what follows it now, must find it there.
                    await set.SwitchOverAsync(replica, isOver);
                    result.Switchovers++;
                    if (s_pairs >= LongPairs)
                        TestContext.Current.TestOutputHelper?.WriteLine($"{set.Kind}, so far: {result.Pairs} pairs, {result.Violations.Count} violations");
                    await Task.Delay(1_000, isOver);
                }
                else if (i % 4 == 3)
                {
                    await replica.KillAsync(isOver);
                    await replica.StartAsync(isOver);
                    await set.ResumeAsync(replica, isOver);
                    result.Kills++;
                }
                else if (i % 4 == 1)
                {
                    replica.Freeze();
                    await Task.Delay(500, CancellationToken.None);
                    replica.Thaw();
                }
            }
        }
        catch (Exception) when (isOver.IsCancellationRequested)
        {
            // It is over. MySQL calls a statement that was cut off in it by other names as well: a table that is not there.
        }
    }

    private sealed class Result
    {
        private int _pairs;

        internal int Pairs => Volatile.Read(ref _pairs);

        internal System.Collections.Concurrent.ConcurrentBag<string> Violations { get; } = [];

        internal int Switchovers { get; set; }

        internal int Kills { get; set; }

        internal int Stops { get; set; }

        internal long FromReplicas { get; set; }

        internal long Waits { get; set; }

        internal long Spilled { get; set; }

        internal long Refused { get; set; }

        internal void NotePair() => Interlocked.Increment(ref _pairs);

        public override string ToString() => $"{Pairs} pairs, {Violations.Count} violations, {FromReplicas} reads from replicas, {Waits} waits, "
            + $"{Spilled} spilled, {Refused} refused; {Switchovers} switchovers, {Kills} replicas killed, {Stops} appliers stopped";
    }
}
