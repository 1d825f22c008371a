using System.Globalization;
using System.Text;
using Seawall.MySql.Results;

namespace Seawall.MySql.Statements;

/// <summary>
/// Puts values into a text in place of the functions and variables that ask for them: <c>ROW_COUNT()</c> becomes
/// <c>if(1,7,ROW_COUNT())</c>. The server sees the question still, and so gives the column the type, and the statement the warnings,
/// that it would have anyway; only names of columns show the difference, and <see cref="FactTraces"/> takes it out of them.
/// </summary>
public static class FactText
{
    private static readonly Question[] s_questions =
    [
        new("row_count", AskedFacts.RowCount, IsCall: true), new("found_rows", AskedFacts.FoundRows, IsCall: true),
        new("warning_count", AskedFacts.WarningCount, IsCall: false), new("error_count", AskedFacts.ErrorCount, IsCall: false),
        new("connection_id", AskedFacts.ConnectionId, IsCall: true), new("pseudo_thread_id", AskedFacts.ConnectionId, IsCall: false),
    ];

    private static readonly string[] s_scopes = ["@@session.", "@@local.", "@@"];

    // Where the number of a connection is looked up, only the server's own means something.
    private static readonly string[] s_listsOfConnections =
        ["information_schema", "performance_schema", "sys", "processlist", "is_used_lock", "ps_thread_id"];

    /// <summary>
    /// The text with the values of all <paramref name="facts"/> in it; null when that cannot be done: none of them is there, a value is
    /// not known, or something that looks like a question may be none. What was put in is added to <paramref name="traces"/>.
    /// </summary>
    public static byte[]? Put(
        ReadOnlySpan<byte> text, in SqlDialect dialect, AskedFacts facts, Func<AskedFacts, long?> valueOf, ref FactTraces? traces)
    {
        if (!SqlTokens.TryReadAll(text, dialect, out var tokens))
            return null;
        // A character for each byte, so that places are the same in both.
        var written = Encoding.Latin1.GetString(text);
        var places = new List<Place>();
        foreach (var question in s_questions)
        {
            if (facts.HasFlag(question.Fact) && !TryFind(written, tokens, question, places))
                return null;
        }
        if (places.Count == 0)
            return null;
        places.Sort((one, two) => two.Start.CompareTo(one.Start));
        foreach (var place in places)
        {
            if (valueOf(place.Question.Fact) is not { } value)
                return null;
            var number = value.ToString(CultureInfo.InvariantCulture);
            var asked = written[place.Start..place.End];
            var put = IsUnsigned(place.Question.Fact) ? $"if(1,cast({number} as unsigned),{asked})" : $"if(1,{number},{asked})";
            traces = FactTraces.With(traces, put, asked);
            written = $"{written.AsSpan(0, place.Start)}{put}{written.AsSpan(place.End)}";
        }
        return Encoding.Latin1.GetBytes(written);
    }

    /// <summary>Whether a text looks into the server's own lists of connections, in which a number of Seawall's is not to be found.</summary>
    public static bool ReadsConnections(ReadOnlySpan<byte> text, in SqlDialect dialect) =>
        !SqlTokens.TryReadAll(text, dialect, out var tokens) || s_listsOfConnections.Any(tokens.Names);

    /// <summary>Whether a text names the variable by which a session gives itself another number.</summary>
    public static bool SetsOwnNumber(ReadOnlySpan<byte> text, in SqlDialect dialect) =>
        !SqlTokens.TryReadAll(text, dialect, out var tokens) || tokens.Names("pseudo_thread_id");

    private static bool IsUnsigned(AskedFacts fact) => fact is not (AskedFacts.RowCount or AskedFacts.FoundRows);

    // Finds the places of a question in the text by those among the tokens. They must be as many, or one is in a comment.
    private static bool TryFind(string text, SqlTokens tokens, in Question question, List<Place> places)
    {
        var sightings = tokens.Sightings(question.Name, question.IsCall);
        var next = 0;
        for (var at = 0; (at = text.IndexOf(question.Name, at, StringComparison.OrdinalIgnoreCase)) >= 0; at += question.Name.Length)
        {
            if (IsInUserVariable(text, at))
                continue;
            if (next == sightings.Count)
                return false;
            var (isQuestion, isFirst) = sightings[next++];
            if (!isQuestion || (!isFirst && question.Fact != AskedFacts.ConnectionId))
                continue;
            if (!TryMeasure(text, at, question, out var start, out var end))
                return false;
            places.Add(new Place(question, start, end));
        }
        return next == sightings.Count;
    }

    // The whole of the question: a function with its parentheses, a variable with its signs and scope.
    private static bool TryMeasure(string text, int at, in Question question, out int start, out int end)
    {
        (start, end) = (at, at + question.Name.Length);
        if (question.IsCall)
            return TrySkip(text, ref end, '(') && TrySkip(text, ref end, ')');
        foreach (var scope in s_scopes)
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

    // Their names are no tokens.
    private static bool IsInUserVariable(string text, int at)
    {
        while (at > 0 && (char.IsAsciiLetterOrDigit(text[at - 1]) || text[at - 1] is '_' or '$' or '.' or >= '\x80'))
            at--;
        return at > 0 && text[at - 1] == '@' && (at < 2 || text[at - 2] != '@');
    }

    private readonly record struct Question(string Name, AskedFacts Fact, bool IsCall);

    private readonly record struct Place(Question Question, int Start, int End);
}
