using System.Net.Sockets;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary>
/// A network in which one connection falls silent in both directions, for good, when so many pieces have come from clients in all; the others go on,
/// until a test has all of them fall silent.
/// </summary>
internal sealed class StallingRelay : Relay
{
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _piece;
    private int _pieces;
    private volatile bool _areAllStalled;

    /// <summary>With piece 0 the first connection is accepted, and nothing more.</summary>
    public StallingRelay(int serverPort, int piece = int.MaxValue)
        : base(serverPort)
    {
        _piece = piece;
        Open();
    }

    /// <summary>From now on nothing comes to the server any more, and nobody new hears of it.</summary>
    public void StallAll() => _areAllStalled = true;

    /// <summary>Waits until one has fallen silent, has the program hear Ctrl-C then, and says how it ended.</summary>
    public async Task<LabResult> InterruptWhenSilent(LabProgram program, TimeSpan timeMax, CancellationToken cancel)
    {
        var ended = program.WaitAsync(timeMax, cancel);
        Assert.True(await Task.WhenAny(_stalled.Task, ended) == _stalled.Task, $"not reached: {_piece}\n{program.Output}\n{program.Errors}");
        program.Signal(LabSignal.Interrupt);
        return await ended;
    }

    /// <inheritdoc/>
    protected override Task Begin(CancellationToken end) => StallIfLast(0, end);

    /// <inheritdoc/>
    protected override async Task Forward(NetworkStream client, NetworkStream server, CancellationToken end)
    {
        var buffer = new byte[64 * 1024];
        while (await client.ReadAsync(buffer, end) is > 0 and var count)
        {
            await StallIfLast(Interlocked.Increment(ref _pieces), end);
            await server.WriteAsync(buffer.AsMemory(0, count), end);
        }
    }

    private Task StallIfLast(int piece, CancellationToken end) =>
        _areAllStalled || (piece == _piece && _stalled.TrySetResult()) ? Task.Delay(Timeout.InfiniteTimeSpan, end) : Task.CompletedTask;
}
