using Seawall.Engine.Flow.Floodgates;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Tests.Topology;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>Writes of low classes while a replica lags: <c>app</c> is low, <c>boss</c> is critical.</summary>
public sealed class LagTests : IDisposable
{
    private const string Write = "UPDATE";

    private readonly ReplicaWorld _set = new(2, new EngineWorldOptions
    {
        Kind = FakeServerKind.MySql97,
        Prepare = server => server.Accounts.Add(new FakeAccount("boss", "other")),
        WithServer = server => server with { RunningMax = 64 },
    });

    private readonly Queue<long> _had = new();
    private int _behind = 30;

    public LagTests()
    {
        foreach (var server in _set.Servers)
            server.Transactions = 7;
        Set(options => options);
    }

    private EngineWorld World => _set.World;

    [Fact]
    public void Low_writes_are_slowed_until_the_replica_has_caught_up_and_nobody_else_is()
    {
        var (boss, app) = (World.Client(new FakeClientOptions { User = "boss", Password = "other" }), World.Client());
        var writers = new AskingClients(World, 20, Write);
        Let(writers, 6_000, () => World.Engine.Lag.PerSecond is not null);
        Let(writers, 8_000);
        Assert.Contains(World.Engine.GateEvents(10),
            row => row.Event.Kind == GateEventKind.Lag && row.Event.Cause.Contains("replica 'b' is", StringComparison.Ordinal));
        var error = Assert.Single(writers.Errors.DistinctBy(one => one.Code));
        Assert.Equal(1205, error.Code);
        Assert.Contains("reason=lag overload.lag_wait_ms_max=500", error.Message, StringComparison.Ordinal);
        Assert.Contains("overload.lag_ms=1000", error.Message, StringComparison.Ordinal);

        Assert.InRange(TimeOf(boss, Write), 0, 20);
        Assert.InRange(TimeOf(app, "SELECT 1"), 0, 20);
        Assert.Equal(0, GateWorldShed(StatementClass.Critical));

        _behind = 0;
        Let(writers, 60_000, () => World.Engine.Lag.PerSecond is null);
        Let(writers, 1_000);
        writers.Stop();
        Assert.InRange(TimeOf(app, Write), 0, 20);
        Assert.Equal(1, World.Engine.Lag.Times);
    }

    [Fact]
    public void What_has_begun_goes_on_and_what_begins_a_transaction_is_slowed()
    {
        var app = World.Client();
        Assert.True(app.Query("BEGIN").IsOk);
        var writers = new AskingClients(World, 20, Write);
        Let(writers, 6_000, () => World.Engine.Lag.PerSecond is not null);
        Let(writers, 8_000);
        Assert.InRange(TimeOf(app, Write), 0, 20);
        Assert.InRange(TimeOf(app, "COMMIT"), 0, 20);
        Assert.False(app.Query("BEGIN").IsOk);
        Assert.True(app.Query("START TRANSACTION READ ONLY").IsOk);
        Assert.True(app.Query("COMMIT").IsOk);
        writers.Stop();
    }

    [Fact]
    public void Observed_they_are_only_counted_and_without_the_setting_not_even_that()
    {
        Set(options => options with { Mode = OverloadMode.Observe });
        var writers = new AskingClients(World, 20, Write);
        Let(writers, 6_000, () => World.Engine.Lag.PerSecond is not null);
        Let(writers, 8_000);
        Assert.Empty(writers.Errors);
        Assert.True(World.Engine.Lag is { Waited: > 0, Refused: > 0 });

        Set(options => options with { LagMs = 0 });
        Let(writers, 3_000);
        Assert.Null(World.Engine.Lag.PerSecond);
        Assert.Empty(writers.Errors);
        writers.Stop();
    }

    [Fact]
    public void That_a_replica_lags_is_no_want_of_replicas_where_nothing_is_read_from_them()
    {
        _behind = 0;
        var writers = new AskingClients(World, 2, Write);
        Let(writers, 5_000);
        _behind = 400;
        Let(writers, 60_000);
        writers.Stop();
        Assert.True(World.Engine.Lag.Lag.Ms > World.Engine.Options.Reads.LagMsMax, World.Engine.Lag.ToString());
        Assert.DoesNotContain(World.Engine.GateEvents(100), row => row.Event.Kind == GateEventKind.Reads);
    }

    public void Dispose() => _set.Dispose();

    private void Set(Func<OverloadOptions, OverloadOptions> change) => World.Apply(options => options with
    {
        Overload = change(new OverloadOptions
        {
            Mode = OverloadMode.Enforce,
            LagMs = 1_000,
            LagWaitMsMax = 500,
            Rules = [Rule(StatementClass.Critical, "boss"), Rule(StatementClass.Low, "app")],
        }),
    });

    // The replica has what the primary had so many tenths of a second ago.
    private void Let(AskingClients writers, long ms, Func<bool>? isDone = null)
    {
        for (var i = 0; i < ms / 100; i++)
        {
            _had.Enqueue(_set.A.Transactions ?? 0);
            while (_had.Count > _behind + 1)
                _set.B.Transactions = _had.Dequeue();
            if (_behind == 0)
                _set.B.Transactions = _set.A.Transactions;
            if (isDone?.Invoke() == true)
                return;
            writers.RunFor(100);
        }
        Assert.True(isDone is null, $"it does not come: {World.Engine.Lag}");
    }

    private static ClassRule Rule(StatementClass which, string user) => new(which, user, null, null, false) { Name = user };

    private double TimeOf(FakeClient client, string sql)
    {
        var atMs = World.World.Clock.ElapsedMs;
        Assert.True(client.Query(sql).IsOk);
        return World.World.Clock.ElapsedMs - atMs;
    }

    private long GateWorldShed(StatementClass which) =>
        World.Engine.Views.Sluices().Sum(sluice => sluice.Classes.Single(one => one.Class == which).ShedInAll);
}
