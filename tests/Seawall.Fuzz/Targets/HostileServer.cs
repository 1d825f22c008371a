using Seawall.Fuzz.Inputs;
using Seawall.Fuzz.Run;
using Seawall.MySql.Commands;
using Seawall.MySql.Compression;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Testing.Worlds;

namespace Seawall.Fuzz.Targets;

/// <summary>
/// A server that says anything, in place of its greeting, of its answer to the login, or of any later answer: an error to the
/// one client that it was for, right answers to the others, and nothing left afterwards.
/// </summary>
internal static class HostileServer
{
    private const int Choices = 4;

    private static readonly byte[][] s_words =
    [
        [7, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0], [1, 0, 0, 1, 1], [5, 0, 0, 4, 0xFE, 0, 0, 2, 0], [1, 0, 0, 1, 0xFB], [0xFF, 0xFF,
        0xFF, 1],
        [9, 0, 0, 1, 0xFF, 0x15, 4, .. "#HY000"u8], [0, 0, 0, 1], [7, 0, 0, 5, 0xFE, 0, 0, 10, 0, 0, 0], [2, 0, 0, 2, 1, 4],
        [2, 0, 0, 2, 1, 3],
        [12, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0], [.. "mysql_native_password\0"u8], [.. "caching_sha2_password\0"u8],
    ];

    internal static FuzzTarget Target { get; } = new("hostile-server", input => Run(input, CompressionKind.None),
        () => [.. Seeds.Recordings.SelectMany(SeedsOf), .. Seeds.Kept("hostile-server")])
    {
        PacketsFrom = Choices,
        Words = s_words,
        ShortRun = 150,
    };

    private static readonly FakeServerKind[] s_kinds =
        [FakeServerKind.MySql97, FakeServerKind.MariaDb1011, FakeServerKind.MySql97WithEof, FakeServerKind.MySql56];

    /// <summary>The same over compressed connections: answers in frames as they should be, or bytes as they are.</summary>
    internal static FuzzTarget Compressed { get; } = new("compressed-server",
        input => Run(input, (input.FirstOrDefault() & 1) == 0 && (input.FirstOrDefault() & 32) != 0
            ? CompressionKind.Zstd : CompressionKind.Zlib),
        () => [.. Seeds.Recordings.SelectMany((recording, index) => SeedsOf(recording, index).Skip(2)),
            .. Seeds.Kept("compressed-server")])
    {
        PacketsFrom = Choices,
        Words = [.. s_words, [0, 0, 0, 1, 0, 0, 0], [11, 0, 0, 1, 0, 0, 0], [0xFF, 0xFF, 0xFF, 1, 0xFF, 0xFF, 0xFF]],
        ShortRun = 100,
    };

    private static void Run(byte[] input, CompressionKind compression)
    {
        if (input.Length < Choices)
            return;
        using var world = WorldOf(s_kinds[input[0] & 3], input[3], compression);
        var good = new GoodClient(world);
        var bytes = input[Choices..];
        if (compression != CompressionKind.None && (input[0] & 64) == 0)
        {
            using var bench = new CompressionBench();
            bytes = FrameTargets.Frames(bench, compression, 1, bytes, new Random(input[3]));
        }
        var sabotage = new FakeSabotage(bytes, Closes: (input[0] & 4) != 0);
        // What comes before the frames begin is for the other target.
        var moment = compression != CompressionKind.None ? FakeMoment.Command : (FakeMoment)(input[1] % 3);
        var command = input[2] % 12;
        var isArmed = true;
        world.Server.Sabotage = (connection, now) =>
        {
            var isHers = now == FakeMoment.Greeting ? connection.Session.User.Length == 0 : connection.Session.User == "hostile";
            if (!isArmed || now != moment || !isHers || (now == FakeMoment.Command && connection.Commands.Count <= command))
                return null;
            isArmed = (input[0] & 8) != 0;
            return sabotage;
        };
        Visit(world, good, (input[0] & 16) != 0 ? FakeClientOptions.Old : FakeClientOptions.Modern);
        world.Server.Sabotage = null;
        // What was never answered is waited for as long as its server is there.
        foreach (var connection in world.Server.Live.Where(connection => connection.Session.User is "hostile" or "").ToArray())
            connection.Cut();
        good.CheckAfterwards("hostile");
    }

    // Somebody whose account's connections are the hostile ones does a little of everything, and takes what comes.
    private static void Visit(EngineWorld world, GoodClient good, MySql.Handshakes.Capabilities capabilities)
    {
        var options = new FakeClientOptions
        {
            User = "hostile",
            Capabilities = capabilities | MySql.Handshakes.Capabilities.LocalFiles,
            TakesAnything = true,
        };
        Func<FakeClient, bool>[] steps =
        [
            client => Ends(world, client.BeginQuery("SELECT 'one', 'two'")),
            client => Ends(world, client.BeginQuery("SET time_zone='+07:00', sql_mode='ANSI'")),
            client => Ends(world, client.BeginQuery("SET NAMES latin1")),
            client => Ends(world, client.BeginPrepare("SELECT ?, ?")),
            client => Ends(world, client.BeginExecute(1, ["x", null], cursor: 1)),
            client => Ends(world, client.BeginExecute(1, ["x", "y"])),
            client => Ends(world, client.BeginQuery("WARN 3")),
            client => Ends(world, client.BeginQuery("SHOW WARNINGS")),
            client => Ends(world, client.BeginCommand(CommandKind.InitDb, [.. "shop"u8])),
            client => Ends(world, client.BeginCommand(CommandKind.Statistics, [])),
            client => Ends(world, client.BeginQuery("BEGIN")),
            client => Ends(world, client.BeginQuery("INSERT INTO t VALUES (1)")),
            client => Ends(world, client.BeginQuery("SELECT LAST_INSERT_ID()")),
            client => Ends(world, client.BeginQuery("COMMIT")),
            client => Ends(world, client.BeginQuery("CREATE TEMPORARY TABLE x (a INT)")),
            client => Ends(world, client.BeginCommand(CommandKind.ResetConnection, [])),
            client => Ends(world, client.BeginExecute(1, ["x", "y"])),
        ];
        FakeClient? client = null;
        foreach (var step in steps)
        {
            client ??= LogIn(world, options);
            if (client is not null && !step(client))
            {
                client.Cut();
                client = null;
            }
            good.Check();
        }
        client?.Cut();
    }

    private static FakeClient? LogIn(EngineWorld world, FakeClientOptions options)
    {
        var client = world.Connect(options);
        if (Ends(world, client.BeginLogIn()))
            return client;
        client.Cut();
        return null;
    }

    // False when the client cannot go on: it waits for more, or got what it cannot read.
    private static bool Ends<T>(EngineWorld world, Pending<T> pending)
    {
        if (!world.World.RunUntil(() => pending.IsDone, 2_000))
            return false;
        try
        {
            return pending.Value switch
            {
                Reply reply => !reply.IsCut,
                PrepareReply prepared => !prepared.IsCut,
                LoginReply login => login.IsIn,
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static EngineWorld WorldOf(FakeServerKind kind, byte pieces, CompressionKind compression)
    {
        var world = new EngineWorld(new()
        {
            Kind = kind,
            With = options => options with { Pools = options.Pools with { SizeMax = 2, WaitMsMax = 1_000 } },
            WithServer = server => server with { Dial = new(PerSecond: 1_000, Burst: 100), Compression = compression },
            Prepare = server =>
            {
                server.IsPatient = true;
                server.Accounts.Add(new FakeAccount("hostile", "secret"));
            },
        });
        var random = new Random(pieces);
        if (pieces > 0)
            world.World.Network.Chunk = left => random.Next(1, Math.Min(left, 1 + pieces) + 1);
        return world;
    }

    private static IEnumerable<byte[]> SeedsOf(Recording recording, int index)
    {
        yield return Seeds.With([(byte)(index % 4), 0, 0, 0], recording.Packets[0].Bytes);
        var login = recording.Login.Where(packet => packet.IsServers).Skip(1).SelectMany(packet => packet.Bytes);
        yield return Seeds.With([(byte)(index % 4), 1, 0, 0], [.. login]);
        var number = 0;
        foreach (var (_, answer) in recording.Commands.Where(pair => pair.Answer.Length is > 0 and < 1_000))
        {
            if (++number % 4 == index % 4)
                yield return Seeds.With([(byte)(index % 4), 2, (byte)(number % 12), (byte)(number % 5)], answer);
        }
    }
}
