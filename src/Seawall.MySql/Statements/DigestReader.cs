namespace Seawall.MySql.Statements;

/// <summary>Writes tokens down as a <see cref="StatementDigest"/> has them. What may be a value is taken for one.</summary>
internal struct DigestReader(DigestText text, bool isCut) : ITokenReader
{
    private bool _gaveUp;
    private bool _isOver;
    private bool _isSystem;

    /// <inheritdoc/>
    public readonly DialectDoubt Doubt => DialectDoubt.None;

    /// <summary>The digest; null when something was not understood.</summary>
    internal readonly DigestText? Finish()
    {
        text.DropEnd();
        return _gaveUp ? null : text;
    }

    /// <inheritdoc/>
    public void Word(ReadOnlySpan<byte> word, in WordEntry entry)
    {
        if (_isOver)
            return;
        // 0x41 and 0b1 are values; a name that begins with a digit is left out with them.
        if (word is [>= (byte)'0' and <= (byte)'9', ..])
            text.Value();
        else
            text.Word(word, touches: _isSystem);
        _isSystem = false;
    }

    /// <inheritdoc/>
    public void Name(ReadOnlySpan<byte> name)
    {
        if (!_isOver)
            text.Name(name);
        _isSystem = false;
    }

    /// <inheritdoc/>
    public void Text(ReadOnlySpan<byte> content) => Value();

    /// <inheritdoc/>
    public void Number(ReadOnlySpan<byte> digits) => Value();

    /// <inheritdoc/>
    public void Symbol(byte symbol, TokenGap gap)
    {
        if (symbol == (byte)'?')
            Value();
        else if (!_isOver)
            text.Symbol(symbol);
        _isOver |= isCut && symbol == (byte)';';
    }

    /// <inheritdoc/>
    public readonly void Assign()
    {
        if (!_isOver)
            text.Sign(":="u8);
    }

    /// <inheritdoc/>
    public readonly void UserVariable()
    {
        if (!_isOver)
            text.Sign("@?"u8);
    }

    /// <inheritdoc/>
    public void SystemVariable()
    {
        if (!_isOver)
            text.Sign("@@"u8);
        _isSystem = true;
    }

    /// <inheritdoc/>
    public readonly void Hints()
    {
    }

    /// <inheritdoc/>
    public void GiveUp() => _gaveUp = true;

    private readonly void Value()
    {
        if (!_isOver)
            text.Value();
    }
}

/// <summary>The text of a digest while it is written: so many bytes of it, and then no more.</summary>
internal sealed class DigestText(int lengthMax)
{
    private readonly byte[] _bytes = new byte[lengthMax];
    private int _length;

    /// <summary>What is written so far.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Whether more would have come.</summary>
    internal bool IsFull { get; private set; }

    /// <summary>Begins anew.</summary>
    internal void Clear()
    {
        _length = 0;
        IsFull = false;
    }

    /// <summary>A word, in small letters; <paramref name="touches"/>: the sign before it belongs to it.</summary>
    internal void Word(ReadOnlySpan<byte> word, bool touches)
    {
        if (!touches)
            Space();
        foreach (var letter in word)
            Add(letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : Readable(letter));
    }

    /// <summary>A name in quotes.</summary>
    internal void Name(ReadOnlySpan<byte> name)
    {
        Space();
        Add((byte)'`');
        foreach (var letter in name)
            Add(Readable(letter));
        Add((byte)'`');
    }

    /// <summary>A value; behind another one and a comma it is not written again.</summary>
    internal void Value()
    {
        if (!IsFull && Bytes.EndsWith("?,"u8))
        {
            _length--;
            return;
        }
        Space();
        Add((byte)'?');
    }

    /// <summary>A sign of several letters that stands by itself.</summary>
    internal void Sign(ReadOnlySpan<byte> sign)
    {
        Space();
        foreach (var letter in sign)
            Add(letter);
    }

    /// <summary>A sign.</summary>
    internal void Symbol(byte symbol)
    {
        if (symbol == (byte)')' && !IsFull && Bytes.EndsWith("(?), (?"u8))
        {
            _length -= "?), (?".Length;
            Add((byte)'?');
        }
        if (!Touches(symbol))
            Space();
        Add(symbol);
    }

    /// <summary>Takes away semicolons at the end.</summary>
    internal void DropEnd()
    {
        while (!IsFull && _length > 0 && _bytes[_length - 1] == (byte)';')
            _length--;
    }

    // Written next to what is before it: what closes or divides, what opens behind a name, and the second half of a comparison.
    private bool Touches(byte symbol)
    {
        if (_length == 0)
            return true;
        var last = _bytes[_length - 1];
        return symbol switch
        {
            (byte)')' or (byte)',' or (byte)';' or (byte)'.' => true,
            (byte)'(' => Statements.Bytes.IsName(last, Statements.Bytes.AsciiName | Statements.Bytes.HighName) || last == (byte)'`',
            (byte)'=' => last is (byte)'<' or (byte)'>' or (byte)'!',
            (byte)'>' => last is (byte)'<' or (byte)'-' or (byte)'=',
            (byte)'|' or (byte)'&' => last == symbol,
            _ => false,
        };
    }

    private void Space()
    {
        if (_length > 0 && _bytes[_length - 1] is not ((byte)'(' or (byte)'.'))
            Add((byte)' ');
    }

    private void Add(byte value)
    {
        if (_length < _bytes.Length)
            _bytes[_length++] = value;
        else
            IsFull = true;
    }

    // A name may have anything in it, and is shown on people's terminals.
    private static byte Readable(byte letter) => letter is < 0x20 or 0x7F ? (byte)'?' : letter;
}
