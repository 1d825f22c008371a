namespace Seawall.LabTests.Rehearsal;

/// <summary>A network that lets so many new connections a second through to a server, one after another, and everything else as it comes.</summary>
internal sealed class TurnstileRelay : Relay
{
    private readonly TimeSpan _gap;

    public TurnstileRelay(int serverPort, double perSecond)
        : base(serverPort)
    {
        _gap = TimeSpan.FromSeconds(1 / perSecond);
        Open();
    }

    /// <inheritdoc/>
    protected override Task Between(CancellationToken end) => Task.Delay(_gap, end);
}
