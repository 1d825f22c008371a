using System.Collections.Concurrent;
using Seawall.Engine;
using Seawall.Engine.Facts.Topology;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Real servers that are stopped in the middle of what they do, and go on later.</summary>
public sealed class HangTests(LabServers lab)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_server_that_is_stopped_is_found_everybody_is_told_and_it_is_taken_up_again(LabKind kind)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        await server.ExecuteAsync("create database hang; create table hang.t (id bigint primary key) engine=innodb", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => With(options, hangMsMax: 2_000));
        using var inside = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Assert.Null(inside.Query("begin").Error);
        Assert.Null(inside.Query("insert into hang.t values (1)").Error);
        var (answered, told) = (0, new ConcurrentQueue<string>());
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 6).Select(_ => Task.Factory.StartNew(() =>
        {
            using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
            while (!stop.IsCancellationRequested)
            {
                if (client.Query("select sleep(0.02)").Error is { } error)
                    told.Enqueue(error.ToString()!);
                else
                    Interlocked.Increment(ref answered);
            }
        }, Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        await Eventually.TrueAsync(() => Volatile.Read(ref answered) > 20, Long, Cancel);

        server.Freeze();
        try
        {
            await Eventually.TrueAsync(() => Hangs(seawall) == 1, Long, Cancel, () => string.Join('\n', seawall.Log));
            await Eventually.TrueAsync(
                () => told.Any(message => message.Contains("whether the statement ran is not known", StringComparison.Ordinal)), Long, Cancel);
            Assert.Equal(ServerHealth.Down, seawall.Engine.Facts.Primary!.Health);
        }
        finally
        {
            server.Thaw();
        }
        var before = Volatile.Read(ref answered);
        await Eventually.TrueAsync(() => Volatile.Read(ref answered) > before + 20, Long, Cancel, () => string.Join('\n', seawall.Log));
        await Eventually.TrueAsync(() => seawall.Engine.Facts.Primary!.Health == ServerHealth.Up, Long, Cancel);
        await stop.CancelAsync();
        await Task.WhenAll(clients);

        // Nobody has lost his connection to Seawall, and the transaction is gone, as its client hears.
        Assert.Contains("transaction", inside.Query("commit").Error!.ToString(), StringComparison.Ordinal);
        await using var after = await seawall.ConnectAsync(Cancel);
        await using var count = after.CreateCommand();
        count.CommandText = "select count(*) from hang.t";
        Assert.Equal(0L, Convert.ToInt64(await count.ExecuteScalarAsync(Cancel), System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_statement_that_takes_long_is_no_hang(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => With(options, hangMsMax: 4_000));
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Assert.Null(client.Query("select sleep(10)").Error);
        Assert.Equal(0, Hangs(seawall));
    }

    private static long Hangs(SeawallUnderTest seawall) => seawall.Engine.Views.Servers().Single().Hangs;

    private static EngineOptions With(EngineOptions options, int hangMsMax) =>
        options with { Servers = [options.Servers[0] with { HangMsMax = hangMsMax }] };
}
