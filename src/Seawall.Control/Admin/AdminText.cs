namespace Seawall.Control.Admin;

/// <summary>How a piece of an admin command is written.</summary>
internal enum AdminTokenKind : byte
{
    /// <summary>A bare word: letters, digits, and what variables are named with.</summary>
    Word,

    /// <summary>A text in quotes.</summary>
    Quoted,

    /// <summary>A single character that is neither.</summary>
    Sign,
}

/// <summary>A piece of an admin command.</summary>
/// <param name="Kind">How it is written.</param>
/// <param name="Text">Without its quotes.</param>
/// <param name="Start">Where it begins in the command.</param>
/// <param name="End">Where what follows begins.</param>
internal readonly record struct AdminToken(AdminTokenKind Kind, string Text, int Start, int End)
{
    internal bool Is(string word) => Kind == AdminTokenKind.Word && Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    internal bool IsSign(char sign) => Kind == AdminTokenKind.Sign && Text[0] == sign;
}

/// <summary>
/// An admin command, taken apart: words, texts in quotes, signs. Comments are left out, and so is the semicolon at the end.
/// </summary>
internal sealed class AdminText
{
    private readonly List<AdminToken> _tokens = [];

    private AdminText(string source) => Source = source;

    /// <summary>The command as it came.</summary>
    internal string Source { get; }

    /// <summary>Its pieces.</summary>
    internal IReadOnlyList<AdminToken> Tokens => _tokens;

    /// <summary>Takes a command apart. Anything can be: what makes no sense is for the caller to say.</summary>
    internal static AdminText Read(string source)
    {
        var text = new AdminText(source);
        var at = 0;
        while (at < source.Length)
            at = text.ReadOne(at);
        while (text._tokens is [.., { Kind: AdminTokenKind.Sign, Text: ";" }])
            text._tokens.RemoveAt(text._tokens.Count - 1);
        return text;
    }

    /// <summary>Whether the command begins with these words.</summary>
    internal bool StartsWith(params ReadOnlySpan<string> words)
    {
        if (_tokens.Count < words.Length)
            return false;
        for (var i = 0; i < words.Length; i++)
        {
            if (!_tokens[i].Is(words[i]))
                return false;
        }
        return true;
    }

    private int ReadOne(int at)
    {
        var letter = Source[at];
        if (char.IsWhiteSpace(letter) || letter == '\0')
            return at + 1;
        if (letter == '#' || Starts(at, "--"))
            return Source.IndexOf('\n', at) is var line and >= 0 ? line + 1 : Source.Length;
        if (Starts(at, "/*"))
            return Source.IndexOf("*/", at + 2, StringComparison.Ordinal) is var end and >= 0 ? end + 2 : Source.Length;
        if (letter is '\'' or '"' or '`')
            return ReadQuoted(at, letter);
        var stop = at;
        while (stop < Source.Length && IsWordLetter(Source[stop]))
            stop++;
        if (stop == at)
            return Add(AdminTokenKind.Sign, Source.Substring(at, 1), at, at + 1);
        return Add(AdminTokenKind.Word, Source[at..stop], at, stop);
    }

    // A quote in a text is doubled or has a backslash before it.
    private int ReadQuoted(int start, char quote)
    {
        var words = new System.Text.StringBuilder();
        var at = start + 1;
        for (; at < Source.Length; at++)
        {
            if (Source[at] == '\\' && quote != '`' && at + 1 < Source.Length)
            {
                // The two signs that LIKE knows keep their backslash.
                if (Source[at + 1] is '%' or '_')
                    words.Append('\\');
                words.Append(Source[++at]);
            }
            else if (Source[at] != quote)
            {
                words.Append(Source[at]);
            }
            else if (at + 1 < Source.Length && Source[at + 1] == quote)
            {
                words.Append(Source[++at]);
            }
            else
            {
                break;
            }
        }
        return Add(AdminTokenKind.Quoted, words.ToString(), start, Math.Min(at + 1, Source.Length));
    }

    private int Add(AdminTokenKind kind, string text, int start, int end)
    {
        _tokens.Add(new(kind, text, start, end));
        return end;
    }

    private bool Starts(int at, string sign) => string.CompareOrdinal(Source, at, sign, 0, sign.Length) == 0;

    private static bool IsWordLetter(char letter) => char.IsLetterOrDigit(letter) || letter is '_' or '@' or '.' or '$';
}

/// <summary>SQL's LIKE: <c>%</c> is anything, <c>_</c> one letter, a backslash takes their meaning away.</summary>
internal static class LikePattern
{
    /// <summary>Whether a text fits the pattern, letters of either case.</summary>
    internal static bool Matches(string text, string pattern)
    {
        // Goes back to the last '%' only: what stands before it fits already, so the time is the product at most.
        var (at, wanted, backText, backPattern) = (0, 0, 0, -1);
        while (at < text.Length)
        {
            if (wanted < pattern.Length && pattern[wanted] == '%')
            {
                backPattern = ++wanted;
                backText = at;
            }
            else if (FitsOne(text[at], pattern, wanted) is var length and > 0)
            {
                at++;
                wanted += length;
            }
            else if (backPattern >= 0)
            {
                at = ++backText;
                wanted = backPattern;
            }
            else
            {
                return false;
            }
        }
        while (wanted < pattern.Length && pattern[wanted] == '%')
            wanted++;
        return wanted == pattern.Length;
    }

    private static int FitsOne(char letter, string pattern, int at)
    {
        if (at >= pattern.Length)
            return 0;
        if (pattern[at] == '_')
            return 1;
        var isEscaped = pattern[at] == '\\' && at + 1 < pattern.Length;
        var wanted = pattern[isEscaped ? at + 1 : at];
        return char.ToUpperInvariant(letter) != char.ToUpperInvariant(wanted) ? 0 : isEscaped ? 2 : 1;
    }
}
