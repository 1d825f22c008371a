namespace Seawall.MySql.Statements;

/// <summary>
/// The one table that an INSERT, REPLACE, UPDATE or DELETE changes by what its text says. Only names of letters, digits and a few signs are
/// told, which are written alike in every character set and need no quotes that could end.
/// </summary>
public static class ChangedTable
{
    private const int NameLengthMax = 64;

    /// <summary>Reads it; false when there is more than one, or it cannot be told for certain.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, in SqlDialect dialect, string? schema, out (string Schema, string Name) table)
    {
        table = default;
        return SqlTokens.TryRead(text, dialect, out var tokens) && TryReach(tokens, out var verb)
            && TryTakeTable(tokens, schema, out table) && IsAlone(tokens, verb);
    }

    // To the name of the table.
    private static bool TryReach(SqlTokens tokens, out string verb)
    {
        verb = (tokens.Take().Value ?? "").ToLowerInvariant();
        switch (verb)
        {
            case "insert":
                _ = tokens.Take("low_priority") || tokens.Take("high_priority");
                tokens.Take("ignore");
                tokens.Take("into");
                return true;
            case "replace":
                tokens.Take("low_priority");
                tokens.Take("into");
                return true;
            case "update":
                tokens.Take("low_priority");
                tokens.Take("ignore");
                return true;
            case "delete":
                tokens.Take("low_priority");
                tokens.Take("quick");
                tokens.Take("ignore");
                return tokens.Take("from");
            default:
                return false;
        }
    }

    private static bool TryTakeTable(SqlTokens tokens, string? schema, out (string Schema, string Name) table)
    {
        table = default;
        if (!tokens.TryTakeName(out var name))
            return false;
        if (tokens.Take('.'))
        {
            schema = name;
            if (!tokens.TryTakeName(out name))
                return false;
        }
        if (schema is null || !IsPlain(schema) || !IsPlain(name))
            return false;
        table = (schema, name);
        return true;
    }

    // Behind it comes nothing that would be a second table, or a name that means another one.
    private static bool IsAlone(SqlTokens tokens, string verb) => verb switch
    {
        "update" => tokens.Take("set") || (tokens.Take("as") | tokens.TryTakeName(out _) && tokens.Take("set")),
        "delete" => tokens.IsAtEnd || tokens.Take("where") || tokens.Take("order") || tokens.Take("limit"),
        _ => !tokens.IsAtEnd && !tokens.Take('.'),
    };

    private static bool IsPlain(string name) => name.Length is > 0 and <= NameLengthMax
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '$' or '-' or ' ');
}
