using Seawall.Engine.Flow.Floodgates;
using Seawall.MySql.Compression;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Xunit;

namespace Seawall.Tests.Flow;

/// <summary>
/// A statement allocates nothing on the loop that carries it: counted in bytes, on the real loop over real sockets, after
/// things have warmed up. What the fakes allocate is on another thread and not counted.
/// </summary>
public sealed class NoAllocationTests(ITestOutputHelper output)
{
    private const int Statements = 500;
    private const int Rounds = 12;

    [Fact]
    public void A_statement_as_text_allocates_nothing()
    {
        using var stage = new RealStage();
        var client = stage.Client();

        AssertNothing(Least(stage, () => client.Query("SELECT 'c' FROM sbtest1 WHERE id=7")));
    }

    [Fact]
    public void An_execution_of_a_prepared_statement_allocates_nothing()
    {
        using var stage = new RealStage();
        var client = stage.Client();
        var prepared = client.Prepare("SELECT ? FROM sbtest1");
        client.Execute(prepared.Id, "warm");

        AssertNothing(Least(stage, () => client.BeginExecute(prepared.Id, ["x"], withTypes: false).Value));
        AssertNothing(Least(stage, () => client.Execute(prepared.Id, "x")));
    }

    [Fact]
    public void The_number_of_the_connection_in_a_prepared_statement_allocates_nothing()
    {
        using var stage = new RealStage();
        var client = stage.Client();
        var prepared = client.Prepare("SELECT CONNECTION_ID() FROM sbtest1");
        Assert.Equal(["CONNECTION_ID()"], client.Execute(prepared.Id).Only.Columns);

        AssertNothing(Least(stage, () => client.Execute(prepared.Id)));
    }

    [Fact]
    public void Reads_that_a_replica_answers_and_writes_whose_number_is_told_allocate_nothing()
    {
        using var stage = new RealStage(reads: true);
        var client = stage.Client();

        AssertNothing(Least(stage, () => client.Query("SELECT 'c' FROM sbtest1 WHERE id=7")));
        Assert.True(stage.Engine.Lanes.Sum(lane => lane.Meter.ReplicaReads) > Statements);
        AssertNothing(Least(stage, () => client.Query("UPDATE sbtest1")));
    }

    [Fact]
    public void Executions_that_say_what_they_need_in_attributes_allocate_nothing()
    {
        using var stage = new RealStage(reads: true);
        var client = stage.Client(new() { Capabilities = FakeClientOptions.Modern | Capabilities.QueryAttributes });
        var execution = FakeClient.NamedBody(client.Prepare("SELECT ? FROM sbtest1").Id, ["x"], ("seawall.freshness", "any"), ("other", "y"));

        AssertNothing(Least(stage, () => client.BeginExecute(execution).Value));
    }

    [Theory]
    [InlineData(OverloadMode.Enforce, 16)]
    [InlineData(OverloadMode.Observe, 16)]
    [InlineData(OverloadMode.Observe, 1)]
    public void A_statement_that_goes_through_a_sluice_allocates_nothing(OverloadMode mode, int runningMax)
    {
        using var stage = new RealStage(options => options with
        {
            Overload = options.Overload with { Mode = mode, Rules = [new(StatementClass.Low, "app", null, null, MayRaise: true)] },
            Servers = [options.Servers[0] with { RunningMax = runningMax }],
        });
        var client = stage.Client();

        AssertNothing(Least(stage, () => client.Query("SELECT 'c' FROM sbtest1 WHERE id=7 /*priority='critical',deadline_ms='5000'*/")));
        Assert.True(stage.Engine.Views.Sluices().Single().Classes[0].Offered > Statements);
    }

    [Theory]
    [InlineData(OverloadMode.Enforce)]
    [InlineData(OverloadMode.Observe)]
    public void A_statement_with_a_digest_a_pace_and_a_deferral_allocates_nothing(OverloadMode mode)
    {
        var digest = new MySql.Statements.DigestScratch().HashOf("SELECT 'c' FROM sbtest1 WHERE id=7"u8, new() { Version = 90700 })!.Value;
        using var stage = new RealStage(options => options with
        {
            Overload = options.Overload with
            {
                Mode = mode,
                Rules =
                [
                    new(StatementClass.Background, "app", null, null, MayRaise: false)
                    {
                        Name = "x",
                        Digests = [digest],
                        Pace = new(1_000_000, 1_000, 1_000),
                    },
                ],
            },
        });
        var client = stage.Client();

        AssertNothing(Least(stage, () => client.Query("SELECT 'c' FROM sbtest1 WHERE id=7")));
        Assert.True(stage.Engine.Views.Sluices().Single().Classes[^1].Passed > Statements);
    }

    [Fact]
    public void Being_deferred_allocates_nothing()
    {
        using var stage = new RealStage(options => options with
        {
            Overload = options.Overload with
            {
                Mode = OverloadMode.Enforce,
                Rules = [new(StatementClass.Background, "app", null, null, MayRaise: false)],
            },
            Servers = [options.Servers[0] with { RunningMax = 1 }],
        });
        var clients = Enumerable.Range(0, 4).Select(_ => stage.Client()).ToArray();

        AssertNothing(Least(stage, () =>
        {
            var replies = Array.ConvertAll(clients, client => client.BeginQuery("SELECT 'c' FROM t"));
            return replies.Select(reply => reply.Value).First(reply => reply.IsOk);
        }));
        Assert.True(stage.Engine.Lanes[0].Meter.Holds > 0);
    }

    [Theory]
    [InlineData(CompressionKind.Zlib)]
    [InlineData(CompressionKind.Zstd)]
    public void A_statement_that_is_compressed_on_both_sides_allocates_nothing(CompressionKind kind)
    {
        using var stage = new RealStage(options => options with { Servers = [options.Servers[0] with { Compression = kind }] });
        var client = stage.Client(new() { Capabilities = FakeClientOptions.Modern | CompressionKinds.FlagOf(kind) });
        var sql = $"SELECT '{new string('c', 500)}' FROM sbtest1 WHERE id=7";

        AssertNothing(Least(stage, () => client.Query(sql)));
        Assert.True(stage.Engine.Lanes[0].Meter.Compression!.FramesSent < stage.Engine.Lanes[0].Meter.Compression!.PlainSent / 2);
    }

    [Fact]
    public void A_statement_with_attributes_allocates_nothing()
    {
        using var stage = new RealStage();
        var client = stage.Client(new() { Capabilities = FakeClientOptions.Modern | Capabilities.QueryAttributes });
        var prepared = client.Prepare("SELECT ? FROM sbtest1");
        byte[] execution = [1, 0, 0, 0, 8, 1, 0, 0, 0, 2, 0, 1, 0xFD, 0, 0, 0xFD, 0, 1, (byte)'a', 1, (byte)'x', 1, (byte)'y'];
        Assert.Equal(1U, prepared.Id);

        AssertNothing(Least(stage, () => client.BeginQuery("SELECT 'c' FROM sbtest1 WHERE id=7", ("tenant", "7")).Value));
        AssertNothing(Least(stage, () => client.BeginExecute(execution).Value));
    }

    [Fact]
    public void A_transaction_allocates_nothing()
    {
        using var stage = new RealStage();
        var client = stage.Client();

        AssertNothing(Least(stage, () =>
        {
            client.Query("BEGIN");
            client.Query("INSERT INTO t VALUES (1)");
            return client.Query("COMMIT");
        }));
    }

    [Fact]
    public void Waiting_for_a_connection_allocates_nothing()
    {
        using var stage = new RealStage(options => options with { Pools = options.Pools with { SizeMax = 1 } });
        var clients = Enumerable.Range(0, 4).Select(_ => stage.Client()).ToArray();

        AssertNothing(Least(stage, () =>
        {
            var replies = Array.ConvertAll(clients, client => client.BeginQuery("SELECT 'c' FROM t"));
            return replies.Select(reply => reply.Value).First(reply => reply.IsOk);
        }));
        Assert.True(stage.Engine.Lanes[0].Meter.LeaseWaits > 0);
    }

    [Fact]
    public void Moving_a_connection_between_known_settings_allocates_nothing_that_grows()
    {
        using var stage = new RealStage(options => options with { Pools = options.Pools with { SizeMax = 1 } });
        var clients = Enumerable.Range(0, 2).Select(i =>
        {
            var client = stage.Client();
            client.Query($"SET time_zone='+0{i + 1}:00'");
            return client;
        }).ToArray();

        var bytes = Least(stage, () =>
        {
            clients[0].Query("SELECT 1");
            return clients[1].Query("SELECT 1");
        });

        Assert.True(stage.Engine.Lanes[0].Meter.Moves > Statements);
        AssertNothing(bytes);
    }

    [Fact]
    public void A_statement_that_is_captured_allocates_nothing()
    {
        var folder = Directory.CreateTempSubdirectory("capture").FullName;
        try
        {
            using var stage = new RealStage(options => options with
            {
                Capture = new() { Folder = folder, KeepsLiterals = true, FreeBytesMin = 0 },
            });
            var client = stage.Client();
            var prepared = client.Prepare("SELECT ? FROM sbtest1");
            Assert.True(stage.Engine.Captures.Start("all", null, 1).IsDone);

            AssertNothing(Least(stage, () => client.Query("SELECT 'c' FROM sbtest1 WHERE id=7")));
            AssertNothing(Least(stage, () => client.Execute(prepared.Id, "x")));
            RealStage.Await(() => stage.Engine.Captures.Totals().Commands >= 2 * Statements, "commands in the capture");
            Assert.Equal(0, stage.Engine.Captures.Totals().Dropped);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void What_does_allocate_is_counted()
    {
        // The control: a preparation keeps its text, so bytes must show, in every round.
        using var stage = new RealStage();
        var client = stage.Client();
        var number = 0;

        Assert.True(Least(stage, () =>
        {
            client.Prepare($"SELECT {number++}");
            return client.Query("SELECT 1");
        }) > Statements * 16);
    }

    // Not 0: what happens once a second, whatever the traffic, may fall into every round where the machine is slow. The smallest
    // object there is takes 24 bytes, so an allocation by each statement, or by one of twenty-four, is far above this.
    private static void AssertNothing(long bytes) => Assert.InRange(bytes, 0, Statements - 1);

    // The least of several rounds: the runtime itself may allocate on the loop's thread while code is still being compiled.
    private long Least(RealStage stage, Func<Reply> statement)
    {
        var least = long.MaxValue;
        for (var round = 0; round < Rounds && least >= Statements; round++)
        {
            var before = stage.BytesAllocated();
            for (var i = 0; i < Statements; i++)
                Assert.True(statement().IsOk);
            var bytes = stage.BytesAllocated() - before;
            output.WriteLine($"round {round}: {bytes} bytes for {Statements} statements");
            least = Math.Min(least, bytes);
        }
        return least;
    }
}
