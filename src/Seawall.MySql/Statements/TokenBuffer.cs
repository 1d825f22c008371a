using System.Runtime.CompilerServices;

namespace Seawall.MySql.Statements;

/// <summary>The beginning of a token that was cut between two pieces of a text.</summary>
internal struct TokenBuffer
{
    /// <summary>As many bytes as can matter: no word that is known is longer.</summary>
    internal const int Size = 64;

    private Room _room;

    /// <summary>How long the token is so far; more than is kept of it when it is long.</summary>
    internal int Length { get; private set; }

    /// <summary>What is kept of it.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    internal readonly ReadOnlySpan<byte> Bytes => ((ReadOnlySpan<byte>)_room)[..Math.Min(Length, Size)];

    /// <summary>Begins with nothing.</summary>
    internal void Clear() => Length = 0;

    /// <summary>One more byte.</summary>
    internal void Add(byte value)
    {
        if (Length < Size)
            _room[Length] = value;
        Length++;
    }

    /// <summary>More bytes.</summary>
    internal void Add(ReadOnlySpan<byte> values)
    {
        if (Length < Size)
            values[..Math.Min(values.Length, Size - Length)].CopyTo(((Span<byte>)_room)[Length..]);
        Length += values.Length;
    }

    [InlineArray(Size)]
    private struct Room
    {
        private byte _first;
    }
}
