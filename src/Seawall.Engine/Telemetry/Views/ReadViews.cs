using Seawall.Engine.Facts.Freshness;

namespace Seawall.Engine.Telemetry.Views;

/// <summary>What is known of one server's position.</summary>
/// <param name="Server">The server.</param>
/// <param name="Role">What it is for.</param>
/// <param name="State">How fresh it is; nothing of the primary.</param>
/// <param name="Unfit">Why nothing is read from it, whatever it has applied; none when it may be.</param>
/// <param name="AgeMs">How old what it has may be; null when that is not known.</param>
/// <param name="Position">The last transaction of each source that it has without a gap.</param>
/// <param name="AskedMs">How long ago it was asked; null when it never answered.</param>
/// <param name="Questions">How often it was asked since it is watched.</param>
/// <param name="Running">Statements that run there now.</param>
/// <param name="Weight">How many may.</param>
public sealed record FreshnessView(
    string Server, string Role, FreshnessState State, Unfitness Unfit, long? AgeMs, string Position, long? AskedMs, long Questions,
    int Running, int Weight);

/// <summary>What of the reads of replicas the primary has.</summary>
/// <param name="Server">The primary.</param>
/// <param name="Places">How many it may have at one time, now.</param>
/// <param name="Used">How many it has.</param>
/// <param name="OwnHigh">What runs there of its own at a busy moment of the last half minute.</param>
/// <param name="IsCooling">Whether it has been strained a moment ago, and takes none.</param>
/// <param name="Spilled">Reads that it has answered, since the start.</param>
/// <param name="Denied">Reads that it had no place for.</param>
public sealed record SpillView(string? Server, int Places, int Used, double OwnHigh, bool IsCooling, long Spilled, long Denied);
