using Seawall.Engine.Flow.Floodgates;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Writes of low classes while a real replica is late, from when it falls behind until it has caught up.</summary>
public sealed class LagLabTests(LabServers lab)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Low_writes_are_slowed_while_a_replica_lags_and_nobody_else_is(LabKind kind)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(set.Primary, cancel, options => options with
        {
            Servers = [.. SeawallUnderTest.ServerOptions(set.Members, set.Primary).Select(server => server with { RunningMax = 64 })],
            Overload = new OverloadOptions { Mode = OverloadMode.Enforce, LagMs = 1_500, LagWaitMsMax = 300 },
        });
        await set.Primary.ExecuteAsync("create table app.late (id bigint auto_increment primary key, who varchar(10))", cancel);
        await set.CaughtUpAsync(cancel);
        using var normal = RawClient.Connect(seawall.Port, "seawall", "seawall");
        using var isOver = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var errors = new List<string>();
        var writers = Enumerable.Range(0, 4).Select(_ => Task.Run(() => Write(seawall.Port, errors, isOver.Token), cancel)).ToArray();

        await set.LagAsync(set.Replicas.Single(), 5, cancel);
        await Eventually.TrueAsync(() => seawall.Engine.Lag.PerSecond is not null, s_patience, cancel, () => seawall.Engine.Lag.ToString());
        await Eventually.TrueAsync(() => Has(errors, "reason=lag"), s_patience, cancel, () => seawall.Engine.Lag.ToString());
        for (var i = 0; i < 50; i++)
            Assert.Null(normal.Query("insert into app.late (who) values ('normal')").Error);
        await set.LagAsync(set.Replicas.Single(), 0, cancel);
        await isOver.CancelAsync();
        await Task.WhenAll(writers);
        Assert.All(errors, error => Assert.Contains("overload.lag_ms=1500", error, StringComparison.Ordinal));
        await Eventually.TrueAsync(() => seawall.Engine.Lag.PerSecond is null, s_patience, cancel, () => seawall.Engine.Lag.ToString());
        TestContext.Current.TestOutputHelper?.WriteLine(seawall.Engine.Lag.ToString());
    }

    private static bool Has(List<string> errors, string part)
    {
        lock (errors)
            return errors.Exists(error => error.Contains(part, StringComparison.Ordinal));
    }

    private static void Write(int port, List<string> errors, CancellationToken isOver)
    {
        using var client = RawClient.Connect(port, "seawall", "seawall");
        Assert.Null(client.Query("set @seawall_priority = 'low'").Error);
        while (!isOver.IsCancellationRequested)
        {
            if (client.Query("insert into app.late (who) values ('low')").Error is not { } error)
                continue;
            lock (errors)
                errors.Add(error.ToString()!);
        }
    }
}
