using System.Net;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Tls;

/// <summary>TLS over a network that cuts writes and orders events by chance, and that can be cut at any byte.</summary>
public sealed class TlsWorldTests : IDisposable
{
    private static readonly Endpoint s_door = Endpoint.Tcp(IPAddress.Loopback, 3306);

    /// <summary>No two handshakes are of the same length: two numbers of a signature may be a few bytes shorter.</summary>
    private const int SignaturesVary = 16;

    private readonly TestPki _pki = new();
    private readonly Workers _workers = new(0, 1);

    public void Dispose()
    {
        _pki.Dispose();
        _workers.Dispose();
    }

    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public void Whatever_the_network_does_to_order_and_size_every_byte_comes(TlsVersion version)
    {
        const int Length = 300_000;
        for (var seed = 1; seed <= 25; seed++)
        {
            var world = new World(seed, chaotic: true);
            var ends = Connect(world, version, link => link.ToClient.WindowBytes = link.ToServer.WindowBytes = world.Random.Next(100, 40_000));
            var got = new int[2];
            var (server, client) = (ends.Server!, ends.Client!);
            Start(server.SendPattern(Length, world.Random.Next(1, 70_000), new Progress()), world, _ => { });
            Start(client.SendPattern(Length, world.Random.Next(1, 70_000), new Progress()), world, _ => { });
            Start(server.ReadPattern(Length, world.Random.Next(1, 70_000)), world, count => got[0] = count);
            Start(client.ReadPattern(Length, world.Random.Next(1, 70_000)), world, count => got[1] = count);

            Assert.True(world.RunUntil(() => got[0] > 0 && got[1] > 0), $"seed {seed}");
            world.ThrowBugs();
            Assert.Equal((seed, Length, Length), (seed, got[0], got[1]));
        }
    }

    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public void A_connection_that_is_cut_at_any_byte_ends_on_both_sides(TlsVersion version)
    {
        var whole = new World();
        var ends = Connect(whole, version);
        Assert.Equal("pong", Talk(whole, ends));
        var (up, down) = (whole.Network.Links[0].ToServer.Written, whole.Network.Links[0].ToClient.Written);
        Assert.True(up > 200 && down > 500, $"{up}, {down}");

        for (var cut = 0L; cut < Math.Max(up, down); cut += 7)
        {
            foreach (var isUp in (bool[])[true, false])
            {
                var world = new World();
                var both = Connect(world, version, link => (isUp ? link.ToServer : link.ToClient).CutAfter((int)cut));
                if (both is { Server: not null, Client: not null } && cut < (isUp ? up : down) - SignaturesVary)
                    Assert.NotEqual("pong", Talk(world, both));
                world.ThrowBugs();
            }
        }
    }

    [Fact]
    public void A_byte_that_was_changed_on_the_way_ends_the_connection()
    {
        var world = new World();
        var ends = Connect(world, TlsVersion.Tls12);
        var got = 0;
        var buffer = new byte[100];
        Start(ends.Client!.ReadSome(buffer), world, count => got = count);

        // A record of application data that nobody with the key has made.
        Assert.True(((Wire)world.Network.Links[0].ServerWire!).WriteNow([23, 3, 3, 0, 32, .. new byte[32]]) > 0);

        Assert.True(world.RunUntil(() => got != 0));
        Assert.Equal(WireResult.Broken, got);
        Assert.Equal("decryption failed or bad record mac", ends.Client!.Problem);
        Assert.Equal(WireResult.Broken, ends.Client!.Receive(buffer));
    }

    private static string? Talk(World world, Ends ends)
    {
        byte[]? answer = null;
        Start(Serve(ends.Server!), world, _ => { });
        Start(Ask(ends.Client!), world, bytes => answer = bytes);
        Assert.True(world.RunUntil(() => answer is not null));
        return System.Text.Encoding.ASCII.GetString(answer!);

        static async LoopTask<bool> Serve(TlsWire wire) =>
            (await wire.ReadExactly(4)).Length == 4 && await wire.Write("pong"u8.ToArray());

        static async LoopTask<byte[]> Ask(TlsWire wire)
        {
            await wire.Write("ping"u8.ToArray());
            return await wire.ReadExactly(4);
        }
    }

    // Both ends have come to an end, with a wire or without.
    private Ends Connect(World world, TlsVersion version, Action<Link>? connecting = null)
    {
        var (server, client) = (_pki.ServerContext(), _pki.ClientContext(max: version));
        var (serverLoop, clientLoop) = (world.AddLoop(0), world.AddLoop(1));
        TlsUpgrade? accepted = null, connected = null;
        world.Network.Connecting = connecting;
        serverLoop.Listen(s_door, raw => Start(server.Accept(raw, [], _workers), world, upgrade => accepted = Closed(upgrade, raw)));
        var dialled = clientLoop.Connect(s_door);
        Start(Dial(dialled, client), world, upgrade => connected = Closed(upgrade, dialled));
        Assert.True(world.RunUntil(() => (accepted is not null || dialled.IsClosed) && connected is not null));
        return new(accepted?.Wire, connected?.Wire);
    }

    private async LoopTask<TlsUpgrade> Dial(Wire raw, TlsClientContext context) =>
        await raw.Connected() ? await context.Connect(raw, "localhost", _workers) : new TlsUpgrade(null, "no connection");

    private static TlsUpgrade Closed(TlsUpgrade upgrade, Wire raw)
    {
        if (upgrade.Wire is null)
            raw.Close();
        return upgrade;
    }

    private static void Start<T>(LoopTask<T> work, World world, Action<T> done)
    {
        Finish().Forget(world.Bugs.Add);

        async LoopTask Finish() => done(await work);
    }

    private sealed record Ends(TlsWire? Server, TlsWire? Client);
}
