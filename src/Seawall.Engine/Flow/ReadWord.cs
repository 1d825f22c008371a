using Seawall.Engine.Flow.Decisions;

namespace Seawall.Engine.Flow;

/// <summary>What somebody has said of reads: a session of its own, or a statement of itself. What is null was not said.</summary>
/// <param name="Level">What a replica must have.</param>
/// <param name="BoundMs">How old an answer may be at <see cref="FreshnessLevel.Bounded"/>.</param>
/// <param name="StaleMsMax">How old it may be when nobody else may give one; 0 for no such answers.</param>
internal readonly record struct ReadWord(FreshnessLevel? Level, int? BoundMs, int? StaleMsMax);
