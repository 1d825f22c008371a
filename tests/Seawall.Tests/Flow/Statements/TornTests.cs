using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

/// <summary>
/// Whole conversations, torn at every byte, from either side and in either direction, on one server connection that others want
/// as well: nothing wrong reaches anybody, and nothing is left behind. No other tests run beside these: one of them measures the
/// memory of the process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class TornTests
{
    /// <summary>What a client does; it goes on as well as it can when it is torn off.</summary>
    private static readonly Dictionary<string, Action<FakeClient>> s_conversations = new()
    {
        ["a login and a statement"] = client => client.Query("SELECT 'x'"),
        ["prepared statements"] = client =>
        {
            var id = client.Prepare("SELECT ?, 'x'").Id;
            client.Execute(id, "one");
            client.Tell(CommandKind.StatementSendLongData, [.. BitConverter.GetBytes(id), 0, 0, .. "long"u8]);
            client.Execute(id, "two");
            _ = client.BeginExecute(id, ["three"], cursor: 1).Value;
            client.Fetch(id, 5, 2);
            client.Tell(CommandKind.StatementClose, BitConverter.GetBytes(id));
            client.Query("SELECT 'y'");
        },
        ["a change of user"] = client =>
        {
            client.Query("SET time_zone='+09:00'");
            client.ChangeUser("app", "secret", "shop");
            client.Query("SELECT 'x'");
        },
        ["several results"] = client => client.Query("CALL several"),
        ["a transaction"] = client =>
        {
            client.Query("BEGIN");
            client.Query("INSERT INTO t VALUES (1)");
            client.Query("COMMIT");
        },
        ["a file"] = client =>
        {
            client.Send(FakeClient.Bytes(CommandKind.Query, "LOAD DATA LOCAL INFILE 'file' INTO TABLE t"));
            if (client.BeginReadPacket(1).Value is not [0xFB, ..])
                return;
            client.Send([3, 0, 0, 2, .. "abc"u8, 2, 0, 0, 3, .. "de"u8, 0, 0, 0, 4]);
            _ = client.BeginRead(5).Value;
        },
    };

    public static MatrixTheoryData<string, bool, Ending> Clients =>
        new([.. s_conversations.Keys], [true, false], [Ending.Closed, Ending.Reset]);

    [Theory]
    [MemberData(nameof(Clients))]
    public void A_client_torn_off_at_any_byte_leaves_nothing_behind(string name, bool isToServer, Ending ending)
    {
        using var world = WorldOf();
        var other = new Other(world);
        var whole = Talk(world, name, _ => { });
        Assert.Null(whole.Problem);
        var length = (isToServer ? whole.Link.ToServer : whole.Link.ToClient).Written;
        Assert.True(length > 80, $"{length}");

        for (var cut = 0; cut < length; cut++)
        {
            Talk(world, name, client => (isToServer ? client.Link.ToServer : client.Link.ToClient).CutAfter(cut, ending));
            other.Ask();
        }
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public void A_server_torn_off_at_any_byte_answers_nobody_wrongly(string name, bool isToServer, Ending ending)
    {
        using var world = WorldOf();
        var other = new Other(world);
        var pipe = PipeOf(world, isToServer);
        var before = pipe.Written;
        Talk(world, name, _ => { });
        other.Ask();
        var length = pipe.Written - before;

        for (var cut = 0; cut < length; cut++)
        {
            other.Ask(); // There is a connection, whatever has become of the one before.
            pipe = PipeOf(world, isToServer);
            pipe.CutAfter(pipe.Written + cut, ending);
            Talk(world, name, _ => { });
            pipe.CutAfter(long.MaxValue); // It may have needed less this time.
            world.World.RunFor(5);
        }
        Assert.True(length > 20);
    }

    [Fact]
    public void Five_hundred_clients_share_one_connection_and_all_are_served_in_order()
    {
        using var world = WorldOf();
        var clients = Enumerable.Range(0, 500).Select(_ => world.Client()).ToArray();
        for (var round = 0; round < 3; round++)
        {
            var order = new List<int>();
            var asked = clients.Select((client, i) => client.BeginQuery($"SELECT '{i}'")).ToArray();
            world.Pump(() =>
            {
                for (var i = 0; i < asked.Length; i++)
                {
                    if (asked[i].IsDone && !order.Contains(i))
                        order.Add(i);
                }
                return order.Count == asked.Length;
            }, "all answers");

            Assert.Equal(Enumerable.Range(0, 500), order);
            for (var i = 0; i < asked.Length; i++)
                Assert.Equal($"{i}", asked[i].Value.Scalar);
        }
        Assert.Single(world.Pooled);
    }

    [Fact]
    public void After_thousands_of_torn_conversations_everything_is_as_it_was()
    {
        using var world = WorldOf();
        var other = new Other(world);
        var random = new Random(11);
        var names = s_conversations.Keys.ToArray();
        Tear(500);
        var before = Memory();

        Tear(3_000);

        // What a conversation left behind, three thousand times over, would be megabytes; what the world notes is let go.
        Assert.InRange(Memory() - before, long.MinValue, 3_000 * 200);

        void Tear(int times)
        {
            for (var i = 0; i < times; i++)
            {
                var pipe = PipeOf(world, random.Next(2) == 0);
                if (random.Next(4) == 0)
                    pipe.CutAfter(pipe.Written + random.Next(200), (Ending)random.Next(2));
                Talk(world, names[random.Next(names.Length)], client =>
                {
                    if (random.Next(2) == 0)
                        client.Link.ToServer.CutAfter(random.Next(400), (Ending)random.Next(2));
                });
                pipe.CutAfter(long.MaxValue);
                world.World.RunFor(5);
                other.Ask();
            }
        }

        long Memory()
        {
            world.ForgetThePast();
            world.World.RunFor(5_000);
            return GC.GetTotalMemory(forceFullCollection: true);
        }
    }

    private static EngineWorld WorldOf()
    {
        var world = new EngineWorld(new()
        {
            With = options => options with { Pools = options.Pools with { SizeMax = 1 } },
            WithServer = server => server with { Dial = new(PerSecond: 100_000, Burst: 100_000) },
        });
        world.Server.When("CALL several", new FakeSeveral([FakeAnswer.One("1"), FakeAnswer.One("2"), new FakeOk()]));
        world.Server.When("LOAD", new FakeFile("file", new FakeOk(AffectedRows: 2)));
        return world;
    }

    private static FakeClient Talk(EngineWorld world, string name, Action<FakeClient> prepare)
    {
        var client = world.Connect(new()
        {
            Capabilities = FakeClientOptions.Modern | Capabilities.LocalFiles | Capabilities.MultiStatements,
        });
        prepare(client);
        if (client.LogIn().IsIn)
            s_conversations[name](client);
        client.Cut();
        world.World.RunFor(2);
        return client;
    }

    private static Pipe PipeOf(EngineWorld world, bool isToServer)
    {
        var link = ((SimulatedWire)world.Pooled.Single().Wire).Link;
        return isToServer ? link.ToServer : link.ToClient;
    }

    /// <summary>Somebody else, who has set something, and whose answers must stay right.</summary>
    private sealed class Other
    {
        private readonly FakeClient _client;
        private int _asked;

        internal Other(EngineWorld world)
        {
            _client = world.Client();
            Assert.True(_client.Query("SET time_zone='+03:00'").IsOk);
            Ask();
        }

        internal void Ask()
        {
            var token = $"other {++_asked}";
            var row = _client.Query($"SELECT '{token}', @@time_zone").Row;
            Assert.Equal([token, "+03:00"], row);
        }
    }
}

/// <summary>Tests that run while no others do.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
