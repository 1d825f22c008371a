namespace Seawall.Engine.Loops.Tls;

/// <summary>
/// A wire under TLS, in the place of the raw one that it goes over. It keeps no buffer of its own: ciphertext stays in the
/// kernel until somebody reads, and what the peer does not take is at most one record, besides what
/// <see cref="Wire.Send"/> keeps anyway.
/// </summary>
/// <remarks>
/// <see cref="Wire.ReadReady"/> is exact here: what the protocol says to itself (session tickets, new keys) wakes nobody,
/// and is no reason to distrust a connection that was idle.
/// </remarks>
public sealed class TlsWire : Wire, ICiphertext
{
    private readonly Wire _raw;
    private readonly SslChannel _ssl;
    private readonly SessionSlot? _sessions;
    private byte[]? _ahead;
    private int _aheadTaken;
    private int _end = WireResult.Later;
    private string? _problem;
    private bool _readWantsRoom;
    private bool _writeWantsBytes;

    internal TlsWire(Wire raw, SslChannel ssl, SessionSlot? sessions, string? peerCertificate, ReadOnlySpan<byte> ahead)
        : base(raw.Loop)
    {
        _raw = raw;
        _ssl = ssl;
        _sessions = sessions;
        Peer = raw.Peer;
        PeerCertificate = peerCertificate;
        if (!ahead.IsEmpty)
            _ahead = ahead.ToArray();
        raw.GoUnder(this);
        NoteBelow();
        if (!ReadReady && MayHaveMore)
            ReadReady = Probe();
    }

    /// <inheritdoc/>
    public override bool GoesFirst
    {
        get => _raw.GoesFirst;
        set => _raw.GoesFirst = value;
    }

    /// <inheritdoc/>
    public override bool IsEncrypted => true;

    /// <inheritdoc/>
    public override string? PeerCertificate { get; }

    /// <summary>The protocol's version, as <c>TLSv1.3</c>; empty once the wire is closed.</summary>
    public string Version => IsClosed ? "" : _ssl.Version;

    /// <inheritdoc/>
    public override TlsSummary? Tls => IsClosed ? null : new TlsSummary(
        _ssl.Version switch { "TLSv1.3" => 0x3000, "TLSv1.2" => 0x0C00, _ => 0 }, _ssl.CipherNumber, _ssl.IsResumed);

    /// <summary>The cipher's name; empty once the wire is closed.</summary>
    public string Cipher => IsClosed ? "" : _ssl.Cipher;

    /// <summary>
    /// What ended it, when that was no plain end: in TLS 1.3 a server refuses a certificate after the handshake, in an alert.
    /// </summary>
    public override string? Problem => _problem;

    /// <summary>Whether an earlier session was resumed, and the public-key cryptography spared.</summary>
    public bool IsResumed => !IsClosed && _ssl.IsResumed;

    /// <inheritdoc/>
    protected override long UntakenBelow => _raw.Untaken;

    internal SslChannel Channel => _ssl;

    private bool MayHaveMore => _raw.ReadReady || _ahead is not null || _ssl.HasPending;

    /// <inheritdoc/>
    public override int Receive(Span<byte> into)
    {
        if (IsClosed)
            return WireResult.Broken;
        var count = 0;
        while (count < into.Length && _end == WireResult.Later)
        {
            var got = _ssl.Read(this, into[count..]);
            if (got > 0)
                count += got;
            else
                NoteNothing(got);
            // The next bytes raise a new edge below, as with a plain wire.
            ReadReady = _end != WireResult.Later || (got > 0 && MayHaveMore);
            if (!ReadReady)
                break;
        }
        return count > 0 ? count : _end;
    }

    /// <inheritdoc/>
    public override bool LooksDead() => IsClosed || PeerGone || _raw.LooksDead();

    int ICiphertext.Pull(Span<byte> into)
    {
        if (_ahead is null)
            return _raw.ReadReady ? _raw.Receive(into) : WireResult.Later;
        var count = Math.Min(into.Length, _ahead.Length - _aheadTaken);
        _ahead.AsSpan(_aheadTaken, count).CopyTo(into);
        _aheadTaken += count;
        if (_aheadTaken == _ahead.Length)
            _ahead = null;
        return count;
    }

    int ICiphertext.Push(ReadOnlySpan<byte> bytes) => _raw.WriteNow(bytes);

    bool ICiphertext.Keep(nint session)
    {
        _sessions?.Keep(session);
        return _sessions is not null;
    }

    internal override void NoteBelow()
    {
        if (IsClosed)
            return;
        PeerGone |= _raw.PeerGone;
        if (_raw.WriteReady)
        {
            WriteReady = true;
            if (_readWantsRoom && !ReadReady)
                ReadReady = Probe();
        }
        if (!_raw.ReadReady)
            return;
        if (!ReadReady)
            ReadReady = Probe();
        if (_writeWantsBytes)
            (_writeWantsBytes, WriteReady) = (false, true);
    }

    /// <inheritdoc/>
    protected override int Write(ReadOnlySpan<byte> bytes)
    {
        if (IsClosed)
            return WireResult.Broken;
        var count = 0;
        while (count < bytes.Length)
        {
            var put = _ssl.Write(this, bytes[count..]);
            if (put > 0)
            {
                count += put;
                continue;
            }
            if (put is not SslChannel.WantsRoom and not WireResult.Later)
                return WireResult.Broken;
            _writeWantsBytes = put == WireResult.Later;
            WriteReady = false; // Room below raises an edge.
            return count > 0 ? count : WireResult.Later;
        }
        return count;
    }

    /// <inheritdoc/>
    protected override void CloseCore()
    {
        _raw.GoUnder(null);
        if (!_raw.IsClosed)
            _ssl.SayGoodbye(this);
        _ssl.Dispose();
        _ahead = null;
        _raw.Close();
    }

    /// <inheritdoc/>
    protected override void LetGoCore() => _raw.LetGo();

    /// <inheritdoc/>
    protected override void ComeToCore()
    {
        // The raw wire is told anew of all that is true now.
        _raw.ComeTo(Loop);
        ReadReady = _end != WireResult.Later || (MayHaveMore && Probe());
    }

    private bool Probe()
    {
        _readWantsRoom = false;
        var there = _ssl.Peek(this);
        if (there > 0)
            return true;
        NoteNothing(there);
        return _end != WireResult.Later;
    }

    private void NoteNothing(int result)
    {
        if (result == SslChannel.WantsRoom)
        {
            _readWantsRoom = true;
        }
        else if (result != WireResult.Later)
        {
            _end = result;
            PeerGone = true;
            if (result == WireResult.Broken)
                _problem = TlsProblem.Take("the connection broke");
        }
    }
}
