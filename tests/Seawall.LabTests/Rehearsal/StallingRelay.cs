using System.Net;
using System.Net.Sockets;

namespace Seawall.LabTests.Rehearsal;

/// <summary>
/// A network in which one connection falls silent in both directions, for good, when so many pieces have come from clients in all; the others go on.
/// </summary>
internal sealed class StallingRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _serverPort;
    private readonly int _piece;
    private readonly Task _accepting;
    private int _pieces;

    /// <summary>With piece 0 the first connection is accepted, and nothing more.</summary>
    public StallingRelay(int serverPort, int piece)
    {
        (_serverPort, _piece) = (serverPort, piece);
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>One has fallen silent.</summary>
    public Task Stalled => _stalled.Task;

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
                all.Add(Serve(await _listener.AcceptTcpClientAsync(_end.Token)));
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
                if (IsLast(0))
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, _end.Token);
                    return;
                }
                await server.ConnectAsync(IPAddress.Loopback, _serverPort, ends.Token);
                var back = server.GetStream().CopyToAsync(client.GetStream(), ends.Token);
                await Task.WhenAny(Forward(client.GetStream(), server.GetStream(), ends), back);
                await ends.CancelAsync();
            }
            catch (Exception gone) when (gone is SocketException or IOException or OperationCanceledException)
            {
                // One side has hung up.
            }
        }
    }

    private async Task Forward(NetworkStream from, NetworkStream to, CancellationTokenSource ends)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, ends.Token) is > 0 and var count)
        {
            if (IsLast(Interlocked.Increment(ref _pieces)))
                await Task.Delay(Timeout.InfiniteTimeSpan, ends.Token);
            await to.WriteAsync(buffer.AsMemory(0, count), ends.Token);
        }
    }

    private bool IsLast(int piece) => piece == _piece && _stalled.TrySetResult();
}
