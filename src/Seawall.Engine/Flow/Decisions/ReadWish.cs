namespace Seawall.Engine.Flow.Decisions;

/// <summary>What holds for one read, out of everything that was said.</summary>
/// <param name="Target">Where it is answered.</param>
/// <param name="Level">What a replica must have.</param>
/// <param name="BoundMs">How old an answer may be at <see cref="FreshnessLevel.Bounded"/>.</param>
/// <param name="StaleMsMax">How old it may be when nobody else may give one; 0 for no such answers.</param>
internal readonly record struct ReadWish(ReadTarget Target, FreshnessLevel Level, int BoundMs, int StaleMsMax)
{
    /// <summary>
    /// Settles it: the statement's own word counts more than that of its session, and that more than a rule. Only that its reads are the
    /// primary's nobody can take from a rule.
    /// </summary>
    internal static ReadWish Settle(ReadOptions options, ReadRule? rule, in ReadWord session, in ReadWord statement)
    {
        var target = rule?.Target ?? ReadTarget.Any;
        if (target == ReadTarget.Primary)
            return new(target, FreshnessLevel.Primary, 0, 0);
        // Of reads that a rule sends to replicas, those settings that keep all others at the primary do not speak.
        var usual = target == ReadTarget.Replicas && options.Level == FreshnessLevel.Primary ? FreshnessLevel.Session : options.Level;
        return new(target, statement.Level ?? session.Level ?? rule?.Level ?? usual,
            statement.BoundMs ?? session.BoundMs ?? rule?.BoundMs ?? options.BoundMs,
            statement.StaleMsMax ?? session.StaleMsMax ?? rule?.StaleMsMax ?? options.StaleMsMax);
    }
}
