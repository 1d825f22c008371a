using Seawall.MySql.Framing;

namespace Seawall.MySql.Commands;

/// <summary>
/// Reads what a client says of an execution besides its parameters: names and values behind those of the parameters. An execution that
/// tells no types has no names either; with more values than parameters servers refuse it (MySQL 9.7).
/// </summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html</remarks>
public ref struct ExecutionAttributeReader
{
    private readonly ReadOnlySpan<byte> _nulls;
    private readonly int _count;
    private FieldReader _names;
    private FieldReader _values;
    private int _next;

    /// <summary>
    /// Reads an execution of a statement with so many parameters, none of which was sent in pieces: those are not among the values.
    /// </summary>
    /// <param name="payload">The execution, or as much of it as is here.</param>
    /// <param name="head">Its beginning.</param>
    /// <param name="parameters">How many parameters the statement has.</param>
    public ExecutionAttributeReader(ReadOnlySpan<byte> payload, ExecutionHead head, int parameters)
    {
        if (!head.IsValid || head.Count <= parameters || head.Named.IsEmpty)
            return;
        _nulls = head.Nulls;
        _count = head.Count;
        _names = new FieldReader(head.Named);
        _values = new FieldReader(payload[head.ValuesAt..]);
        IsValid = true;
        while (_next < parameters && MoveNext())
        {
        }
    }

    /// <summary>Whether everything so far made sense.</summary>
    public bool IsValid { get; private set; }

    /// <summary>The name of the present one, in the client's character set; it may be empty.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Its value, in the form of its type, without a length before it; nothing for NULL.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Goes to the next attribute; false behind the last one, or when there is something that makes no sense.</summary>
    public bool MoveNext()
    {
        if (!IsValid || _next == _count)
            return false;
        var type = (FieldType)(_names.Int2() & 0x7FFF);
        Name = _names.LengthEncodedBytes();
        IsValid = _names.IsValid;
        Value = !IsValid || (_nulls[_next / 8] & (1 << (_next % 8))) != 0 ? default : type.ReadBinary(ref _values);
        IsValid &= _values.IsValid;
        _next++;
        return IsValid;
    }
}
