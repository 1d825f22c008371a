namespace Seawall.Engine.Loops.Tls;

/// <summary>
/// Lets so many handshakes be under way at one time; the others wait in the order in which they came, before anything is
/// made for them. OpenSSL needs three times the memory during a handshake, and the C library keeps what a storm made it
/// fetch: 4,000 at once left 46 KB for each client behind, where 16 are needed. Thread-safe, for all loops.
/// </summary>
internal sealed class HandshakeGate(int places)
{
    /// <summary>
    /// 512 at once are 16 MB for a while. With clients that are 50 ms away and back they make 10,000 handshakes in a second,
    /// more than two dozen processors can.
    /// </summary>
    internal const int PlacesMax = 512;

    private readonly Lock _lock = new();
    private readonly Queue<HandshakePlace> _waiting = new();
    private int _free = places;

    /// <summary>A place, to be awaited; on its loop.</summary>
    internal HandshakePlace Enter(Loop loop)
    {
        var place = new HandshakePlace(this, loop);
        lock (_lock)
        {
            if (_free == 0)
            {
                _waiting.Enqueue(place);
                return place;
            }
            _free--;
        }
        place.Begin();
        return place;
    }

    internal void Release()
    {
        HandshakePlace? next;
        lock (_lock)
        {
            if (!_waiting.TryDequeue(out next))
                _free++;
        }
        next?.Grant();
    }
}

/// <summary>
/// A place in a <see cref="HandshakeGate"/>, or the wish for one. It goes to the next in time even when the client is slow:
/// clients that say nothing after their hello must not keep all others out.
/// </summary>
internal sealed class HandshakePlace(HandshakeGate gate, Loop loop) : TimerNode, ILoopAwaiter
{
    /// <summary>Longer than any honest way there and back, and far below what a login may take.</summary>
    private const int HeldMsMax = 1_000;

    private Resumable? _continuation;
    private bool _isOver;

    /// <summary>For the compiler: whether it is had, or was.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>For the compiler.</summary>
    public HandshakePlace GetAwaiter() => this;

    /// <summary>For the compiler.</summary>
    public void GetResult()
    {
    }

    /// <inheritdoc/>
    public void OnCompleted(Resumable waiting) => _continuation = waiting;

    /// <summary>Gives it to the next. Only once it is had; giving it back twice does nothing.</summary>
    internal void Leave()
    {
        if (_isOver)
            return;
        _isOver = true;
        loop.Timers.Disarm(this);
        gate.Release();
    }

    /// <summary>From any thread.</summary>
    internal void Grant() => loop.Post(LoopJob.From(_ => Begin()));

    internal void Begin()
    {
        IsCompleted = true;
        loop.Arm(this, HeldMsMax);
        var continuation = _continuation;
        _continuation = null;
        continuation?.Resume();
    }

    /// <inheritdoc/>
    protected internal override void OnDue() => Leave();
}
