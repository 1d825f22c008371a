using Seawall.Engine.Flow.Floodgates.Tenants;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>
/// Which cohorts of a class and tenant are served while not all can be: the same ones for seconds on end, so that a page of twenty
/// statements gets all of its answers or fails at its first. Down fast, up slowly. Of a tenant who wants no more than there is for him
/// nobody is left out, whatever the others want. The critical class is never thinned out: what little of it is refused is refused for lack of
/// room alone. Callers hold the sluice's lock.
/// </summary>
internal sealed class CohortShares
{
    /// <summary>How many cohorts there are.</summary>
    internal const int Cohorts = 128;

    private const int Tenants = TenantTable.Slots + 1;

    // From the overload design, section 2.3: five hundredths down and one up at each look.
    private const double Down = 0.95;
    private const double Up = 0.01;

    /// <summary>Never fewer than this: somebody must find out that there is room again.</summary>
    private const double Least = 0.02;

    // By class and tenant. Nearly all are whole all the time: those that are not, or were not a moment ago, are listed.
    private readonly float[] _missing = new float[StatementClasses.Count * Tenants];
    private readonly bool[] _wasRefused = new bool[StatementClasses.Count * Tenants];
    private readonly bool[] _isListed = new bool[StatementClasses.Count * Tenants];
    private readonly List<int> _listed = [];
    private long _lookedMs = long.MinValue / 2;

    /// <summary>The share of a class that is served: of the tenant of whom least is.</summary>
    internal double Of(StatementClass which)
    {
        var missing = 0f;
        foreach (var at in _listed)
        {
            if (at / Tenants == (int)which)
                missing = Math.Max(missing, _missing[at]);
        }
        return 1 - missing;
    }

    /// <summary>Whether a cohort of a class and tenant is served.</summary>
    internal bool Includes(StatementClass which, int tenant, int cohort) =>
        which <= StatementClass.Critical || cohort < (1 - _missing[At(which, tenant)]) * Cohorts;

    /// <summary>One was refused because there was no room for all, and not because its cohort is left out.</summary>
    internal void NoteRefused(StatementClass which, int tenant)
    {
        var at = At(which, tenant);
        _wasRefused[at] = true;
        if (_isListed[at])
            return;
        _isListed[at] = true;
        _listed.Add(at);
    }

    /// <summary>Looks at what has been refused since the last look.</summary>
    internal void Look(long nowMs)
    {
        var looks = Math.Clamp((nowMs - _lookedMs) / ServicePace.EveryMs, 1, (long)(1 / Up));
        _lookedMs = nowMs;
        for (var i = _listed.Count - 1; i >= 0; i--)
        {
            var at = _listed[i];
            var share = 1.0 - _missing[at];
            share = _wasRefused[at] ? Math.Max(Least, share * Down) : Math.Min(1, share + (Up * looks));
            _wasRefused[at] = false;
            _missing[at] = (float)(1 - share);
            if (share < 1)
                continue;
            _missing[at] = 0;
            _isListed[at] = false;
            _listed.RemoveAt(i);
        }
    }

    private static int At(StatementClass which, int tenant) => ((int)which * Tenants) + tenant;
}
