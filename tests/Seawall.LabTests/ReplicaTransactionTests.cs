using Seawall.Engine.Flow.Decisions;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Read-only transactions on real replicas: one snapshot, the refusals of a primary, and nothing left behind.</summary>
public sealed class ReplicaTransactionTests(LabServers lab)
{
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_read_only_transaction_has_one_snapshot_of_one_replica(LabKind kind)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 2, cancel);
        await using var seawall = await StartAsync(set, cancel);
        await set.Primary.ExecuteAsync("create table app.t (id int primary key) engine=innodb", cancel);
        await set.CaughtUpAsync(cancel);
        using var reads = RawClient.Connect(seawall.Port, "app", "app");
        using var writes = RawClient.Connect(seawall.Port, "app", "app");
        var primary = await set.Primary.AskAsync("select @@port", cancel);
        foreach (var begin in (string[])["start transaction read only", "start transaction with consistent snapshot, read only"])
        {
            Assert.Null(reads.Query(begin).Error);
            var before = reads.Query("select count(*) from app.t").FirstValue;
            var port = reads.Query("select @@port").FirstValue;
            Assert.NotEqual(primary, port);
            Assert.Null(writes.Query("insert into app.t select coalesce(max(id), 0) + 1 from app.t").Error);
            await set.CaughtUpAsync(cancel);
            // It is there by now, and this transaction does not see it.
            Assert.Equal(before, reads.Query("select count(*) from app.t").FirstValue);
            Assert.Equal(port, reads.Query("select @@port").FirstValue);
            Assert.Equal(1792, reads.Query("insert into app.t values (1000)").Error?.Code);
            Assert.Equal(1792, reads.Query("delete from app.t").Error?.Code);
            Assert.Equal(1235, reads.Query("select id from app.t for update").Error?.Code);
            Assert.Equal(before, reads.Query("select count(*) from app.t").FirstValue);
            Assert.Null(reads.Query("commit").Error);
            Assert.NotEqual(before, reads.Query("select count(*) from app.t").FirstValue);
        }

        // What ends it by itself is the primary's, and nothing of the transaction is left.
        Assert.Null(reads.Query("start transaction read only").Error);
        Assert.Null(reads.Query("create table app.u (id int primary key)").Error);
        Assert.Null(reads.Query("insert into app.u values (1)").Error);
        Assert.Null(reads.Query("start transaction read only").Error);
        Assert.Equal("1", reads.Query("select count(*) from app.u").FirstValue); // It reads its own writes.
        Assert.Null(reads.Query("rollback").Error);
        await Eventually.TrueAsync(() => seawall.ServerConnections == seawall.IdleServerConnections, TimeSpan.FromSeconds(30), cancel);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_replica_that_is_killed_in_one_is_an_honest_error(LabKind kind)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, cancel);
        await using var seawall = await StartAsync(set, cancel);
        using var client = RawClient.Connect(seawall.Port, "app", "app");
        Assert.Null(client.Query("start transaction read only").Error);
        Assert.Null(client.Query("select 1").Error);
        await set.Replicas.Single().KillAsync(cancel);
        Assert.Equal(2013, client.Query("select 2").Error?.Code);
    }

    private static Task<SeawallUnderTest> StartAsync(ReplicaSet set, CancellationToken cancel) => SeawallUnderTest.StartAsync(
        set, new ReadOptions { From = ReadsFrom.Replicas, TakesTransactions = true, WaitMsMax = 10_000, SpillShare = 0 }, cancel);
}
