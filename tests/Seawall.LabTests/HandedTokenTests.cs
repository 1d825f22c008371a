using System.Globalization;
using Seawall.Engine.Flow.Decisions;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// One service writes through a Seawall of its own, and hands what it has written to another one, behind another Seawall before the same
/// servers: that one must read it, from replicas that are late and stopped. When nothing is handed over, it must be seen not to.
/// </summary>
public sealed class HandedTokenTests(LabServers lab)
{
    private const int Pairs = 8;

    private enum Handed
    {
        Nothing,
        Variable,
        Comment,
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task What_was_handed_over_is_read_and_without_that_it_is_not(LabKind kind)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 2, cancel);
        await using var here = await StartAsync(set, cancel);
        await using var there = await StartAsync(set, cancel);
        await set.Primary.ExecuteAsync("create table app.handed (id int primary key, value bigint not null)", cancel);
        await set.CaughtUpAsync(cancel);

        Assert.NotEmpty(await RunAsync(set, here, there, Handed.Nothing, rounds: 60, cancel));
        Assert.Equal([], await RunAsync(set, here, there, Handed.Variable, rounds: 60, cancel));
        Assert.Equal([], await RunAsync(set, here, there, Handed.Comment, rounds: 60, cancel));
        Assert.True(there.Count(meter => meter.ReplicaReads) > Pairs * 60, $"{there.Count(meter => meter.ReplicaReads)} reads from replicas");
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_token_is_what_the_servers_understand_themselves(LabKind kind)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, cancel);
        await using var seawall = await StartAsync(set, cancel);
        using var client = RawClient.Connect(seawall.Port, "app", "app");
        Assert.Null(client.Query("create table app.t (id int primary key)").Error);
        Assert.Null(client.Query("insert into app.t values (1)").Error);
        var token = client.Query("select @@seawall_gtid").FirstValue!;

        await set.CaughtUpAsync(cancel);
        Assert.True(await set.HasAsync(set.Replicas.Single(), token, cancel), token);
        Assert.Null(client.Query($"set @seawall_min_gtid = '{token}'").Error);
        Assert.Equal("1", client.Query("select count(*) from app.t").FirstValue);
        Assert.Contains("nothing was set", client.Query("set @seawall_min_gtid = 'x'").Error?.Message, StringComparison.Ordinal);
        // What the text asks for is told to the servers as well, and they know nothing of it.
        Assert.NotNull(client.Query("select @@seawall_gtid, 1").Error);
    }

    private static async Task<IReadOnlyList<string>> RunAsync(
        ReplicaSet set, SeawallUnderTest here, SeawallUnderTest there, Handed handed, int rounds, CancellationToken cancel)
    {
        var violations = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var isOver = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var faults = FaultsAsync(set, isOver.Token);
        await Task.WhenAll(Enumerable.Range(0, Pairs).Select(id => Task.Run(() => Converse(here.Port, there.Port, id, handed, rounds, violations), cancel)));
        await isOver.CancelAsync();
        await faults;
        foreach (var replica in set.Replicas)
            await set.ResumeAsync(replica, cancel);
        await set.CaughtUpAsync(cancel);
        return [.. violations];
    }

    private static void Converse(
        int here, int there, int id, Handed handed, int rounds, System.Collections.Concurrent.ConcurrentBag<string> violations)
    {
        using var writes = RawClient.Connect(here, "app", "app");
        for (var round = 1; round <= rounds; round++)
        {
            var value = ((long)handed * 1_000_000) + round;
            Assert.Null(writes.Query($"replace into app.handed values ({id}, {value})").Error);
            var token = writes.Query("select @@seawall_gtid").FirstValue!;
            // Another service each time, which has seen nothing itself.
            using var reads = RawClient.Connect(there, "app", "app");
            if (handed == Handed.Variable)
                Assert.Null(reads.Query($"set @seawall_min_gtid = '{token}'").Error);
            var read = reads.Query($"select value from app.handed where id = {id}" + (handed == Handed.Comment ? $" /*min_gtid='{token}'*/" : ""));
            if (read.Error is not null)
                continue; // No replica has it in time, and the primary had no place: that is told, and no wrong answer.
            var seen = read.FirstValue is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
            if (seen < value)
                violations.Add($"{id} was told of {value} and has read {seen}");
        }
    }

    private static async Task FaultsAsync(ReplicaSet set, CancellationToken isOver)
    {
        var replicas = set.Replicas.ToArray();
        try
        {
            for (var i = 0; ; i++)
            {
                var replica = replicas[i % replicas.Length];
                await set.PauseAsync(replica, isOver);
                await Task.Delay(200, isOver);
                await set.ResumeAsync(replica, isOver);
                await set.LagAsync(replica, 1, isOver);
                await Task.Delay(1_200, isOver);
                await set.ResumeAsync(replica, isOver);
            }
        }
        catch (Exception) when (isOver.IsCancellationRequested)
        {
            // It is over, in the middle of whatever it was about.
        }
    }

    private static Task<SeawallUnderTest> StartAsync(ReplicaSet set, CancellationToken cancel) =>
        SeawallUnderTest.StartAsync(set, new ReadOptions { From = ReadsFrom.Replicas, SpillShare = 25 }, cancel);
}
