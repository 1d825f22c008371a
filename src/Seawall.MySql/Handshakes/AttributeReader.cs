using Seawall.MySql.Framing;

namespace Seawall.MySql.Handshakes;

/// <summary>Walks over connection attributes: pairs of name and value, as they stand in <see cref="LoginRequest"/>.</summary>
public ref struct AttributeReader(ReadOnlySpan<byte> attributes)
{
    private FieldReader _fields = new(attributes);

    /// <summary>The name of the present attribute.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The value of the present attribute.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Whether all of it was well formed so far.</summary>
    public readonly bool IsValid => _fields.IsValid;

    /// <summary>Goes on to the next attribute; false at the end, or when the bytes make no sense.</summary>
    public bool MoveNext()
    {
        if (_fields.IsAtEnd)
            return false;
        Name = _fields.LengthEncodedBytes();
        Value = _fields.LengthEncodedBytes();
        return _fields.IsValid;
    }
}
