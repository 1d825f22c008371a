using System.Globalization;
using System.Text;

namespace Seawall.Control.Logs;

/// <summary>
/// Makes text of strangers safe for a line of a log: a user name with a line feed in it must not look like another
/// event, and one with an escape character must not paint on the operator's terminal.
/// </summary>
internal static class LogText
{
    /// <summary>Appends text with everything escaped that is not plainly visible.</summary>
    internal static StringBuilder AppendVisible(this StringBuilder line, string text, bool isQuoted = false)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var letter = text[i];
            if (char.IsHighSurrogate(letter) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                var whole = char.ConvertToUtf32(letter, text[++i]);
                if (IsVisible(CharUnicodeInfo.GetUnicodeCategory(whole)))
                    line.Append(letter).Append(text[i]);
                else
                    line.Append(CultureInfo.InvariantCulture, $"\\U{whole:X8}");
            }
            else if (isQuoted && letter is '"' or '\\' && isQuoted)
            {
                line.Append('\\').Append(letter);
            }
            else if (IsVisible(char.GetUnicodeCategory(letter)))
            {
                line.Append(letter);
            }
            else
            {
                AppendEscaped(line, letter);
            }
        }
        return line;
    }

    /// <summary>Appends <c> key=value</c>, in quotes where it would not be one word.</summary>
    internal static void AppendField(this StringBuilder line, string key, string value)
    {
        line.Append(' ').Append(key).Append('=');
        if (value.Length > 0 && !value.AsSpan().ContainsAny(" \"=\\")
            && value.All(letter => IsVisible(char.GetUnicodeCategory(letter))))
            line.Append(value);
        else
            line.Append('"').AppendVisible(value, isQuoted: true).Append('"');
    }

    private static void AppendEscaped(StringBuilder line, char letter)
    {
        _ = letter switch
        {
            '\n' => line.Append("\\n"),
            '\r' => line.Append("\\r"),
            '\t' => line.Append("\\t"),
            _ => line.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}"),
        };
    }

    // Control: C0 and C1. Format: marks that turn the direction of writing, among others. Half a pair is nobody's
    // letter.
    private static bool IsVisible(UnicodeCategory category) => category is not (UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
