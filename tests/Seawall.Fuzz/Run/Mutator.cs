using System.Buffers.Binary;
using Seawall.MySql.Framing;

namespace Seawall.Fuzz.Run;

/// <summary>Makes another input of one or two that are there. Everything follows from the dice.</summary>
internal sealed class Mutator(Random random, FuzzTarget target)
{
    private static readonly byte[] s_bytes = [0, 1, 2, 0x7F, 0x80, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF];

    private static readonly int[] s_lengths =
        [0, 1, 4, 5, 8, 20, 21, 250, 251, 255, 256, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFF, 0xFFFFFE, 0xFFFFFF, int.MaxValue, -1];

    /// <summary>Another input.</summary>
    internal byte[] Make(byte[] from, byte[] other)
    {
        var bytes = new List<byte>(from);
        for (var steps = 1 << random.Next(5); steps > 0; steps--)
            Step(bytes, other);
        if (target.PacketsFrom is { } start && random.Next(2) == 0)
            Mend(bytes, start);
        if (bytes.Count > target.LengthMax)
            bytes.RemoveRange(target.LengthMax, bytes.Count - target.LengthMax);
        return [.. bytes];
    }

    private void Step(List<byte> bytes, byte[] other)
    {
        var at = random.Next(bytes.Count + 1);
        switch (random.Next(target.PacketsFrom is null ? 12 : 16))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = s_bytes[random.Next(s_bytes.Length)];
                break;
            case 2 when at < bytes.Count:
                bytes[at] += (byte)random.Next(-16, 17);
                break;
            case 3:
                WriteNumber(bytes, at);
                break;
            case 4:
                bytes.RemoveRange(at, Size(bytes.Count - at));
                break;
            case 5:
                bytes.InsertRange(at, bytes.GetRange(at, Size(bytes.Count - at)).ToArray());
                break;
            case 6:
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other.AsSpan(random.Next(other.Length + 1)));
                break;
            case 7 when other.Length > 0:
                var from = random.Next(other.Length);
                bytes.InsertRange(at, other.AsSpan(from, Size(other.Length - from)).ToArray());
                break;
            case 8 or 9 when target.Words.Count > 0:
                bytes.InsertRange(at, target.Words[random.Next(target.Words.Count)]);
                break;
            case 10:
                InsertLength(bytes, at);
                break;
            case >= 12:
                PlayWithPackets(bytes, target.PacketsFrom!.Value);
                break;
            default:
                bytes.Insert(at, (byte)random.Next(256));
                break;
        }
    }

    private int Size(int most) => random.Next(Math.Min(most, 1 << random.Next(9)) + 1);

    private int Length() => s_lengths[random.Next(s_lengths.Length)] + (random.Next(4) == 0 ? random.Next(-2, 3) : 0);

    private void WriteNumber(List<byte> bytes, int at)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(number, Length());
        for (var i = 0; i < 1 + random.Next(4) && at + i < bytes.Count; i++)
            bytes[at + i] = number[i];
    }

    // A length-encoded number, with a size that need not fit.
    private void InsertLength(List<byte> bytes, int at)
    {
        Span<byte> number = stackalloc byte[9];
        var size = random.Next(3);
        number[0] = (byte)(0xFC + size);
        BinaryPrimitives.WriteInt64LittleEndian(number[1..], Length());
        bytes.InsertRange(at, number[..(size switch { 0 => 3, 1 => 4, _ => 9 })].ToArray());
    }

    private void PlayWithPackets(List<byte> bytes, int start)
    {
        var packets = Packets(bytes, start);
        if (packets.Count == 0)
            return;
        var (at, length) = packets[random.Next(packets.Count)];
        var whole = bytes.GetRange(at, Math.Min(PacketHeader.Size + length, bytes.Count - at)).ToArray();
        switch (random.Next(5))
        {
            case 0:
                bytes[at + 3] += (byte)random.Next(1, 256);
                break;
            case 1:
                bytes.RemoveRange(at, whole.Length);
                break;
            case 2:
                bytes.InsertRange(packets[random.Next(packets.Count)].At, whole);
                break;
            case 3:
                WriteLength(bytes, at, Math.Clamp(Length(), 0, PacketHeader.LengthMax));
                break;
            default:
                WriteLength(bytes, at, Math.Max(0, length + random.Next(-3, 4)));
                break;
        }
    }

    // Headers that say what is there again: otherwise most inputs would end at the first one.
    private void Mend(List<byte> bytes, int start)
    {
        var packets = Packets(bytes, start);
        if (packets.Count == 0)
            return;
        var (at, length) = packets[^1];
        var there = bytes.Count - at - PacketHeader.Size;
        if (length != there && random.Next(4) != 0)
            WriteLength(bytes, at, Math.Min(there, PacketHeader.LengthMax));
    }

    private static List<(int At, int Length)> Packets(List<byte> bytes, int start)
    {
        var packets = new List<(int, int)>();
        for (var at = start; at + PacketHeader.Size <= bytes.Count;)
        {
            var length = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
            packets.Add((at, length));
            at += PacketHeader.Size + length;
        }
        return packets;
    }

    private static void WriteLength(List<byte> bytes, int at, int length)
    {
        for (var i = 0; i < 3; i++)
            bytes[at + i] = (byte)(length >> (8 * i));
    }
}
