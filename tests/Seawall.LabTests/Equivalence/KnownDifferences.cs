using System.Text.RegularExpressions;
using Seawall.MySql.Commands;

namespace Seawall.LabTests.Equivalence;

/// <summary>The differences that docs/compatibility.md names. They are counted, and everything else is a bug.</summary>
internal static partial class KnownDifferences
{
    internal const string Refused = "refused with 1235: ROW_COUNT(), FOUND_ROWS() and diagnostics, once others had the connection";

    internal const string Unasked = "MySQL told of a transaction's state although nobody had asked for it";

    internal const string AccessMode = "READ ONLY or not, after SET autocommit has ended a transaction: servers are late by a statement";

    internal const string Newcomer = "MariaDB told a newcomer of a warning that the thread's last client had";

    internal const string StateAsked = "the answer to SET session_track_state_change itself";

    internal const string RoleAfterReset = "the role after COM_RESET_CONNECTION, which takes it away here";

    /// <summary>Those after which the two sides are as alike as before.</summary>
    internal static bool IsHarmless(string name) => name is not (Refused or AccessMode);

    private const int ReadOnlyTransaction = 1792;

    internal static string? Name(
        bool afterAutocommit, bool isResetWithRole, Difference difference, SideAnswer server, SideAnswer seawall)
    {
        if (afterAutocommit && (server.Packets.Error, seawall.Packets.Error) is (null, { Code: ReadOnlyTransaction }) or ({ Code: ReadOnlyTransaction }, null))
            return AccessMode;
        if (seawall.Packets.Error is { Code: 1235 } error && error.Message.EndsWith("[seawall: the statement did not run]", StringComparison.Ordinal))
            return Refused;
        var there = difference.Server.ElementAtOrDefault(difference.At) ?? "";
        var here = difference.Seawall.ElementAtOrDefault(difference.At) ?? "";
        if (there.Contains("TransactionState =", default))
            return Unasked;
        if (difference.Step.Kind == CommandKind.Connect && WithoutWarnings(there) == here)
            return Newcomer;
        if (isResetWithRole && difference.Step.Text.Contains("current_role()", default))
            return RoleAfterReset;
        return difference.Step.Text.Contains("session_track_state_change", default) && difference.At == 0 ? StateAsked : null;
    }

    private static string WithoutWarnings(string ok) =>
        ShortOk().Replace(LongOk().Replace(ok, "OK 0 0 0 0 "), "${1}0000 ");

    [GeneratedRegex("OK 0 0 0 [0-9]+ ")]
    private static partial Regex LongOk();

    [GeneratedRegex("(:0000000[23]00)[0-9A-F]{4} ")]
    private static partial Regex ShortOk();
}
