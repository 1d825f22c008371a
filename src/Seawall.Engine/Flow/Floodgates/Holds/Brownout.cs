using System.Collections.Immutable;

namespace Seawall.Engine.Flow.Floodgates.Holds;

/// <summary>What is done with the statements of a group in a brown-out.</summary>
public enum BrownoutAction : byte
{
    /// <summary>None runs.</summary>
    Off,

    /// <summary>A share of them runs: always the same cohorts, so that whole pages work.</summary>
    Share,

    /// <summary>They run at a pace.</summary>
    Slow,

    /// <summary>They are answered with answers of a moment ago; where there is none, they run at a pace.</summary>
    Cache,
}

/// <summary>Statements that people can do without for a while, and what becomes of them when somebody says so. Immutable.</summary>
public sealed record BrownoutGroup
{
    /// <summary>Its name: that of the command, and of <c>groups</c> in rules.</summary>
    public required string Name { get; init; }

    /// <summary>From this level on it is part of a brown-out; 0: only when it is named.</summary>
    public int Level { get; init; }

    /// <summary>What is done.</summary>
    public BrownoutAction Action { get; init; }

    /// <summary>The hundredths of the cohorts that run, for <see cref="BrownoutAction.Share"/>.</summary>
    public int Share { get; init; }

    /// <summary>How old an answer may be, for <see cref="BrownoutAction.Cache"/>.</summary>
    public int KeepMsMax { get; init; }

    /// <summary>The pace, for <see cref="BrownoutAction.Slow"/> and <see cref="BrownoutAction.Cache"/>.</summary>
    public PaceLimits? Pace { get; init; }

    /// <summary>Classes that are in it as a whole, beside the rules that name it.</summary>
    public ImmutableArray<StatementClass> Classes { get; init; } = [];

    /// <summary>What a brown-out of it does, in words.</summary>
    public string Effect => Action switch
    {
        BrownoutAction.Off => $"'{Name}' is off",
        BrownoutAction.Share => $"'{Name}' has {Share} hundredths",
        BrownoutAction.Slow => $"'{Name}' has {Pace!.PerSecond} in a second",
        BrownoutAction.Cache => $"'{Name}' is answered from the last {KeepMsMax} ms, and has {Pace!.PerSecond} in a second besides",
    };

    /// <summary>Whether statements of a rule and a class are in it.</summary>
    internal bool Includes(ClassRule? rule, StatementClass which) =>
        Classes.Contains(which) || (rule is not null && rule.Groups.Contains(Name));
}

/// <summary>Somebody's word that a group, or everything up to a level, is to be cut down until a time.</summary>
/// <param name="Group">The group; null for a level.</param>
/// <param name="Level">The level; 0 for a group.</param>
/// <param name="UntilMs">When it ends by itself, in the loops' milliseconds.</param>
/// <param name="By">Who has said so.</param>
/// <param name="Why">Why; empty when nobody has said.</param>
public sealed record BrownoutOrder(string? Group, int Level, long UntilMs, string By, string Why)
{
    /// <summary>What it is about, in words.</summary>
    public string What => Group is null ? $"level {Level}" : $"group '{Group}'";

    /// <summary>Whether a group is cut down by it.</summary>
    internal bool Concerns(BrownoutGroup group) => Group is null ? group.Level > 0 && group.Level <= Level : group.Name == Group;
}

/// <summary>A group that is cut down now, or would be at the next word.</summary>
/// <param name="Group">The group.</param>
/// <param name="Order">By whose word it is now; null: it is not.</param>
/// <param name="LeftMs">How long that goes on.</param>
/// <param name="Refused">Its statements that were refused since the start, or would have been.</param>
/// <param name="Slowed">Its statements that had to wait.</param>
/// <param name="Answered">Its statements that were answered with what was kept.</param>
public sealed record BrownoutView(BrownoutGroup Group, BrownoutOrder? Order, long LeftMs, long Refused, long Slowed, long Answered);

/// <summary>What a group has cost its statements. Counted by all loops: a statement that is refused has time for it.</summary>
internal sealed class BrownoutCount
{
    internal long Refused;
    internal long Slowed;
    internal long Answered;
}

/// <summary>A group that is cut down, as the statements that are in it meet it.</summary>
/// <param name="Group">The group.</param>
/// <param name="Order">By whose word.</param>
/// <param name="Pace">Its pace, if it has one.</param>
/// <param name="Count">What it counts.</param>
internal sealed record BrownoutCut(BrownoutGroup Group, BrownoutOrder Order, Pace? Pace, BrownoutCount Count)
{
    /// <summary>Whether its statements are answered with what was kept.</summary>
    internal bool IsCached(long nowMs) => Group.Action == BrownoutAction.Cache && nowMs < Order.UntilMs;

    /// <summary>Whether a statement of a cohort may not run, whatever the pace.</summary>
    internal bool LeavesOut(int cohort, long nowMs) => nowMs < Order.UntilMs
        && (Group.Action == BrownoutAction.Off
            || (Group.Action == BrownoutAction.Share && cohort >= Group.Share * CohortShares.Cohorts / 100));

    /// <summary>Of two cuts the one that leaves less; null is none.</summary>
    internal static BrownoutCut? Stricter(BrownoutCut? one, BrownoutCut? other)
    {
        if (one is null || other is null)
            return one ?? other;
        if (one.Group.Action != other.Group.Action)
            return one.Group.Action < other.Group.Action ? one : other;
        return one.Group.Action switch
        {
            BrownoutAction.Off => one.Order.UntilMs >= other.Order.UntilMs ? one : other,
            BrownoutAction.Share => one.Group.Share <= other.Group.Share ? one : other,
            BrownoutAction.Slow or BrownoutAction.Cache => one.Group.Pace!.PerSecond <= other.Group.Pace!.PerSecond ? one : other,
        };
    }
}
