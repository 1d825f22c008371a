namespace Seawall.Engine.Flow.Floodgates;

/// <summary>
/// Which cohorts of a class are served while not all can be: the same ones for seconds on end, so that a page of twenty
/// statements gets all of its answers or fails at its first. Down fast, up slowly. The critical class is never thinned out: what
/// little of it is refused is refused for lack of room alone. Callers hold the sluice's lock.
/// </summary>
internal sealed class CohortShares
{
    /// <summary>How many cohorts there are.</summary>
    internal const int Cohorts = 128;

    // From the overload design, section 2.3: five hundredths down and one up at each look.
    private const double Down = 0.95;
    private const double Up = 0.01;

    /// <summary>Never fewer than this: somebody must find out that there is room again.</summary>
    private const double Least = 0.02;

    private readonly double[] _shares = [.. Enumerable.Repeat(1.0, StatementClasses.Count)];
    private readonly long[] _seen = new long[StatementClasses.Count];
    private long _lookedMs = long.MinValue / 2;

    /// <summary>The share of a class that is served.</summary>
    internal double Of(StatementClass which) => _shares[(int)which];

    /// <summary>Whether a cohort of a class is served.</summary>
    internal bool Includes(StatementClass which, int cohort) =>
        which <= StatementClass.Critical || cohort < _shares[(int)which] * Cohorts;

    /// <summary>Looks at what has been refused since the last look, apart from what this itself has.</summary>
    internal void Note(ReadOnlySpan<long> refused, long nowMs)
    {
        var looks = Math.Clamp((nowMs - _lookedMs) / ServicePace.EveryMs, 1, (long)(1 / Up));
        _lookedMs = nowMs;
        foreach (var which in StatementClasses.OfClients)
        {
            var shed = refused[(int)which];
            ref var share = ref _shares[(int)which];
            share = shed > _seen[(int)which] ? Math.Max(Least, share * Down) : Math.Min(1, share + (Up * looks));
            _seen[(int)which] = shed;
        }
    }
}
