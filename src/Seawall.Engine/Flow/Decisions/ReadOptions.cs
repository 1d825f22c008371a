using System.Collections.Immutable;

namespace Seawall.Engine.Flow.Decisions;

/// <summary>Who answers reads.</summary>
public enum ReadsFrom : byte
{
    /// <summary>The primary.</summary>
    Primary,

    /// <summary>Replicas, as far as they may and can.</summary>
    Replicas,
}

/// <summary>What a replica must have to answer a read.</summary>
public enum FreshnessLevel : byte
{
    /// <summary>Everything that its session has written or seen: it reads its own writes, and never what is older than it has read.</summary>
    Session,

    /// <summary>Everything that the primary had so and so many milliseconds ago.</summary>
    Bounded,

    /// <summary>Anything: it may be as far behind as it is.</summary>
    Any,

    /// <summary>Replicas answer nothing.</summary>
    Primary,
}

/// <summary>What is read from where. Immutable.</summary>
public sealed record ReadOptions
{
    /// <summary>Who answers.</summary>
    public ReadsFrom From { get; init; }

    /// <summary>What a replica must have, when nobody says otherwise.</summary>
    public FreshnessLevel Level { get; init; }

    /// <summary>How old an answer may be at <see cref="FreshnessLevel.Bounded"/>, when nobody says otherwise.</summary>
    public int BoundMs { get; init; } = 1_000;

    /// <summary>How far behind a replica may be and still be read from, at <see cref="FreshnessLevel.Session"/>: what sessions see of others.</summary>
    public int LagMsMax { get; init; } = 10_000;

    /// <summary>How long a read waits for a replica that may answer it: what replication takes, and far less than people notice.</summary>
    public int WaitMsMax { get; init; } = 50;

    /// <summary>
    /// The hundredths of what may run on the primary that reads may have there which no replica may answer: the freshness design's ten, so
    /// that replicas in trouble never become trouble of the primary.
    /// </summary>
    public int SpillShare { get; init; } = 10;

    /// <summary>
    /// Whether reads that no replica may answer go to the primary however many they are, as where replicas have a plain fallback: to see what a
    /// budget is for, and for those who would rather lose the primary than a read.
    /// </summary>
    public bool SpillsWithoutBudget { get; init; }

    /// <summary>Whether statements of the class normal may spill, and not critical ones alone.</summary>
    public bool SpillsNormal { get; init; } = true;

    /// <summary>
    /// How old an answer may be when no replica has what it must have and the primary has no place: 0 for none. Of those that say it
    /// themselves, or for which a rule does.
    /// </summary>
    public int StaleMsMax { get; init; }

    /// <summary>
    /// The hundredths of a second try that each read of replicas earns, for reads whose replica is lost; 0 for none. Ten, as proxies that
    /// have seen storms of retries have it: enough for a replica that falls now and then, and no load to speak of when all do.
    /// </summary>
    public int RetryShare { get; init; } = 10;

    /// <summary>
    /// Whether transactions that begin with START TRANSACTION READ ONLY may be a replica's. Off: what they may do there is a little less
    /// than on the primary.
    /// </summary>
    public bool TakesTransactions { get; init; }

    /// <summary>Which statements are treated in another way; the first that fits counts.</summary>
    public ImmutableArray<ReadRule> Rules { get; init; } = [];

    /// <summary>
    /// How far behind a replica may be at <see cref="FreshnessLevel.Session"/> while those that are well can do less than half of what all
    /// could: what sessions see of others then. Their own writes they see all the same.
    /// </summary>
    public int ShortLagMsMax { get; init; } = 60_000;

    /// <summary>
    /// A replica whose reads take so many times as long as those of the others is set aside for a while; 0 for never. The design's three: less
    /// is what servers differ by.
    /// </summary>
    public int SlowFactor { get; init; } = 3;

    /// <summary>
    /// With less than so many hundredths to spare of what would be left without the biggest replica, that is told. The drills' twenty.
    /// </summary>
    public int HeadroomLow { get; init; } = 20;
}
