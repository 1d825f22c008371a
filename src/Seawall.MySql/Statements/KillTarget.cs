using System.Globalization;

namespace Seawall.MySql.Statements;

/// <summary>Whom a KILL names.</summary>
public enum KillNames : byte
{
    /// <summary>An expression, a user, a statement's number, or nothing that makes sense: a server must read it.</summary>
    Something,

    /// <summary>A connection by its number, written out.</summary>
    Number,

    /// <summary>The connection that says it: <c>CONNECTION_ID()</c>.</summary>
    Itself,

    /// <summary>The one parameter of a prepared statement.</summary>
    Parameter,
}

/// <summary>What a KILL ends, as far as its text tells.</summary>
/// <param name="Names">Whom it names.</param>
/// <param name="Id">The number, when it is written out.</param>
/// <param name="IsQuery">Whether only the statement ends, and not the connection.</param>
public readonly record struct KillTarget(KillNames Names, ulong Id, bool IsQuery)
{
    private const ulong SignBit = 1UL << 31;

    /// <summary>Reads the text of one KILL.</summary>
    public static KillTarget Read(ReadOnlySpan<byte> text, in SqlDialect dialect)
    {
        if (!SqlTokens.TryRead(text, dialect, out var tokens) || !tokens.Take(Word.Kill))
            return default;
        if (dialect.MariaDb && !tokens.Take("hard"))
            tokens.Take("soft");
        var isQuery = tokens.Take(Word.Query);
        if (!isQuery)
            tokens.Take(Word.Connection);
        if (tokens.Take("connection_id"))
        {
            return tokens.Take('(') && tokens.Take(')') && tokens.IsAtEnd
                ? new KillTarget(KillNames.Itself, 0, isQuery)
                : default;
        }
        var isNegative = tokens.Take('-');
        var named = tokens.Take();
        if (!tokens.IsAtEnd)
            return default;
        if (named is { Kind: SqlTokenKind.Symbol, Value: "?" } && !isNegative)
            return new KillTarget(KillNames.Parameter, 0, isQuery);
        if (named.Kind is not (SqlTokenKind.Number or SqlTokenKind.Text)
            || !ulong.TryParse(named.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return default;
        }
        if (!isNegative)
            return new KillTarget(KillNames.Number, id, isQuery);
        // Drivers keep the 32 bits of the greeting with a sign (MySqlConnector). No server has a thread of such a number.
        return id is > 0 and <= SignBit ? new KillTarget(KillNames.Number, (1UL << 32) - id, isQuery) : default;
    }
}
