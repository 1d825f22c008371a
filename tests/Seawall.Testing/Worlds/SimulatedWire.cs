using Seawall.Engine.Loops;

namespace Seawall.Testing.Worlds;

/// <summary>One end of a <see cref="Link"/>, with the habits of an edge-triggered socket.</summary>
public sealed class SimulatedWire : Wire
{
    private readonly Pipe _in;
    private readonly Pipe _out;
    private bool _connecting;
    private bool _refused;
    private bool _isRaised;
    private bool _isAway;

    internal SimulatedWire(Loop loop, Link link, bool isClient, PeerAddress peer)
        : base(loop)
    {
        Link = link;
        Peer = peer;
        _in = isClient ? link.ToClient : link.ToServer;
        _out = isClient ? link.ToServer : link.ToClient;
        _connecting = isClient;
        WriteReady = !isClient;
    }

    /// <summary>The connection.</summary>
    public Link Link { get; }

    /// <inheritdoc/>
    public override int Receive(Span<byte> into)
    {
        if (IsClosed || _connecting || _refused)
            return IsClosed || _refused ? WireResult.Broken : WireResult.Later;
        var count = _in.Read(into);
        if (count > 0)
        {
            if (count < into.Length && !PeerGone)
                ReadReady = false;
            return count;
        }
        if (_in.IsBroken)
            return WireResult.Broken;
        if (_in.HasEnded)
            return WireResult.End;
        ReadReady = false;
        return WireResult.Later;
    }

    /// <inheritdoc/>
    public override bool LooksDead() =>
        IsClosed || PeerGone || (!_in.HasArrived && (_in.HasEnded || _in.IsBroken));

    /// <summary>Says that nothing more will be sent; reading goes on.</summary>
    public void EndWriting() => _out.End(Ending.Closed);

    internal void Connected()
    {
        _connecting = false;
        Raise();
    }

    internal void Refused()
    {
        _refused = true;
        Raise();
    }

    internal void RoomCame()
    {
        if (!WriteReady)
            Raise();
    }

    internal void Raise()
    {
        if (_isRaised || _isAway || IsClosed)
            return;
        _isRaised = true;
        ((SimulatedLoop)Loop).Raise(this);
    }

    internal void Note()
    {
        _isRaised = false;
        if (IsClosed || _isAway)
            return;
        if (_refused)
        {
            ReadReady = WriteReady = PeerGone = true;
            NoteAbove();
            return;
        }
        if (_connecting)
            return;
        ReadReady |= _in.HasArrived || _in.HasEnded || _in.IsBroken;
        WriteReady |= _in.IsBroken || _out.Room > 0;
        PeerGone |= _in.HasEnded || _in.IsBroken;
        NoteAbove();
    }

    internal void WakeUp()
    {
        if (!_isAway)
            WakeAll();
    }

    /// <inheritdoc/>
    protected override long UntakenBelow => _out.Untaken;

    /// <inheritdoc/>
    protected override int Write(ReadOnlySpan<byte> bytes)
    {
        if (IsClosed || _refused || _in.IsBroken)
            return WireResult.Broken;
        var count = _connecting ? 0 : _out.Write(bytes);
        if (count == bytes.Length)
            return count;
        WriteReady = false; // As with a socket: also when the peer has only ended its own side.
        return count > 0 ? count : WireResult.Later;
    }

    /// <inheritdoc/>
    protected override void CloseCore() => _out.End(_in.HasArrived ? Ending.Reset : Ending.Closed);

    /// <inheritdoc/>
    protected override void LetGoCore() => _isAway = true;

    /// <inheritdoc/>
    protected override void ComeToCore()
    {
        _isAway = _isRaised = ReadReady = false;
        Raise();
    }
}
