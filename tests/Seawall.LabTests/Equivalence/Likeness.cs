using System.Text.RegularExpressions;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;

namespace Seawall.LabTests.Equivalence;

/// <summary>Two answers to one step that differ.</summary>
/// <param name="Step">The step.</param>
/// <param name="Server">The server's answer, a line for each packet.</param>
/// <param name="Seawall">Seawall's.</param>
internal sealed record Difference(Step Step, string[] Server, string[] Seawall)
{
    /// <summary>The warnings of both sides, for people.</summary>
    internal string Warnings { get; init; } = "";

    /// <summary>The number of the first packet that differs.</summary>
    internal int At => Server.Zip(Seawall).TakeWhile(pair => pair.First == pair.Second).Count();

    public override string ToString() =>
        $"{Step}\n  server:  {Server.ElementAtOrDefault(At) ?? "(nothing more)"}\n  Seawall: {Seawall.ElementAtOrDefault(At) ?? "(nothing more)"}"
        + (Warnings.Length > 0 ? $"\n  warnings: {Warnings}" : "");
}

/// <summary>
/// Whether two answers are equal, packet by packet and byte by byte, but for the letter in which the schemas' names differ
/// and for what <see cref="RawAnswer.Shown"/> leaves out.
/// </summary>
internal static partial class Likeness
{
    /// <summary>In place of a packet: the connection has ended.</summary>
    internal const string Closed = "(closed)";

    // Of one, two and four bytes for a letter, as text and in hex.
    private static readonly (string Through, string Direct)[] s_names =
    [
        ("eqs_", "eqd_"), ("6571735F", "6571645F"), ("e.q.s._", "e.q.d._"), ("006500710073005F", "006500710064005F"),
        ("e...q...s..._", "e...q...d..._"), ("0000006500000071000000730000005F", "0000006500000071000000640000005F"),
    ];

    /// <summary>The schemas of the two sides: names of the same length, one letter apart.</summary>
    internal static (string Direct, string Through) Schemas(int number) => ($"eqd_{number:00}", $"eqs_{number:00}");

    internal static Difference? Compare(Step step, SideAnswer server, SideAnswer seawall)
    {
        if (server.IsClosed == seawall.IsClosed && AreAlike(server.Packets.Packets, seawall.Packets.Packets))
            return null;
        var (expected, actual) = (Shown(step, server), Shown(step, seawall));
        return expected.SequenceEqual(actual) ? null : new Difference(step, expected, actual);
    }

    internal static string[] Shown(Step step, SideAnswer answer)
    {
        var lines = answer.Packets.Packets.Count == 0 ? [] : answer.Packets.Shown(step.Kind);
        if (step.Kind is CommandKind.ChangeUser or CommandKind.Connect && lines.Length > 0)
            lines = [After(lines[0])];
        // Numbers of prepared statements are in the errors about them, too, and these among the warnings.
        if (answer.Packets.Error is { Code: 1243 or 1421 } error)
            lines[^1] = $"{error.Code} {error.State} {StatementNumber().Replace(error.Message, "(N)")}";
        for (var i = 0; i < lines.Length; i++)
        {
            if (AboutStatementNumber().Match(lines[i]) is { Success: true } about)
                lines[i] = about.Value;
            // MariaDB numbers the row by what ran on the connection before, whoever's it was.
            if (AboutArgument().Match(lines[i]) is { Success: true } argument)
                lines[i] = argument.Value;
            // MySQL 9.7 quotes the names in it as the session's sql_mode wanted it that opened the table first.
            if (AboutForeignKey().Match(lines[i]) is { Success: true } key)
                lines[i] = key.Value.Replace('"', '`');
        }
        LeaveOutWarningsBehindColumns(
            lines, isPreparation: step.Kind == CommandKind.StatementPrepare, endsInError: answer.Packets.Error is not null);
        for (var i = 0; i < lines.Length; i++)
            lines[i] = s_names.Aggregate(lines[i], (line, name) => line.Replace(name.Through, name.Direct, default));
        return answer.IsClosed ? [.. lines, Closed] : lines;
    }

    // What a server says there of warnings, and of what a CALL has changed before it, is known to nobody who hears of them at
    // the end of the rows only. Every second EOF packet is behind columns.
    private static void LeaveOutWarningsBehindColumns(string[] lines, bool isPreparation, bool endsInError)
    {
        // Nor does an error tell the flags, whether rows come before it or not.
        var last = Array.FindLastIndex(lines, line => line.Contains(":EOF ", StringComparison.Ordinal));
        if (endsInError && last >= 0)
            lines[last] = EofFlags().Replace(lines[last], ":EOF ");
        var isBehindColumns = true;
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].Contains(":EOF ", StringComparison.Ordinal))
                continue;
            if (isBehindColumns)
                lines[i] = EofWarnings().Replace(lines[i], ":EOF ").Replace(", SessionStateChanged", "", default);
            isBehindColumns = isPreparation || !isBehindColumns;
        }
    }

    [GeneratedRegex(@":EOF \d+ ")]
    private static partial Regex EofWarnings();

    [GeneratedRegex(@":EOF .*")]
    private static partial Regex EofFlags();

    [GeneratedRegex("Unknown prepared statement handler|has no open cursor")]
    private static partial Regex AboutStatementNumber();

    [GeneratedRegex("Cannot (add|delete) or update a (child|parent) row: a foreign key constraint fails.*")]
    private static partial Regex AboutForeignKey();

    [GeneratedRegex(@"[A-Z][a-z ]+value: .* for column ``\.``\.`\w+` at row (?=\d)")]
    private static partial Regex AboutArgument();

    [GeneratedRegex(@"\(\d+\)")]
    private static partial Regex StatementNumber();

    // The exchange of a login may take another number of packets.
    private static string After(string line) => line[(line.IndexOf(':') + 1)..];

    private static bool AreAlike(List<RawPacket> expected, List<RawPacket> actual)
    {
        if (expected.Count != actual.Count)
            return false;
        for (var i = 0; i < expected.Count; i++)
        {
            if (expected[i].Sequence != actual[i].Sequence || expected[i].Length != actual[i].Length
                || expected[i].Digest != actual[i].Digest || !AreAlike(expected[i].Head, actual[i].Head))
            {
                return false;
            }
        }
        return true;
    }

    private static bool AreAlike(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        while (expected.Length == actual.Length)
        {
            var same = expected.CommonPrefixLength(actual);
            if (same == expected.Length)
                return true;
            if (same < 2 || !expected[(same - 2)..].StartsWith("eqd_"u8) || !actual[(same - 2)..].StartsWith("eqs_"u8))
                return false;
            expected = expected[(same + 1)..];
            actual = actual[(same + 1)..];
            // The next name may begin anywhere behind the letter.
        }
        return false;
    }
}
