namespace Seawall.Engine.Flow.Floodgates;

/// <summary>Why a statement is not run.</summary>
public enum ShedReason : byte
{
    /// <summary>It is.</summary>
    None,

    /// <summary>As many of its class wait as may.</summary>
    QueueFull,

    /// <summary>Those of its class that wait hold as many bytes as they may.</summary>
    QueueBytes,

    /// <summary>It would have waited too long, going by who is before it.</summary>
    Predicted,

    /// <summary>It has waited as long as its class may.</summary>
    Wait,

    /// <summary>The queue of its class stands, and newer ones go first.</summary>
    Standing,

    /// <summary>Its cohort is one of those that are left out, so that the others are served whole.</summary>
    Cohort,

    /// <summary>Its program waits no longer than it has, or would have to.</summary>
    Deadline,

    /// <summary>Seawall itself runs short of something.</summary>
    Self,

    /// <summary>Its rule lets so many begin in a second, and its time would come too late.</summary>
    Pace,

    /// <summary>It was deferred for as long as it may be.</summary>
    Defer,

    /// <summary>As many are deferred as may be.</summary>
    DeferFull,

    /// <summary>Those that are deferred hold as many bytes as they may.</summary>
    DeferBytes,

    /// <summary>Somebody has switched off, thinned out or slowed down a group of rules for a while.</summary>
    Brownout,

    /// <summary>It writes, replicas lag, and its time would come too late.</summary>
    Lag,
}

/// <summary>How the wait of a statement has ended.</summary>
internal enum Turn : byte
{
    /// <summary>It has not.</summary>
    Waiting,

    /// <summary>It may go.</summary>
    Come,

    /// <summary>It may not.</summary>
    Shed,

    /// <summary>Its client has gone, or has ended it.</summary>
    Withdrawn,

    /// <summary>Seawall is going down.</summary>
    Closing,
}

/// <summary>One refusal, as it can be found again by its number.</summary>
/// <param name="Id">The number that the client was told.</param>
/// <param name="AtMs">When, in the loops' milliseconds.</param>
/// <param name="Class">The statement's class.</param>
/// <param name="Cohort">Its cohort.</param>
/// <param name="Reason">Why.</param>
/// <param name="WaitedMs">How long it had waited.</param>
/// <param name="LimitMs">How long it might have.</param>
/// <param name="User">The account.</param>
public readonly record struct ShedEntry(
    long Id, long AtMs, StatementClass Class, int Cohort, ShedReason Reason, long WaitedMs, int LimitMs, string User);

/// <summary>The last refusals of one server. Callers hold the sluice's lock.</summary>
internal sealed class ShedLedger
{
    /// <summary>How many are kept: what a terminal can scroll through. The counts are exact whatever is kept.</summary>
    internal const int Kept = 1000;

    private readonly ShedEntry[] _last = new ShedEntry[Kept];
    private readonly long[] _counts = new long[StatementClasses.Count * s_reasons];
    private long _next;

    private static readonly int s_reasons = Enum.GetValues<ShedReason>().Length;

    /// <summary>Writes one down; its number is returned.</summary>
    internal long Add(Applicant applicant, ShedReason reason, long nowMs, int limitMs)
    {
        var id = ++_next;
        _counts[((int)applicant.Class * s_reasons) + (int)reason]++;
        _last[id % Kept] = new ShedEntry(id, nowMs, applicant.Class, applicant.Cohort, reason, nowMs - applicant.SinceMs, limitMs,
            applicant.User);
        return id;
    }

    /// <summary>How many of a class were refused for a reason.</summary>
    internal long CountOf(StatementClass which, ShedReason reason) => _counts[((int)which * s_reasons) + (int)reason];

    /// <summary>How many of a class were refused because there was no room for all, apart from those whose cohorts were left out.</summary>
    internal long CountForWantOfRoom(StatementClass which)
    {
        var count = 0L;
        for (var reason = ShedReason.QueueFull; IsForWantOfRoom(reason); reason++)
            count += CountOf(which, reason);
        return count;
    }

    /// <summary>Whether a reason is that there was no room for all.</summary>
    internal static bool IsForWantOfRoom(ShedReason reason) => reason is > ShedReason.None and < ShedReason.Cohort;

    /// <summary>The last ones, the newest first.</summary>
    internal ShedEntry[] Last(int max)
    {
        var count = (int)Math.Min(Math.Min(_next, Kept), max);
        var entries = new ShedEntry[count];
        for (var i = 0; i < count; i++)
            entries[i] = _last[(_next - i) % Kept];
        return entries;
    }
}
