using System.Net;
using System.Net.Sockets;
using Seawall.Engine.Loops;

namespace Seawall.Tests.Tls;

/// <summary>Passes bytes on for one connection, in crumbs if wanted, and cuts it after so many in a direction.</summary>
internal sealed class CutProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Endpoint _target;
    private readonly Task _work;
    private long _up;
    private long _down;

    internal CutProxy(Endpoint target, long upMax, long downMax, int crumb = 16 * 1024)
    {
        _target = target;
        _listener.Start();
        _work = Serve(upMax, downMax, crumb);
    }

    internal Endpoint Endpoint => Endpoint.Tcp(IPAddress.Loopback, ((IPEndPoint)_listener.LocalEndpoint).Port);

    /// <summary>Bytes that were passed on from client to server.</summary>
    internal long Up => Interlocked.Read(ref _up);

    /// <summary>And from server to client.</summary>
    internal long Down => Interlocked.Read(ref _down);

    public void Dispose() => _listener.Dispose();

    private async Task Serve(long upMax, long downMax, int crumb)
    {
        using var client = await _listener.AcceptSocketAsync();
        using var server = await Door.Dial(_target);
        client.NoDelay = server.NoDelay = true;
        // Whichever ends first ends both: that is what a cut is.
        await Task.WhenAny(
            Pass(client, server, upMax, crumb, count => Interlocked.Add(ref _up, count)),
            Pass(server, client, downMax, crumb, count => Interlocked.Add(ref _down, count)));
    }

    private static async Task Pass(Socket from, Socket to, long atMost, int crumb, Action<int> count)
    {
        var buffer = new byte[crumb];
        try
        {
            for (var left = atMost; left > 0;)
            {
                var got = await from.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(left, crumb)));
                if (got == 0)
                    return;
                await to.SendAsync(buffer.AsMemory(0, got));
                count(got);
                left -= got;
            }
        }
        catch (SocketException)
        {
            // One of the two has gone: so goes the other.
        }
        catch (ObjectDisposedException)
        {
            // The other direction was cut.
        }
    }
}
