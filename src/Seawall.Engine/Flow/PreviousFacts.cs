using System.Runtime.InteropServices;

namespace Seawall.Engine.Flow;

/// <summary>Facts that a statement leaves behind, and the next one may ask for.</summary>
[Flags]
internal enum PreviousFacts : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>LAST_INSERT_ID(): can be set on any connection.</summary>
    LastInsertId = 1,

    /// <summary>Warnings and errors: they are taken along when the connection is given away.</summary>
    Diagnostics = 2,

    /// <summary>The last GTID: only the connection itself knows. A server tells when a session has written one there.</summary>
    LastGtid = 4,

    /// <summary>ROW_COUNT(): known of every statement.</summary>
    RowCount = 8,

    /// <summary>FOUND_ROWS(): known of most statements.</summary>
    FoundRows = 16,

    /// <summary>A routine may ask for LAST_INSERT_ID() where it cannot be seen.</summary>
    HiddenInsertId = 32,

    /// <summary>Whether <c>WHERE id IS NULL</c> finds LAST_INSERT_ID(): only the connection itself knows.</summary>
    NullMark = 64,

    /// <summary>The value that was taken from a sequence last: only the connection itself knows.</summary>
    SequenceValue = 128,

    /// <summary>A profile or an optimizer's trace: only the connection itself knows.</summary>
    Profile = 256,

    /// <summary>What only the connection itself knows.</summary>
    OnlyThere = LastGtid | SequenceValue | Profile | NullMark,

    /// <summary>All that a session may have left on another connection.</summary>
    All = LastInsertId | Diagnostics | OnlyThere | RowCount | FoundRows,
}

/// <summary>What a statement left behind besides its rows: the next statement may ask for it.</summary>
/// <param name="RowCount">What ROW_COUNT() says.</param>
/// <param name="FoundRows">What FOUND_ROWS() says; below 0 when only the server knows.</param>
/// <param name="Warnings">How many warnings there were; at least 1 after an error.</param>
/// <param name="IsError">Whether it was an error.</param>
internal readonly record struct LastResult(long RowCount, long FoundRows, int Warnings, bool IsError)
{
    /// <summary>In place of FOUND_ROWS(): the server knows, and it may be asked for, as it is after some SELECT.</summary>
    internal const long Askable = -1;

    /// <summary>The server knows, and nobody asks: it is not worth a question to keep it.</summary>
    internal const long NotAskedFor = -2;
}

/// <summary>
/// A statement may have changed LAST_INSERT_ID(), and its answer did not tell, or told a number that the client may have
/// chosen itself. The connection that ran it knows.
/// </summary>
/// <param name="IsOpen">Whether there is a doubt.</param>
/// <param name="IsLost">Whether that connection has been given to others since.</param>
/// <param name="WasThere">Whether the session's number was on the connection: then what it says now is the truth.</param>
/// <param name="Before">What the connection said before; when it says so still, the session's number is what it was.</param>
/// <param name="MayBeSame">Whether the statement may have made just that number as well.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct InsertIdDoubt(bool IsOpen, bool IsLost, bool WasThere, ulong? Before, bool MayBeSame)
{
    /// <summary>Whether, when it was lost already, the number known last was set on the present connection: none of others is there any more.</summary>
    internal bool IsCovered { get; init; }

    /// <summary>Whether the number may have been said (<c>LAST_INSERT_ID(5)</c>), and not made by an INSERT.</summary>
    internal bool MayBeSaid { get; init; }
}
