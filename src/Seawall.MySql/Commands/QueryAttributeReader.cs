using Seawall.MySql.Framing;

namespace Seawall.MySql.Commands;

/// <summary>
/// Reads what a client says of a statement besides its text: names and values, before the text of COM_QUERY.
/// </summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query.html</remarks>
public ref struct QueryAttributeReader
{
    /// <summary>As many attributes as a server believes in (MySQL 8.0.23 to 9.7 count in 16 bits).</summary>
    public const int CountMax = 65_535;

    private readonly ReadOnlySpan<byte> _nulls;
    private readonly int _count;
    private FieldReader _names;
    private FieldReader _values;
    private int _next;

    /// <summary>Reads from <paramref name="body"/>: what stands behind the first byte of COM_QUERY, text included.</summary>
    public QueryAttributeReader(ReadOnlySpan<byte> body)
    {
        var reader = new FieldReader(body);
        var count = reader.LengthEncoded();
        var sets = reader.LengthEncoded();
        _count = count <= CountMax ? (int)count : 0;
        IsValid = reader.IsValid && count <= CountMax && sets == 1;
        if (_count > 0 && IsValid)
        {
            _nulls = reader.Bytes((_count + 7) / 8);
            // Without types nobody knows where a value ends.
            IsValid = reader.Int1() != 0;
            _names = reader;
            for (var i = 0; i < _count; i++)
            {
                _ = reader.Int2();
                _ = reader.LengthEncodedBytes();
            }
        }
        IsValid &= reader.IsValid;
        _values = reader;
    }

    /// <summary>Whether everything so far made sense.</summary>
    public bool IsValid { get; private set; }

    /// <summary>How many there are.</summary>
    public readonly int Count => _count;

    /// <summary>The name of the present one, in the client's character set; it may be empty.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The type of its value.</summary>
    public FieldType Type { get; private set; }

    /// <summary>Whether its value is a number without a sign.</summary>
    public bool IsUnsigned { get; private set; }

    /// <summary>Whether its value is NULL.</summary>
    public bool IsNull { get; private set; }

    /// <summary>Its value, in the form of its type, without a length before it.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>What has not been read: after the last attribute, the text.</summary>
    public readonly ReadOnlySpan<byte> Rest => _values.Rest;

    /// <summary>Goes to the next attribute; false behind the last one, or when there is something that makes no sense.</summary>
    public bool MoveNext()
    {
        if (!IsValid || _next == _count)
            return false;
        var type = _names.Int2();
        Type = (FieldType)(type & 0x7FFF);
        IsUnsigned = (type & 0x8000) != 0;
        Name = _names.LengthEncodedBytes();
        IsNull = (_nulls[_next / 8] & (1 << (_next % 8))) != 0;
        Value = IsNull ? default : Type.ReadBinary(ref _values);
        IsValid = _values.IsValid;
        _next++;
        return IsValid;
    }

    /// <summary>
    /// Where the text begins in <paramref name="body"/>, which is the whole command or only its beginning; false when the
    /// attributes make no sense, or are not here as a whole.
    /// </summary>
    public static bool TryFindText(ReadOnlySpan<byte> body, bool isWhole, out int textAt)
    {
        if (body is [0, 1, ..])
        {
            textAt = 2; // No attributes: nearly always.
            return true;
        }
        var reader = new QueryAttributeReader(body);
        while (reader.MoveNext())
        {
        }
        textAt = body.Length - reader.Rest.Length;
        return reader.IsValid && (isWhole || !reader.Rest.IsEmpty);
    }
}
