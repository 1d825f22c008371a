using System.Collections.Immutable;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Decisions;

/// <summary>Where the reads of a rule are answered.</summary>
public enum ReadTarget : byte
{
    /// <summary>As all others: by replicas, and by the primary as far as its budget goes.</summary>
    Any,

    /// <summary>By the primary.</summary>
    Primary,

    /// <summary>By replicas alone: the primary has no place for them.</summary>
    Replicas,
}

/// <summary>What is said of some reads: of those for which everything holds that it asks for. It never makes a read of what may write.</summary>
/// <param name="Name">Its name, in messages.</param>
public sealed record ReadRule(string Name)
{
    /// <summary>The account's name; null for all.</summary>
    public string? User { get; init; }

    /// <summary>The session's schema; null for all.</summary>
    public string? Schema { get; init; }

    /// <summary>Where the client comes from; null for everywhere.</summary>
    public PeerNetworks? From { get; init; }

    /// <summary>Where the client has come in, as <c>clients.listen</c> has it; null for everywhere.</summary>
    public string? Listener { get; init; }

    /// <summary>The digests of its statements; none for all.</summary>
    public ImmutableArray<ulong> Digests { get; init; } = [];

    /// <summary>What its statements say of themselves (<c>route='…'</c>), as UTF-8; null for all.</summary>
    public byte[]? Tag { get; init; }

    /// <summary>Where they are answered.</summary>
    public ReadTarget Target { get; init; }

    /// <summary>What a replica must have; null: as for all.</summary>
    public FreshnessLevel? Level { get; init; }

    /// <summary>How old an answer may be at <see cref="FreshnessLevel.Bounded"/>; null: as for all.</summary>
    public int? BoundMs { get; init; }

    /// <summary>How old an answer may be when nobody else may give one; null: as for all.</summary>
    public int? StaleMsMax { get; init; }

    /// <summary>Whether it is for some statements of a session only.</summary>
    internal bool AsksForStatement => !Digests.IsEmpty || Tag is not null;

    /// <summary>Whether everything holds that it says of a session.</summary>
    internal bool Fits(string? user, string? schema, PeerAddress peer, string? listener) =>
        (User is null || User == user) && (Schema is null || Schema == schema)
        && (From is null || From.Contains(peer)) && (Listener is null || Listener == listener);

    /// <summary>Whether everything holds that it says of a statement.</summary>
    internal bool FitsStatement(ulong? digest, ReadOnlySpan<byte> tag) =>
        (Digests.IsEmpty || (digest is { } number && Digests.Contains(number))) && (Tag is null || tag.SequenceEqual(Tag));
}
