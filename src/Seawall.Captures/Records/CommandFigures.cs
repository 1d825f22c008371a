using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Captures.Records;

/// <summary>What was done to a text before it was written.</summary>
public enum TextState : byte
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>It is as the client sent it, and so are its parameters.</summary>
    Kept,

    /// <summary>It is its digest's text: <c>?</c> in place of values, and no parameters.</summary>
    Redacted,

    /// <summary>It may hold a password, or it could not be told what in it is a value: left out, with its parameters.</summary>
    Withheld,

    /// <summary>Only its beginning is here, or not all of its parameters are: it cannot be run again.</summary>
    Cut,
}

/// <summary>What a command is to the transactions of its connection.</summary>
[Flags]
public enum TransactionMarks : byte
{
    /// <summary>Neither before nor after it was one open.</summary>
    None = 0,

    /// <summary>One was open before it.</summary>
    WasOpen = 1,

    /// <summary>One is open after it.</summary>
    IsOpen = 2,
}

/// <summary>How a command ended.</summary>
public enum CommandEnd : byte
{
    /// <summary>The server has answered, with an error perhaps.</summary>
    Answered,

    /// <summary>Seawall answered by itself: refused it, or knew the answer.</summary>
    AnsweredHere,

    /// <summary>The server was lost.</summary>
    ServerLost,

    /// <summary>The client was lost before the answer was complete.</summary>
    ClientLost,
}

/// <summary>Why a command is in the capture.</summary>
public enum SampleReason : byte
{
    /// <summary>Everything of its connection was captured, within a window.</summary>
    Window,

    /// <summary>Its transaction was drawn.</summary>
    Reservoir,

    /// <summary>An import has what its file has.</summary>
    Import,
}

/// <summary>The numbers of a command and its answer. Of blocks of bytes, so that a loop can write it down without allocating.</summary>
public record struct CommandFigures
{
    /// <summary>Which connection sent it.</summary>
    public ulong Connection { get; set; }

    /// <summary>When it came.</summary>
    public long StartUs { get; set; }

    /// <summary>How long until the first bytes of the answer came from the server; <see cref="uint.MaxValue"/>: not known.</summary>
    public uint FirstByteUs { get; set; }

    /// <summary>How long until the answer was complete.</summary>
    public uint DurationUs { get; set; }

    /// <summary>The command.</summary>
    public CommandKind Command { get; set; }

    /// <summary>The verb of its text.</summary>
    public StatementKind Verb { get; set; }

    /// <summary>The number of its <see cref="StatementDigest"/>; 0 when it has none.</summary>
    public ulong Digest { get; set; }

    /// <summary>The number of its transaction in its connection, from 1; 0 outside of one.</summary>
    public uint Transaction { get; set; }

    /// <summary>Whether one was open before it and after it.</summary>
    public TransactionMarks Marks { get; set; }

    /// <summary>The prepared statement that it prepares, executes or closes, by the number that the client knows.</summary>
    public uint StatementId { get; set; }

    /// <summary>How many parameters that has.</summary>
    public ushort ParameterCount { get; set; }

    /// <summary>What was done to its text.</summary>
    public TextState Text { get; set; }

    /// <summary>How it ended.</summary>
    public CommandEnd End { get; set; }

    /// <summary>Results, one for each OK, error or set of rows.</summary>
    public ushort Results { get; set; }

    /// <summary>Rows of all results.</summary>
    public ulong Rows { get; set; }

    /// <summary>Affected rows of all results.</summary>
    public ulong Affected { get; set; }

    /// <summary>The last insert id that was told; 0: none.</summary>
    public ulong InsertId { get; set; }

    /// <summary>Warnings of the last result.</summary>
    public ushort Warnings { get; set; }

    /// <summary>The flags of the last result.</summary>
    public ServerStatus Status { get; set; }

    /// <summary>The error's number; 0: none.</summary>
    public ushort ErrorCode { get; set; }

    /// <summary>A hash of all rows in their order (<see cref="RowHasher"/>); 0 without rows.</summary>
    public ulong RowsInOrder { get; set; }

    /// <summary>The same whatever their order.</summary>
    public ulong RowsInAnyOrder { get; set; }

    /// <summary>A hash of the column definitions; 0 when none went by.</summary>
    public ulong Columns { get; set; }

    /// <summary>Bytes of the command with its headers.</summary>
    public uint RequestBytes { get; set; }

    /// <summary>Bytes of the answer with its headers, as the server sent it.</summary>
    public ulong ResponseBytes { get; set; }

    /// <summary>Packets of the answer.</summary>
    public uint ResponsePackets { get; set; }

    /// <summary>Why it is here.</summary>
    public SampleReason Sample { get; set; }

    /// <summary>It stands for so many like it: 1 when all were captured.</summary>
    public uint StandsFor { get; set; }
}
