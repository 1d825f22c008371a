using Seawall.MySql.Framing;
using Seawall.MySql.Results;

namespace Seawall.Rehearsal.Answers;

/// <summary>What a server says of a column.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, by the protocol's number.</param>
/// <param name="Collation">The number of its collation.</param>
/// <param name="Flags">What else is said of it: NOT NULL, UNSIGNED, keys.</param>
/// <param name="Length">How wide it may get.</param>
/// <param name="Decimals">Digits after the point.</param>
internal sealed record AnswerColumn(string Name, byte Type, ushort Collation, ushort Flags, uint Length, byte Decimals)
{
    // https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__column__definition__flags.html
    private const ushort UnsignedFlag = 32;

    /// <summary>Whether its numbers have no sign.</summary>
    public bool IsUnsigned => (Flags & UnsignedFlag) != 0;

    /// <summary>Whether its values are FLOAT or DOUBLE: the last digits of those are not a promise.</summary>
    public bool IsFloat => Type is 4 or 5;

    /// <summary>Reads a definition; null when it is none.</summary>
    public static AnswerColumn? Read(ReadOnlySpan<byte> payload)
    {
        var reader = new FieldReader(payload);
        for (var i = 0; i < 4; i++)
            _ = reader.LengthEncodedBytes(); // The catalogue, the schema, the table by its alias and by its name.
        var name = System.Text.Encoding.UTF8.GetString(reader.LengthEncodedBytes());
        _ = reader.LengthEncodedBytes();
        var rest = reader.LengthEncodedBytes();
        if (rest.Length != 12) // MariaDB tells more of a type in between, where a client asks for it; here none does.
            reader = new FieldReader(reader.IsValid ? rest : default);
        else
            reader = new FieldReader(rest);
        var (collation, length) = (reader.Int2(), reader.Int4());
        var (type, flags, decimals) = (reader.Int1(), reader.Int2(), reader.Int1());
        return reader.IsValid ? new AnswerColumn(name, type, collation, flags, length, decimals) : null;
    }
}

/// <summary>What is kept of one answer: enough to say whether another is the same, and nothing of what was in it.</summary>
internal sealed record Answer
{
    /// <summary>A connection that ended instead of an answer.</summary>
    public static Answer Lost { get; } = new() { Code = LostCode, Words = "the connection was lost" };

    /// <summary>In place of an error number.</summary>
    public const int LostCode = -1;

    /// <summary>The error's number; 0 for none.</summary>
    public int Code { get; init; }

    /// <summary>The error's words.</summary>
    public string Words { get; init; } = "";

    /// <summary>Whether it is no error.</summary>
    public bool IsOk => Code == 0;

    /// <summary>Whether it gave way to others' locks: ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK. Who does so is a matter of timing.</summary>
    public bool GaveWay => Code is 1205 or 1213;

    /// <summary>The columns; none for an answer without rows.</summary>
    public IReadOnlyList<AnswerColumn> Columns { get; init; } = [];

    /// <summary>How many rows there were.</summary>
    public long Rows { get; init; }

    /// <summary>Sums of the rows.</summary>
    public RowSums Sums { get; init; } = new();

    /// <summary>Rows that were changed.</summary>
    public ulong AffectedRows { get; init; }

    /// <summary>What AUTO_INCREMENT gave.</summary>
    public ulong LastInsertId { get; init; }

    /// <summary>The flags at the end.</summary>
    public ServerStatus Status { get; init; }

    /// <summary>How many warnings there are.</summary>
    public int Warnings { get; init; }

    /// <summary>Numbers and levels of the warnings, where they were asked for.</summary>
    public string? WarningCodes { get; init; }

    /// <summary>The answer to the next statement of the same text.</summary>
    public Answer? Next { get; init; }
}

/// <summary>Sums over all rows of a result.</summary>
internal sealed record RowSums
{
    /// <summary>Over all of it, row by row.</summary>
    public ulong Ordered { get; init; }

    /// <summary>The same whatever order the rows have.</summary>
    public ulong Unordered { get; init; }

    /// <summary>Of what the rows are ordered by, row by row; null where that is not among the columns.</summary>
    public ulong? Keys { get; init; }

    /// <summary>Of each column by itself, whatever order the rows have.</summary>
    public IReadOnlyList<ulong> OfColumns { get; init; } = [];

    /// <summary>Over all but FLOAT and DOUBLE, row by row.</summary>
    public ulong WithoutFloats { get; init; }

    /// <summary>The values of FLOAT and DOUBLE, row by row; null when there were more than are kept.</summary>
    public IReadOnlyList<FloatValue>? Floats { get; init; } = [];
}

/// <summary>A value of FLOAT or DOUBLE.</summary>
/// <param name="Value">The number.</param>
/// <param name="IsSingle">Whether it is a FLOAT.</param>
internal readonly record struct FloatValue(double Value, bool IsSingle);
