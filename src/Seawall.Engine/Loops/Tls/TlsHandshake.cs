using System.Buffers;
using System.Buffers.Binary;

namespace Seawall.Engine.Loops.Tls;

/// <summary>
/// One handshake. The loop moves bytes: it gathers whole records, sends what comes out, and waits. Everything that OpenSSL
/// does happens on a worker, which sees nothing but those bytes. The two take turns, so nothing is locked; and as long as
/// a worker may be at it nobody else has the <c>SSL</c>, whatever happens to the wire meanwhile.
/// </summary>
/// <remarks>
/// <code>
///  loop    gather ─┐             ┌─ send, gather ─┐             ┌─ send ─▶ TlsWire
///  worker          └─ handshake ─┘                └─ handshake ─┘
/// </code>
/// </remarks>
internal sealed class TlsHandshake(
    Wire raw, Workers workers, Func<SslChannel?> make, HandshakeGate? gate, SessionSlot? sessions, string peer)
    : WorkItem(raw.Loop), ICiphertext
{
    private const int HeaderLength = 5;

    /// <summary>The first byte of the version in every record since SSL 3.</summary>
    private const byte MajorVersion = 3;

    /// <summary>The longest record that RFC 5246, 6.2.3 allows: 16 KiB and 2 KiB for what compression and ciphers add.</summary>
    private const int RecordMax = HeaderLength + 16_384 + 2_048;

    /// <summary>Enough for a hello, and for a client's whole part when it shows no certificate.</summary>
    private const int FirstRoom = 2_048;

    private byte[] _received = [];
    private int _pulled;
    private int _whole;
    private int _end;
    private byte[] _produced = [];
    private int _producedLength;
    private SslChannel? _ssl;
    private SslStep _step = SslStep.WantsBytes;
    private string? _problem;
    private string? _subject;
    private volatile bool _isMoot;

    /// <summary>Runs it; <paramref name="ahead"/> is what has arrived already.</summary>
    internal async LoopTask<TlsUpgrade> Run(byte[] ahead)
    {
        _received = ArrayPool<byte>.Shared.Rent(Math.Max(FirstRoom, ahead.Length));
        ahead.CopyTo(_received, 0);
        _end = ahead.Length;
        // A storm leaves handshakes behind whose clients have given up: workers must not waste a signature on them. Later
        // steps are cheap, and may hold the peer's reason for going.
        raw.WhenGone(new Callback(() => _isMoot = true));
        var problem = sessions is null ? await Gather() : null; // Who connects speaks first.
        var place = problem is null ? gate?.Enter(raw.Loop) : null;
        if (place is not null)
            await place;
        while (problem is null && _step != SslStep.Done)
            problem = await TakeStep();
        place?.Leave();
        raw.WhenGone(null);
        var wire = problem is null ? new TlsWire(raw, _ssl!, sessions, _subject, _received.AsSpan(_pulled, _end - _pulled)) : null;
        if (wire is null)
            _ssl?.Dispose();
        ArrayPool<byte>.Shared.Return(_received);
        ArrayPool<byte>.Shared.Return(_produced);
        return new TlsUpgrade(wire, problem);
    }

    /// <inheritdoc/>
    public int Pull(Span<byte> into)
    {
        var count = Math.Min(into.Length, _whole - _pulled);
        if (count == 0)
            return WireResult.Later;
        _received.AsSpan(_pulled, count).CopyTo(into);
        _pulled += count;
        return count;
    }

    /// <inheritdoc/>
    public int Push(ReadOnlySpan<byte> bytes)
    {
        if (_produced.Length - _producedLength < bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_producedLength + Math.Max(FirstRoom, bytes.Length));
            _produced.AsSpan(0, _producedLength).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_produced);
            _produced = larger;
        }
        bytes.CopyTo(_produced.AsSpan(_producedLength));
        _producedLength += bytes.Length;
        return bytes.Length;
    }

    /// <inheritdoc/>
    public bool Keep(nint session)
    {
        sessions?.Keep(session);
        return sessions is not null;
    }

    /// <inheritdoc/>
    protected override void Work()
    {
        _step = SslStep.Failed;
        if (_isMoot && _ssl is null)
            return;
        _ssl ??= make();
        if (_ssl is null)
        {
            _problem = "OpenSSL cannot begin: " + TlsProblem.Take($"it has no memory, or the {peer}'s name cannot be verified");
            return;
        }
        _step = _ssl.Handshake(this);
        if (_step != SslStep.WantsBytes)
            sessions?.NoteGroup(_step == SslStep.Done ? _ssl.Group : 0);
        if (_step == SslStep.Failed)
            _problem = TlsProblem.OfHandshake(_ssl);
        else if (_step == SslStep.Done && sessions is null)
            _subject = _ssl.PeerSubject();
    }

    // Null goes on; otherwise why it is over.
    private async LoopTask<string?> TakeStep()
    {
        if (raw.IsClosed)
            return Gone;
        if (!workers.TryRun(this))
            return $"too many handshakes wait already ({workers.Queued})";
        await this;
        if (raw.IsClosed)
            return Gone;
        if (_producedLength > 0)
        {
            raw.Send(_produced.AsSpan(0, _producedLength));
            _producedLength = 0;
        }
        if (_step == SslStep.Failed)
            return _problem ?? Gone; // With what was sent, the peer knows as well.
        if (!await raw.Flushed())
            return Gone;
        return _step == SslStep.Done ? null : await Gather();
    }

    // Waits for a whole record: a worker is not bothered with less. Null when there is one.
    private async LoopTask<string?> Gather()
    {
        while (true)
        {
            if (FindWhole() is { } nonsense)
                return nonsense;
            if (_whole > _pulled)
                return null;
            var count = raw.ReadReady ? Receive() : WireResult.Later;
            if (count > 0)
                continue;
            if (count != WireResult.Later)
                return Gone;
            await raw.Readable();
            if (raw.Heed())
                return "interrupted: Seawall is going down";
        }
    }

    private int Receive()
    {
        if (_pulled > 0)
        {
            _received.AsSpan(_pulled, _end - _pulled).CopyTo(_received);
            (_pulled, _whole, _end) = (0, 0, _end - _pulled);
        }
        if (_end == _received.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(RecordMax);
            _received.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_received);
            _received = larger;
        }
        var count = raw.Receive(_received.AsSpan(_end));
        _end += Math.Max(count, 0);
        return count;
    }

    // Sets where the last whole record ends; says what is wrong when these are no records of a handshake.
    private string? FindWhole()
    {
        _whole = Math.Max(_whole, _pulled);
        while (_end > _whole)
        {
            var record = _received.AsSpan(_whole, _end - _whole);
            if (!LooksRight(record[0]) || (record.Length > 1 && record[1] != MajorVersion))
                return NotTls;
            if (record.Length < HeaderLength)
                return null;
            var length = HeaderLength + BinaryPrimitives.ReadUInt16BigEndian(record[3..]);
            if (length > RecordMax)
                return NotTls;
            if (record.Length < length)
                return null;
            _whole += length;
        }
        return null;
    }

    // The first that a client says is a hello; a server may begin with an alert.
    private bool LooksRight(byte type) => _ssl is null && _whole == 0
        ? type == Record.Handshake
        : type is >= Record.ChangeCipherSpec and <= Record.ApplicationData;

    private string Gone => $"the {peer} has gone in the middle of the handshake";

    private string NotTls => $"what the {peer} sent is not TLS";

    // The types of records, RFC 8446 section 5.1.
    private static class Record
    {
        internal const byte ChangeCipherSpec = 20;
        internal const byte Handshake = 22;
        internal const byte ApplicationData = 23;
    }
}
