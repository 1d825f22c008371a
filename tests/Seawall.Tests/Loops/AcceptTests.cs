using System.Net;
using System.Net.Sockets;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;
using Xunit;

namespace Seawall.Tests.Loops;

/// <summary>One edge tells of all clients that wait in the kernel: whoever is not taken then must be taken without another.</summary>
public sealed class AcceptTests
{
    [Fact]
    public void Those_behind_a_client_that_could_not_be_received_are_let_in()
    {
        var accepted = 0;
        var bugs = 0;
        using var loop = new EpollLoop(0, TimeProvider.System, new Random(1), _ => Interlocked.Increment(ref bugs));
        var listener = loop.Listen(Endpoint.Tcp(IPAddress.Loopback, 0), _ =>
        {
            if (Interlocked.Increment(ref accepted) == 1)
                throw new InvalidOperationException("the first one cannot be received");
        });
        var clients = Enumerable.Range(0, 3).Select(_ => Connected(listener.Endpoint)).ToArray();

        loop.Start();
        var allCame = SpinWait.SpinUntil(() => Volatile.Read(ref accepted) == 3, TimeSpan.FromSeconds(20));
        loop.Stop();
        loop.Join(TimeSpan.FromSeconds(20));
        foreach (var client in clients)
            client.Dispose();

        Assert.True(allCame);
        Assert.Equal(1, bugs);
    }

    private static Socket Connected(Endpoint endpoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPEndPoint.Parse(endpoint.Text));
        return socket;
    }
}
