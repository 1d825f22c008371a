using System.Collections.Immutable;

namespace Seawall.Captures.Records;

/// <summary>One thing that a capture says. Times are microseconds since 1970, UTC.</summary>
public abstract record CaptureRecord;

/// <summary>Where a capture comes from.</summary>
public enum CaptureOrigin : byte
{
    /// <summary>Seawall's own front door.</summary>
    FrontDoor,

    /// <summary>A server's slow query log.</summary>
    SlowLog,

    /// <summary>A server's general query log.</summary>
    GeneralLog,

    /// <summary>A packet capture.</summary>
    Packets,
}

/// <summary>The first record of each segment: what this is.</summary>
public sealed record CaptureHead : CaptureRecord
{
    /// <summary>The capture's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>When the capture began.</summary>
    public long BeganUs { get; init; }

    /// <summary>The number of this segment, from 1.</summary>
    public uint Segment { get; init; }

    /// <summary>Where it comes from.</summary>
    public CaptureOrigin Origin { get; init; }

    /// <summary>
    /// Whether values were kept. Without them statements are known by their digests' texts, and cannot be run again with the same results.
    /// </summary>
    public bool KeepsLiterals { get; init; }

    /// <summary>The version that wrote it.</summary>
    public string Seawall { get; init; } = "";

    /// <summary>The version of the server, where it is known.</summary>
    public string Server { get; init; } = "";
}

/// <summary>Some of what happened is not here.</summary>
public sealed record CaptureGap : CaptureRecord
{
    /// <summary>When that was noticed.</summary>
    public long AtUs { get; init; }

    /// <summary>Records that were lost since the gap before, because the disk was slower than the clients.</summary>
    public ulong Dropped { get; init; }
}

/// <summary>From here on, or until here, statements are captured in full.</summary>
public sealed record CaptureWindow : CaptureRecord
{
    /// <summary>When.</summary>
    public long AtUs { get; init; }

    /// <summary>Whether it begins; it ends otherwise.</summary>
    public bool Begins { get; init; }

    /// <summary>One of so many connections is in it.</summary>
    public uint OneIn { get; init; }
}

/// <summary>The last record of a capture that was ended, and not cut off.</summary>
public sealed record CaptureEnd : CaptureRecord
{
    /// <summary>When it ended.</summary>
    public long AtUs { get; init; }

    /// <summary>Why: "stopped", "window over", "bytes_max reached".</summary>
    public string Reason { get; init; } = "";

    /// <summary>Connections in it.</summary>
    public ulong Connections { get; init; }

    /// <summary>Commands in it.</summary>
    public ulong Commands { get; init; }

    /// <summary>Records that were lost.</summary>
    public ulong Dropped { get; init; }
}

/// <summary>A connection of a client: its login, whether it succeeded or not. Comes before its commands.</summary>
public sealed record ConnectionEvent : CaptureRecord
{
    /// <summary>Its numbers.</summary>
    public ConnectionFigures Figures { get; init; }

    /// <summary>The address that it came from, without a port.</summary>
    public string Source { get; init; } = "";

    /// <summary>The listener that it came to.</summary>
    public string Listener { get; init; } = "";

    /// <summary>The user that it wanted to be. Never a password.</summary>
    public string User { get; init; } = "";

    /// <summary>The schema that it began with; empty: none.</summary>
    public string Schema { get; init; } = "";

    /// <summary>The plugin that the client began with.</summary>
    public string FirstPlugin { get; init; } = "";

    /// <summary>The plugin of its account.</summary>
    public string AccountPlugin { get; init; } = "";

    /// <summary>Connection attributes, as far as there was room.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Attributes { get; init; } = [];

    /// <summary>
    /// What the client had set when the capture met it (<see cref="ConnectionFigures.WasThere"/>), and no value that is only a default.
    /// </summary>
    public ImmutableArray<KeyValuePair<string, string>> Settings { get; init; } = [];
}

/// <summary>A connection has ended.</summary>
public sealed record ConnectionEnd : CaptureRecord
{
    /// <summary>Its numbers.</summary>
    public EndFigures Figures { get; init; }
}

/// <summary>One command and its answer.</summary>
public sealed record CommandEvent : CaptureRecord
{
    /// <summary>Its numbers.</summary>
    public CommandFigures Figures { get; init; }

    /// <summary>The schema that it ran in; empty: none, or not known.</summary>
    public string Schema { get; init; } = "";

    /// <summary>
    /// Its text, or that of the prepared statement, in the client's character set; <see cref="CommandFigures.Text"/> says what was done to
    /// it. For COM_INIT_DB the schema, for COM_CHANGE_USER the user.
    /// </summary>
    public ReadOnlyMemory<byte> Text { get; init; }

    /// <summary>
    /// The values of a COM_STMT_EXECUTE: the bit for each NULL, a 1, two bytes for each type, the values, as the protocol has them without
    /// names. For COM_STMT_BULK_EXECUTE everything behind the statement's number; for COM_STMT_SEND_LONG_DATA the parameter's number and the piece.
    /// </summary>
    public ReadOnlyMemory<byte> Parameters { get; init; }

    /// <summary>The five letters of an error; empty without one.</summary>
    public string SqlState { get; init; } = "";

    /// <summary>What the server said that its transaction is, where it did.</summary>
    public string Gtid { get; init; } = "";
}
