using System.Buffers.Binary;
using System.Globalization;
using Seawall.MySql.Framing;
using Seawall.MySql.Statements;

namespace Seawall.Rehearsal.Answers;

/// <summary>Takes the columns and rows of one result as they come, and keeps sums of them.</summary>
internal sealed class AnswerReader(IReadOnlyList<OrderKey>? keys)
{
    /// <summary>So many values of FLOAT and DOUBLE are kept of a result; beyond them only equal bytes are equal.</summary>
    public const int FloatsMax = 4096;

    private const byte Null = 0xFB;

    private readonly List<AnswerColumn> _columns = [];
    private readonly List<FloatValue> _floats = [];
    private ulong[] _ofColumns = [];
    private int[]? _keys;
    private bool _tooManyFloats;
    private ulong _ordered = Fnv1A.Basis;
    private ulong _unordered;
    private ulong _withoutFloats = Fnv1A.Basis;
    private ulong _keyOrder = Fnv1A.Basis;

    /// <summary>The columns so far.</summary>
    public IReadOnlyList<AnswerColumn> Columns => _columns;

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>What was kept.</summary>
    public RowSums Sums => new()
    {
        Ordered = _ordered,
        Unordered = _unordered,
        Keys = _keys is null ? null : _keyOrder,
        OfColumns = _ofColumns,
        WithoutFloats = _withoutFloats,
        Floats = _tooManyFloats ? null : _floats,
    };

    /// <summary>The next column; false when it makes no sense.</summary>
    public bool AddColumn(ReadOnlySpan<byte> definition)
    {
        if (AnswerColumn.Read(definition) is not { } column)
            return false;
        _columns.Add(column);
        return true;
    }

    /// <summary>The next row; false when it makes no sense.</summary>
    public bool AddRow(ReadOnlySpan<byte> row, bool isBinary)
    {
        if (Rows++ == 0)
            Begin();
        var reader = new FieldReader(row);
        var nulls = isBinary ? Nulls(ref reader) : default;
        var (whole, bare) = (Fnv1A.Basis, Fnv1A.Basis);
        Span<ulong> values = _columns.Count <= 64 ? stackalloc ulong[_columns.Count] : new ulong[_columns.Count];
        for (var i = 0; i < _columns.Count; i++)
        {
            var isNull = isBinary ? (nulls[(i + 2) / 8] & (1 << ((i + 2) % 8))) != 0 : reader.Rest is [Null, ..];
            if (isNull && !isBinary)
                _ = reader.Int1();
            var value = isNull ? 1 : isBinary ? Binary(_columns[i], ref reader) : Text(_columns[i], reader.LengthEncodedBytes());
            values[i] = value;
            _ofColumns[i] += Mix(value);
            whole = Fold(whole, value);
            // A FLOAT that is NULL is no number that may be a little off.
            bare = Fold(bare, _columns[i].IsFloat && !isNull ? 2 : value);
        }
        if (!reader.IsValid)
            return false;
        _ordered = Fold(_ordered, whole);
        _unordered += Mix(whole);
        _withoutFloats = Fold(_withoutFloats, bare);
        if (_keys is not null)
            AddKeys(values);
        return true;
    }

    private void Begin()
    {
        _ofColumns = new ulong[_columns.Count];
        _keys = keys is { Count: > 0 } ? [.. keys.Select(key => key.In(_columns))] : null;
        if (_keys is not null && _keys.Contains(-1))
            _keys = null;
    }

    private ReadOnlySpan<byte> Nulls(ref FieldReader reader)
    {
        _ = reader.Int1();
        var bytes = reader.Bytes((_columns.Count + 2 + 7) / 8);
        return reader.IsValid ? bytes : new byte[(_columns.Count + 2 + 7) / 8];
    }

    private void AddKeys(ReadOnlySpan<ulong> values)
    {
        var row = Fnv1A.Basis;
        foreach (var key in _keys!)
            row = Fold(row, values[key]);
        _keyOrder = Fold(_keyOrder, row);
    }

    private ulong Text(AnswerColumn column, ReadOnlySpan<byte> value)
    {
        if (column.IsFloat && double.TryParse(value, CultureInfo.InvariantCulture, out var number))
            Keep(number, column.Type == 4);
        return Fnv1A.Add(Fnv1A.Basis, value);
    }

    // Numbers as 64 bits each: INT on one server is the same as BIGINT on the other where the values are.
    private ulong Binary(AnswerColumn column, ref FieldReader reader)
    {
        ReadOnlySpan<byte> value = column.Type switch
        {
            1 => reader.Bytes(1),
            2 or 13 => reader.Bytes(2), // SMALLINT, YEAR.
            3 or 4 or 9 => reader.Bytes(4), // INT, FLOAT, MEDIUMINT.
            5 or 8 => reader.Bytes(8),
            6 => default,
            _ => reader.LengthEncodedBytes(),
        };
        if (!reader.IsValid)
            return 0;
        if (column.Type == 4)
            Keep(BinaryPrimitives.ReadSingleLittleEndian(value), isSingle: true);
        if (column.Type == 5)
            Keep(BinaryPrimitives.ReadDoubleLittleEndian(value), isSingle: false);
        if (column.Type is not (1 or 2 or 3 or 8 or 9 or 13))
            return Fnv1A.Add(Fnv1A.Basis, value);
        Span<byte> wide = stackalloc byte[8];
        wide.Fill(column.IsUnsigned || value[^1] < 0x80 ? (byte)0 : (byte)0xFF);
        value.CopyTo(wide);
        return Fnv1A.Add(Fnv1A.Basis, wide);
    }

    private void Keep(double value, bool isSingle)
    {
        if (_floats.Count < FloatsMax)
            _floats.Add(new FloatValue(value, isSingle));
        else
            _tooManyFloats = true;
    }

    private static ulong Fold(ulong hash, ulong value) => (System.Numerics.BitOperations.RotateLeft(hash, 5) ^ Mix(value)) * 0x9E3779B97F4A7C15;

    // The finisher of MurmurHash3 with 64 bits: sums of hashes are worth something only when every bit depends on every other.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 33)) * 0xFF51AFD7ED558CCD;
        value = (value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53;
        return value ^ (value >> 33);
    }
}
