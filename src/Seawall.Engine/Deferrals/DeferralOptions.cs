using System.Collections.Immutable;

namespace Seawall.Engine.Deferrals;

/// <summary>Which statements may be deferred: those for which everything holds that is said, and that have a <c>defer_key</c>.</summary>
/// <param name="Name">Its name, in lists and messages.</param>
/// <param name="User">The account's name; null for all.</param>
/// <param name="Schema">The session's schema; null for all.</param>
public sealed record DeferralRule(string Name, string? User, string? Schema)
{
    /// <summary>The digests of its statements; none for all.</summary>
    public ImmutableArray<ulong> Digests { get; init; } = [];
}

/// <summary>How statements are deferred. Immutable.</summary>
public sealed record DeferralOptions
{
    /// <summary>Where the journal is; empty for none. Only at the start.</summary>
    public string Folder { get; init; } = "";

    /// <summary>
    /// What the journal may have on disk, and about twice that in memory while nothing can be run: 64 MiB are some 200,000 statements.
    /// </summary>
    public long BytesMax { get; init; } = 64L << 20;

    /// <summary>Connections to the server for it, beside those of the pools: two show that a lane that waits does not hold the others.</summary>
    public int ConnectionsMax { get; init; } = 2;

    /// <summary>How old a statement may become before it is given up: a day, so that a night is not enough to lose any.</summary>
    public long AgeMsMax { get; init; } = 24L * 60 * 60 * 1000;

    /// <summary>The table at the server that has a row for each statement that has run: <c>schema.table</c>.</summary>
    public string Table { get; init; } = "seawall.applied";

    /// <summary>The rules; the first that fits counts.</summary>
    public ImmutableArray<DeferralRule> Rules { get; init; } = [];
}
