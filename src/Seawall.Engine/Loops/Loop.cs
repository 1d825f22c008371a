using Seawall.MySql.Compression;
using Seawall.MySql.Framing;

namespace Seawall.Engine.Loops;

/// <summary>
/// One thread that owns clients, server connections and timers, and everything that happens to them. Code that runs on a
/// loop never blocks and takes no lock that another loop may hold for long.
/// </summary>
/// <remarks>Everything here belongs to the loop's thread, save <see cref="Post"/>.</remarks>
public abstract class Loop
{
    /// <summary>
    /// The size of the receive buffer. 64 KiB is four TLS records and what a default socket buffer gives in one read;
    /// larger ones gained nothing in measurements (docs/performance.md).
    /// </summary>
    public const int BufferBytes = 64 * 1024;

    private readonly List<Resumable> _yielded = [];
    private readonly List<Resumable> _running = [];
    private readonly double _toMilliseconds;
    private readonly double _toMicroseconds;
    private CompressionBench? _compression;

    /// <summary>
    /// A loop with a number, a clock and dice. <paramref name="onBug"/> hears of exceptions that escape: the loop itself
    /// goes on, since one conversation's bug must not end all of them.
    /// </summary>
    protected Loop(int index, TimeProvider time, Random random, Action<Exception> onBug)
    {
        Random = random;
        Report = onBug;
        Index = index;
        Time = time;
        _toMilliseconds = 1e3 / time.TimestampFrequency;
        _toMicroseconds = 1e6 / time.TimestampFrequency;
        BeginTurn();
        Timers = new TimerWheel(NowMs);
        Buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    }

    /// <summary>Which of the process's loops it is, from 0.</summary>
    public int Index { get; }

    /// <summary>The clock, real or simulated.</summary>
    public TimeProvider Time { get; }

    /// <summary>The loop's own dice; no other thread throws them.</summary>
    public Random Random { get; }

    /// <summary>Monotonic milliseconds, read once for each turn of the loop: coarse, and free.</summary>
    public long NowMs { get; private set; }

    /// <summary>
    /// When this turn began, as <see cref="Timestamp"/> gives it: since then, whoever is served in it has been waiting.
    /// </summary>
    public long TurnBegan { get; private set; }

    /// <summary>The loop's timers.</summary>
    public TimerWheel Timers { get; }

    /// <summary>
    /// The receive buffer that everything on the loop shares: what is read into it must be used up before the next
    /// await, because whoever runs then reads into it as well.
    /// </summary>
    public byte[] Buffer { get; }

    /// <summary>Where packets are built; the same rule as for <see cref="Buffer"/>.</summary>
    public PacketWriter Writer { get; } = new();

    /// <summary>What connections that are compressed share; the same rule.</summary>
    public CompressionBench Compression => _compression ??= new();

    /// <summary>What connections that are compressed share, when there has ever been one.</summary>
    public CompressionBench? CompressionOrNull => _compression;

    /// <summary>Hears of descriptors that are missing; set before the loop runs.</summary>
    public IFileShortage? Shortage { get; set; }

    /// <summary>Whether the calling code runs on this loop's thread.</summary>
    public abstract bool IsCurrent { get; }

    /// <summary>Runs something on the loop, soon and in order. From any thread.</summary>
    public abstract void Post(LoopJob job);

    /// <summary>Starts to connect; the wire is writable once it is, or <see cref="Wire.PeerGone"/> when it failed.</summary>
    public abstract Wire Connect(Endpoint endpoint);

    /// <summary>
    /// Accepts connections until the listener is closed, handing each to <paramref name="accepted"/>. Throws
    /// <see cref="System.Net.Sockets.SocketException"/> when the address cannot be had. <paramref name="inherited"/> is the descriptor
    /// of a socket that listens there already, from another process; it belongs to the listener then.
    /// </summary>
    public abstract IWireListener Listen(Endpoint endpoint, Action<Wire> accepted, int inherited = -1);

    /// <summary>Takes over a wire that another loop has let go of with <see cref="Wire.LetGo"/>.</summary>
    public void Adopt(Wire wire) => wire.ComeTo(this);

    /// <summary>Starts a timer, or moves it.</summary>
    public void Arm(TimerNode timer, long inMs) => Timers.Arm(timer, NowMs, inMs);

    /// <summary>Runs something at the end of this turn, off the present stack. Loop thread only.</summary>
    public void RunSoon(Resumable waiting) => _yielded.Add(waiting);

    /// <summary>Lets everybody else on the loop have a turn.</summary>
    public YieldAwaitable Yield() => new(this);

    /// <summary>
    /// Tells whoever watches of an exception that nobody expected. One delegate: each client's conversation keeps it as long as it goes on.
    /// </summary>
    public Action<Exception> Report { get; }

    /// <summary>A monotonic timestamp in the clock's own unit, for durations.</summary>
    public long Timestamp() => Time.GetTimestamp();

    /// <summary>Now, in the milliseconds of <see cref="NowMs"/>, asked of the clock. From any thread.</summary>
    public long ClockMs => MillisecondsOf(Time.GetTimestamp());

    /// <summary>Microseconds since <paramref name="timestamp"/>.</summary>
    public long MicrosecondsSince(long timestamp) =>
        (long)((Time.GetTimestamp() - timestamp) * _toMicroseconds);

    /// <summary>Microseconds from <paramref name="timestamp"/> to the beginning of this turn: coarser, and free.</summary>
    public long MicrosecondsUntilTurn(long timestamp) => (long)((TurnBegan - timestamp) * _toMicroseconds);

    /// <summary>Whether somebody waits after <see cref="Yield"/>: then the loop must not sleep.</summary>
    protected bool HasYielded => _yielded.Count > 0;

    /// <summary>Reads the clock for the turn that begins.</summary>
    protected void BeginTurn()
    {
        TurnBegan = Time.GetTimestamp();
        NowMs = MillisecondsOf(TurnBegan);
    }

    private long MillisecondsOf(long timestamp) => (long)(timestamp * _toMilliseconds);

    /// <summary>Runs those that yielded, then the timers that are due.</summary>
    protected void EndTurn()
    {
        if (_yielded.Count > 0)
        {
            _running.AddRange(_yielded);
            _yielded.Clear();
            foreach (var waiting in _running)
                Run(waiting);
            _running.Clear();
        }
        try
        {
            Timers.Advance(NowMs);
        }
        catch (Exception bug)
        {
            Report(bug); // The timer that failed is off the wheel; the others fire at the next turn.
        }
    }

    private void Run(Resumable waiting)
    {
        try
        {
            waiting.Resume();
        }
        catch (Exception bug)
        {
            Report(bug);
        }
    }

    /// <summary>For the compiler: what <see cref="Yield"/> returns.</summary>
    public readonly struct YieldAwaitable(Loop loop) : ILoopAwaiter
    {
        /// <summary>For the compiler.</summary>
        public bool IsCompleted => false;

        /// <summary>For the compiler.</summary>
        public YieldAwaitable GetAwaiter() => this;

        /// <summary>For the compiler.</summary>
        public void GetResult()
        {
        }

        /// <inheritdoc/>
        public void OnCompleted(Resumable waiting) => loop._yielded.Add(waiting);
    }
}

/// <summary>Something to run on a loop; an object of its own, so that frequent ones can be kept and posted again.</summary>
public abstract class LoopJob
{
    /// <summary>Runs on the loop's thread.</summary>
    public abstract void Run(Loop loop);

    /// <summary>A job from a delegate, for what is rare.</summary>
    public static LoopJob From(Action<Loop> action) => new DelegateJob(action);

    private sealed class DelegateJob(Action<Loop> action) : LoopJob
    {
        public override void Run(Loop loop) => action(loop);
    }
}

/// <summary>A listening socket of one loop.</summary>
public interface IWireListener
{
    /// <summary>Where it listens, with the port that the system chose when 0 was asked for.</summary>
    Endpoint Endpoint { get; }

    /// <summary>
    /// Tells somebody who comes when there is no descriptor for him why he must go, and closes. Without it such people wait
    /// in the kernel's queue. Set on the loop's thread.
    /// </summary>
    Action<Wire>? TurnAway { get; set; }

    /// <summary>
    /// Stops listening; connections that were accepted stay. <paramref name="isHandedOver"/>: another process goes on with the same
    /// socket, and its file is not removed. Loop thread only.
    /// </summary>
    void Close(bool isHandedOver = false);

    /// <summary>
    /// One more descriptor of the same socket, for another process that is to go on with it: who waits to be accepted is not lost.
    /// Loop thread only.
    /// </summary>
    int Share();
}
