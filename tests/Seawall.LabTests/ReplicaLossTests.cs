using System.Collections.Concurrent;
using Seawall.Engine.Flow.Decisions;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// A replica is killed while many read: within the budget for second tries no client hears of it. The same without a budget shows that
/// they would have.
/// </summary>
public sealed class ReplicaLossTests(LabServers lab)
{
    private const int Clients = 12;

    // Some milliseconds each, so that several are under way whenever it happens.
    private const string Read = "select count(*) from app.many a, app.many b where a.id <> b.id";

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_replica_that_is_killed_is_not_heard_of(LabKind kind)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 2, cancel);
        await set.Primary.ExecuteAsync("create table app.many (id int primary key)", cancel);
        await set.Primary.ExecuteAsync("insert into app.many values " + string.Join(',', Enumerable.Range(0, 150).Select(id => $"({id})")), cancel);
        await set.CaughtUpAsync(cancel);

        // The control first: whoever was there when it fell hears 2013.
        var (errors, _) = await KillUnderReadsAsync(set, retryShare: 0, kills: 2, cancel);
        Assert.NotEmpty(errors);

        (errors, var retried) = await KillUnderReadsAsync(set, retryShare: 10, kills: 2, cancel);
        Assert.Equal([], errors);
        Assert.True(retried > 0, "nothing was under way there");
    }

    private static async Task<(IReadOnlyList<string> Errors, long Retried)> KillUnderReadsAsync(
        ReplicaSet set, int retryShare, int kills, CancellationToken cancel)
    {
        await using var seawall = await StartAsync(set, retryShare, cancel);
        var errors = new ConcurrentBag<string>();
        using var isOver = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var clients = Enumerable.Range(0, Clients).Select(_ => Task.Run(() => ReadOn(seawall.Port, errors, isOver.Token), cancel)).ToArray();
        // Enough has been read by then for all of them to be tried again.
        var wanted = 0L;
        for (var kill = 0; kill < kills; kill++)
        {
            wanted += 600;
            await Eventually.TrueAsync(() => seawall.Count(meter => meter.ReplicaReads) > wanted, TimeSpan.FromSeconds(60), cancel);
            var replica = set.Replicas.ElementAt(kill % 2);
            await replica.KillAsync(cancel);
            var then = seawall.Count(meter => meter.ReplicaReads);
            await Eventually.TrueAsync(() => seawall.Count(meter => meter.ReplicaReads) > then + 200, TimeSpan.FromSeconds(60), cancel);
            await replica.StartAsync(cancel);
            await set.ResumeAsync(replica, cancel);
            await seawall.AllFreshAsync(set, cancel);
            wanted = seawall.Count(meter => meter.ReplicaReads);
        }
        await isOver.CancelAsync();
        await Task.WhenAll(clients);
        return ([.. errors], seawall.Count(meter => meter.RetriedReads));
    }

    private static void ReadOn(int port, ConcurrentBag<string> errors, CancellationToken isOver)
    {
        RawClient? client = null;
        while (!isOver.IsCancellationRequested)
        {
            try
            {
                client ??= RawClient.Connect(port, "app", "app");
                if (client.Query(Read).Error is { } error)
                    errors.Add($"{error}");
            }
            catch (IOException gone)
            {
                errors.Add(gone.Message);
                client?.Dispose();
                client = null;
            }
        }
        client?.Dispose();
    }

    // What is asked is whether it is tried again, and not how soon the other one is known to be fresh.
    private static Task<SeawallUnderTest> StartAsync(ReplicaSet set, int retryShare, CancellationToken cancel) => SeawallUnderTest.StartAsync(
        set, new ReadOptions { From = ReadsFrom.Replicas, Level = FreshnessLevel.Any, WaitMsMax = 10_000, RetryShare = retryShare }, cancel);
}
