using System.Globalization;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>The warnings of a statement, and what their counters say.</summary>
/// <param name="Rows">Level, number and text of each, as SHOW WARNINGS has them.</param>
/// <param name="Warnings">@@warning_count; null when the server did not keep them all, and nobody knows.</param>
/// <param name="Errors">@@error_count.</param>
internal sealed record KeptWarnings(IReadOnlyList<byte[]?[]> Rows, int? Warnings, int? Errors)
{
    /// <summary>The character set of the rows: that of the session's results when they were asked for.</summary>
    internal string? CharacterSet { get; init; }

    /// <summary>The error that Seawall has said itself in a server's place; null of what a server has said.</summary>
    internal (SqlError Error, string Message)? Own { get; init; }

    /// <summary>Bytes that are kept for one session: a server keeps 64 warnings by default, each up to 512 bytes.</summary>
    private const int LengthMax = 64 * 1024;

    /// <summary>Bytes that are read of one answer: 1,024 warnings is what MySQL keeps since 8.0.</summary>
    internal const long ReadMax = 1024 * 1024;

    // The smallest default of max_error_count; a server may keep fewer when the session said so.
    private const int CountMax = 64;

    /// <summary>Those of an answer to SHOW WARNINGS; null when there is none, or too much.</summary>
    internal static KeptWarnings? Of(Session session, ServerRows answer)
    {
        if (!answer.Reply.IsOk || answer.Rows.Sum(row => row.Sum(value => value?.Length ?? 0)) > LengthMax)
            return null;
        // With settings that nobody has told, the session may have said how many are kept.
        var isTold = !MayBeUntold(session);
        var isWhole = isTold && answer.Rows.Count < (KeptMax(session) ?? CountMax);
        var errors = answer.Rows.Count(IsError);
        // An error's packet does not say how many warnings came before it.
        int? warnings = isWhole ? answer.Rows.Count : !isTold || session.LastResult.IsError ? null : session.LastResult.Warnings;
        return new(answer.Rows, warnings, isWhole ? errors : null) { CharacterSet = CharacterSetOf(session) };
    }

    /// <summary>
    /// Whether the session may have said how many are kept without a word to anybody: of what a routine or EXECUTE has set MySQL 5.6 tells nothing,
    /// and no text does.
    /// </summary>
    internal static bool MayBeUntold(Session session) => session.PinReasons.HasFlag(PinReasons.UnknownState)
        || (session.PinReasons.HasFlag(PinReasons.Routine) && session.Lease is { Connection.Version.CanTrackSession: false });

    /// <summary>These on top of others. No more are kept than the session wants.</summary>
    internal KeptWarnings On(KeptWarnings below, Session session)
    {
        var countMax = KeptMax(session) ?? int.MaxValue;
        return this with
        {
            Rows = [.. below.Rows.Concat(Rows).Take(countMax)],
            Warnings = below.Warnings + Warnings,
            Errors = below.Errors + Errors,
        };
    }

    /// <summary>
    /// Whether a server would send the session the same bytes now. If not, only a server could tell which: what it has converted once it may
    /// have converted into question marks.
    /// </summary>
    internal bool AreReadableBy(Session session) => AreReadableIn(CharacterSetOf(session));

    /// <summary>The same, of a session with results in this character set.</summary>
    internal bool AreReadableIn(string? characterSet) => characterSet == CharacterSet
        || (IsUnchanged(characterSet) && IsUnchanged(CharacterSet))
        || (ExtendsAscii(characterSet) && ExtendsAscii(CharacterSet) && Rows.All(row => row.All(IsPlain)));

    /// <summary>Whether a row is of an error. In ucs2, utf16 and utf32 each letter comes with zeros.</summary>
    internal static bool IsError(byte[]?[] row) => row[0] is { } level
        && (level.AsSpan().SequenceEqual("Error"u8) || level.Where(letter => letter != 0).SequenceEqual("Error"u8.ToArray()));

    private static string? CharacterSetOf(Session session) => session.Settings["character_set_results"];

    // Servers have them in UTF-8, without any letter of four bytes.
    private static bool IsUnchanged(string? characterSet) => characterSet is "" or "binary" or "utf8" or "utf8mb3" or "utf8mb4";

    // Where nothing is known of it, it is that of a login, which cannot be one of the wide ones.
    private static bool ExtendsAscii(string? characterSet) => characterSet is not ("ucs2" or "utf16" or "utf16le" or "utf32" or "swe7");

    // In sjis the backslash is another letter, and a server makes two bytes of it.
    private static bool IsPlain(byte[]? value) => value is null
        || (!value.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)'}') && !value.AsSpan().Contains((byte)'\\'));

    // What the session has said that is to be kept.
    private static int? KeptMax(Session session) =>
        int.TryParse(session.Settings["max_error_count"], CultureInfo.InvariantCulture, out var count) ? count : null;
}
