using System.Net;
using System.Net.Sockets;

namespace Seawall.LabTests.Rehearsal;

/// <summary>A network that lets so many new connections a second through to a server, one after another, and everything else as it comes.</summary>
internal sealed class TurnstileRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _serverPort;
    private readonly TimeSpan _gap;
    private readonly Task _accepting;

    public TurnstileRelay(int serverPort, double perSecond)
    {
        (_serverPort, _gap) = (serverPort, TimeSpan.FromSeconds(1 / perSecond));
        _listener.Start(backlog: 4096);
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task Accept()
    {
        var all = new List<Task>();
        try
        {
            while (true)
            {
                all.Add(Serve(await _listener.AcceptTcpClientAsync(_end.Token)));
                await Task.Delay(_gap, _end.Token);
            }
        }
        catch (Exception ended) when (ended is SocketException or OperationCanceledException)
        {
            await Task.WhenAll(all);
        }
    }

    private async Task Serve(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await server.ConnectAsync(IPAddress.Loopback, _serverPort, _end.Token);
                await Task.WhenAny(
                    client.GetStream().CopyToAsync(server.GetStream(), _end.Token), server.GetStream().CopyToAsync(client.GetStream(), _end.Token));
            }
            catch (Exception gone) when (gone is SocketException or IOException or OperationCanceledException)
            {
                // One side has hung up.
            }
        }
    }
}
