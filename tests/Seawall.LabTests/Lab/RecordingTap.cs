using System.Net;
using System.Net.Sockets;
using Seawall.Fuzz.Inputs;

namespace Seawall.LabTests.Lab;

/// <summary>A port that hands one connection at a time on to a server and notes what both sides say.</summary>
public sealed class RecordingTap : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _accepting;
    private readonly int _serverPort;
    private Task _copying = Task.CompletedTask;

    public RecordingTap(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What the present connection has said so far.</summary>
    public Recording Recording { get; private set; } = new();

    /// <summary>Waits until the present connection has ended, and gives what was said.</summary>
    public async Task<Recording> TakeAsync()
    {
        await _copying;
        return Recording;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        await _copying;
        _listener.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                await _copying;
                Recording = new Recording();
                _copying = Serve(client);
            }
        }
        catch (SocketException)
        {
            // Stopped.
        }
    }

    private async Task Serve(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            await server.ConnectAsync(IPAddress.Loopback, _serverPort);
            await Task.WhenAny(Copy(client, server, isServers: false), Copy(server, client, isServers: true));
        }
    }

    private async Task Copy(TcpClient from, TcpClient to, bool isServers)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer) is > 0 and var count)
            {
                lock (_listener)
                    Recording.Add(isServers, buffer.AsSpan(0, count));
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (IOException)
        {
            // The other side has gone.
        }
    }
}
