namespace Seawall.Engine.Flow.Floodgates;

/// <summary>
/// How long statements of each class run, of late. Callers hold the sluice's lock.
/// </summary>
internal sealed class ServicePace
{
    /// <summary>How often it is looked at. At a few hundred statements a second that is some tens each time.</summary>
    internal const int EveryMs = 100;

    /// <summary>How much of what was known each look leaves: two seconds, and nine tenths are forgotten.</summary>
    private const double Kept = 0.9;

    /// <summary>More than this without a look was a time when nothing happened, of which nothing is to be learnt.</summary>
    private const long PauseMsMax = 10_000;

    private readonly double[] _ended = new double[StatementClasses.Count];
    private readonly double[] _ranMs = new double[StatementClasses.Count];
    private readonly long[] _endedSeen = new long[StatementClasses.Count];
    private readonly long[] _ranSeen = new long[StatementClasses.Count];
    private double _passedMs;
    private long _lookedMs = long.MinValue / 2;

    /// <summary>Whether it is time to look.</summary>
    internal bool IsDue(long nowMs) => nowMs - _lookedMs >= EveryMs;

    /// <summary>How long a statement runs, whatever its class; 0 as long as none has ended.</summary>
    internal double RanMs => Mean(_ranMs.Sum(), _ended.Sum());

    /// <summary>How long one of the class runs; what all do, as long as none of it has ended.</summary>
    internal double RanMsOf(StatementClass which) =>
        _ended[(int)which] > 1 ? Mean(_ranMs[(int)which], _ended[(int)which]) : RanMs;

    /// <summary>
    /// How many have run at a time, by Little's law. While a limit is only observed that may be more than the limit: then statements take
    /// longer than they would, and the server does no less for that.
    /// </summary>
    internal double RunningMean => Mean(_ranMs.Sum(), _passedMs);

    /// <summary>Looks.</summary>
    internal void Note(IReadOnlyList<SluiceTally> tallies, long nowMs)
    {
        _passedMs = (_passedMs * Kept) + Math.Min(nowMs - _lookedMs, PauseMsMax);
        _lookedMs = nowMs;
        for (var i = 0; i < StatementClasses.Count; i++)
        {
            long ended = 0, ran = 0;
            foreach (var tally in tallies)
            {
                ended += Volatile.Read(ref tally.Ended[i]);
                ran += Volatile.Read(ref tally.RanMs[i]);
            }
            _ended[i] = (_ended[i] * Kept) + (ended - _endedSeen[i]);
            _ranMs[i] = (_ranMs[i] * Kept) + (ran - _ranSeen[i]);
            _endedSeen[i] = ended;
            _ranSeen[i] = ran;
        }
    }

    private static double Mean(double sum, double count) => count > 0 ? sum / count : 0;
}
