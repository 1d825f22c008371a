namespace Seawall.MySql.Statements;

/// <summary>What a statement may ask of its session, and another connection would answer otherwise.</summary>
[Flags]
public enum AskedFacts : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>ROW_COUNT().</summary>
    RowCount = 1,

    /// <summary>FOUND_ROWS().</summary>
    FoundRows = 2,

    /// <summary>@@warning_count.</summary>
    WarningCount = 4,

    /// <summary>@@error_count.</summary>
    ErrorCount = 8,

    /// <summary>CONNECTION_ID() and @@pseudo_thread_id: of each statement of a text, and not of the first alone.</summary>
    ConnectionId = 16,
}
