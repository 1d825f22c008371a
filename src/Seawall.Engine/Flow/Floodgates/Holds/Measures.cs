using System.Collections.Immutable;

namespace Seawall.Engine.Flow.Floodgates.Holds;

/// <summary>What statements of a rule and a class meet before the sluice.</summary>
/// <param name="Rule">The rule; null for those that none fits.</param>
/// <param name="Cut">What somebody has cut down for a while; null when nothing is.</param>
/// <param name="Pace">The rule's pace; null when there is none.</param>
/// <param name="DeferMsMax">How long they may be deferred; 0 when they are not.</param>
internal sealed record Hold(ClassRule? Rule, BrownoutCut? Cut, Pace? Pace, int DeferMsMax)
{
    /// <summary>For how long their answers are kept, for a brown-out that there may be; 0: they are not.</summary>
    internal int KeepMsMax { get; init; }

    /// <summary>Whether nothing of it holds anybody.</summary>
    internal bool HoldsNothing => Cut is null && Pace is null && DeferMsMax == 0;

    /// <summary>What slows writes because replicas lag, when it is that; it is no rule's.</summary>
    internal LagBrake? Brake { get; init; }
}

/// <summary>
/// The options, and what follows from them and from brown-outs for the statements of each rule and class. Immutable, and made anew when
/// one of them changes; what counts and keeps time in it goes on.
/// </summary>
internal sealed class Measures
{
    private readonly Hold?[] _holds;
    private readonly ImmutableDictionary<string, Pace> _paces;
    private readonly ImmutableDictionary<string, Pace> _slow;
    private readonly ImmutableDictionary<string, BrownoutCount> _counts;

    private Measures(OverloadOptions options, ImmutableArray<BrownoutOrder> orders, Measures? before)
    {
        Options = options;
        KeepMsMost = options.Mode == OverloadMode.Off ? 0 : options.Brownouts.Where(group => group.Action == BrownoutAction.Cache)
            .Select(group => group.KeepMsMax).DefaultIfEmpty().Max();
        Orders = orders;
        _paces = options.Rules.Where(rule => rule.Pace is not null)
            .DistinctBy(rule => rule.Name).ToImmutableDictionary(rule => rule.Name, rule => Kept(before?._paces, rule.Name, rule.Pace!));
        _slow = options.Brownouts.Where(group => group.Pace is not null)
            .ToImmutableDictionary(group => group.Name, group => Kept(before?._slow, group.Name, group.Pace!));
        _counts = options.Brownouts.ToImmutableDictionary(group => group.Name,
            group => before?._counts.GetValueOrDefault(group.Name) ?? new BrownoutCount());
        _holds = new Hold?[(options.Rules.Length + 1) * StatementClasses.Count];
        for (var rule = -1; rule < options.Rules.Length; rule++)
        {
            foreach (var which in StatementClasses.OfClients)
                _holds[IndexOf(rule, which)] = Make(rule < 0 ? null : options.Rules[rule], which);
        }
    }

    /// <summary>The options.</summary>
    internal OverloadOptions Options { get; }

    /// <summary>Brown-outs that go on.</summary>
    internal ImmutableArray<BrownoutOrder> Orders { get; }

    /// <summary>Whether answers are kept of any.</summary>
    internal bool KeepsAnswers => KeepMsMost > 0;

    /// <summary>For how long at most.</summary>
    internal int KeepMsMost { get; }

    /// <summary>The paces of rules.</summary>
    internal IEnumerable<Pace> Paces => _paces.Values;

    /// <summary>All paces, also those of brown-outs.</summary>
    internal IEnumerable<Pace> AllPaces => _paces.Values.Concat(_slow.Values);

    /// <summary>What follows from options and orders; of what there was <paramref name="before"/>, paces and counts are kept.</summary>
    internal static Measures Of(OverloadOptions options, ImmutableArray<BrownoutOrder> orders, Measures? before) =>
        new(options, orders, before);

    /// <summary>What a statement meets, by the number of its rule (-1: none) and its class; null for nearly all: nothing.</summary>
    internal Hold? HoldOf(int rule, StatementClass which) => _holds[IndexOf(rule, which)];

    /// <summary>The groups, as they are now.</summary>
    internal IReadOnlyList<BrownoutView> View(long nowMs) =>
    [
        .. Options.Brownouts.Select(group =>
        {
            var order = OrderOf(group);
            var count = _counts[group.Name];
            return new BrownoutView(group, order, order is null ? 0 : Math.Max(0, order.UntilMs - nowMs),
                Volatile.Read(ref count.Refused), Volatile.Read(ref count.Slowed), Volatile.Read(ref count.Answered));
        }),
    ];

    private static int IndexOf(int rule, StatementClass which) => ((rule + 1) * StatementClasses.Count) + (int)which;

    private static Pace Kept(ImmutableDictionary<string, Pace>? before, string name, PaceLimits limits)
    {
        if (before?.GetValueOrDefault(name) is not { } pace)
            return new Pace(name, limits);
        pace.Apply(limits);
        return pace;
    }

    // The one that goes on for longest.
    private BrownoutOrder? OrderOf(BrownoutGroup group) =>
        Orders.Where(order => order.Concerns(group)).MaxBy(order => order.UntilMs);

    private Hold? Make(ClassRule? rule, StatementClass which)
    {
        BrownoutCut? cut = null;
        foreach (var group in Options.Brownouts)
        {
            if (group.Includes(rule, which) && OrderOf(group) is { } order)
                cut = BrownoutCut.Stricter(cut, new(group, order, _slow.GetValueOrDefault(group.Name), _counts[group.Name]));
        }
        var pace = rule?.Pace is null ? null : _paces[rule.Name];
        var deferMs = Options.DeferMsOf(rule, which);
        var keepMs = Options.Brownouts.Where(group => group.Action == BrownoutAction.Cache && group.Includes(rule, which))
            .Select(group => group.KeepMsMax).DefaultIfEmpty().Max();
        return cut is null && pace is null && deferMs == 0 && keepMs == 0 ? null : new Hold(rule, cut, pace, deferMs) { KeepMsMax = keepMs };
    }
}
