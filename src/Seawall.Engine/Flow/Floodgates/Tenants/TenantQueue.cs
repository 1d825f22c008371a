namespace Seawall.Engine.Flow.Floodgates.Tenants;

/// <summary>
/// Those of one tenant that wait in the queue of one class, and its place in the round. Used again for another tenant when nobody waits.
/// Callers hold the sluice's lock.
/// </summary>
internal sealed class TenantQueue
{
    private long _emptyMs;

    /// <summary>The tenant's number.</summary>
    internal int Tenant { get; private set; }

    /// <summary>Who came first.</summary>
    internal Applicant? Oldest { get; private set; }

    /// <summary>Who came last.</summary>
    internal Applicant? Newest { get; private set; }

    /// <summary>How many wait.</summary>
    internal int Count { get; private set; }

    /// <summary>What they hold in memory.</summary>
    internal long Bytes { get; private set; }

    /// <summary>What it may still use before the next one's turn comes, in milliseconds; below zero when it has used more.</summary>
    internal double CreditMs { get; set; }

    /// <summary>The next in the round.</summary>
    internal TenantQueue? Next { get; set; }

    /// <summary>Whether it has not been empty for as long as somebody may wait.</summary>
    internal bool Stands(long nowMs, int waitMs) => Count > 0 && nowMs - _emptyMs > waitMs;

    /// <summary>Begins, for a tenant.</summary>
    internal void Begin(int tenant, double creditMs)
    {
        Tenant = tenant;
        CreditMs = creditMs;
        Next = null;
    }

    /// <summary>Puts one in.</summary>
    internal void Add(Applicant applicant)
    {
        if (Count == 0)
            _emptyMs = applicant.SinceMs;
        applicant.Before = Newest;
        applicant.Behind = null;
        if (Newest is not null)
            Newest.Behind = applicant;
        else
            Oldest = applicant;
        Newest = applicant;
        Count++;
        Bytes += applicant.Bytes;
    }

    /// <summary>Takes one out that is in.</summary>
    internal void Remove(Applicant applicant)
    {
        if (applicant.Before is not null)
            applicant.Before.Behind = applicant.Behind;
        else
            Oldest = applicant.Behind;
        if (applicant.Behind is not null)
            applicant.Behind.Before = applicant.Before;
        else
            Newest = applicant.Before;
        applicant.Before = applicant.Behind = null;
        Count--;
        Bytes -= applicant.Bytes;
    }
}
