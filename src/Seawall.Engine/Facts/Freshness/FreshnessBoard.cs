namespace Seawall.Engine.Facts.Freshness;

/// <summary>
/// Where those who ask servers for their positions and those who want to read from them meet: a clock that counts questions, names of
/// sources, and whether anybody needs to know. Thread-safe.
/// </summary>
public sealed class FreshnessBoard
{
    /// <summary>For how long answers are looked for after somebody has needed one: the next one will need one soon.</summary>
    public const int WantedMs = 1_000;

    /// <summary>How often those who sleep are woken at most.</summary>
    private const int WakeEveryMs = 100;

    private volatile bool _isShort;
    private long _tick;
    private long _wantedMs = long.MinValue / 2;
    private long _wokenMs = long.MinValue / 2;

    /// <summary>
    /// Whether so few replicas are left that those are read from as well that are further behind than usual: see
    /// <see cref="FreshnessSlot.IsLateAtMost"/>.
    /// </summary>
    public bool IsShort
    {
        get => _isShort;
        internal set => _isShort = value;
    }

    /// <summary>The sources of transactions.</summary>
    public GtidSources Sources { get; } = new();

    /// <summary>
    /// How many questions have begun. What happens now has happened before any question of a greater number: such an answer includes it.
    /// </summary>
    public long Now => Volatile.Read(ref _tick);

    /// <summary>Called, from any thread, when somebody needs to know and nobody asks.</summary>
    internal Action? Wake { get; set; }

    /// <summary>A question begins; its number.</summary>
    internal long Tick() => Interlocked.Increment(ref _tick);

    /// <summary>Somebody needs to know.</summary>
    internal void Want(long nowMs)
    {
        Volatile.Write(ref _wantedMs, nowMs);
        var woken = Volatile.Read(ref _wokenMs);
        if (nowMs - woken >= WakeEveryMs && Interlocked.CompareExchange(ref _wokenMs, nowMs, woken) == woken)
            Wake?.Invoke();
    }

    /// <summary>Whether somebody has needed to know then or later, and so waits for a question that begins now.</summary>
    internal bool IsWantedSince(long ms) => Volatile.Read(ref _wantedMs) >= ms;

    /// <summary>Whether somebody has needed to know a moment ago.</summary>
    internal bool IsWanted(long nowMs) => nowMs - Volatile.Read(ref _wantedMs) < WantedMs;
}
