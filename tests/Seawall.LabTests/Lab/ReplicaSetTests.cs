using MySqlConnector;
using Xunit;

namespace Seawall.LabTests.Lab;

/// <summary>The lab's replica sets, before anything is concluded from them.</summary>
public sealed class ReplicaSetTests(LabServers lab)
{
    private const string Rows = "select count(*) from app.t";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Replicas_lag_stop_break_and_catch_up_as_they_are_told(LabKind kind)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 2, Cancel);
        var (first, second) = (set.Members[1], set.Members[2]);
        await set.Primary.ExecuteAsync("create table app.t (a int primary key)", Cancel);
        await set.CaughtUpAsync(Cancel);

        await set.PauseAsync(first, Cancel);
        await set.Primary.ExecuteAsync("insert into app.t values (1)", Cancel);
        await set.CaughtUpAsync(second, Cancel);
        Assert.Equal(("0", "1"), (await first.AskAsync(Rows, Cancel), await second.AskAsync(Rows, Cancel)));
        Assert.False(await set.HasAsync(first, await set.PositionAsync(set.Primary, Cancel), Cancel));
        await set.ResumeAsync(first, Cancel);
        await set.CaughtUpAsync(first, Cancel);

        await set.LagAsync(first, seconds: 600, Cancel);
        await set.DeafenAsync(second, Cancel);
        await set.Primary.ExecuteAsync("insert into app.t values (2)", Cancel);
        Assert.Equal(("1", "1"), (await first.AskAsync(Rows, Cancel), await second.AskAsync(Rows, Cancel)));
        await set.ResumeAsync(first, Cancel);
        await set.ResumeAsync(second, Cancel);
        await set.CaughtUpAsync(Cancel);

        await set.BreakAsync(first, Cancel);
        Assert.Null(await set.StatusAsync(first, "Seconds_Behind_Master", Cancel));
        await set.MendAsync(first, Cancel);
        Assert.NotNull(await set.StatusAsync(first, "Seconds_Behind_Master", Cancel));

        await using var app = await ReplicaSet.ConnectAsync(first, Cancel);
        await using var write = new MySqlCommand("insert into app.t values (9)", app);
        Assert.Equal(1290, (await Assert.ThrowsAsync<MySqlException>(() => write.ExecuteNonQueryAsync(Cancel))).Number);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Another_member_becomes_primary_by_plan_and_after_a_kill(LabKind kind)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 2, Cancel);
        var (a, b, c) = (set.Members[0], set.Members[1], set.Members[2]);
        await a.ExecuteAsync("create table app.t (a int primary key); insert into app.t values (1)", Cancel);

        await set.SwitchOverAsync(b, Cancel);
        await b.ExecuteAsync("insert into app.t values (2)", Cancel);
        await set.CaughtUpAsync(Cancel);
        Assert.Equal(("2", "2"), (await a.AskAsync(Rows, Cancel), await c.AskAsync(Rows, Cancel)));

        await b.KillAsync(Cancel);
        await set.PromoteAsync(c, Cancel);
        await c.ExecuteAsync("insert into app.t values (3)", Cancel);
        await set.CaughtUpAsync(Cancel);
        Assert.Equal("3", await a.AskAsync(Rows, Cancel));

        // It comes back as it is configured: read-only, following nobody.
        await b.StartAsync(Cancel);
        Assert.Equal(("1", "2"), (await b.AskAsync("select @@global.read_only", Cancel), await b.AskAsync(Rows, Cancel)));
        await set.FollowAsync(b, c, Cancel);
        await set.CaughtUpAsync(b, Cancel);
        Assert.Equal("3", await b.AskAsync(Rows, Cancel));

        b.Freeze();
        await set.SwitchOverAsync(a, Cancel, without: b);
        b.Thaw();
        await set.FollowAsync(b, a, Cancel);
        Assert.Equal("1", await c.AskAsync("select @@global.read_only", Cancel));
    }
}
