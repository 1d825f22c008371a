using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Reads;

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
/// <param name="HasBudget">Whether there is a bound to them at all.</param>
/// <param name="Places">How many it may have at one time, now, with a budget.</param>
/// <param name="Used">How many it has.</param>
/// <param name="OwnHigh">What runs there of its own at a busy moment of the last half minute.</param>
/// <param name="OwnStretch">How many times as long its own statements take as while it took none over; null when nobody knows.</param>
/// <param name="IsCooling">Whether it has been strained a moment ago, and takes none.</param>
/// <param name="Spilled">Reads that it has answered, since the start.</param>
/// <param name="Denied">Reads that it had no place for.</param>
public sealed record SpillView(
    string? Server, bool HasBudget, int Places, int Used, double OwnHigh, double? OwnStretch, bool IsCooling, long Spilled, long Denied);

/// <summary>How much of the reads one replica gets, and what it makes of them.</summary>
/// <param name="Server">The replica.</param>
/// <param name="IsWell">Whether it is read from as far as it has room: it answers, is fresh, and is not set aside.</param>
/// <param name="Part">How much it gets.</param>
/// <param name="Weight">How many statements may run there.</param>
/// <param name="Room">How many reads it gets at one time, when that is less.</param>
/// <param name="Running">How many it has.</param>
/// <param name="Reads">Reads that have ended there, since the start.</param>
/// <param name="Failed">Those of them that failed.</param>
/// <param name="TypicalMs">What a read takes there; null when there were too few of late.</param>
/// <param name="FailedShare">What of the last reads failed.</param>
/// <param name="Cause">Why it does not have its whole share, or is worth a look; empty otherwise.</param>
public sealed record ReplicaView(
    string Server, bool IsWell, ReadPart Part, int Weight, int? Room, int Running, long Reads, long Failed, double? TypicalMs, double FailedShare,
    string Cause);

/// <summary>What would be left of the replicas without the biggest one.</summary>
/// <param name="Replicas">How many there are.</param>
/// <param name="Well">How many are read from.</param>
/// <param name="Capacity">How many statements may run on those.</param>
/// <param name="Biggest">The biggest of them; null when there is none.</param>
/// <param name="WithoutBiggest">How many may run on the others.</param>
/// <param name="Busy">How many run at a busy moment of the last half minute.</param>
/// <param name="Headroom">How many more could run on the others, at such a moment: below zero some would not be answered.</param>
/// <param name="Level">How that is.</param>
/// <param name="IsShort">Whether those that are well can do less than half of what all could.</param>
public sealed record HeadroomView(
    int Replicas, int Well, int Capacity, string? Biggest, int WithoutBiggest, double Busy, double Headroom, HeadroomLevel Level, bool IsShort);

/// <summary>Where a session's last statement went: what <c>SHOW LAST ROUTE</c> tells.</summary>
/// <param name="Server">The server; null when it was refused.</param>
/// <param name="Way">How that server came to be it.</param>
/// <param name="Reason">Why it had to be the primary; null for a read that replicas may answer.</param>
/// <param name="Freshness">What held for it; null where replicas may not answer.</param>
/// <param name="BoundedMs">How old it might be, where that was said.</param>
/// <param name="StaleOkMs">How old when nobody else answers, where that was said.</param>
/// <param name="Rule">The rule that fitted; null when none did.</param>
/// <param name="State">How fresh the replica was; null for the primary.</param>
/// <param name="AgeMs">How old what the replica had may have been; null when nobody knew, or for the primary.</param>
/// <param name="WaitedMs">How long it waited for a replica; null while nothing is read from replicas.</param>
/// <param name="Tries">How often it was placed anew; null while nothing is read from replicas.</param>
public sealed record LastRouteView(
    string? Server, RouteWay Way, PlaceReason? Reason, FreshnessLevel? Freshness, int? BoundedMs, int? StaleOkMs, string? Rule,
    FreshnessState? State, int? AgeMs, int? WaitedMs, int? Tries)
{
    /// <summary>That of a session. On its loop.</summary>
    internal static LastRouteView Of(Session session, ServerId? primary)
    {
        if (session.Reads is not { } reads)
            return new(primary?.Name, RouteWay.Primary, PlaceReason.Off, null, null, null, null, null, null, null, null);
        var (last, wish) = (reads.Last, reads.Wish);
        var isRead = last.Reason is PlaceReason.None or PlaceReason.Asked;
        return new(
            last.Server, last.Way, last.Reason == PlaceReason.None ? null : last.Reason, isRead ? wish.Level : null,
            isRead && wish.Level == FreshnessLevel.Bounded ? wish.BoundMs : null, isRead && wish.StaleMsMax > 0 ? wish.StaleMsMax : null,
            isRead ? reads.LastRule?.Name : null, last.State, last.AgeMs, last.WaitedMs, last.Tries);
    }
}
