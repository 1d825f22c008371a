namespace Seawall.Engine.Flow.Floodgates;

/// <summary>Statements that wait, in the order in which they came. Its owner locks.</summary>
internal sealed class ApplicantList
{
    /// <summary>Who came first.</summary>
    internal Applicant? Oldest { get; private set; }

    /// <summary>Who came last.</summary>
    internal Applicant? Newest { get; private set; }

    /// <summary>How many there are.</summary>
    internal int Count { get; private set; }

    /// <summary>What they hold in memory.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Puts one in.</summary>
    internal void Add(Applicant applicant)
    {
        applicant.IsQueued = true;
        applicant.Older = Newest;
        applicant.Newer = null;
        if (Newest is not null)
            Newest.Newer = applicant;
        else
            Oldest = applicant;
        Newest = applicant;
        Count++;
        Bytes += applicant.Bytes;
    }

    /// <summary>Takes one out that is in.</summary>
    internal void Remove(Applicant applicant)
    {
        if (applicant.Older is not null)
            applicant.Older.Newer = applicant.Newer;
        else
            Oldest = applicant.Newer;
        if (applicant.Newer is not null)
            applicant.Newer.Older = applicant.Older;
        else
            Newest = applicant.Older;
        applicant.Older = applicant.Newer = null;
        applicant.IsQueued = false;
        Count--;
        Bytes -= applicant.Bytes;
    }
}

/// <summary>Those of whom something has become, until they hear it. Its owner locks, but for <see cref="Tell"/>.</summary>
internal sealed class Tidings
{
    private Applicant? _last;

    /// <summary>That has become of one that waits no more.</summary>
    internal void Add(Applicant applicant, Turn turn)
    {
        applicant.Turn = turn;
        applicant.Newer = _last;
        _last = applicant;
    }

    /// <summary>That has become of one, which is taken out of the list that it waits in, if it does.</summary>
    internal void Add(Applicant applicant, Turn turn, ApplicantList waiting)
    {
        if (applicant.IsQueued)
            waiting.Remove(applicant);
        Add(applicant, turn);
    }

    /// <summary>All of them, for <see cref="Tell"/>.</summary>
    internal Applicant? Take()
    {
        var last = _last;
        _last = null;
        return last;
    }

    /// <summary>Tells them. Without the owner's lock: whoever hears may do anything, and may be used again at once.</summary>
    internal static void Tell(Applicant? decided)
    {
        while (decided is not null)
        {
            var next = decided.Newer;
            decided.Newer = null;
            decided.Decided();
            decided = next;
        }
    }
}
