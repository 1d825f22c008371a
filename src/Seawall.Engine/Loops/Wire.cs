namespace Seawall.Engine.Loops;

/// <summary>How reading or writing a <see cref="Wire"/> ended when no bytes moved.</summary>
public static class WireResult
{
    /// <summary>The peer has ended its side in good order.</summary>
    public const int End = 0;

    /// <summary>Nothing now; await <see cref="Wire.Readable"/> or <see cref="Wire.Writable"/>.</summary>
    public const int Later = -1;

    /// <summary>The connection is broken (reset, timed out, closed by us).</summary>
    public const int Broken = -2;
}

/// <summary>
/// One end of a byte stream on a loop: a socket, the same under TLS, or a pipe of the simulated network. Reading and
/// writing never wait; waiting is separate, and there is at most one reader and one writer, on the loop's thread.
/// </summary>
/// <remarks>
/// Back-pressure is a habit of its users: while bytes given to <see cref="Send"/> are still unsent, do not read from the
/// other side. Then a slow peer holds one chunk, and the kernel's own windows do the rest.
/// </remarks>
public abstract class Wire
{
    private Resumable? _onReadable;
    private Resumable? _onWritable;
    private Resumable? _onGone;
    private Outbox _outbox;
    private Wire? _above;

    /// <summary>A wire of <paramref name="loop"/>.</summary>
    protected Wire(Loop loop) => Loop = loop;

    /// <summary>The loop that owns the wire now.</summary>
    public Loop Loop { get; protected set; }

    /// <summary>Who is at the other end; behind a proxy that says so, whom it speaks for.</summary>
    public PeerAddress Peer { get; protected internal set; }

    /// <summary>This end's own address; that of a Unix socket where there is none.</summary>
    public virtual PeerAddress OwnAddress => PeerAddress.Unix;

    /// <summary>Why the connection that this side wanted did not come about, in the system's words; null when none are known.</summary>
    public virtual string? ConnectProblem => null;

    /// <summary>Whether a read may give something: bytes, the end, or an error.</summary>
    public bool ReadReady { get; protected set; }

    /// <summary>Whether a write may take something.</summary>
    public bool WriteReady { get; protected set; }

    /// <summary>Whether the peer has hung up or the connection has failed; unread bytes may still be there.</summary>
    public bool PeerGone { get; protected set; }

    /// <summary>Whether this side has closed it.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether somebody wants the reader to look up, although no bytes came; cleared by <see cref="Heed"/>.</summary>
    public bool IsInterrupted { get; private set; }

    /// <summary>
    /// Whether it is woken before the others of a turn. True for server connections: the answer that one brings frees it for
    /// a statement that came in the same turn.
    /// </summary>
    public virtual bool GoesFirst { get; set; }

    /// <summary>Whether nobody in between can read what goes over it.</summary>
    public virtual bool IsEncrypted => false;

    /// <summary>What TLS has agreed on; null without TLS.</summary>
    public virtual TlsSummary? Tls => null;

    /// <summary>Of a client that has shown a certificate which was verified: its subject, as <c>/CN=x</c>. Null for all others.</summary>
    public virtual string? PeerCertificate => null;

    /// <summary>What ended it, when that was no plain end.</summary>
    public virtual string? Problem => null;

    /// <summary>
    /// Whether its bytes cost the loop much more than moving them: others on the loop get their turn more often then.
    /// </summary>
    public virtual bool IsCostly => false;

    /// <summary>Whether bytes given to <see cref="Send"/> wait for the peer.</summary>
    public bool HasUnsent => _outbox.Length > 0;

    /// <summary>
    /// Bytes given to <see cref="Send"/> that the peer has not taken, those that the system keeps for it among them. As long as the
    /// number stays the same the peer takes nothing.
    /// </summary>
    public long Untaken => _outbox.Length + UntakenBelow;

    /// <summary>Reads what is there: a count above zero, or a <see cref="WireResult"/>.</summary>
    public abstract int Receive(Span<byte> into);

    /// <summary>Whether the peer ended or broke the connection, found without consuming anything. One system call.</summary>
    public abstract bool LooksDead();

    /// <summary>
    /// Sends the bytes, or keeps what the peer does not take now: then <see cref="HasUnsent"/> is true, and
    /// <see cref="Flushed"/> must be awaited before more is produced. False when the connection is broken.
    /// </summary>
    public bool Send(ReadOnlySpan<byte> bytes)
    {
        if (_outbox.Length > 0)
        {
            _outbox.Keep(bytes);
            return !IsClosed;
        }
        var sent = Write(bytes);
        if (sent == bytes.Length)
            return true;
        if (sent is WireResult.Broken)
            return false;
        _outbox.Keep(bytes[Math.Max(0, sent)..]);
        return true;
    }

    /// <summary>Awaits that the peer has taken everything given to <see cref="Send"/>: false when it never will.</summary>
    public async LoopTask<bool> Flushed()
    {
        while (_outbox.Length > 0)
        {
            if (IsClosed)
                return false;
            var sent = Write(_outbox.Bytes);
            if (sent > 0)
                _outbox.Drop(sent);
            else if (sent is WireResult.Later)
                await Writable();
            else
                return false;
        }
        return !IsClosed;
    }

    /// <summary>Completes when a read may give something, at an interruption, or when the wire is closed.</summary>
    public ReadableAwaitable Readable() => new(this, null);

    /// <summary>As <see cref="Readable"/>, and also when <paramref name="other"/>'s peer has gone.</summary>
    public ReadableAwaitable ReadableOrGone(Wire other) => new(this, other);

    /// <summary>Completes when a write may take something, or when the wire is closed.</summary>
    public WritableAwaitable Writable() => new(this);

    /// <summary>Wakes the reader although no bytes came. Loop thread only.</summary>
    public void Interrupt()
    {
        IsInterrupted = true;
        WakeReader();
    }

    /// <summary>Takes note of an interruption.</summary>
    public bool Heed()
    {
        var was = IsInterrupted;
        IsInterrupted = false;
        return was;
    }

    /// <summary>
    /// What the client sends until the server speaks again is a file, and not its next command: a wire that counts packets
    /// cannot see that.
    /// </summary>
    internal virtual void BeginFile()
    {
    }

    /// <summary>Closes it, forgets what was unsent and wakes whoever waits. Closing twice does nothing.</summary>
    public void Close()
    {
        if (IsClosed)
            return;
        IsClosed = true;
        ReadReady = WriteReady = PeerGone = true;
        _outbox.Clear();
        CloseCore();
        WakeAll();
    }

    /// <summary>
    /// Takes the wire off its loop, so that <see cref="Loops.Loop.Adopt"/> can put it on another. Only between statements:
    /// nobody may be waiting and nothing may be unsent.
    /// </summary>
    public void LetGo() => LetGoCore();

    /// <summary>A wire that goes over this one, as TLS does, from now on hears of everything in this one's place.</summary>
    internal void GoUnder(Wire? above) => _above = above;

    /// <summary>Takes note, as the wire above, of what has become true below; runs nobody else's code.</summary>
    internal virtual void NoteBelow()
    {
    }

    /// <summary>Writes for the wire above.</summary>
    internal int WriteNow(ReadOnlySpan<byte> bytes) => Write(bytes);

    internal void ComeTo(Loop loop)
    {
        Loop = loop;
        ComeToCore();
    }

    /// <summary>Calls back once when a read may give something: for a wire that nobody converses on.</summary>
    public void WhenReadable(Resumable? callback) => _onReadable = callback;

    /// <summary>Calls back once when the peer has gone, at once if it has already; null takes the wish back.</summary>
    public void WhenGone(Resumable? callback)
    {
        _onGone = PeerGone ? null : callback;
        if (PeerGone)
            callback?.Resume();
    }

    /// <summary>Writes what goes now: a count above zero, <see cref="WireResult.Later"/> or <see cref="WireResult.Broken"/>.</summary>
    protected abstract int Write(ReadOnlySpan<byte> bytes);

    /// <summary>Bytes written that the peer's side has not taken yet.</summary>
    protected abstract long UntakenBelow { get; }

    /// <summary>Lets go of what is below.</summary>
    protected abstract void CloseCore();

    /// <summary>Leaves the present loop.</summary>
    protected abstract void LetGoCore();

    /// <summary>Joins the loop that is now <see cref="Loop"/>.</summary>
    protected abstract void ComeToCore();

    /// <summary>Tells the wire above, if there is one, what has become true; whoever notes an event calls it.</summary>
    protected void NoteAbove() => _above?.NoteBelow();

    /// <summary>Wakes whoever waits for what has become true.</summary>
    protected internal void WakeAll()
    {
        if (_above is { } above)
        {
            above.NoteBelow();
            above.WakeAll();
            return;
        }
        if (ReadReady)
            WakeReader();
        if (WriteReady && _onWritable is { } write)
        {
            _onWritable = null;
            write.Resume();
        }
        if (PeerGone && _onGone is { } gone)
        {
            _onGone = null;
            gone.Resume();
        }
    }

    private void WakeReader()
    {
        if (_onReadable is not { } read)
            return;
        _onReadable = null;
        read.Resume();
    }

    /// <summary>For the compiler: what <see cref="Readable"/> returns.</summary>
    public readonly struct ReadableAwaitable : ILoopAwaiter
    {
        private readonly Wire _wire;
        private readonly Wire? _other;

        internal ReadableAwaitable(Wire wire, Wire? other)
        {
            _wire = wire;
            _other = other;
        }

        /// <summary>For the compiler.</summary>
        public bool IsCompleted => _wire.ReadReady || _wire.IsInterrupted || _other is { PeerGone: true };

        /// <summary>For the compiler.</summary>
        public ReadableAwaitable GetAwaiter() => this;

        /// <summary>For the compiler: whichever of the two came first, the other must not come as well.</summary>
        public void GetResult()
        {
            _wire._onReadable = null;
            _other?._onGone = null;
        }

        /// <inheritdoc/>
        public void OnCompleted(Resumable waiting)
        {
            _wire._onReadable = waiting;
            _other?._onGone = waiting;
        }
    }

    /// <summary>For the compiler: what <see cref="Writable"/> returns.</summary>
    public readonly struct WritableAwaitable : ILoopAwaiter
    {
        private readonly Wire _wire;

        internal WritableAwaitable(Wire wire) => _wire = wire;

        /// <summary>For the compiler.</summary>
        public bool IsCompleted => _wire.WriteReady;

        /// <summary>For the compiler.</summary>
        public WritableAwaitable GetAwaiter() => this;

        /// <summary>For the compiler.</summary>
        public void GetResult()
        {
        }

        /// <inheritdoc/>
        public void OnCompleted(Resumable waiting) => _wire._onWritable = waiting;
    }
}
