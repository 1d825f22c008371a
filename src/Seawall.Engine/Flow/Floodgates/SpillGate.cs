using Seawall.Engine.Facts.Freshness;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>Why a read that replicas might answer goes to the primary.</summary>
public enum SpillReason : byte
{
    /// <summary>No replica has what its session has seen or written.</summary>
    Fresh,

    /// <summary>No replica is there, or none is well.</summary>
    Capacity,
}

/// <summary>
/// The slots of the primary for reads that no replica may answer. Nobody waits for one. Each reason has half of them, so that neither keeps
/// the other out. And they have a part of its time: what they take is paid for afterwards, and while it is not earned back there is no slot.
/// And there is one only while a processor of the primary is idle, and its own statements take no longer than without. All that is the budget:
/// without one everybody gets in, and is counted. Thread-safe.
/// </summary>
internal sealed class SpillGate
{
    /// <summary>Earned and not used for longer than this is lost, in milliseconds: a crowd must not have saved up for a minute.</summary>
    private const int SavedMsMax = 1_000;

    private readonly OwnPace _own = new();
    private SpillBudget _budget;
    private double _earnedMs;
    private long? _lookedMs;
    private long _creditMs;
    private double _ownHigh;
    private int _freshUsed;
    private int _capacityUsed;
    private volatile int _max;
    private volatile int _idle;
    private long _spilledSeen;
    private long _wanted;
    private double _stretch;
    private long _spilled;
    private long _denied;
    private bool _isCooling;
    private volatile bool _isUnlimited;

    /// <summary>Whether there is a budget. Without one nothing protects the primary from reads of replicas.</summary>
    internal bool HasBudget
    {
        get => !_isUnlimited;
        set => _isUnlimited = !value;
    }

    /// <summary>How many there may be now, with a budget.</summary>
    internal int Max => _max;

    /// <summary>How many there are.</summary>
    internal int Used => Volatile.Read(ref _freshUsed) + Volatile.Read(ref _capacityUsed);

    /// <summary>Reads that the primary has answered in the place of replicas, since ever.</summary>
    internal long Spilled => Interlocked.Read(ref _spilled);

    /// <summary>Reads that it has not, because there was no slot.</summary>
    internal long Denied => Interlocked.Read(ref _denied);

    /// <summary>What runs there of its own at a busy moment.</summary>
    internal double OwnHigh => Volatile.Read(ref _ownHigh);

    /// <summary>Whether it has tripped.</summary>
    internal bool IsCooling => Volatile.Read(ref _isCooling);

    /// <summary>How many times as long its own statements take as while nothing was spilled; null when nobody knows.</summary>
    internal double? Stretch => Volatile.Read(ref _stretch) is > 0 and var known ? known : null;

    /// <summary>Takes a slot; false when there is none. <paramref name="running"/>: what runs on the primary at this moment, of all kinds.</summary>
    internal bool TryEnter(SpillReason reason, int running)
    {
        ref var used = ref reason == SpillReason.Fresh ? ref _freshUsed : ref _capacityUsed;
        if (_isUnlimited)
        {
            Interlocked.Increment(ref used);
            Interlocked.Increment(ref _spilled);
            return true;
        }
        var most = Math.Max(1, (_max + 1) / 2);
        if (Interlocked.Increment(ref used) <= most && Used <= _max && running < _idle && Interlocked.Read(ref _creditMs) > 0)
        {
            Interlocked.Increment(ref _spilled);
            return true;
        }
        Interlocked.Decrement(ref used);
        Interlocked.Increment(ref _denied);
        return false;
    }

    /// <summary>Gives it back, after so long; the shortest count as well.</summary>
    internal void Leave(SpillReason reason, long ranMs)
    {
        // What was never lent is not owed when there is a budget again.
        if (!_isUnlimited)
            Interlocked.Add(ref _creditMs, -Math.Max(1, ranMs));
        Interlocked.Decrement(ref reason == SpillReason.Fresh ? ref _freshUsed : ref _capacityUsed);
    }

    /// <summary>
    /// Looks at the primary, ten times a second; one thread only. <paramref name="running"/> counts spilled reads as well,
    /// <paramref name="own"/> does not.
    /// </summary>
    internal void Look(int limit, int running, bool isStrained, int share, in ReadTally own, long nowMs)
    {
        // A high-water mark that is forgotten in half a minute: what a busy moment looks like.
        const double Forgetting = 1 - (0.1 / 30);
        Volatile.Write(ref _ownHigh, Math.Max(Math.Max(0, running - Used), _ownHigh * Forgetting));
        var (spilled, wanted) = (Spilled, Spilled + Denied);
        _own.Look(own, isAlone: Used == 0 && spilled == _spilledSeen, nowMs);
        Volatile.Write(ref _stretch, _own.Stretch ?? 0);
        var load = new PrimaryLoad(limit, _ownHigh, isStrained, _own.Stretch);
        _max = _budget.Look(load, share, isWanted: wanted != _wanted, nowMs);
        (_spilledSeen, _wanted) = (spilled, wanted);
        _idle = SpillBudget.Idle(limit);
        Earn(SpillBudget.Part(load, share) * _budget.TimeShare, nowMs);
        var isCooling = _budget.IsCooling(nowMs);
        if (isCooling && !_isCooling)
            _own.Forget();
        Volatile.Write(ref _isCooling, isCooling);
    }

    private void Earn(double part, long nowMs)
    {
        var most = (long)Math.Ceiling(part * SavedMsMax);
        _earnedMs += part * (_lookedMs is { } before ? Math.Clamp(nowMs - before, 0, SavedMsMax) : SavedMsMax);
        _lookedMs = nowMs;
        var whole = (long)_earnedMs;
        _earnedMs -= whole;
        var more = Math.Min(whole, most - Interlocked.Read(ref _creditMs));
        if (more != 0)
            Interlocked.Add(ref _creditMs, more); // Less, when the part has become smaller.
    }
}
