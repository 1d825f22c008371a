using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Seawall.MySql.Statements;

/// <summary>What a question is about.</summary>
public enum QuestionKind : byte
{
    /// <summary>SHOW WARNINGS.</summary>
    Warnings,

    /// <summary>SHOW ERRORS.</summary>
    Errors,

    /// <summary>SHOW COUNT(*) WARNINGS, which servers read as <c>SELECT @@session.warning_count</c>.</summary>
    WarningCount,

    /// <summary>SHOW COUNT(*) ERRORS.</summary>
    ErrorCount,
}

/// <summary>A statement that shows the warnings of the statement before it, or counts them.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Offset">How many rows are passed over.</param>
/// <param name="Count">How many rows are wanted at most.</param>
public sealed record PreviousQuestion(QuestionKind Kind, int Offset, int Count)
{
    /// <summary>Reads a text; false when it is anything else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, in SqlDialect dialect, [NotNullWhen(true)] out PreviousQuestion? question)
    {
        question = SqlTokens.TryRead(text, dialect, out var tokens) && tokens.Take(Word.Show) ? Read(tokens, text) : null;
        return question is not null;
    }

    /// <summary>The SELECT that a server takes a count for; null when it is none.</summary>
    public byte[]? AsSelect() => Kind switch
    {
        QuestionKind.WarningCount => "SELECT @@session.warning_count"u8.ToArray(),
        QuestionKind.ErrorCount => "SELECT @@session.error_count"u8.ToArray(),
        QuestionKind.Warnings or QuestionKind.Errors => null,
        _ => null,
    };

    private static PreviousQuestion? Read(SqlTokens tokens, ReadOnlySpan<byte> text)
    {
        if (tokens.Take(Word.Count))
        {
            if (!tokens.Take('(') || !tokens.Take('*') || !tokens.Take(')') || TakeList(tokens) is not { } counted || !tokens.IsAtEnd)
                return null;
            return new(counted == QuestionKind.Errors ? QuestionKind.ErrorCount : QuestionKind.WarningCount, 0, 1);
        }
        if (TakeList(tokens) is not { } kind)
            return null;
        if (tokens.IsAtEnd)
            return new(kind, 0, int.MaxValue);
        return tokens.Take(Word.Limit) && TryReadLimit(text, out var offset, out var count) ? new(kind, offset, count) : null;
    }

    private static QuestionKind? TakeList(SqlTokens tokens) =>
        tokens.Take(Word.Warnings) ? QuestionKind.Warnings : tokens.Take(Word.Errors) ? QuestionKind.Errors : null;

    // Tokens of numbers have no value, so the end of the text is read once more. Comments there are not worth the trouble.
    private static bool TryReadLimit(ReadOnlySpan<byte> text, out int offset, out int count)
    {
        (offset, count) = (0, 0);
        var all = Encoding.Latin1.GetString(text);
        var at = all.LastIndexOf("limit", StringComparison.OrdinalIgnoreCase);
        var rest = all.AsSpan(at + "limit".Length).Trim(" \t\r\n;");
        if (TryParse(rest, out count))
            return true;
        if (rest.IndexOf(',') is > 0 and var comma)
            return TryParse(rest[..comma].Trim(), out offset) && TryParse(rest[(comma + 1)..].Trim(), out count);
        var word = rest.IndexOf("offset", StringComparison.OrdinalIgnoreCase);
        return word > 0 && TryParse(rest[..word].Trim(), out count) && TryParse(rest[(word + "offset".Length)..].Trim(), out offset);
    }

    private static bool TryParse(ReadOnlySpan<char> digits, out int value) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
