using Seawall.Engine.Loops;
using Seawall.Fuzz.Inputs;
using Seawall.Fuzz.Run;
using Seawall.MySql.Compression;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;

namespace Seawall.Fuzz.Targets;

/// <summary>
/// A client that sends anything, before its login or after it, in pieces cut anywhere, to the whole engine in a simulated
/// world: an error to this one, right answers to the others, and nothing left when it has gone.
/// </summary>
internal static class HostileClient
{
    private const int Choices = 3;

    private static readonly FakeServerKind[] s_kinds =
        [FakeServerKind.MySql97, FakeServerKind.MariaDb1011, FakeServerKind.MySql97WithEof, FakeServerKind.MySql56];

    private static readonly byte[][] s_words =
    [
        [1, 0, 0, 0, 0x0E], [1, 0, 0, 0, 1], [6, 0, 0, 0, 3, .. "BEGIN"u8], [7, 0, 0, 0, 3, .. "COMMIT"u8], [1, 0, 0, 0,
        0x1F],
        [16, 0, 0, 0, 3, .. "SELECT @@autoco"u8], [3, 0, 0, 0, 0x1B, 0, 0], [5, 0, 0, 0, 0x1A, 1, 0, 0, 0], [5, 0, 0, 0,
        0x19, 1, 0, 0, 0],
        [9, 0, 0, 0, 0x1C, 1, 0, 0, 0, 1, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0, 3], [9, 0, 0, 0, 0x16, .. "SELECT ?"u8],
        [10, 0, 0, 0, 0x17, 1, 0, 0, 0, 1, 1, 0, 0, 0], [9, 0, 0, 0, 0x18, 1, 0, 0, 0, 0, 0, .. "xy"u8],
        [17, 0, 0, 0, 3, .. "LOAD DATA LOCAL "u8], [13, 0, 0, 0, 3, .. "SELECT rows "u8], [0, 0, 0, 0],
    ];

    internal static FuzzTarget Target { get; } = new("hostile-client", input => Run(input, CompressionKind.None),
        () => [.. Seeds.Recordings.SelectMany(SeedsOf), .. Seeds.Kept("hostile-client")])
    {
        PacketsFrom = Choices,
        Words = s_words,
        ShortRun = 150,
    };

    /// <summary>The same over a compressed connection: packets in frames as they should be, or bytes as they are.</summary>
    internal static FuzzTarget Compressed { get; } = new("compressed-client",
        input => Run(input, (input.FirstOrDefault() & 1) == 0 && (input.FirstOrDefault() & 128) != 0
            ? CompressionKind.Zstd : CompressionKind.Zlib),
        () => [.. Seeds.Recordings.SelectMany(CompressedSeedsOf), .. Seeds.Kept("compressed-client")])
    {
        PacketsFrom = Choices,
        Words =
        [
            .. s_words, [0, 0, 0, 0, 0, 0, 0], [5, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 14], [0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF, 0xFF],
        ],
        ShortRun = 100,
    };

    private static void Run(byte[] input, CompressionKind compression)
    {
        if (input.Length < Choices)
            return;
        var choice = input[0];
        using var world = WorldOf(choice);
        var good = new GoodClient(world);
        var random = new Random(input[1]);
        var options = new FakeClientOptions
        {
            User = "hostile",
            TakesAnything = true,
            Capabilities = FakeClientOptions.Modern | ((choice & 64) != 0 ? Capabilities.LocalFiles : 0)
                | CompressionKinds.FlagOf(compression),
        };
        var isIn = compression != CompressionKind.None || (choice & 4) == 0;
        var client = isIn ? world.Client(options) : world.Connect(options);
        var drain = (choice & 8) == 0 ? new Drain(client.Wire) : null;
        var bytes = input[Choices..];
        if (compression != CompressionKind.None && (choice & 4) == 0)
            bytes = InFrames(compression, bytes, random);
        foreach (var piece in Pieces(bytes, random, input[2]))
        {
            client.Send(piece);
            world.World.RunFor(random.Next(3));
            if (random.Next(8) == 0)
                good.Check();
        }
        world.World.RunFor((choice & 16) == 0 ? 100 : 70_000);
        good.Check();
        if ((choice & 32) == 0)
            client.Cut();
        else
            client.Link.Cut(Testing.Worlds.Ending.Reset);
        Rule.Holds(drain is null || drain.Count < 64 * 1024 * 1024, "more answers than anybody asked for");
        good.CheckAfterwards("hostile");
    }

    private static EngineWorld WorldOf(byte choice) => new(new()
    {
        Kind = s_kinds[choice & 3],
        With = options => options with { Pools = options.Pools with { SizeMax = 2 } },
        Prepare = server =>
        {
            server.IsPatient = true;
            server.Accounts.Add(new FakeAccount("hostile", "secret"));
            server.When("SELECT rows", new FakeRows(["a", "b"], [["one", null], [new string('x', 300), "two"]]));
            server.When("CALL", new FakeSeveral([FakeAnswer.One("1"), FakeAnswer.One("2"), new FakeOk()]));
            server.When("LOAD DATA LOCAL", new FakePacket([0xFB, .. "/file"u8]));
        },
    });

    private static IEnumerable<byte[]> Pieces(byte[] bytes, Random random, byte sizes)
    {
        var left = bytes.AsMemory();
        while (left.Length > 0)
        {
            var size = sizes == 0 ? left.Length : random.Next(1, Math.Min(left.Length, 1 + sizes) + 1);
            yield return left[..size].ToArray();
            left = left[size..];
        }
    }

    // Frames are counted from 0 with each command, which begins where a packet says so.
    private static byte[] InFrames(CompressionKind kind, byte[] packets, Random random)
    {
        using var bench = new CompressionBench();
        var frames = new MemoryStream();
        for (var at = 0; at < packets.Length;)
        {
            var end = at;
            do
            {
                var length = end + 3 <= packets.Length ? packets[end] | (packets[end + 1] << 8) | (packets[end + 2] << 16) : 0;
                end = Math.Min(packets.Length, end + 4 + length);
            }
            while (end + 3 < packets.Length && packets[end + 3] != 0);
            frames.Write(FrameTargets.Frames(bench, kind, 0, packets.AsSpan(at, end - at), random));
            at = end;
        }
        return frames.ToArray();
    }

    private static IEnumerable<byte[]> CompressedSeedsOf(Recording recording, int index)
    {
        foreach (var seed in SeedsOf(recording, index).Skip(1))
        {
            seed[0] |= (byte)(index % 2 == 0 ? 128 : 0);
            yield return seed;
            using var bench = new CompressionBench();
            var kind = (seed[0] & 129) == 128 ? CompressionKind.Zstd : CompressionKind.Zlib;
            yield return Seeds.With([(byte)(seed[0] | 4), 1, 0],
                FrameTargets.Frames(bench, kind, 0, seed.AsSpan(Choices), new Random(1)));
        }
    }

    private static IEnumerable<byte[]> SeedsOf(Recording recording, int index)
    {
        var login = recording.Login.Where(packet => !packet.IsServers).SelectMany(packet => packet.Bytes).ToArray();
        yield return Seeds.With([(byte)(4 | (index % 4)), 1, 0], login);
        var commands = recording.Commands.Select(pair => pair.Command).ToArray();
        for (var from = 0; from < commands.Length; from += 6)
            yield return Seeds.With([(byte)(index % 4), 1, (byte)(from % 3 * 20)],
                commands.Skip(from).Take(6).SelectMany(bytes => bytes).ToArray());
    }

    /// <summary>Reads and forgets.</summary>
    private sealed class Drain
    {
        private readonly byte[] _buffer = new byte[4096];

        internal Drain(Wire wire) => wire.Loop.Post(LoopJob.From(loop => Run(wire).Forget(loop.Report)));

        internal long Count { get; private set; }

        private async LoopTask Run(Wire wire)
        {
            while (true)
            {
                var count = wire.ReadReady ? wire.Receive(_buffer) : WireResult.Later;
                if (count is WireResult.End or WireResult.Broken)
                    return;
                if (count == WireResult.Later)
                    await wire.Readable();
                else
                    Count += count;
            }
        }
    }
}
