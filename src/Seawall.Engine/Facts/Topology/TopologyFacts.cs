using System.Collections.Immutable;

namespace Seawall.Engine.Facts.Topology;

/// <summary>Whether there is a server for writes.</summary>
public enum PrimaryState : byte
{
    /// <summary>The settings name it, whatever the servers say.</summary>
    Fixed,

    /// <summary>It was found.</summary>
    Found,

    /// <summary>Not all servers have been heard yet, since the start.</summary>
    Unknown,

    /// <summary>No server takes writes.</summary>
    None,

    /// <summary>More than one server takes writes, and nobody can tell which of them is meant to.</summary>
    Split,
}

/// <summary>How a server of the set is, as far as roles are concerned.</summary>
public enum MemberState : byte
{
    /// <summary>Not heard yet, or not for so long that it may be otherwise.</summary>
    Unknown,

    /// <summary>It answers.</summary>
    Up,

    /// <summary>It has its connection and does not answer.</summary>
    Hung,

    /// <summary>It cannot be reached.</summary>
    Down,
}

/// <summary>What is known of one server's place in the set.</summary>
/// <param name="Id">Its name.</param>
/// <param name="State">How it is.</param>
/// <param name="IsWritable">Whether it takes writes; null when that is not known.</param>
/// <param name="Follows">The server of the set that it follows; null when it follows none.</param>
/// <param name="Source">Whom it follows in its own words; empty when it follows nobody.</param>
/// <param name="Replication">How that goes.</param>
public sealed record TopologyMember(
    ServerId Id, MemberState State, bool? IsWritable, ServerId? Follows, string Source, ReplicationState Replication);

/// <summary>The servers as a set: which of them is the primary, and why. Immutable.</summary>
public sealed record TopologyFacts
{
    /// <summary>Before anything is known.</summary>
    public static TopologyFacts Empty { get; } = new();

    /// <summary>Whether there is a server for writes.</summary>
    public PrimaryState State { get; init; } = PrimaryState.Fixed;

    /// <summary>The primary, or the one that was last; null when there never was one.</summary>
    public ServerId? Primary { get; init; }

    /// <summary>Why it is so, in words for people.</summary>
    public string Cause { get; init; } = "";

    /// <summary>How often the primary or the state has changed.</summary>
    public int Epoch { get; init; }

    /// <summary>The servers, in the order of the settings.</summary>
    public ImmutableArray<TopologyMember> Members { get; init; } = [];

    /// <summary>Whether statements for the primary may be sent to it.</summary>
    public bool TakesWrites => State is PrimaryState.Fixed or PrimaryState.Found;

    /// <summary>Whether the primary is found by what the servers say, and not named by the settings.</summary>
    public bool IsFound => State != PrimaryState.Fixed;

    /// <summary>What is known of a server's place.</summary>
    public TopologyMember? Of(ServerId id)
    {
        foreach (var member in Members)
        {
            if (member.Id == id)
                return member;
        }
        return null;
    }
}
