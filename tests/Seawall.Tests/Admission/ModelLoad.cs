using Seawall.Engine.Flow.Floodgates;

namespace Seawall.Tests.Admission;

/// <summary>What clients do when they get an error, or no answer in time.</summary>
internal enum ClientModel
{
    /// <summary>Nothing.</summary>
    GiveUp,

    /// <summary>Try again at once, three times in all.</summary>
    TryAtOnce,

    /// <summary>Try again after 100 ms and twice as long after that, give or take a half; three times in all.</summary>
    BackOff,

    /// <summary>Try again after 50 ms, for ever.</summary>
    Endless,

    /// <summary>Ten thousand who each want one thing at a time, and the next when they have thought about it; otherwise as <see cref="BackOff"/>.</summary>
    Closed,
}

/// <summary>Something that somebody wants, however often he must ask for it.</summary>
internal sealed record ModelRequest(StatementClass Class, int Cohort, double WorkMs, double AtMs)
{
    /// <summary>What it looks like: all that take the same look alike, unless somebody says otherwise.</summary>
    internal ulong Shape { get; init; } = 1 + (ulong)WorkMs;

    /// <summary>The row that it changes, which others who want to change it wait for; 0: none.</summary>
    internal int Row { get; init; }

    /// <summary>Whose it is; 0: nobody's in particular.</summary>
    internal ulong Tenant { get; init; }

    /// <summary>How long its client takes over its answer.</summary>
    internal double TakesMs { get; init; }
}

/// <summary>What came of the requests of one class.</summary>
internal sealed class ModelScore
{
    internal long Offered { get; set; }

    internal long Answered { get; set; }

    internal List<double> LatencyMs { get; } = [];

    internal double Success => Offered == 0 ? 1 : (double)Answered / Offered;

    internal double P99Ms => LatencyMs.Count == 0 ? 0 : LatencyMs.Order().ElementAt((int)(0.99 * (LatencyMs.Count - 1)));
}

/// <summary>
/// Requests that come at their own times, whatever becomes of those before them (but for <see cref="ClientModel.Closed"/>): 85 of 100 take 4 ms of a
/// core, 13 take 20 ms and 2 take 400 ms, as in the overload design's model. What one takes does not change when it is tried again.
/// </summary>
internal sealed class ModelLoad(ModelClock clock, ModelGate gate, int seed)
{
    internal const double WorkMsMean = (0.85 * 4) + (0.13 * 20) + (0.02 * 400);
    internal const double PatienceMs = 1_000;
    private const int TriesMax = 3;

    /// <summary>Those of <see cref="ClientModel.Closed"/>.</summary>
    private const int ClosedClients = 10_000;

    private readonly Random _random = new(seed);
    private readonly Dictionary<StatementClass, ModelScore> _scores =
        StatementClasses.OfClients.ToDictionary(which => which, _ => new ModelScore());
    private readonly Dictionary<int, double> _goodByTenth = [];
    private readonly Dictionary<int, double> _offeredByTenth = [];
    private Random? _pauses;
    private int _busy;

    /// <summary>The share of each class.</summary>
    internal (StatementClass Class, double Share)[] Mix { get; init; } =
        [(StatementClass.Critical, 0.2), (StatementClass.Normal, 0.5), (StatementClass.Low, 0.3)];

    internal ClientModel Clients { get; init; } = ClientModel.BackOff;

    /// <summary>Whether other runs have the same requests, whatever becomes of them: pauses are by dice of their own then.</summary>
    internal bool HasTwins { get; init; }

    /// <summary>Requests in a second that come now.</summary>
    internal double PerSecond { get; set; }

    /// <summary>Requests that come before this are not counted.</summary>
    internal double CountFromMs { get; set; }

    /// <summary>Nor are those that come later: what comes at the very end has no time to be answered.</summary>
    internal double CountToMs { get; set; } = double.MaxValue;

    /// <summary>How much one takes.</summary>
    internal Func<Random, double> Work { get; init; } = random => random.NextDouble() switch { < 0.85 => 4, < 0.98 => 20, _ => 400 };

    /// <summary>Hears of each request that was answered in time, and how long that took.</summary>
    internal Action<ModelRequest, double>? Answered { get; set; }

    /// <summary>Hears of each request that is wanted.</summary>
    internal Action<ModelRequest>? Wanted { get; set; }

    /// <summary>What is different about a request.</summary>
    internal Func<ModelRequest, ModelRequest> With { get; init; } = request => request;

    internal long Attempts { get; private set; }

    internal ModelScore Of(StatementClass which) => _scores[which];

    internal long Offered => _scores.Values.Sum(score => score.Offered);

    /// <summary>The work that was done in time for requests that came in this time, in requests of mean size a second.</summary>
    internal double Goodput(double fromMs, double toMs) => Sum(_goodByTenth, fromMs, toMs) / (toMs - fromMs) * 1000;

    /// <summary>The share of the work that was wanted in this time and was done in time.</summary>
    internal double Success(double fromMs, double toMs) => Sum(_goodByTenth, fromMs, toMs) / Sum(_offeredByTenth, fromMs, toMs);

    internal void Start() => Next();

    /// <summary>So many more come for a while, by dice of their own: what comes otherwise is as if they did not.</summary>
    internal void Add(double perSecond, double forMs) => Add(new Random(seed + 1_000), perSecond, clock.NowMs + forMs);

    private void Add(Random dice, double perSecond, double untilMs)
    {
        var inMs = GapMs(dice, perSecond);
        if (clock.NowMs + inMs >= untilMs)
            return;
        clock.In(inMs, () =>
        {
            Come(dice);
            Add(dice, perSecond, untilMs);
        });
    }

    private static double Sum(Dictionary<int, double> byTenth, double fromMs, double toMs) =>
        byTenth.Where(tenth => tenth.Key * 100 >= fromMs && tenth.Key * 100 < toMs).Sum(tenth => tenth.Value);

    private void Next() => clock.In(PerSecond <= 0 ? 10 : GapMs(_random, PerSecond), () =>
    {
        if (PerSecond > 0)
            Come(_random);
        Next();
    });

    private static double GapMs(Random dice, double perSecond) => -Math.Log(1 - dice.NextDouble()) * 1000 / perSecond;

    // In a closed loop somebody comes only if the one whose turn it would be does not wait for what came before: of so many who think, each for a time
    // that has no memory, fewer come in proportion.
    private void Come(Random dice)
    {
        var request = With(new ModelRequest(ClassOf(dice.NextDouble()), dice.Next(128), Work(dice), clock.NowMs));
        if (Clients != ClientModel.Closed || dice.Next(ClosedClients) >= _busy)
            Begin(request);
    }

    private void Begin(ModelRequest request)
    {
        _busy++;
        if (IsCounted(request))
            _scores[request.Class].Offered++;
        Add(_offeredByTenth, request);
        Wanted?.Invoke(request);
        Try(request, 1);
    }

    private void Try(ModelRequest request, int number)
    {
        Attempts++;
        var began = clock.NowMs;
        var isOver = false;
        Attempt? attempt = null;
        attempt = new Attempt(request, isOk =>
        {
            if (isOver)
                return;
            isOver = true;
            if (isOk)
                Note(request, clock.NowMs - request.AtMs);
            else
                TryAgain(request, number);
        });
        clock.In(PatienceMs, () =>
        {
            if (isOver)
                return;
            isOver = true;
            attempt.IsAbandoned = true;
            gate.Abandon(attempt);
            TryAgain(request, number);
        });
        gate.Enter(attempt);
    }

    private void TryAgain(ModelRequest request, int number)
    {
        if (Clients == ClientModel.GiveUp || (Clients != ClientModel.Endless && number >= TriesMax))
        {
            _busy--;
            return;
        }
        var dice = HasTwins ? _pauses ??= new Random(seed + 2_000) : _random;
        // Nobody is faster than his way to the server and back, and a program needs its time as well.
        var pauseMs = Clients switch
        {
            ClientModel.BackOff or ClientModel.Closed => 100 * number * (0.5 + dice.NextDouble()),
            ClientModel.Endless => 50,
            _ => 1,
        };
        clock.In(pauseMs, () => Try(request, number + 1));
    }

    private void Note(ModelRequest request, double tookMs)
    {
        _busy--;
        Add(_goodByTenth, request);
        Answered?.Invoke(request, tookMs);
        if (!IsCounted(request))
            return;
        var score = _scores[request.Class];
        score.Answered++;
        score.LatencyMs.Add(tookMs);
    }

    private bool IsCounted(ModelRequest request) => request.AtMs >= CountFromMs && request.AtMs < CountToMs;

    private static void Add(Dictionary<int, double> byTenth, ModelRequest request)
    {
        var tenth = (int)(request.AtMs / 100);
        byTenth[tenth] = byTenth.GetValueOrDefault(tenth) + (request.WorkMs / WorkMsMean);
    }

    private StatementClass ClassOf(double dice)
    {
        foreach (var (which, share) in Mix)
        {
            if (dice < share)
                return which;
            dice -= share;
        }
        return Mix[^1].Class;
    }
}
