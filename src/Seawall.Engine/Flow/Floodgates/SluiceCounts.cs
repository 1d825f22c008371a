namespace Seawall.Engine.Flow.Floodgates;

/// <summary>
/// What has been counted at one sluice: by each loop for itself, and of those who waited, who began to run on whichever thread.
/// Callers hold the sluice's lock, but for <see cref="On"/>.
/// </summary>
internal sealed class SluiceCounts(int loops)
{
    private readonly SluiceTally[] _tallies = [.. Enumerable.Range(0, loops).Select(_ => new SluiceTally())];
    private readonly long[] _withdrawn = new long[StatementClasses.Count];
    private readonly long[] _admitted = new long[StatementClasses.Count];
    private readonly long[] _released = new long[StatementClasses.Count];

    /// <summary>What each loop has counted.</summary>
    internal IReadOnlyList<SluiceTally> Tallies => _tallies;

    /// <summary>What one loop counts. That loop only, without the lock.</summary>
    internal SluiceTally On(int loop) => _tallies[loop];

    /// <summary>One that has waited goes.</summary>
    internal void NoteAdmitted(StatementClass which) => _admitted[(int)which]++;

    /// <summary>One that was deferred goes.</summary>
    internal void NoteReleased(StatementClass which) => _released[(int)which]++;

    /// <summary>One that waited does not wait any more, because it was ended or its client has gone.</summary>
    internal void NoteWithdrawn(StatementClass which) => _withdrawn[(int)which]++;

    /// <summary>How many of a class had to wait, and were not refused.</summary>
    internal long WaitedOf(StatementClass which) => _admitted[(int)which] + _withdrawn[(int)which];

    /// <summary>How many of a class went after having been held.</summary>
    internal long AdmittedOf(StatementClass which) => _admitted[(int)which] + _released[(int)which];

    /// <summary>How many of a class were withdrawn.</summary>
    internal long WithdrawnOf(StatementClass which) => _withdrawn[(int)which];

    /// <summary>How many of a class run.</summary>
    internal int RunningOf(StatementClass which)
    {
        var running = AdmittedOf(which);
        foreach (var tally in _tallies)
            running += Volatile.Read(ref tally.Entered[(int)which]);
        return (int)Math.Max(0, running);
    }

    /// <summary>A sum over all loops.</summary>
    internal long Sum(Func<SluiceTally, long[]> what, StatementClass which) => _tallies.Sum(tally => what(tally)[(int)which]);
}
