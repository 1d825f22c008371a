namespace Seawall.MySql.Results;

/// <summary>Hears of the rows and column definitions that a <see cref="ResponseTracker"/> passes over.</summary>
public abstract class RowListener
{
    /// <summary>A piece of a row, without headers; <paramref name="isLast"/> ends the row.</summary>
    public abstract void Piece(ReadOnlySpan<byte> piece, bool isLast);

    /// <summary>A piece of a column definition; <paramref name="isLast"/> ends it.</summary>
    public abstract void ColumnPiece(ReadOnlySpan<byte> piece, bool isLast);
}
