using System.Buffers.Binary;
using System.Numerics;

namespace Seawall.Captures.Files;

/// <summary>
/// The form of a segment file:
/// <code>
///  head, 40 bytes   "SWCAPTUR" version:2 flags:2 zero:4 salt:16 zero:4 crc32c:4
///  block, again and again
///    head, 28 bytes "SWB1" stored:4 plain:4 flags:4 number:8 crc32c:4      the checksum is of the 24 bytes before it and of the body
///    body           [tag:16] records, packed by zstd if flags say so, then encrypted
/// </code>
/// Numbers are little-endian. A block is what was written at once: records never lie in two.
/// </summary>
internal static class SegmentForm
{
    internal const int HeadBytes = 40;
    internal const int BlockHeadBytes = 28;
    internal const int SaltBytes = 16;
    internal const int TagBytes = 16;
    internal const ushort Version = 1;
    internal const int StoredMax = CaptureLimits.BlockBytes + TagBytes;
    internal const int BlockChecksumAt = BlockHeadBytes - 4;

    private const int SaltAt = 16;
    private const int HeadChecksumAt = HeadBytes - 4;

    private static ReadOnlySpan<byte> Magic => "SWCAPTUR"u8;

    internal static ReadOnlySpan<byte> BlockMagic => "SWB1"u8;

    [Flags]
    internal enum Flags : uint
    {
        None = 0,
        Packed = 1,
        Encrypted = 2,
    }

    internal readonly record struct Block(int Stored, int Plain, Flags Flags, ulong Number);

    internal static void WriteHead(Span<byte> to, Flags flags, ReadOnlySpan<byte> salt)
    {
        to[..HeadBytes].Clear();
        Magic.CopyTo(to);
        BinaryPrimitives.WriteUInt16LittleEndian(to[8..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(to[10..], (ushort)flags);
        salt.CopyTo(to[SaltAt..]);
        BinaryPrimitives.WriteUInt32LittleEndian(to[HeadChecksumAt..], Checksum(to[..HeadChecksumAt], default));
    }

    internal static bool TryReadHead(ReadOnlySpan<byte> from, out ushort version, out Flags flags, out ReadOnlySpan<byte> salt)
    {
        version = 0;
        flags = Flags.None;
        salt = default;
        if (from.Length < HeadBytes || !from.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(from[HeadChecksumAt..]) != Checksum(from[..HeadChecksumAt], default))
        {
            return false;
        }
        version = BinaryPrimitives.ReadUInt16LittleEndian(from[8..]);
        flags = (Flags)BinaryPrimitives.ReadUInt16LittleEndian(from[10..]);
        salt = from.Slice(SaltAt, SaltBytes);
        return true;
    }

    internal static void WriteBlockHead(Span<byte> to, in Block block)
    {
        BlockMagic.CopyTo(to);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], block.Stored);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], block.Plain);
        BinaryPrimitives.WriteUInt32LittleEndian(to[12..], (uint)block.Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(to[16..], block.Number);
    }

    internal static void WriteChecksum(Span<byte> head, ReadOnlySpan<byte> body) =>
        BinaryPrimitives.WriteUInt32LittleEndian(head[BlockChecksumAt..], Checksum(head[..BlockChecksumAt], body));

    internal static bool TryReadBlockHead(ReadOnlySpan<byte> from, out Block block)
    {
        block = default;
        if (from.Length < BlockHeadBytes || !from.StartsWith(BlockMagic))
            return false;
        block = new Block(BinaryPrimitives.ReadInt32LittleEndian(from[4..]), BinaryPrimitives.ReadInt32LittleEndian(from[8..]),
            (Flags)BinaryPrimitives.ReadUInt32LittleEndian(from[12..]), BinaryPrimitives.ReadUInt64LittleEndian(from[16..]));
        return block.Stored is > 0 and <= StoredMax && block.Plain is > 0 and <= CaptureLimits.BlockBytes;
    }

    internal static bool ChecksumIsRight(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body) =>
        BinaryPrimitives.ReadUInt32LittleEndian(head[BlockChecksumAt..]) == Checksum(head[..BlockChecksumAt], body);

    /// <summary>A block's number is its nonce: no two blocks of a segment have the same, and each segment has its own key.</summary>
    internal static void WriteNonce(Span<byte> to, ulong number)
    {
        to.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(to, number);
    }

    private static uint Checksum(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) => ~Add(Add(uint.MaxValue, first), second);

    private static uint Add(uint sum, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var one in bytes)
            sum = BitOperations.Crc32C(sum, one);
        return sum;
    }
}
