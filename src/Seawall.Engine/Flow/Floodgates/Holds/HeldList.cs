namespace Seawall.Engine.Flow.Floodgates.Holds;

/// <summary>Statements that are held, in the order in which they came. Its owner locks.</summary>
internal sealed class HeldList
{
    private Applicant? _newest;
    private Applicant? _decided;

    /// <summary>Who came first.</summary>
    internal Applicant? Oldest { get; private set; }

    /// <summary>How many there are.</summary>
    internal int Count { get; private set; }

    /// <summary>What they hold in memory.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Puts one in.</summary>
    internal void Add(Applicant applicant)
    {
        applicant.IsQueued = true;
        applicant.Older = _newest;
        applicant.Newer = null;
        if (_newest is not null)
            _newest.Newer = applicant;
        else
            Oldest = applicant;
        _newest = applicant;
        Count++;
        Bytes += applicant.Bytes;
    }

    /// <summary>Takes one out that is in, because that has become of it; it hears of it by <see cref="Tell"/>.</summary>
    internal void Decide(Applicant applicant, Turn turn)
    {
        if (applicant.IsQueued)
            Remove(applicant);
        applicant.Turn = turn;
        applicant.Newer = _decided;
        _decided = applicant;
    }

    /// <summary>Those that are to hear what has become of them, for <see cref="Tell"/>.</summary>
    internal Applicant? TakeDecided()
    {
        var decided = _decided;
        _decided = null;
        return decided;
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

    private void Remove(Applicant applicant)
    {
        if (applicant.Older is not null)
            applicant.Older.Newer = applicant.Newer;
        else
            Oldest = applicant.Newer;
        if (applicant.Newer is not null)
            applicant.Newer.Older = applicant.Older;
        else
            _newest = applicant.Older;
        applicant.Older = applicant.Newer = null;
        applicant.IsQueued = false;
        Count--;
        Bytes -= applicant.Bytes;
    }
}
