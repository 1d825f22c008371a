using Seawall.Rehearsal.Measures;

namespace Seawall.Rehearsal.Floods;

/// <summary>What became of the requests of some time and class.</summary>
/// <param name="Offered">Requests that were due.</param>
/// <param name="Good">Those answered within the client's patience of the time at which they were due.</param>
/// <param name="Late">Those answered later than that, by a further try.</param>
/// <param name="OfferedMs">What all of them take of an idle server.</param>
/// <param name="GoodMs">What those in time take of it.</param>
public readonly record struct FloodCount(long Offered, long Good, long Late, double OfferedMs, double GoodMs)
{
    /// <summary>The share of requests answered in time; 1 when there were none.</summary>
    public double Success => Offered == 0 ? 1 : (double)Good / Offered;
}

/// <summary>
/// What has become of a flood so far, by the time at which requests were due. Written by the flood's thread; readable at any
/// time, at worst without what is being added.
/// </summary>
public sealed class FloodLedger
{
    /// <summary>The finest time that is told apart: a tenth of a second.</summary>
    private const double PerSecond = 10;

    private readonly FloodCount[,] _counts;
    private readonly Latencies[,] _latencies;
    private readonly Latencies[] _lags;
    private readonly Dictionary<string, long> _errors = [];
    private readonly List<FloodFate> _fates = [];
    private readonly Lock _lock = new();
    private readonly int _classes;

    internal FloodLedger(FloodPlan plan)
    {
        _classes = plan.Classes.Count;
        _counts = new FloodCount[(int)Math.Ceiling(plan.Seconds * PerSecond) + 1, _classes];
        _latencies = new Latencies[plan.Steps.Count, _classes];
        _lags = new Latencies[plan.Steps.Count];
        for (var step = 0; step < plan.Steps.Count; step++)
        {
            _lags[step] = new Latencies();
            for (var i = 0; i < _classes; i++)
                _latencies[step, i] = new Latencies();
        }
    }

    /// <summary>How far it is, in seconds since its beginning.</summary>
    public double Seconds { get; internal set; }

    /// <summary>Tries in all: what was sent, or waited for a connection until patience was at its end.</summary>
    public long Tries { get; internal set; }

    /// <summary>Logins that succeeded.</summary>
    public long Logins { get; internal set; }

    /// <summary>Tries that did not succeed, by what the client saw.</summary>
    public IReadOnlyDictionary<string, long> Errors
    {
        get
        {
            lock (_lock)
                return new Dictionary<string, long>(_errors);
        }
    }

    /// <summary>Each request by itself, in the order in which they were due; when the flood is over.</summary>
    public IReadOnlyList<FloodFate> Fates => _fates;

    /// <summary>What became of the requests that were due in this time, of one class or of all.</summary>
    public FloodCount Count(double fromSeconds, double toSeconds, int? ofClass = null)
    {
        var sum = default(FloodCount);
        var until = Math.Min(_counts.GetLength(0), (int)Math.Round(toSeconds * PerSecond));
        for (var tenth = Math.Max(0, (int)Math.Round(fromSeconds * PerSecond)); tenth < until; tenth++)
        {
            for (var i = ofClass ?? 0; i <= (ofClass ?? _classes - 1); i++)
            {
                var one = _counts[tenth, i];
                sum = new FloodCount(sum.Offered + one.Offered, sum.Good + one.Good, sum.Late + one.Late,
                    sum.OfferedMs + one.OfferedMs, sum.GoodMs + one.GoodMs);
            }
        }
        return sum;
    }

    /// <summary>
    /// The time, from when they were due, that a share of a step's answered requests did not exceed; of one class or of all.
    /// </summary>
    public double LatencyMs(int step, double share, int? ofClass = null) => Latencies.QuantileUs(share,
        [.. Enumerable.Range(0, _classes).Where(i => i == (ofClass ?? i)).Select(i => _latencies[step, i])]) / 1e3;

    /// <summary>The same of several steps together, from one to before another.</summary>
    public double LatencyMs(int from, int until, double share) => Latencies.QuantileUs(share,
        [.. Enumerable.Range(from, until - from).SelectMany(step => Enumerable.Range(0, _classes).Select(i => _latencies[step, i]))]) / 1e3;

    /// <summary>How late a share of a step's requests at most was begun by the flood itself.</summary>
    public double LagMs(int step, double share) => _lags[step].QuantileUs(share) / 1e3;

    internal FloodFate Offer(in FloodRequest request, double lagSeconds)
    {
        _lags[request.Step].Record((long)(lagSeconds * 1e9));
        ref var count = ref At(request);
        count = count with { Offered = count.Offered + 1, OfferedMs = count.OfferedMs + request.Statement.WorkMs };
        var fate = new FloodFate(request.Class, request.Step, request.DueSeconds, request.Statement.WorkMs);
        _fates.Add(fate);
        return fate;
    }

    internal void Answer(in FloodRequest request, double tookSeconds, bool isInTime)
    {
        _latencies[request.Step, request.Class].Record((long)(tookSeconds * 1e9));
        ref var count = ref At(request);
        count = isInTime
            ? count with { Good = count.Good + 1, GoodMs = count.GoodMs + request.Statement.WorkMs }
            : count with { Late = count.Late + 1 };
    }

    internal void Fail(string what)
    {
        lock (_lock)
            _errors[what] = _errors.GetValueOrDefault(what) + 1;
    }

    private ref FloodCount At(in FloodRequest request) => ref _counts[(int)(request.DueSeconds * PerSecond), request.Class];
}

/// <summary>Something that somebody wants, however often he must ask for it.</summary>
internal readonly record struct FloodRequest(int Class, int Step, FloodStatement Statement, int Key, double DueSeconds);
