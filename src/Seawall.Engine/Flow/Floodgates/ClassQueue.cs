using Seawall.Engine.Flow.Floodgates.Limits;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>
/// Those of one class that wait for one server. Oldest first, as long as the queue is empty now and then; once it stands,
/// newest first, since whoever came first has waited for nothing by the time that his turn would come. Callers hold the sluice's lock.
/// </summary>
internal sealed class ClassQueue(StatementClass which, Lane lane = Lane.Short)
{
    /// <summary>
    /// How often somebody of a class goes whose guaranteed share is less than one statement: often enough to see that the class is
    /// not forgotten, and too seldom to matter to the others.
    /// </summary>
    internal const int ForgottenMs = 500;

    private readonly ApplicantList _list = new();
    private long _emptyMs = long.MinValue / 2;
    private long _tookMs = long.MinValue / 2;

    /// <summary>Its class.</summary>
    internal StatementClass Class { get; } = which;

    /// <summary>Its lane.</summary>
    internal Lane Lane { get; } = lane;

    /// <summary>How they wait.</summary>
    internal ClassLimits Limits { get; set; } = ClassLimits.DefaultOf(which);

    /// <summary>How many wait.</summary>
    internal int Count => _list.Count;

    /// <summary>What they hold in memory.</summary>
    internal long Bytes => _list.Bytes;

    /// <summary>Since when the oldest waits; null when nobody does.</summary>
    internal long? OldestSinceMs => _list.Oldest?.SinceMs;

    /// <summary>Whether it never turns: for tests, which must see that it matters.</summary>
    internal bool NeverTurns { get; set; }

    /// <summary>How long somebody may wait whatever the class says, because what comes after that takes long itself.</summary>
    internal int WaitMsCap { get; set; } = int.MaxValue;

    /// <summary>How long somebody may wait at most.</summary>
    internal int WaitMs => Math.Min(Limits.WaitMsMax, WaitMsCap);

    /// <summary>Whether it has not been empty for as long as somebody may wait.</summary>
    internal bool Stands(long nowMs) => !NeverTurns && Count > 0 && nowMs - _emptyMs > WaitMs;

    /// <summary>How long somebody may wait now.</summary>
    internal int LimitMs(long nowMs) => Stands(nowMs) ? Math.Min(Limits.StandingMsMax, WaitMs) : WaitMs;

    /// <summary>Whether nobody has had his turn for a while.</summary>
    internal bool IsForgotten(long nowMs) => nowMs - _tookMs >= ForgottenMs;

    /// <summary>Puts somebody in.</summary>
    internal void Add(Applicant applicant)
    {
        if (Count == 0)
            _emptyMs = applicant.SinceMs;
        _list.Add(applicant);
    }

    /// <summary>Takes somebody out who is in.</summary>
    internal void Remove(Applicant applicant, long nowMs)
    {
        _list.Remove(applicant);
        if (Count == 0)
            _emptyMs = nowMs;
    }

    /// <summary>Takes out whose turn it is.</summary>
    internal Applicant? TakeNext(long nowMs)
    {
        var next = Stands(nowMs) ? _list.Newest : _list.Oldest;
        if (next is not null)
        {
            Remove(next, nowMs);
            _tookMs = nowMs;
        }
        return next;
    }

    /// <summary>Takes out the oldest, if it has waited longer than it may, or in any case.</summary>
    internal Applicant? TakeOldest(long nowMs, bool onlyIfOverdue)
    {
        if (_list.Oldest is not { } oldest || (onlyIfOverdue && nowMs - oldest.SinceMs < LimitMs(nowMs)))
            return null;
        Remove(oldest, nowMs);
        return oldest;
    }
}
