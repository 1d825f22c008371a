using Seawall.MySql.Results;

namespace Seawall.Testing.Servers;

/// <summary>What a <see cref="FakeServer"/> answers to a statement.</summary>
public abstract record FakeAnswer
{
    /// <summary>One row of one column.</summary>
    public static FakeRows One(string? value) => new(["value"], [[value]]);
}

/// <summary>An OK packet.</summary>
/// <param name="AffectedRows">Rows that it changed.</param>
/// <param name="InsertId">The number that it made.</param>
/// <param name="Warnings">How many.</param>
/// <param name="Info">Words.</param>
public sealed record FakeOk(ulong AffectedRows = 0, ulong InsertId = 0, ushort Warnings = 0, string Info = "") : FakeAnswer;

/// <summary>An error.</summary>
/// <param name="Code">Its number.</param>
/// <param name="Message">Its words.</param>
/// <param name="State">Its SQLSTATE.</param>
public sealed record FakeError(ushort Code, string Message, string State = "HY000") : FakeAnswer;

/// <summary>Rows; all values are strings.</summary>
/// <param name="Columns">Names.</param>
/// <param name="Rows">Values.</param>
/// <param name="Warnings">How many.</param>
/// <param name="Then">An error in the middle of them.</param>
/// <param name="Flags">What the ends say besides what they always do.</param>
/// <param name="IsPart">Whether FOUND_ROWS() has nothing to do with their number.</param>
public sealed record FakeRows(
    IReadOnlyList<string> Columns, IEnumerable<IReadOnlyList<string?>> Rows, ushort Warnings = 0, FakeError? Then = null,
    ServerStatus Flags = default, bool IsPart = false) : FakeAnswer;

/// <summary>Several results, as of CALL or of several statements.</summary>
/// <param name="Parts">One after the other.</param>
public sealed record FakeSeveral(IReadOnlyList<FakeAnswer> Parts) : FakeAnswer;

/// <summary>The same, later.</summary>
/// <param name="Milliseconds">How much later.</param>
/// <param name="Then">What.</param>
public sealed record FakeLater(long Milliseconds, FakeAnswer Then) : FakeAnswer;

/// <summary>Asks for a file, reads it to its end, and goes on.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Then">What follows.</param>
public sealed record FakeFile(string Name, FakeAnswer Then) : FakeAnswer;

/// <summary>No answer: the connection is closed.</summary>
public sealed record FakeHangUp : FakeAnswer;

/// <summary>A packet as it is: for what no server should say.</summary>
/// <param name="Payload">Its payload.</param>
public sealed record FakePacket(byte[] Payload) : FakeAnswer;
