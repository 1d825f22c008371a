using Seawall.Engine.Flow.Floodgates.Limits;
using Seawall.Engine.Flow.Floodgates.Tenants;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>
/// Those of one class that wait for one server. Whose turn it is among tenants: <see cref="TenantRound"/>. Of one tenant the oldest goes
/// first, as long as nobody of it waits now and then; once its part of the queue stands, the newest, since whoever came first has waited for
/// nothing by the time that his turn would come. Callers hold the sluice's lock.
/// </summary>
internal sealed class ClassQueue(StatementClass which, Lane lane, TenantTable tenants)
{
    /// <summary>
    /// How often somebody of a class goes whose guaranteed share is less than one statement: often enough to see that the class is
    /// not forgotten, and too seldom to matter to the others.
    /// </summary>
    internal const int ForgottenMs = 500;

    private readonly ApplicantList _list = new();
    private readonly TenantRound _round = new();
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

    /// <summary>Whether it has not been empty for as long as somebody may wait: of one of its tenants at least.</summary>
    internal bool Stands(long nowMs) => !NeverTurns && Count > 0 && nowMs - _emptyMs > WaitMs;

    /// <summary>The same of one tenant.</summary>
    internal bool Stands(int tenant, long nowMs) => !NeverTurns && _round.Of(tenant) is { } queue && queue.Stands(nowMs, WaitMs);

    /// <summary>How long somebody may wait now whose part of it is like the whole.</summary>
    internal int LimitMs(long nowMs) => Stands(nowMs) ? Math.Min(Limits.StandingMsMax, WaitMs) : WaitMs;

    /// <summary>How long somebody of a tenant may wait now.</summary>
    internal int LimitMs(int tenant, long nowMs) => Stands(tenant, nowMs) ? Math.Min(Limits.StandingMsMax, WaitMs) : WaitMs;

    /// <summary>Whether nobody has had his turn for a while.</summary>
    internal bool IsForgotten(long nowMs) => nowMs - _tookMs >= ForgottenMs;

    /// <summary>Whether nobody has more waiting than a tenant would have with one more: it is for it to make room.</summary>
    internal bool IsLongest(int tenant) =>
        _round.Longest is not { } longest || longest.Tenant == tenant || (_round.Of(tenant)?.Count ?? 0) >= longest.Count;

    /// <summary>The tenant that has most waiting, or had.</summary>
    internal int LongestTenant => _round.Longest?.Tenant ?? TenantTable.Other;

    /// <summary>How many go before one more of a tenant, at most: all of its own, and as many of each other one.</summary>
    internal int AheadOf(int tenant) => Math.Min(Count, (_round.Of(tenant)?.Count ?? 0) * Math.Max(1, _round.Active));

    /// <summary>Puts somebody in.</summary>
    internal void Add(Applicant applicant)
    {
        if (Count == 0)
            _emptyMs = applicant.SinceMs;
        _list.Add(applicant);
        _round.Add(applicant);
        tenants.NoteWaiting(applicant.Tenant, 1);
    }

    /// <summary>Takes somebody out who is in.</summary>
    internal void Remove(Applicant applicant, long nowMs)
    {
        _list.Remove(applicant);
        _round.Remove(applicant);
        tenants.NoteWaiting(applicant.Tenant, -1);
        if (Count == 0)
            _emptyMs = nowMs;
    }

    /// <summary>Takes out whose turn it is; <paramref name="usualMs"/>: how long a statement runs of which nobody knows better.</summary>
    internal Applicant? TakeNext(long nowMs, double usualMs)
    {
        if (_round.Next() is not { } queue)
            return null;
        var next = NextOf(queue, nowMs);
        var ownMs = Lane == Lane.Short ? tenants.MeanMsOf(queue.Tenant) : 0;
        TenantRound.Charge(queue, ownMs > 0 ? ownMs : usualMs);
        Remove(next, nowMs);
        _tookMs = nowMs;
        return next;
    }

    /// <summary>Takes out the oldest, whoever it is.</summary>
    internal Applicant? TakeOldest(long nowMs) => Take(_list.Oldest, nowMs);

    /// <summary>Takes out the oldest of a tenant.</summary>
    internal Applicant? TakeOldest(int tenant, long nowMs) => Take(_round.Of(tenant)?.Oldest, nowMs);

    /// <summary>Takes out one of whoever has most waiting: the one that would have gone last.</summary>
    internal Applicant? TakeOfLongest(long nowMs)
    {
        var longest = _round.Longest;
        return Take(longest is not null && Stands(longest.Tenant, nowMs) ? longest.Oldest : longest?.Newest, nowMs);
    }

    /// <summary>Takes out one that has waited longer than it may: the oldest, or that of whoever has most waiting.</summary>
    internal Applicant? TakeOverdue(long nowMs) => TakeIfOverdue(_list.Oldest, nowMs) ?? TakeIfOverdue(_round.Longest?.Oldest, nowMs);

    /// <summary>The same of whose turn it is.</summary>
    internal Applicant? TakeOverdueOfNext(long nowMs) => TakeIfOverdue(_round.Next()?.Oldest, nowMs);

    /// <summary>Takes out whose turn it would be, if its program will be gone before the answer is there.</summary>
    internal Applicant? TakeTooLateOfNext(long nowMs) =>
        _round.Next() is { } queue && NextOf(queue, nowMs) is var next && next.IsTooLate(nowMs - next.SinceMs) ? Take(next, nowMs) : null;

    /// <summary>Takes out one of a tenant that has waited longer than it may.</summary>
    internal Applicant? TakeOverdue(int tenant, long nowMs) => TakeIfOverdue(_round.Of(tenant)?.Oldest, nowMs);

    private Applicant NextOf(TenantQueue queue, long nowMs) => Stands(queue.Tenant, nowMs) ? queue.Newest! : queue.Oldest!;

    private Applicant? TakeIfOverdue(Applicant? applicant, long nowMs) =>
        applicant is not null && nowMs - applicant.SinceMs >= LimitMs(applicant.Tenant, nowMs) ? Take(applicant, nowMs) : null;

    private Applicant? Take(Applicant? applicant, long nowMs)
    {
        if (applicant is not null)
            Remove(applicant, nowMs);
        return applicant;
    }
}
