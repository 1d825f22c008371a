using System.Net;
using System.Net.Sockets;

namespace Seawall.LabTests.Rehearsal;

/// <summary>A network between clients and a server: whatever comes goes on, except what a kind of it does to it.</summary>
internal abstract class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _serverPort;
    private Task _accepting = Task.CompletedTask;

    protected Relay(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start(backlog: 4096);
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

    /// <summary>Clients come in from now on.</summary>
    protected void Open() => _accepting = Accept();

    /// <summary>After a client has come in, and before the next one does.</summary>
    protected virtual Task Between(CancellationToken end) => Task.CompletedTask;

    /// <summary>Before a client that has come in is connected to the server.</summary>
    protected virtual Task Begin(CancellationToken end) => Task.CompletedTask;

    /// <summary>What the client sends, until it has sent all.</summary>
    protected virtual Task Forward(NetworkStream client, NetworkStream server, CancellationToken end) => client.CopyToAsync(server, end);

    private async Task Accept()
    {
        var all = new List<Task>();
        try
        {
            while (true)
            {
                all.Add(Serve(await _listener.AcceptTcpClientAsync(_end.Token)));
                await Between(_end.Token);
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
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await Begin(ends.Token);
                await server.ConnectAsync(IPAddress.Loopback, _serverPort, ends.Token);
                var back = server.GetStream().CopyToAsync(client.GetStream(), ends.Token);
                await Task.WhenAny(Forward(client.GetStream(), server.GetStream(), ends.Token), back);
                await ends.CancelAsync();
            }
            catch (Exception gone) when (gone is SocketException or IOException or OperationCanceledException)
            {
                // One side has hung up.
            }
        }
    }
}
