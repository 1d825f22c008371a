using System.Net;
using System.Net.Sockets;
using Seawall.Testing;
using Xunit;

namespace Seawall.Tests.Flow.Logins;

/// <summary>A flood over real sockets: what the simulated world shows, the kernel's queues included.</summary>
public sealed class RealFloodTests
{
    private const int PerSource = 20;

    [Fact]
    public void A_flood_from_one_address_keeps_nobody_from_another_out()
    {
        using var stage = new RealStage(options => options with
        {
            Clients = options.Clients with { LoginsPerSourceMax = PerSource },
        });
        var door = IPEndPoint.Parse(stage.Engine.Bound[0].Text);
        var flood = Enumerable.Range(0, 300).Select(_ => Connected(door, "127.0.0.9")).ToArray();

        for (var i = 0; i < 10; i++)
            stage.Client().Quit();

        // Those beyond the limit have heard so and are out; the others are still where they were.
        Assert.True(SpinWait.SpinUntil(() => stage.Engine.LoginCount == PerSource, TimeSpan.FromSeconds(30)));
        foreach (var socket in flood)
            socket.Dispose();
        Assert.True(SpinWait.SpinUntil(() => stage.Engine.LoginCount == 0, TimeSpan.FromSeconds(30)));
    }

    private static Socket Connected(IPEndPoint door, string from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        socket.Connect(door);
        return socket;
    }
}
