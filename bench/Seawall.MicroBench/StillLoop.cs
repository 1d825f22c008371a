using Seawall.Engine.Loops;

namespace Seawall.MicroBench;

/// <summary>Nothing moves: what is measured is the code around the wire.</summary>
internal sealed class StillLoop : Loop
{
    internal StillLoop()
        : base(0, TimeProvider.System, new Random(1), bug => throw bug)
    {
    }

    public override bool IsCurrent => true;

    public override void Post(LoopJob job) => throw new InvalidOperationException("nobody waits here");

    public override Wire Connect(Endpoint endpoint) => throw new InvalidOperationException("nobody dials here");

    public override IWireListener Listen(Endpoint endpoint, Action<Wire> accepted, int inherited = -1) =>
        throw new InvalidOperationException("nobody listens here");
}

/// <summary>Takes everything and says nothing.</summary>
internal sealed class StillWire(Loop loop) : Wire(loop)
{
    public override int Receive(Span<byte> into) => WireResult.Later;

    public override bool LooksDead() => false;

    protected override long UntakenBelow => 0;

    protected override int Write(ReadOnlySpan<byte> bytes) => bytes.Length;

    protected override void CloseCore()
    {
    }

    protected override void LetGoCore()
    {
    }

    protected override void ComeToCore()
    {
    }
}
