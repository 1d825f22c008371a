using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Seawall.MySql.Statements;

/// <summary>What a column of a question says about the statement before.</summary>
public enum AskedFact : byte
{
    /// <summary>Nothing.</summary>
    Other,

    /// <summary>ROW_COUNT().</summary>
    RowCount,

    /// <summary>FOUND_ROWS().</summary>
    FoundRows,

    /// <summary>@@warning_count.</summary>
    WarningCount,

    /// <summary>@@error_count.</summary>
    ErrorCount,

    /// <summary>LAST_INSERT_ID() without argument, and its variables.</summary>
    LastInsertId,
}

/// <summary>What a question is about.</summary>
public enum QuestionKind : byte
{
    /// <summary>A row of values: <see cref="PreviousQuestion.Columns"/>.</summary>
    Values,

    /// <summary>SHOW WARNINGS.</summary>
    Warnings,

    /// <summary>SHOW ERRORS.</summary>
    Errors,
}

/// <summary>
/// A statement that does nothing but ask about the statement before it: SHOW WARNINGS and its kin, and a SELECT without a table,
/// each of whose columns is one of the facts or a short value. Whoever knows the facts can put them in place of what a
/// server connection says that others have used since.
/// </summary>
public sealed class PreviousQuestion
{
    /// <summary>More than anybody asks at one time, and a number that fits into a byte.</summary>
    private const int ColumnsMax = 64;

    private PreviousQuestion(QuestionKind kind, IReadOnlyList<AskedFact> columns) => (Kind, Columns) = (kind, columns);

    /// <summary>What it is about.</summary>
    public QuestionKind Kind { get; }

    /// <summary>What each column says, of a row of values.</summary>
    public IReadOnlyList<AskedFact> Columns { get; }

    /// <summary>How many rows are passed over.</summary>
    public int Offset { get; private init; }

    /// <summary>How many rows are wanted at most.</summary>
    public int Count { get; private init; } = int.MaxValue;

    /// <summary>Reads a text; false when it is anything else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, in SqlDialect dialect, [NotNullWhen(true)] out PreviousQuestion? question)
    {
        question = null;
        if (!SqlTokens.TryRead(text, dialect, out var tokens))
            return false;
        question = tokens.Take(Word.Show) ? ReadShow(tokens, text) : tokens.Take(Word.Select) ? ReadSelect(tokens) : null;
        return question is not null;
    }

    private static PreviousQuestion? ReadShow(SqlTokens tokens, ReadOnlySpan<byte> text)
    {
        if (tokens.Take(Word.Count))
        {
            if (!tokens.Take('(') || !tokens.Take('*') || !tokens.Take(')') || TakeList(tokens) is not { } counted || !tokens.IsAtEnd)
                return null;
            return new(QuestionKind.Values, [counted == QuestionKind.Errors ? AskedFact.ErrorCount : AskedFact.WarningCount]);
        }
        if (TakeList(tokens) is not { } kind)
            return null;
        if (tokens.IsAtEnd)
            return new(kind, []);
        return tokens.Take(Word.Limit) && TryReadLimit(text, out var offset, out var count)
            ? new(kind, []) { Offset = offset, Count = count } : null;
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

    private static PreviousQuestion? ReadSelect(SqlTokens tokens)
    {
        var columns = new List<AskedFact>();
        do
        {
            if (columns.Count == ColumnsMax || TakeColumn(tokens) is not { } fact)
                return null;
            columns.Add(fact);
            TakeAlias(tokens);
        }
        while (tokens.Take(','));
        if (tokens.Take(Word.From) && !tokens.Take("dual"))
            return null;
        return tokens.IsAtEnd ? new(QuestionKind.Values, columns) : null;
    }

    // Whatever else a column is, it must be short: the row is kept in memory on its way.
    private static AskedFact? TakeColumn(SqlTokens tokens)
    {
        switch (tokens.Next.Kind)
        {
            case SqlTokenKind.Number:
                tokens.Take();
                return AskedFact.Other;
            case SqlTokenKind.SystemVariable:
                tokens.Take();
                return TakeVariable(tokens);
            case SqlTokenKind.Word when tokens.Next.Value is { } word:
                tokens.Take();
                if (!tokens.Take('(') || !tokens.Take(')'))
                    return null;
                return word.ToLowerInvariant() switch
                {
                    "row_count" => AskedFact.RowCount,
                    "found_rows" => AskedFact.FoundRows,
                    "last_insert_id" => AskedFact.LastInsertId,
                    "connection_id" or "database" or "schema" or "now" or "version" => AskedFact.Other,
                    _ => null,
                };
            default:
                return null;
        }
    }

    private static AskedFact? TakeVariable(SqlTokens tokens)
    {
        if ((tokens.Take(Word.Session) || tokens.Take(Word.Local)) && !tokens.Take('.'))
            return null;
        if (!tokens.TryTakeName(out var name) || tokens.Take('.'))
            return null;
        return name.ToLowerInvariant() switch
        {
            "warning_count" => AskedFact.WarningCount,
            "error_count" => AskedFact.ErrorCount,
            "last_insert_id" or "identity" => AskedFact.LastInsertId,
            "autocommit" or "insert_id" => AskedFact.Other,
            _ => null,
        };
    }

    private static void TakeAlias(SqlTokens tokens)
    {
        if (tokens.Take(Word.As) || tokens.Next.Kind is SqlTokenKind.Name or SqlTokenKind.Text
            || (tokens.Next.Kind == SqlTokenKind.Word && !tokens.IsNext(Word.From)))
        {
            tokens.Take();
        }
    }
}
