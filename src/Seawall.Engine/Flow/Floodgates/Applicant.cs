using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Flow.Floodgates.Limits;
using Seawall.Engine.Flow.Floodgates.Tenants;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>A statement that waits for its turn. It is part of the queue itself, so that waiting allocates nothing.</summary>
internal abstract class Applicant
{
    /// <summary>Its class.</summary>
    internal StatementClass Class { get; private set; }

    /// <summary>Its lane.</summary>
    internal Lane Lane { get; set; }

    /// <summary>Whose turn it waits for: the number of its tenant at this sluice.</summary>
    internal int Tenant { get; set; }

    /// <summary>Its cohort, 0 to 127: statements of one page have the same.</summary>
    internal int Cohort { get; private set; }

    /// <summary>What it holds in memory while it waits.</summary>
    internal int Bytes { get; private set; }

    /// <summary>How long it may wait whatever its class, because its program waits no longer; 0 when nobody has said.</summary>
    internal int DeadlineMs { get; set; }

    /// <summary>What of its deadline it needs for itself once its turn has come; 0 when nobody knows.</summary>
    internal int NeedMs { get; set; }

    /// <summary>What it meets before the sluice; null for nearly all: nothing.</summary>
    internal Hold? Hold { get; set; }

    /// <summary>Whose it is.</summary>
    internal string User { get; private set; } = "";

    /// <summary>Since when it waits, in the loops' milliseconds.</summary>
    internal long SinceMs { get; private set; }

    /// <summary>When its time has come, or its wait is over: for those who wait for a moment and not for a place.</summary>
    internal long DueMs { get; set; }

    /// <summary>How its wait has ended.</summary>
    internal Turn Turn { get; set; }

    /// <summary>Why it was refused, when it was.</summary>
    internal ShedReason Reason { get; set; }

    /// <summary>How long it might have waited.</summary>
    internal int LimitMs { get; set; }

    /// <summary>The number of its refusal.</summary>
    internal long ShedId { get; set; }

    /// <summary>Whether it is in its queue. The sluice's lock.</summary>
    internal bool IsQueued { get; set; }

    /// <summary>The one that came before it. The sluice's lock.</summary>
    internal Applicant? Older { get; set; }

    /// <summary>The one that came after it; of those that are to be told, the next. The sluice's lock.</summary>
    internal Applicant? Newer { get; set; }

    /// <summary>The one of its tenant that came before it. The sluice's lock.</summary>
    internal Applicant? Before { get; set; }

    /// <summary>The one of its tenant that came after it. The sluice's lock.</summary>
    internal Applicant? Behind { get; set; }

    /// <summary>Whether its program will be gone before the answer is there, if its turn comes after so long.</summary>
    internal bool IsTooLate(double waitMs) => DeadlineMs > 0 && waitMs > DeadlineMs - NeedMs;

    /// <summary>Begins to wait.</summary>
    internal void Apply(StatementClass which, int cohort, int bytes, string user, long nowMs)
    {
        Class = which;
        Cohort = cohort;
        Bytes = bytes;
        User = user;
        SinceMs = nowMs;
        DeadlineMs = NeedMs = 0;
        Lane = Lane.Short;
        Tenant = TenantTable.Other;
        Hold = null;
        Turn = Turn.Waiting;
        Reason = ShedReason.None;
        LimitMs = 0;
        ShedId = 0;
    }

    /// <summary>Hears that <see cref="Turn"/> is no more <see cref="Turn.Waiting"/>. Once, on any thread, without a lock.</summary>
    internal abstract void Decided();
}
