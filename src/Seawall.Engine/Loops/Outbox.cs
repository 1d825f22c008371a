using System.Buffers;

namespace Seawall.Engine.Loops;

/// <summary>What a peer has not taken yet: rented when a send is partial, given back when it has gone out.</summary>
internal struct Outbox
{
    private byte[]? _buffer;
    private int _start;
    private int _end;

    internal readonly int Length => _end - _start;

    internal readonly ReadOnlySpan<byte> Bytes => _buffer.AsSpan(_start, Length);

    internal void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    internal void Drop(int count)
    {
        _start += count;
        if (_start == _end)
            Clear();
    }

    internal void Clear()
    {
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        this = default;
    }

    private void Reserve(int count)
    {
        if (_buffer is not null && _buffer.Length - _end >= count)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Length + count);
        Bytes.CopyTo(larger);
        var kept = Length;
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end) = (larger, 0, kept);
    }
}
