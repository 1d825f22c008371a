using System.Globalization;
using Seawall.Engine.Flow.Floodgates;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Everybody wants to change one row of a real server.</summary>
public sealed class HotRowTests(LabServers lab)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Those_who_change_one_row_are_found_and_those_who_read_another_are_not_refused(LabKind kind)
    {
        const int writers = 60, limit = 8;
        await using var server = await lab.StartAsync(kind, Cancel);
        await server.ExecuteAsync("create database hot; create table hot.t (id int primary key, n bigint not null) engine=innodb; "
            + "insert into hot.t values (1, 0), (2, 0)", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Servers = [options.Servers[0] with { RunningMax = limit }],
            Pools = options.Pools with { SizeMax = 2 * limit },
            Overload = options.Overload with { Mode = OverloadMode.Enforce },
        });
        using var stop = new CancellationTokenSource();
        var changed = 0L;
        var clients = Enumerable.Range(0, writers).Select(_ => Task.Factory.StartNew(() =>
        {
            using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
            while (!stop.IsCancellationRequested)
            {
                if (client.Query("update hot.t set n = n + 1 where id = 1").Error is null)
                    Interlocked.Increment(ref changed);
                else
                    Thread.Sleep(20);
            }
        }, Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();

        await Eventually.TrueAsync(() => Limits().Hot == 1, Long, Cancel);
        using (var reader = RawClient.Connect(seawall.Port, "seawall", "seawall"))
        {
            // What was refused before is made good slowly; then nobody who reads hears anything of those who change.
            var inARow = 0;
            await Eventually.TrueAsync(() =>
            {
                inARow = reader.Query("select n from hot.t where id = 2").Error is null ? inARow + 1 : 0;
                return inARow >= 50;
            }, Long, Cancel);
        }
        await stop.CancelAsync();
        await Task.WhenAll(clients);

        await using var after = await server.ConnectAsync(Cancel);
        await using var count = after.CreateCommand();
        count.CommandText = "select n from hot.t where id = 1";
        Assert.Equal(changed, Convert.ToInt64(await count.ExecuteScalarAsync(Cancel), CultureInfo.InvariantCulture));
        // Nobody wants it any more: nobody is held back.
        await Eventually.TrueAsync(() => Limits().Hot == 0, Long, Cancel);

        LimitView Limits() => seawall.Engine.Views.Sluices().Single().Bounds;
    }
}
