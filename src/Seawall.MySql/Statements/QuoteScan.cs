namespace Seawall.MySql.Statements;

/// <summary>Finds the end of a string or a quoted name, whose bytes may come in pieces.</summary>
internal struct QuoteScan(byte quote, bool isName, bool hasEscapes, ClientCharset charset)
{
    private readonly bool _hasCharacters = Bytes.HasLeads(charset);
    private readonly bool _hasEscapes = hasEscapes && !isName;
    private byte _lead;
    private bool _isEscaped;

    /// <summary>
    /// Whether it is a name that is quoted: nothing is escaped in it, and no server reads a NUL in it.
    /// </summary>
    internal readonly bool IsName => isName;

    /// <summary>Whether the last byte was a quote: the end, unless another one follows.</summary>
    internal bool MayBeOver { get; private set; }

    /// <summary>
    /// Goes on at a place in a piece of text and returns the place after the closing quote, or -1 when the end is not
    /// in it. That a quote is the last byte of the piece does not make it the closing one: see <see
    /// cref="MayBeOver"/>.
    /// </summary>
    internal int Skip(ReadOnlySpan<byte> chunk, int at)
    {
        while (at < chunk.Length)
        {
            if (MayBeOver)
            {
                MayBeOver = false;
                if (chunk[at] != quote)
                    return at;
                at++;
            }
            else if (_isEscaped)
            {
                // One byte, as at the servers, even if it begins a character of two.
                _isEscaped = false;
                at++;
            }
            else
            {
                at = _hasCharacters ? SkipCharacter(chunk, at) : SkipPlain(chunk, at);
            }
        }
        return -1;
    }

    private int SkipPlain(ReadOnlySpan<byte> chunk, int at)
    {
        var rest = chunk[at..];
        var length = _hasEscapes ? rest.IndexOfAny(quote, (byte)'\\') : rest.IndexOf(quote);
        if (length < 0)
            return chunk.Length;
        Note(rest[length]);
        return at + length + 1;
    }

    private int SkipCharacter(ReadOnlySpan<byte> chunk, int at)
    {
        var value = chunk[at];
        if (_lead != 0)
        {
            _lead = 0;
            if (Bytes.IsTrail(value, charset))
                return at + 1;
        }
        if (Bytes.IsLead(value, charset))
            _lead = value;
        else
            Note(value);
        return at + 1;
    }

    private void Note(byte value)
    {
        if (value == quote)
            MayBeOver = true;
        else if (value == (byte)'\\' && _hasEscapes)
            _isEscaped = true;
    }
}
