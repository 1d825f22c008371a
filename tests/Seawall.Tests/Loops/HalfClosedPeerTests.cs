using System.Net;
using System.Net.Sockets;
using Seawall.Engine.Loops;
using Seawall.Tests.Tls;
using Xunit;

namespace Seawall.Tests.Loops;

public sealed class HalfClosedPeerTests
{
    [Fact]
    public async Task A_peer_that_ended_its_side_and_reads_nothing_does_not_hold_up_the_loop()
    {
        const int Length = 16 * 1024 * 1024; // More than the kernel keeps for a socket.
        using var host = new LoopHost();
        var accepted = new TaskCompletionSource<Wire>(TaskCreationOptions.RunContinuationsAsynchronously);
        var endpoint = await host.Listen(accepted.SetResult);
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await peer.ConnectAsync(IPEndPoint.Parse(endpoint.Text), TestContext.Current.CancellationToken);
        var wire = await accepted.Task;
        peer.Shutdown(SocketShutdown.Send);
        Assert.Equal(WireResult.End, await host.Run(() => wire.ReadSome(new byte[1])));

        var sent = host.Run(() => wire.Write(new byte[Length]));

        Assert.True(await host.Do(() => wire is { HasUnsent: true, PeerGone: true })
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        var received = 0;
        var buffer = new byte[256 * 1024];
        while (received < Length)
            received += await peer.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        Assert.True(await sent);
    }
}
