using System.Buffers.Binary;
using Seawall.MySql.Framing;

namespace Seawall.MySql.Commands;

/// <summary>
/// The beginning of COM_STMT_EXECUTE: everything before the values. Its form depends on whether the two ends agreed on query
/// attributes: then it counts its values, and gives each a name.
/// </summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html</remarks>
public readonly ref struct ExecutionHead
{
    /// <summary>Where the statement's number is in the payload.</summary>
    public const int IdAt = 1;

    /// <summary>Where the flags are in the payload.</summary>
    public const int FlagsAt = 1 + 4;

    /// <summary>The flag that says that the values are counted even when the statement has no parameters.</summary>
    public const byte CountsValues = 0x08;

    /// <summary>Where values are counted, if they are: behind the command, the number, the flags and the iterations.</summary>
    public const int CountAt = 1 + 4 + 1 + 4;

    private readonly ReadOnlySpan<byte> _types;
    private readonly bool _hasNames;

    private ExecutionHead(ReadOnlySpan<byte> payload, int parameters, bool hasNames)
    {
        _hasNames = hasNames;
        var reader = new FieldReader(payload);
        Fixed = reader.Bytes(CountAt);
        Count = parameters;
        if (hasNames && reader.IsValid && (parameters > 0 || (payload[FlagsAt] & CountsValues) != 0))
            Count = (int)Math.Min(reader.LengthEncoded(), QueryAttributeReader.CountMax + 1);
        if (Count > 0)
        {
            Nulls = reader.Bytes((Count + 7) / 8);
            HasTypes = reader.Int1() != 0;
            _types = reader.Rest;
            if (HasTypes && !hasNames)
                _ = reader.Bytes(Count * 2);
            for (var i = 0; HasTypes && hasNames && i < Count && reader.IsValid; i++)
            {
                _ = reader.Int2();
                _ = reader.LengthEncodedBytes();
            }
        }
        ValuesAt = payload.Length - reader.Rest.Length;
        if (HasTypes)
            _types = _types[..^reader.Rest.Length];
        IsValid = reader.IsValid && Count <= QueryAttributeReader.CountMax;
    }

    /// <summary>Whether all of it is here and makes sense.</summary>
    public bool IsValid { get; }

    /// <summary>The command, the statement's number, the flags and the number of iterations.</summary>
    public ReadOnlySpan<byte> Fixed { get; }

    /// <summary>How many values there are: the statement's parameters, and attributes behind them.</summary>
    public int Count { get; }

    /// <summary>Which of them are NULL, a bit for each.</summary>
    public ReadOnlySpan<byte> Nulls { get; }

    /// <summary>Whether it tells the types; otherwise they are those of the execution before.</summary>
    public bool HasTypes { get; }

    /// <summary>
    /// The types of all values, each with the name behind it; nothing when it tells none, or the two ends agreed on no attributes.
    /// </summary>
    public ReadOnlySpan<byte> Named => HasTypes && _hasNames ? _types : default;

    /// <summary>Where the values begin in the payload.</summary>
    public int ValuesAt { get; }

    /// <summary>Reads the payload of an execution of a statement with so many parameters.</summary>
    public static ExecutionHead Read(ReadOnlySpan<byte> payload, int parameters, bool hasNames) => new(payload, parameters, hasNames);

    /// <summary>Whether the first types are those: two bytes for each.</summary>
    public bool TypesAre(ReadOnlySpan<byte> types)
    {
        if (!_hasNames)
            return _types[..types.Length].SequenceEqual(types);
        var reader = new FieldReader(_types);
        for (var i = 0; i < types.Length; i += 2)
        {
            if (reader.Int2() != BinaryPrimitives.ReadUInt16LittleEndian(types[i..]))
                return false;
            _ = reader.LengthEncodedBytes();
        }
        return true;
    }

    /// <summary>The first types, two bytes for each.</summary>
    public byte[] CopyTypes(int count)
    {
        var types = new byte[count * 2];
        var reader = new FieldReader(_types);
        for (var i = 0; i < types.Length; i += 2)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(types.AsSpan(i), reader.Int2());
            if (_hasNames)
                _ = reader.LengthEncodedBytes();
        }
        return types;
    }

    /// <summary>
    /// Writes it in the form of the other end: with counts and names or without, of the first <paramref name="count"/> values,
    /// and with <paramref name="types"/>, when there are any, if it tells none itself.
    /// </summary>
    public void Write(PacketWriter writer, int count, bool withNames, ReadOnlySpan<byte> types)
    {
        var flags = withNames && _hasNames ? Fixed[FlagsAt] : (byte)(Fixed[FlagsAt] & ~CountsValues);
        writer.Raw(Fixed[..FlagsAt]).Int1(flags).Raw(Fixed[(FlagsAt + 1)..]);
        if (withNames && (count > 0 || (flags & CountsValues) != 0))
            writer.LengthEncoded((ulong)count);
        if (count == 0)
            return;
        writer.Raw(Nulls[..((count + 7) / 8)]);
        var source = HasTypes ? _types : types;
        var sourceHasNames = HasTypes && _hasNames;
        writer.Int1(source.IsEmpty ? (byte)0 : (byte)1);
        if (source.IsEmpty)
            return;
        if (!withNames && !sourceHasNames)
        {
            writer.Raw(source[..(count * 2)]);
            return;
        }
        var reader = new FieldReader(source);
        for (var i = 0; i < count; i++)
        {
            writer.Int2(reader.Int2());
            var name = sourceHasNames ? reader.LengthEncodedBytes() : default;
            if (withNames)
                writer.LengthEncodedBytes(name);
        }
    }
}
