using System.Buffers;
using Seawall.Engine.Loops;
using Seawall.MySql.Framing;

namespace Seawall.Engine.Flow;

/// <summary>How <see cref="Inbox.Take"/> ended.</summary>
internal enum InboxResult : byte
{
    /// <summary>A whole packet.</summary>
    Packet,

    /// <summary>The beginning of a packet that is longer than the limit; the rest is still to be read from the wire.</summary>
    Beginning,

    /// <summary>Not enough bytes yet: await <see cref="Wire.Readable"/> and try again.</summary>
    Later,

    /// <summary>The peer has left, in good order or not.</summary>
    Gone,
}

/// <summary>Where a packet's bytes lie. Valid until the next await or the next <see cref="Inbox.Take"/>.</summary>
/// <param name="Array">The buffer, shared by the loop or held by the inbox.</param>
/// <param name="Offset">Where the packet's header begins.</param>
/// <param name="Available">How many bytes of the payload are there.</param>
/// <param name="Length">How long the packet's payload is.</param>
internal readonly record struct PacketSlice(byte[] Array, int Offset, int Available, int Length)
{
    /// <summary>The payload, as far as it is there.</summary>
    internal Span<byte> Payload => Array.AsSpan(Offset + PacketHeader.Size, Available);

    /// <summary>Header and payload, as far as they are there.</summary>
    internal Span<byte> Bytes => Array.AsSpan(Offset, PacketHeader.Size + Available);

    /// <summary>The packet's number.</summary>
    internal byte Sequence => Array[Offset + 3];

    /// <summary>The payload, to keep; nothing for no packet.</summary>
    internal byte[] Copy() => Array is null ? [] : Payload.ToArray();

    /// <summary>Whether all of this packet is there.</summary>
    internal bool IsWhole => Available == Length;
}

/// <summary>
/// Takes packets off a wire, one at a time. Bytes lie in the loop's shared buffer as long as possible; only half packets
/// and what a client sent ahead are kept, so an idle client keeps nothing.
/// </summary>
internal struct Inbox
{
    /// <summary>
    /// Bytes before each packet that nothing is read from any more, so that its beginning can be made longer where it lies.
    /// </summary>
    internal const int Headroom = 4;

    private byte[]? _held;
    private int _start;
    private int _end;

    /// <summary>Whether bytes have arrived that were not taken yet.</summary>
    internal readonly bool HasHeld => _end > _start;

    /// <summary>How many bytes have arrived that were not taken yet.</summary>
    internal readonly int HeldLength => _end - _start;

    /// <summary>The header of the packet that has begun to arrive; false as long as it is not there.</summary>
    internal readonly bool TryPeek(out int length, out byte sequence)
    {
        (length, sequence) = (0, 0);
        if (HeldLength < PacketHeader.Size)
            return false;
        var header = _held.AsSpan(_start);
        (length, sequence) = (PacketHeader.LengthOf(header), header[3]);
        return true;
    }

    /// <summary>
    /// Takes the next packet. Of one longer than <paramref name="limit"/> the beginning, at least that long; the caller then
    /// reads the rest from the wire itself, after <see cref="TakeHeld"/>.
    /// </summary>
    internal InboxResult Take(Wire wire, int limit, out PacketSlice packet)
    {
        if (HasHeld && Parse(_held!, ref _start, _end, limit, out packet) is var held and not InboxResult.Later)
            return held;
        packet = default;
        if (!wire.ReadReady)
            return InboxResult.Later;
        return HasHeld ? TakeAppended(wire, limit, out packet) : TakeDirect(wire, limit, out packet);
    }

    /// <summary>Takes raw bytes that arrived behind the last packet, up to the span's length.</summary>
    internal int TakeHeld(Span<byte> into)
    {
        var count = Math.Min(into.Length, HeldLength);
        _held.AsSpan(_start, count).CopyTo(into);
        _start += count;
        if (_start == _end)
            Clear();
        return count;
    }

    /// <summary>Puts back the end of what was taken; nothing is held before.</summary>
    internal void PutBack(ReadOnlySpan<byte> bytes)
    {
        Clear();
        Hold(bytes, bytes.Length);
    }

    /// <summary>Gives back what is held.</summary>
    internal void Clear()
    {
        if (_held is not null)
            ArrayPool<byte>.Shared.Return(_held, clearArray: true); // It may hold a password.
        this = default;
    }

    private InboxResult TakeDirect(Wire wire, int limit, out PacketSlice packet)
    {
        packet = default;
        if (_held is not null)
            Clear();
        var buffer = wire.Loop.Buffer;
        var count = wire.Receive(buffer.AsSpan(Headroom));
        if (count <= 0)
            return count == WireResult.Later ? InboxResult.Later : InboxResult.Gone;
        var start = Headroom;
        var end = Headroom + count;
        var result = Parse(buffer, ref start, end, limit, out packet);
        if (start < end)
            Hold(buffer.AsSpan(start, end - start), limit);
        return result;
    }

    private InboxResult TakeAppended(Wire wire, int limit, out PacketSlice packet)
    {
        packet = default;
        Reserve(limit);
        var count = wire.Receive(_held.AsSpan(_end));
        if (count <= 0)
            return count == WireResult.Later ? InboxResult.Later : InboxResult.Gone;
        _end += count;
        return Parse(_held!, ref _start, _end, limit, out packet);
    }

    private static InboxResult Parse(byte[] buffer, ref int start, int end, int limit, out PacketSlice packet)
    {
        packet = default;
        var there = end - start - PacketHeader.Size;
        if (there < 0)
            return InboxResult.Later;
        var length = PacketHeader.LengthOf(buffer.AsSpan(start));
        if (there < length && there < limit)
            return InboxResult.Later;
        packet = new PacketSlice(buffer, start, Math.Min(there, length), length);
        start += PacketHeader.Size + packet.Available;
        return packet.IsWhole ? InboxResult.Packet : InboxResult.Beginning;
    }

    private void Hold(ReadOnlySpan<byte> bytes, int limit)
    {
        // Whoever sends ahead gets room for what may come, but never more than the limit and what one read gives.
        _held = ArrayPool<byte>.Shared.Rent(Headroom + Math.Max(bytes.Length, Math.Min(limit + PacketHeader.Size, 1020)));
        bytes.CopyTo(_held.AsSpan(Headroom));
        (_start, _end) = (Headroom, Headroom + bytes.Length);
    }

    private void Reserve(int limit)
    {
        var held = HeldLength;
        if (_held!.Length - _end > 0 && (_start == Headroom || _held.Length - _end >= 512))
            return;
        var size = Math.Min(Math.Max(held * 2, 1020), Math.Max(limit + PacketHeader.Size, held + 512));
        var larger = ArrayPool<byte>.Shared.Rent(Headroom + size);
        _held.AsSpan(_start, held).CopyTo(larger.AsSpan(Headroom));
        ArrayPool<byte>.Shared.Return(_held!, clearArray: true);
        (_held, _start, _end) = (larger, Headroom, Headroom + held);
    }
}
