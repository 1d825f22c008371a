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

    internal const string AccessMode = "READ ONLY or not, after SET autocommit has ended a transaction: servers are late by a statement";

    private const int ReadOnlyTransaction = 1792;

    internal static string? Name(bool afterAutocommit, Difference difference, SideAnswer server, SideAnswer seawall)
    {
        if (afterAutocommit && (server.Packets.Error, seawall.Packets.Error) is (null, { Code: ReadOnlyTransaction }) or ({ Code: ReadOnlyTransaction }, null))
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
