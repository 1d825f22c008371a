namespace Seawall.MySql.Gtids;

/// <summary>
/// Walks over a set of MySQL's GTIDs as servers write it: <c>uuid:1-5:8,uuid:1-3:tag:1-2</c>, with line feeds and blanks between.
/// Bytes come from strangers: nothing throws and nothing is kept. Ask <see cref="IsValid"/> at the end.
/// </summary>
/// <remarks>https://dev.mysql.com/doc/refman/9.7/en/replication-gtids-concepts.html</remarks>
public ref struct GtidSetReader(ReadOnlySpan<byte> text)
{
    /// <summary>The longest tag that there is.</summary>
    public const int TagMax = 32;

    private const int UuidDigits = 32;

    private ReadOnlySpan<byte> _rest = text;
    private ReadOnlySpan<byte> _tag;
    private UInt128 _uuid;
    private bool _isInside;

    /// <summary>Whether everything so far was well formed.</summary>
    public bool IsValid { get; private set; } = true;

    /// <summary>The interval that <see cref="MoveNext"/> came to.</summary>
    public GtidInterval Current { get; private set; }

    /// <summary>Goes on to the next interval; false at the end, or when the text makes no sense.</summary>
    public bool MoveNext()
    {
        while (IsValid)
        {
            if (_isInside)
            {
                SkipBlanks();
                if (Take((byte)':'))
                {
                    SkipBlanks();
                    if (_rest.IsEmpty)
                        return Fail();
                    if (_rest[0] is >= (byte)'0' and <= (byte)'9')
                        return ReadInterval();
                    if (!ReadTag())
                        return Fail();
                    continue;
                }
                _isInside = false;
                if (!_rest.IsEmpty && !Take((byte)','))
                    return Fail();
            }
            SkipBlanks();
            while (Take((byte)','))
                SkipBlanks();
            if (_rest.IsEmpty)
                return false;
            if (!ReadUuid())
                return Fail();
            _isInside = true;
            SkipBlanks();
            if (_rest is not [(byte)':', ..])
                return Fail();
        }
        return false;
    }

    private bool ReadInterval()
    {
        if (!ReadNumber(out var first))
            return Fail();
        var last = first;
        SkipBlanks();
        if (Take((byte)'-'))
        {
            SkipBlanks();
            if (!ReadNumber(out last))
                return Fail();
        }
        if (first < 1 || last < first)
            return Fail();
        Current = new GtidInterval(_uuid, _tag, first, last);
        return true;
    }

    private bool ReadNumber(out long number)
    {
        number = 0;
        var length = 0;
        while (length < _rest.Length && _rest[length] is >= (byte)'0' and <= (byte)'9')
        {
            var digit = _rest[length] - (byte)'0';
            if (number > (long.MaxValue - digit) / 10)
                return false;
            number = (number * 10) + digit;
            length++;
        }
        _rest = _rest[length..];
        return length > 0;
    }

    private bool ReadTag()
    {
        var length = 0;
        while (length < _rest.Length && (_rest[length] is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z')
            or (>= (byte)'0' and <= (byte)'9') or (byte)'_'))
        {
            length++;
        }
        if (length is 0 or > TagMax)
            return false;
        _tag = _rest[..length];
        _rest = _rest[length..];
        SkipBlanks();
        return _rest is [(byte)':', ..];
    }

    // With or without dashes, wherever they are; servers write them as 8-4-4-4-12.
    private bool ReadUuid()
    {
        UInt128 uuid = 0;
        int digits = 0, length = 0;
        while (digits < UuidDigits && length < _rest.Length)
        {
            var letter = _rest[length++];
            if (letter == (byte)'-')
                continue;
            var value = letter switch
            {
                >= (byte)'0' and <= (byte)'9' => letter - '0',
                >= (byte)'a' and <= (byte)'f' => letter - 'a' + 10,
                >= (byte)'A' and <= (byte)'F' => letter - 'A' + 10,
                _ => -1,
            };
            if (value < 0)
                return false;
            uuid = (uuid << 4) | (uint)value;
            digits++;
        }
        _rest = _rest[length..];
        _uuid = uuid;
        _tag = default;
        return digits == UuidDigits;
    }

    private void SkipBlanks() => _rest = _rest.TrimStart(" \t\r\n"u8);

    private bool Take(byte sign)
    {
        if (_rest.IsEmpty || _rest[0] != sign)
            return false;
        _rest = _rest[1..];
        return true;
    }

    private bool Fail()
    {
        IsValid = false;
        return false;
    }
}
