using System.Net.Sockets;

namespace Seawall.LabTests.Rehearsal;

/// <summary>
/// A network that loses its server: all connections end, and none is made any more; when a test says so, or after so many pieces from clients.
/// </summary>
internal sealed class LosingRelay : Relay
{
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _piecesMax;
    private int _pieces;

    public LosingRelay(int serverPort, int piecesMax = int.MaxValue)
        : base(serverPort)
    {
        _piecesMax = piecesMax;
        Open();
    }

    /// <summary>From now on nobody is there.</summary>
    public void Lose() => _lost.TrySetResult();

    // Still accepted, and closed at once: a port that nobody listens on may be another test's a moment later.
    /// <inheritdoc/>
    protected override Task Begin(CancellationToken end) =>
        _lost.Task.IsCompleted ? Task.FromException(new IOException("The server is lost.")) : Task.CompletedTask;

    /// <inheritdoc/>
    protected override Task Forward(NetworkStream client, NetworkStream server, CancellationToken end) =>
        Task.WhenAny(Pass(client, server, end), _lost.Task);

    private async Task Pass(NetworkStream client, NetworkStream server, CancellationToken end)
    {
        var buffer = new byte[64 * 1024];
        while (await client.ReadAsync(buffer, end) is > 0 and var count)
        {
            if (Interlocked.Increment(ref _pieces) > _piecesMax)
                Lose();
            await server.WriteAsync(buffer.AsMemory(0, count), end);
        }
    }
}
