using System.IO.Hashing;
using System.Numerics;
using Seawall.MySql.Results;

namespace Seawall.Captures;

/// <summary>
/// Two hashes of the rows of all results of one command: of their order, and whatever their order. A row is the bytes of its packet without
/// headers (of a row of several packets, of all of them together), so rows in the text form and in the binary form differ, and so do
/// rows in different character sets.
/// </summary>
/// <remarks>
/// Each row is hashed with XXH3 (64 bits). <see cref="InAnyOrder"/> is the sum of all, so that a row that is there twice counts twice;
/// <see cref="InOrder"/> is a polynomial of them. A row may come in pieces. Not of cryptographic strength: it finds differences, and no forgeries.
/// </remarks>
public sealed class RowHasher : RowListener
{
    // 2^64 divided by the golden ratio, odd: the polynomial runs through all numbers.
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

    private readonly XxHash3 _pieces = new();
    private bool _isInPieces;

    /// <summary>The hash of the rows in their order; 0 without rows.</summary>
    public ulong InOrder { get; private set; }

    /// <summary>The hash of the rows whatever their order; 0 without rows.</summary>
    public ulong InAnyOrder { get; private set; }

    /// <summary>The hash of the column definitions; 0 without any.</summary>
    public ulong Columns { get; private set; }

    /// <summary>Begins with another command.</summary>
    public void Clear()
    {
        InOrder = InAnyOrder = Columns = 0;
        if (_isInPieces)
            _pieces.Reset();
        _isInPieces = false;
    }

    /// <summary>A whole row.</summary>
    public void Row(ReadOnlySpan<byte> row) => Add(XxHash3.HashToUInt64(row));

    /// <inheritdoc/>
    public override void Piece(ReadOnlySpan<byte> piece, bool isLast)
    {
        if (HashOf(piece, isLast) is { } row)
            Add(row);
    }

    /// <inheritdoc/>
    public override void ColumnPiece(ReadOnlySpan<byte> piece, bool isLast)
    {
        if (HashOf(piece, isLast) is { } column)
            Columns = Mix(Columns, column);
    }

    /// <summary>A result ends: rows of the next one are not rows of this one.</summary>
    public void EndResult()
    {
        if (InOrder != 0)
            InOrder = Mix(InOrder, 1);
    }

    private ulong? HashOf(ReadOnlySpan<byte> piece, bool isLast)
    {
        if (isLast && !_isInPieces)
            return XxHash3.HashToUInt64(piece);
        _pieces.Append(piece);
        _isInPieces = !isLast;
        if (!isLast)
            return null;
        var hash = _pieces.GetCurrentHashAsUInt64();
        _pieces.Reset();
        return hash;
    }

    private void Add(ulong row)
    {
        InAnyOrder += row;
        InOrder = Mix(InOrder, row);
    }

    private static ulong Mix(ulong before, ulong next) => (BitOperations.RotateLeft(before, 29) * Multiplier) + next;
}
