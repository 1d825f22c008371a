using System.Buffers.Binary;

namespace Seawall.Engine.Captures;

/// <summary>
/// What a loop has to say to the thread that writes: a ring of bytes with one writer and one reader, who never wait for one another.
/// When it is full, what is new is dropped and counted.
/// </summary>
internal sealed class CaptureRing
{
    /// <summary>
    /// Of each loop: 30,000 usual statements. The writer empties it twenty times a second, and sooner when it is half full.
    /// </summary>
    internal const int BytesByDefault = 8 * 1024 * 1024;

    private const int HeadBytes = 8;
    private const int Padding = -1;

    private readonly byte[] _bytes;
    private readonly Action _halfFull;
    private long _read;
    private long _written;
    private long _dropped;
    private long _reserved;
    private bool _hasCalled;

    /// <summary>A ring; <paramref name="halfFull"/> is called, once until it is read again, by the loop.</summary>
    internal CaptureRing(int bytes, Action halfFull)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(bytes);
        _halfFull = halfFull;
    }

    /// <summary>Entries that found no room. Any thread.</summary>
    internal long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Room for an entry, to be filled before <see cref="Commit"/>; empty when there is none. The loop's.</summary>
    internal Span<byte> Reserve(int length)
    {
        var size = SizeOf(length);
        var at = (int)(_written % _bytes.Length);
        var pad = _bytes.Length - at < size ? _bytes.Length - at : 0;
        var used = _written + pad + size - Volatile.Read(ref _read);
        if (used > _bytes.Length)
        {
            Volatile.Write(ref _dropped, _dropped + 1);
            return default;
        }
        if (used > _bytes.Length / 2 && !_hasCalled)
        {
            _hasCalled = true;
            _halfFull();
        }
        else if (used < _bytes.Length / 4)
        {
            _hasCalled = false;
        }
        if (pad > 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(at), Padding);
            at = 0;
        }
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(at), length);
        _reserved = _written + pad + size;
        return _bytes.AsSpan(at + HeadBytes, length);
    }

    /// <summary>The entry is whole.</summary>
    internal void Commit() => Volatile.Write(ref _written, _reserved);

    /// <summary>The oldest entry; empty when there is none. The reader's.</summary>
    internal ReadOnlySpan<byte> Peek()
    {
        while (Volatile.Read(ref _written) != _read)
        {
            var at = (int)(_read % _bytes.Length);
            var length = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(at));
            if (length != Padding)
                return _bytes.AsSpan(at + HeadBytes, length);
            Volatile.Write(ref _read, _read + _bytes.Length - at);
        }
        return default;
    }

    /// <summary>The oldest entry has been read: its bytes, which are people's data, are gone.</summary>
    internal void Consume()
    {
        var at = (int)(_read % _bytes.Length);
        var length = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(at));
        _bytes.AsSpan(at + HeadBytes, length).Clear();
        Volatile.Write(ref _read, _read + SizeOf(length));
    }

    // A head always fits behind an entry: all are multiples of it, and so is the ring.
    private static int SizeOf(int length) => HeadBytes + ((length + HeadBytes - 1) & ~(HeadBytes - 1));
}
