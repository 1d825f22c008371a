namespace Seawall.Engine.Facts.Freshness;

/// <summary>
/// What is known of one server's position: written by whoever asks it, read by whoever reads from it. Each value is replaced whole.
/// </summary>
public sealed class FreshnessSlot
{
    private volatile ServerPosition? _position;
    private volatile int _state;
    private volatile int _life = 1;
    private volatile AwaitedToken? _awaited;
    private volatile int _weight = 1;
    private volatile int _movedSources;
    private volatile int _room = int.MaxValue;
    private long _reachedMs = long.MinValue;
    private long _reads;
    private long _failed;
    private long _pace;
    private int _running;

    /// <summary>What it was known to have last; null when nothing is known.</summary>
    public ServerPosition? Position => _position;

    /// <summary>How that is judged. Of the primary it says nothing.</summary>
    public FreshnessState State => (FreshnessState)_state;

    /// <summary>
    /// Which of its lives it is in: another one whenever it may have gone back behind what it has shown already.
    /// </summary>
    public int Life => _life;

    /// <summary>
    /// The last moment of which it is known that it has all that the primary had then, in the loops' milliseconds: what it lacks is not
    /// older than since then, however long ago it was asked.
    /// </summary>
    public long ReachedMs => Volatile.Read(ref _reachedMs);

    /// <summary>Statements that run there now.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>How many statements may run there, for comparing it with others.</summary>
    public int Weight
    {
        get => _weight;
        internal set => _weight = value;
    }

    /// <summary>How many reads it gets at one time: less than it can take, after it has come back; none while it is set aside.</summary>
    public int Room
    {
        get => _room;
        internal set => _room = value;
    }

    /// <summary>Whether it gets another one.</summary>
    internal bool HasRoom => Running < _room;

    /// <summary>Whether it is behind, and not by more than so many milliseconds. What does not replicate, or is not known, is not late.</summary>
    internal bool IsLateAtMost(long lateMsMax, long nowMs) =>
        State is FreshnessState.Lagging or FreshnessState.Frozen && ReachedMs != long.MinValue && nowMs - ReachedMs <= lateMsMax;

    /// <summary>What it has done with reads; a primary, with its own statements.</summary>
    internal ReadTally Tally => new(Interlocked.Read(ref _reads), Interlocked.Read(ref _failed), Interlocked.Read(ref _pace));

    /// <summary>Of a primary: how many sources have gone on since it is watched as one. One, as a rule.</summary>
    internal int MovedSources
    {
        get => _movedSources;
        set => _movedSources = value;
    }

    /// <summary>The transaction that somebody waits for; null for none.</summary>
    internal GtidToken? Awaited => _awaited?.Token;

    /// <summary>Somebody waits until it has this. What others wait for comes earlier or later; all look again at each answer.</summary>
    internal void Await(GtidToken token)
    {
        if (_awaited?.Token != token)
            _awaited = new AwaitedToken(token);
    }

    /// <summary>A statement begins there.</summary>
    internal void Enter() => Interlocked.Increment(ref _running);

    /// <summary>It has ended.</summary>
    internal void Leave() => Interlocked.Decrement(ref _running);

    /// <summary>A read has ended there; on a primary, a statement of its own.</summary>
    internal void NoteRead(double ms, bool hasFailed)
    {
        Interlocked.Increment(ref _reads);
        Interlocked.Add(ref _pace, ReadTally.PaceOf(ms));
        if (hasFailed)
            Interlocked.Increment(ref _failed);
    }

    internal void Confirm(ServerPosition position) => _position = position;

    internal void Reach(long ms) => Volatile.Write(ref _reachedMs, ms);

    internal void Judge(FreshnessState state) => _state = (int)state;

    /// <summary>Nobody waits for what it has.</summary>
    internal void EndWait(ServerPosition position)
    {
        if (_awaited is { } awaited && position.Has(awaited.Token))
            _awaited = null;
    }

    /// <summary>It may come back as another one, or with less.</summary>
    internal void BeginAnew()
    {
        _position = null;
        _life++;
        Volatile.Write(ref _reachedMs, long.MinValue);
        _state = (int)FreshnessState.Unknown;
    }

    private sealed record AwaitedToken(GtidToken Token);
}
