using Seawall.Engine.Facts.Freshness;

namespace Seawall.Engine.Flow.Reads;

/// <summary>What one replica looks like at one moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsThere">Whether it answers, and its answers would be the primary's.</param>
/// <param name="IsFresh">Whether it has what replicas must have.</param>
/// <param name="Weight">How many statements may run there.</param>
/// <param name="Running">How many do, or wait to.</param>
/// <param name="Tally">What it has done with reads.</param>
internal readonly record struct ReplicaLook(string Name, bool IsThere, bool IsFresh, int Weight, int Running, ReadTally Tally);

/// <summary>Something has changed in how reads are spread.</summary>
/// <param name="Server">Of which replica; null of all together.</param>
/// <param name="To">What it is now.</param>
/// <param name="Cause">Why.</param>
internal readonly record struct ReplicaNews(string? Server, string To, string Cause);

/// <summary>
/// Says how much of the reads each replica gets: little when it has just come back, nothing for a while when it is much slower than the others
/// or fails where they do not, as long as the others can do without it. Never is one that must not answer made to answer by this. Looked at ten
/// times a second; time and chance come in. One thread only.
/// </summary>
internal sealed class ReplicaCare(Random random)
{
    /// <summary>What the replicas that are left must be able to do, in hundredths of all of them: with less nobody is set aside.</summary>
    internal const int LeftShareMin = 50;

    /// <summary>How busy those that are left may be afterwards, in hundredths.</summary>
    internal const int BusyShareMax = 90;

    /// <summary>For how long it must be enough again before it counts: as long as a limit takes to settle, halved.</summary>
    internal const int EnoughMs = 5_000;

    /// <summary>Whoever is well for the first time within this of the start was not lost: nobody knows since when it was there.</summary>
    internal const int BootMs = 10_000;

    private readonly List<ReplicaStanding> _standings = [];
    private readonly List<ReplicaNews> _news = [];
    private long? _begunMs;
    private long? _enoughSinceMs;
    private int _shortLooks;
    private bool _wasEnough;

    /// <summary>
    /// Whether those that are left can do less than half of what all could: then nobody stays aside, and those that are late are read from too.
    /// </summary>
    internal bool IsShort { get; private set; }

    /// <summary>The replicas, in the order in which they were looked at.</summary>
    internal IReadOnlyList<ReplicaStanding> Standings => _standings;

    /// <summary>Looks; what has changed. <paramref name="slowFactor"/>: so many times as slow as the others is slow; 0 for never.</summary>
    internal IReadOnlyList<ReplicaNews> Look(ReadOnlySpan<ReplicaLook> replicas, int slowFactor, long nowMs)
    {
        _news.Clear();
        var begunMs = _begunMs ??= nowMs;
        Follow(replicas);
        for (var i = 0; i < replicas.Length; i++)
        {
            if (_standings[i].See(replicas[i], wasBoot: nowMs - begunMs < BootMs, nowMs) is { } news)
                _news.Add(news);
        }
        for (var i = 0; i < replicas.Length; i++)
            _standings[i].Judge(PeersOf(_standings[i]), slowFactor, nowMs);
        LookAtAll(nowMs);
        if (!IsShort)
            SetAsideTheWorst(nowMs);
        return _news;
    }

    private void Follow(ReadOnlySpan<ReplicaLook> replicas)
    {
        for (var i = 0; i < replicas.Length; i++)
        {
            var name = replicas[i].Name;
            var at = _standings.FindIndex(standing => standing.Name == name);
            var standing = at < 0 ? new ReplicaStanding(name, random) : _standings[at];
            if (at >= 0)
                _standings.RemoveAt(at);
            _standings.Insert(i, standing);
        }
        _standings.RemoveRange(replicas.Length, _standings.Count - replicas.Length);
    }

    // What the others take: the middle one of them, of those that take part.
    private (double? TypicalMs, double FailedShare) PeersOf(ReplicaStanding one)
    {
        var typical = _standings.Where(other => other != one && other is { IsWell: true, TypicalMs: not null })
            .Select(other => other.TypicalMs!.Value).Order().ToArray();
        var failed = _standings.Where(other => other != one && other is { IsWell: true, TypicalMs: not null })
            .Select(other => other.FailedShare).Order().ToArray();
        return typical.Length == 0 ? (null, 0) : (typical[(typical.Length - 1) / 2], failed[(failed.Length - 1) / 2]);
    }

    private void LookAtAll(long nowMs)
    {
        var all = _standings.Sum(standing => standing.Look.Weight);
        var left = _standings.Where(standing => standing.IsWell).Sum(standing => standing.Look.Weight);
        var isEnough = left * 100L >= all * (long)LeftShareMin;
        if (isEnough)
        {
            _wasEnough = all > 0;
            _shortLooks = 0;
            _enoughSinceMs ??= nowMs;
            if (IsShort && nowMs - _enoughSinceMs >= EnoughMs)
            {
                IsShort = false;
                _news.Add(new(null, "enough", $"replicas that are well can run {left} of {all}"));
            }
            return;
        }
        _enoughSinceMs = null;
        if (!_wasEnough || IsShort || ++_shortLooks < 2)
            return;
        IsShort = true;
        _news.Add(new(null, "short", $"replicas that are well can run {left} of {all}, less than {LeftShareMin} hundredths: "
            + "nobody is set aside, and those that are late are read from, up to reads.short_lag_ms_max"));
        foreach (var standing in _standings)
        {
            if (standing.Part == ReadPart.Aside)
                _news.Add(standing.TakeBack("too few are left"));
        }
    }

    private void SetAsideTheWorst(long nowMs)
    {
        var worst = _standings.Where(standing => standing.IsBad && standing.Part != ReadPart.Aside && standing.IsWell)
            .OrderByDescending(standing => standing.IsFailing).ThenByDescending(standing => standing.TypicalMs).FirstOrDefault();
        if (worst is null)
            return;
        if (WhyNot(worst) is { } reason)
        {
            if (worst.Keep(reason) is { } kept)
                _news.Add(kept);
            return;
        }
        _news.Add(worst.SetAside(nowMs));
    }

    private string? WhyNot(ReplicaStanding worst)
    {
        var count = _standings.Count;
        var most = count <= 1 ? 0 : count <= 3 ? 1 : count / 3;
        var aside = _standings.Count(standing => standing.Part == ReadPart.Aside);
        if (aside >= most)
            return $"{aside} of {count} are aside already, and {most} may be";
        var all = _standings.Sum(standing => standing.Look.Weight);
        var left = _standings.Where(standing => standing.IsWell && standing != worst).Sum(standing => standing.Look.Weight);
        var wanted = _standings.Sum(standing => standing.Look.Running);
        if (left * 100L < all * (long)LeftShareMin)
            return $"the others can run {left} of {all}, less than {LeftShareMin} hundredths";
        return left * (long)BusyShareMax < wanted * 100L ? $"the others can run {left}, and {wanted} do" : null;
    }
}
