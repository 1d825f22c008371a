namespace Seawall.Captures;

/// <summary>
/// Whether a text may hold a password: of an account, of replication, of another server. Such a text is never written, whatever the settings say.
/// </summary>
/// <remarks>
/// Looked at are the bytes, in no dialect: what is in strings and comments counts as well, because <c>PREPARE</c> runs strings and executable
/// comments run. It errs towards yes. What a program puts together from pieces on the server (<c>CONCAT('IDENTI', 'FIED')</c>) is not found.
/// </remarks>
public static class SecretWords
{
    /// <summary>Whether it may.</summary>
    public static bool MayBeIn(ReadOnlySpan<byte> text)
    {
        if (Has(text, "identified"u8) || Has(text, "authentication_string"u8) || Has(text, "mysql://"u8) || Has(text, "wsrep_sst_auth"u8))
            return true;
        var isNamed = false;
        for (var at = 0; (at = Find(text, "password"u8, at)) >= 0; at += "password".Length)
        {
            isNamed = true;
            // A call of the function, or an option. A column that is compared is neither, where the verb is one for data.
            if (Skip(text[(at + "password".Length)..]) is [(byte)'(', ..])
                return true;
        }
        return isNamed && !IsAboutData(text);
    }

    // Each of its statements. A semicolon in a string begins no statement, and is taken for one: that makes it a secret at worst.
    private static bool IsAboutData(ReadOnlySpan<byte> text)
    {
        foreach (var range in text.Split((byte)';'))
        {
            var rest = Skip(text[range]);
            if (rest.IsEmpty)
                continue;
            if (!Statements.IsAboutData(rest))
                return false;
        }
        return true;
    }

    private static class Statements
    {
        internal static bool IsAboutData(ReadOnlySpan<byte> text)
        {
            var verb = Word(ref text);
            if (Is(verb, "create"u8) || Is(verb, "alter"u8) || Is(verb, "drop"u8))
                return IsTable(text) && !HasOption(text);
            return Is(verb, "select"u8) || Is(verb, "insert"u8) || Is(verb, "update"u8) || Is(verb, "delete"u8) || Is(verb, "replace"u8)
                || Is(verb, "with"u8) || Is(verb, "show"u8) || Is(verb, "describe"u8) || Is(verb, "desc"u8) || Is(verb, "explain"u8)
                || Is(verb, "call"u8) || Is(verb, "truncate"u8);
        }

        private static bool IsTable(ReadOnlySpan<byte> text)
        {
            for (var i = 0; i < 4; i++)
            {
                var word = Word(ref text);
                if (Is(word, "table"u8) || Is(word, "index"u8) || Is(word, "view"u8))
                    return true;
                if (!(Is(word, "or"u8) || Is(word, "replace"u8) || Is(word, "temporary"u8) || Is(word, "unique"u8) || Is(word, "fulltext"u8)))
                    return false;
            }
            return false;
        }

        // Engines that reach other servers have their passwords in options of the table.
        private static bool HasOption(ReadOnlySpan<byte> text)
        {
            for (var at = 0; (at = Find(text, "password"u8, at)) >= 0; at += "password".Length)
            {
                if (Skip(text[(at + "password".Length)..]) is [(byte)'=', ..])
                    return true;
            }
            return false;
        }

        private static ReadOnlySpan<byte> Word(ref ReadOnlySpan<byte> text)
        {
            text = Skip(text);
            var length = 0;
            while (length < text.Length && IsLetter(text[length]))
                length++;
            var word = text[..length];
            text = text[length..];
            return word;
        }
    }

    // White space, parentheses that open, comments, and the beginning of comments that are run.
    private static ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (text[0] <= (byte)' ')
                text = text[1..];
            else if (text.StartsWith("/*!"u8) || text.StartsWith("/*M!"u8))
                text = text[(text.IndexOf((byte)'!') + 1)..].TrimStart("0123456789"u8);
            else if (text.StartsWith("/*"u8))
                text = After(text[2..], "*/"u8);
            else if (text.StartsWith("*/"u8))
                text = text[2..];
            else if (text[0] == (byte)'#' || text.StartsWith("-- "u8))
                text = After(text, "\n"u8);
            else
                break;
        }
        return text;
    }

    private static ReadOnlySpan<byte> After(ReadOnlySpan<byte> text, ReadOnlySpan<byte> end)
    {
        var at = text.IndexOf(end);
        return at < 0 ? default : text[(at + end.Length)..];
    }

    private static bool Has(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) => Find(text, word, 0) >= 0;

    // By the rarer of its letters first: the search for one or two bytes is the fastest there is.
    private static int Find(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word, int from)
    {
        const int Rare = 4; // "passWord", "idenTified", "authEntication", "mysqL", "wsreP".
        for (var at = from + Rare; at < text.Length; at++)
        {
            var next = text[at..].IndexOfAny(word[Rare], (byte)(word[Rare] & ~0x20));
            if (next < 0)
                return -1;
            at += next;
            var begin = at - Rare;
            if (text.Length - begin >= word.Length && Is(text.Slice(begin, word.Length), word))
                return begin;
        }
        return -1;
    }

    private static bool Is(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> lower)
    {
        if (bytes.Length != lower.Length)
            return false;
        for (var i = 0; i < bytes.Length; i++)
        {
            var letter = bytes[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(bytes[i] | 0x20) : bytes[i];
            if (letter != lower[i])
                return false;
        }
        return true;
    }

    private static bool IsLetter(byte value) => (byte)(value | 0x20) is >= (byte)'a' and <= (byte)'z' || value == (byte)'_';
}
