using System.Text;

namespace Seawall.MySql.Statements;

/// <summary>
/// <c>WHERE id IS NULL</c>: where <c>sql_auto_is_null</c> is on it asks for the number that the last INSERT has made. A statement can switch
/// that on for itself, by MariaDB's <c>SET STATEMENT</c> or in a hint, <c>SET_VAR(sql_auto_is_null=1)</c>.
/// </summary>
public static class NullQuestion
{
    /// <summary>Whether the variable stands anywhere in a text, in hints as well.</summary>
    public static bool NamesVariable(ReadOnlySpan<byte> text) => Contains(text, "sql_auto_is_null"u8);

    /// <summary>Whether a text asks so; also when it cannot be read. What a view or a routine asks is not in it.</summary>
    public static bool IsIn(ReadOnlySpan<byte> text, in SqlDialect dialect) => Contains(text, "null"u8)
        && (!SqlTokens.TryReadAll(text, dialect, out var tokens) || tokens.Says("is", "null") || tokens.Names("isnull"));

    private static bool Contains(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        while (true)
        {
            var at = text.IndexOfAny(word[0], (byte)(word[0] - 0x20));
            if (at < 0 || text.Length - at < word.Length)
                return false;
            if (Ascii.EqualsIgnoreCase(text.Slice(at, word.Length), word))
                return true;
            text = text[(at + 1)..];
        }
    }
}
