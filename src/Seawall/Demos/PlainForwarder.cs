using System.Net;
using System.Net.Sockets;

namespace Seawall.Demos;

/// <summary>What stands in front of many servers: it opens a connection for each that comes, and passes bytes on, both ways.</summary>
internal sealed class PlainForwarder : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;

    internal PlainForwarder(int target)
    {
        _target = target;
        _listener.Start(backlog: 4096);
        _ = Accept();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();

    private async Task Accept()
    {
        try
        {
            while (true)
                _ = Pass(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // It was disposed of.
        }
    }

    // Whichever side ends first, or breaks, takes the other along.
    private async Task Pass(TcpClient client)
    {
        using var ours = client;
        using var theirs = new TcpClient();
        ours.NoDelay = theirs.NoDelay = true;
        try
        {
            await theirs.ConnectAsync(IPAddress.Loopback, _target);
            var (near, far) = (ours.GetStream(), theirs.GetStream());
            const int bufferBytes = 4096;
            var there = near.CopyToAsync(far, bufferBytes);
            var back = far.CopyToAsync(near, bufferBytes);
            await await Task.WhenAny(there, back);
        }
        catch (Exception end) when (end is IOException or SocketException or ObjectDisposedException)
        {
            // The other end hears of it by the end of its connection.
        }
    }
}
