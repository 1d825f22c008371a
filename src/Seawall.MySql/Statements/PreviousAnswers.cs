using System.Text;

namespace Seawall.MySql.Statements;

/// <summary>
/// Writes values in place of questions about the statement before, in a statement of which nobody sees the columns: an
/// INSERT, a SET, a SELECT ... INTO.
/// </summary>
public static class PreviousAnswers
{
    private static readonly (string Name, AskedFact Fact)[] s_names =
    [
        ("row_count", AskedFact.RowCount), ("found_rows", AskedFact.FoundRows), ("warning_count", AskedFact.WarningCount),
        ("error_count", AskedFact.ErrorCount),
    ];

    /// <summary>
    /// The text with the values in it; null when that cannot be done: it is another statement, a value is not known, or
    /// something that looks like a question may be none.
    /// </summary>
    public static byte[]? Write(ReadOnlySpan<byte> text, in SqlDialect dialect, StatementFacts facts, Func<AskedFact, string?> valueOf)
    {
        if (facts.Statements != 1 || facts.Hints.HasFlag(StatementHints.Returns)
            || !SqlTokens.TryRead(text, dialect, out var tokens) || !HidesColumns(facts.Kind, tokens))
        {
            return null;
        }
        // A character for each byte, so that places are the same in both.
        var written = Encoding.Latin1.GetString(text);
        foreach (var (name, fact) in s_names)
        {
            var places = Places(written, name);
            if (places.Count != tokens.Count(name))
                return null; // One of them is in a string, in a comment, or part of a longer name.
            for (var i = places.Count - 1; i >= 0; i--)
            {
                if (valueOf(fact) is not { } value || !TryFind(written, places[i], name.Length, fact, out var start, out var end))
                    return null;
                written = $"{written.AsSpan(0, start)}({value}){written.AsSpan(end)}";
            }
        }
        return Encoding.Latin1.GetBytes(written);
    }

    private static bool HidesColumns(StatementKind kind, SqlTokens tokens) => kind switch
    {
        StatementKind.Insert or StatementKind.Replace or StatementKind.Update or StatementKind.Delete or StatementKind.Set
            or StatementKind.Do => true,
        StatementKind.Select => tokens.HasIntoVariable(),
        _ => false,
    };

    private static List<int> Places(string text, string name)
    {
        var places = new List<int>();
        for (var at = 0; (at = text.IndexOf(name, at, StringComparison.OrdinalIgnoreCase)) >= 0; at += name.Length)
            places.Add(at);
        return places;
    }

    // The whole of the question: a function with its parentheses, a variable with its signs and scope.
    private static bool TryFind(string text, int at, int length, AskedFact fact, out int start, out int end)
    {
        (start, end) = (at, at + length);
        if (fact is AskedFact.RowCount or AskedFact.FoundRows)
        {
            if (start > 0 && text[start - 1] is '.' or '`' or '"' or '@')
                return false;
            return TrySkip(text, ref end, '(') && TrySkip(text, ref end, ')');
        }
        foreach (var scope in (string[])["@@session.", "@@local.", "@@"])
        {
            if (text.AsSpan(0, at).EndsWith(scope, StringComparison.OrdinalIgnoreCase))
            {
                start = at - scope.Length;
                return true;
            }
        }
        return false;
    }

    private static bool TrySkip(string text, ref int at, char sign)
    {
        while (at < text.Length && text[at] is ' ' or '\t' or '\r' or '\n')
            at++;
        return at < text.Length && text[at++] == sign;
    }
}
