using Seawall.MySql.Commands;
using Seawall.MySql.Compression;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Framing;
using Seawall.Testing.Servers;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

/// <summary>Compression on either leg alone, on both alike and on both differently.</summary>
public sealed class CompressionTests
{
    private static readonly string s_words = string.Join(' ', Enumerable.Range(0, 3_000).Select(i => $"word{i % 97}"));

    public static MatrixTheoryData<CompressionKind, CompressionKind> Legs => new(
        [CompressionKind.None, CompressionKind.Zlib, CompressionKind.Zstd],
        [CompressionKind.None, CompressionKind.Zlib, CompressionKind.Zstd]);

    public static TheoryData<CompressionKind> Kinds => [CompressionKind.Zlib, CompressionKind.Zstd];

    [Theory]
    [MemberData(nameof(Legs))]
    public void Statements_are_answered_as_ever(CompressionKind client, CompressionKind server)
    {
        for (var seed = 1; seed <= 3; seed++)
        {
            using var world = World(client, server, seed);
            var rows = Enumerable.Range(0, 900)
                .Select(i => (IReadOnlyList<string?>)[$"{i}", i % 3 == 0 ? null : s_words[..(i % 500)]]).ToList();
            world.Server.When("SELECT rows", new FakeRows(["n", "w"], rows));
            world.Server.When("CALL two", new FakeSeveral([new FakeRows(["a"], [["1"], ["2"]]), new FakeOk(3)]));
            var other = world.Client(Options(client));
            var one = world.Client(Options(client));

            Assert.Equal("short", one.Query("SELECT 'short'").Scalar);
            Assert.Equal(rows, one.Query("SELECT rows").Only.Rows);
            Assert.Equal(s_words, other.Query($"SELECT '{s_words}'").Scalar);
            Assert.Equal(1064, one.Query("SELEC").Code);
            var several = one.Query("CALL two");
            Assert.Equal((2, 2, 3UL), (several.Results.Count, several.Results[0].Rows.Count, several.Results[1].AffectedRows));
            // From here on connections are moved, in one write with the statement.
            Assert.True(one.Query("SET time_zone='+01:00'").IsOk);
            Assert.Equal("other", other.Query("SELECT 'other'").Scalar);
            Assert.Equal("+01:00", one.Query("SELECT @@time_zone").Scalar);
            var prepared = one.Prepare("SELECT ?");
            Assert.Equal(s_words, one.Execute(prepared.Id, s_words).Scalar);
            Assert.True(one.Command(CommandKind.ResetConnection).IsOk);
            Assert.True(other.ChangeUser("app", "secret").IsOk);
            Assert.Equal("again", other.Query("SELECT 'again'").Scalar);
            Assert.Equal(server, CompressionKinds.AgreedIn(world.Pooled.First().Capabilities));
        }
    }

    [Theory]
    [MemberData(nameof(Legs))]
    public void Packets_of_16_MiB_and_more_pass_both_ways(CompressionKind client, CompressionKind server)
    {
        if ((client, server) is (CompressionKind.None, CompressionKind.None))
            return;
        using var world = World(client, server);
        var one = world.Client(Options(client));
        var value = string.Concat(Enumerable.Repeat(s_words, 17_000_000 / s_words.Length));

        Assert.Equal(value, one.Query($"SELECT '{value}'").Scalar);
        Assert.Equal("next", one.Query("SELECT 'next'").Scalar);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Fewer_bytes_go_over_either_leg_and_rows_are_gathered(CompressionKind kind)
    {
        using var world = World(kind, kind);
        var rows = Enumerable.Range(0, 2_000)
            .Select(i => (IReadOnlyList<string?>)[$"customer {i}", "the same words in every row"]).ToList();
        world.Server.When("SELECT rows", new FakeRows(["n", "w"], rows));
        var one = world.Client(Options(kind));
        var before = one.Link.ToClient.Written;
        Assert.Equal(2_000, one.Query("SELECT rows").Only.Rows.Count);

        Assert.InRange(one.Link.ToClient.Written - before, 1, 2_000 * 48 / 4);
        var bench = world.Engine.Lanes[0].Meter.Compression!;
        Assert.True(bench.FramesSent < bench.PlainSent / 4, $"{bench.FramesSent} of {bench.PlainSent}");
        Assert.True(bench.FramesReceived < bench.PlainReceived / 2, $"{bench.FramesReceived} of {bench.PlainReceived}");
    }

    [Fact]
    public void What_the_server_offers_and_the_setting_allows_is_offered()
    {
        Assert.Equal(CompressionKinds.All, OfferedBy(FakeServerKind.MySql97, CompressionKinds.All));
        Assert.Equal(Capabilities.Zstd, OfferedBy(FakeServerKind.MySql97, Capabilities.Zstd));
        Assert.Equal(Capabilities.Compress, OfferedBy(FakeServerKind.MariaDb1011, CompressionKinds.All));
        Assert.Equal(Capabilities.None, OfferedBy(FakeServerKind.MySql97, Capabilities.None));
    }

    [Fact]
    public void A_server_that_does_not_offer_what_is_wanted_is_spoken_to_as_it_is()
    {
        using var world = new EngineWorld(new()
        {
            Kind = FakeServerKind.MariaDb1011,
            WithServer = server => server with { Compression = CompressionKind.Zstd },
        });
        Assert.Equal("1", world.Client().Query("SELECT '1'").Scalar);
        Assert.Contains(world.Log.Lines, line => line.Contains("does not offer Zstd", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(23)]
    public void A_level_that_there_is_not_is_refused_in_the_servers_words(byte level)
    {
        using var world = World(CompressionKind.Zstd, CompressionKind.None);
        var reply = world.Connect(Options(CompressionKind.Zstd) with { ZstdLevel = level }).LogIn();
        Assert.Equal(new ReplyError(3923, "HY000", "Invalid zstd compression level for algorithm 'zstd'."), reply.Error);

        // Who asks for both gets zlib, and nobody looks at the level.
        var both = Options(CompressionKind.Zlib);
        var client = world.Client(both with { Capabilities = both.Capabilities | Capabilities.Zstd, ZstdLevel = level });
        Assert.Equal(s_words, client.Query($"SELECT '{s_words}'").Scalar);
    }

    [Fact]
    public void Commands_that_are_sent_ahead_are_answered_each_by_itself()
    {
        using var world = World(CompressionKind.Zlib, CompressionKind.Zlib);
        var client = world.Client(Options(CompressionKind.Zlib));
        var one = Frame(0, FakeClient.Bytes(CommandKind.Query, "SELECT 'one'"));
        var two = Frame(0, FakeClient.Bytes(CommandKind.Query, "SELECT 'two'"));
        client.Send([.. one, .. two, .. one]);
        foreach (var expected in (string[])["one", "two", "one"])
            Assert.Equal(expected, client.BeginRead().Value.Scalar);
        Assert.Null(client.Problem);

        // Two in a frame: frames are counted on.
        client.Send(Frame(0, [.. FakeClient.Bytes(CommandKind.Ping, ""), .. FakeClient.Bytes(CommandKind.Ping, "")]));
        Assert.True(client.BeginRead().Value.IsOk);
        Assert.True(client.BeginRead(2).Value.IsOk);
    }

    // What is sent, what is said to it, and in which frame.
    public static TheoryData<string, int, byte> Offences => new()
    {
        { "05 00 00 01 00 00 00 01 00 00 00 0E", 1156, 2 }, // A command in frame 1.
        { "03 00 00 00 00 00 00 01 00 00 02 00 00 02 00 00 00 00 0E", 1156, 3 }, // A frame left out in the middle of a packet.
        { "08 00 00 00 64 00 00 01 02 03 04 05 06 07 08", 1157, 1 },
        { "00 00 00 00 64 00 00", 1157, 1 },
    };

    [Theory]
    [MemberData(nameof(Offences))]
    public void Who_breaks_the_rules_is_told_so_and_nobody_else_suffers(string bytes, int error, byte frame)
    {
        using var world = World(CompressionKind.Zlib, CompressionKind.None);
        var other = world.Client(Options(CompressionKind.Zlib));
        var client = world.Client(Options(CompressionKind.Zlib));
        client.Send(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)));

        var reply = client.BeginRead(frame).Value;
        Assert.Equal(error, reply.Code);
        Assert.True(client.BeginRead().Value.IsCut);
        Assert.Equal("fine", other.Query("SELECT 'fine'").Scalar);
        Assert.Contains(world.Log.Lines, line => line.Contains(reply.Error!.Message, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_command_in_a_frame_that_lies_about_its_length_does_not_run(CompressionKind kind)
    {
        using var world = World(kind, CompressionKind.None);
        foreach (var lie in (int[])[-1, 1, 10_000])
        {
            var client = world.Client(Options(kind));
            var frame = Packed(kind, FakeClient.Bytes(CommandKind.Query, $"INSERT INTO t VALUES ('{s_words[..300]}')"));
            var header = FrameHeader.Read(frame);
            (header with { PlainLength = header.PlainLength + lie }).Write(frame);
            client.Send(frame);
            Assert.Equal(1157, client.BeginRead().Value.Code);
            Assert.True(client.BeginRead().Value.IsCut);
        }
        Assert.DoesNotContain(world.Server.Connections, connection =>
            connection.Commands.Exists(seen => seen.Text.StartsWith("INSERT", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_client_that_leaves_at_any_byte_of_its_command_has_not_sent_it(CompressionKind kind)
    {
        using var world = World(kind, CompressionKind.None);
        var frame = Packed(kind, FakeClient.Bytes(CommandKind.Query, $"INSERT INTO t VALUES ('half {s_words[..300]}')"));
        for (var cut = 0; cut < frame.Length; cut++)
        {
            var client = world.Client(Options(kind));
            client.Link.ToServer.CutAfter(client.Link.ToServer.Written + cut, cut % 2 == 0 ? Ending.Closed : Ending.Reset);
            client.Send(frame);
            world.World.RunFor(5);
        }
        Assert.DoesNotContain(world.Server.Connections, connection =>
            connection.Commands.Exists(seen => seen.Text.Contains("half", StringComparison.Ordinal)));
        Assert.Equal(0, world.Engine.ClientCount);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_client_learns_that_its_server_broke_off_at_any_byte_of_a_compressed_answer(CompressionKind kind)
    {
        using var world = World(kind, kind);
        world.Server.When("SELECT rows", new FakeRows(["a", "b"], [["one", s_words[..400]], [null, "three"]]));
        var client = world.Client(Options(kind));
        client.Query("SELECT 'warm'");
        var toClient = ServerLink(world).ToClient;
        var before = toClient.Written;
        client.Query("SELECT rows");
        var length = toClient.Written - before;
        client.Cut();
        for (var cut = 1; cut < length; cut++)
        {
            client = world.Client(Options(kind));
            Assert.True(client.Query("SELECT 'warm'").IsOk);
            toClient = ServerLink(world).ToClient;
            toClient.CutAfter(toClient.Written + cut, cut % 2 == 0 ? Ending.Closed : Ending.Reset);

            var reply = client.Query("SELECT rows");

            Assert.True(reply.Code == 2013 || (reply.IsCut && client.End is StreamEnd.Clean or StreamEnd.InsidePacket),
                $"cut after {cut} of {length}: {reply}");
            client.Cut();
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_client_that_reads_nothing_holds_up_its_own_answer_alone(CompressionKind kind)
    {
        using var world = World(kind, kind);
        // Words that do not repeat: there must be something to hold up.
        var noise = new byte[90_000];
        new Random(1).NextBytes(noise);
        var rows = Enumerable.Range(0, 100).Select(_ => (IReadOnlyList<string?>)[Convert.ToHexString(noise)]).ToList();
        world.Server.When("SELECT much", new FakeRows(["n"], rows));
        var slow = world.Client(Options(kind));
        slow.Link.ToClient.WindowBytes = 1_000;
        slow.Send(Frame(0, FakeClient.Bytes(CommandKind.Query, "SELECT much")));
        world.World.RunFor(2_000);

        Assert.Equal("quick", world.Client(Options(kind)).Query("SELECT 'quick'").Scalar);
        var read = world.Engine.Lanes[0].Meter.BytesFromServers;
        world.World.RunFor(10_000);
        Assert.Equal(read, world.Engine.Lanes[0].Meter.BytesFromServers); // While it takes nothing, nothing more is read.
        slow.Link.ToClient.WindowBytes = 1_000_000;
        slow.Cut();
    }

    private static EngineWorld World(CompressionKind client, CompressionKind server, int seed = 1) => new(new()
    {
        Seed = seed,
        IsChaotic = seed > 1,
        With = options => options with { Pools = options.Pools with { SizeMax = 2 } },
        WithServer = options => options with { Compression = server, Dial = new(PerSecond: 10_000, Burst: 1_000) },
    });

    private static FakeClientOptions Options(CompressionKind kind) =>
        new() { Capabilities = FakeClientOptions.Modern | CompressionKinds.FlagOf(kind) };

    private static Capabilities OfferedBy(FakeServerKind kind, Capabilities setting)
    {
        using var world = new EngineWorld(new()
        {
            Kind = kind,
            With = options => options with { Clients = options.Clients with { Compression = setting } },
        });
        return world.Client().Offered & CompressionKinds.All;
    }

    private static byte[] Packed(CompressionKind kind, byte[] plain)
    {
        using var bench = new CompressionBench();
        var frame = new byte[FrameHeader.Size + plain.Length];
        return frame[..bench.WriteFrame(kind, 3, 0, plain, frame)];
    }

    private static byte[] Frame(byte sequence, byte[] plain)
    {
        var frame = new byte[FrameHeader.Size + plain.Length];
        new FrameHeader(plain.Length, sequence, 0).Write(frame);
        plain.CopyTo(frame, FrameHeader.Size);
        return frame;
    }

    private static Link ServerLink(EngineWorld world) => ((SimulatedWire)world.Pooled.First().Wire).Link;
}
