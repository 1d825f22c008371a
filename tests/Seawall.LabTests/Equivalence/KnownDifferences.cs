using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;

namespace Seawall.LabTests.Equivalence;

/// <summary>The differences that docs/compatibility.md names. They are counted, and everything else is a bug.</summary>
internal static class KnownDifferences
{
    /// <summary>
    /// Questions that docs/compatibility.md does not promise to answer as a server does; without them no other difference
    /// hides behind theirs.
    /// </summary>
    internal const string LeftOut = "row_count|found_rows|last_insert_id|identity|session_track|warnings|errors|_count|diagnostics";

    internal const string Refused = "refused with 1235: ROW_COUNT(), FOUND_ROWS() and diagnostics, once others had the connection";
    internal const string OptionWarnings = "warnings in the answer to COM_SET_OPTION";

    internal const string Unasked = "MySQL told of a transaction's state although nobody had asked for it";

    internal const string AccessMode = "MySQL 5.6: READ ONLY, set for the session in a transaction that SET autocommit ends, is late by one";

    private const int ReadOnlyTransaction = 1792;

    internal static string? Name(LabKind kind, Difference difference, SideAnswer server, SideAnswer seawall)
    {
        if (kind == LabKind.MySql56 && server.Packets.Error is null && seawall.Packets.Error is { Code: ReadOnlyTransaction })
            return AccessMode;
        if (seawall.Packets.Error is { Code: 1235 } error && error.Message.EndsWith("[seawall: the statement did not run]", StringComparison.Ordinal))
            return Refused;
        if (difference.Step.Kind == CommandKind.SetOption && seawall.Packets.Error is null)
            return OptionWarnings;
        if (difference.Server.ElementAtOrDefault(difference.At)?.Contains("TransactionState =", default) == true)
            return Unasked;
        return null;
    }
}
