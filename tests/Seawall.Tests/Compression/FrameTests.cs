using System.IO.Compression;
using CsCheck;
using Seawall.MySql.Compression;
using Xunit;

namespace Seawall.Tests.Compression;

/// <summary>Frames, written and read, in whatever pieces they come and whatever lies they tell.</summary>
public sealed class FrameTests
{
    public static TheoryData<CompressionKind> Kinds => [CompressionKind.Zlib, CompressionKind.Zstd];

    [Fact]
    public void Headers_are_read_as_they_are_written()
    {
        var lengths = Gen.Int[0, FrameHeader.LengthMax];
        Gen.Select(lengths, Gen.Byte, lengths).Sample((length, sequence, plain) =>
        {
            var bytes = new byte[FrameHeader.Size];
            new FrameHeader(length, sequence, plain).Write(bytes);
            Assert.Equal(new FrameHeader(length, sequence, plain), FrameHeader.Read(bytes));
        }, iter: 1_000, seed: "0000000000001");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_written_is_read_in_whatever_pieces(CompressionKind kind)
    {
        using var bench = new CompressionBench();
        var pieces = Gen.Int[1, 9_000];
        Gen.Select(Gen.Int[0, 5], pieces, pieces, Gen.Int[0, 30_000], Gen.Int).Sample((frames, input, output, length, seed) =>
        {
            var random = new Random(seed);
            var (plain, wire) = (new MemoryStream(), new MemoryStream());
            for (var i = 0; i < frames; i++)
            {
                var piece = Words(random, random.Next(length + 1));
                plain.Write(piece);
                wire.Write(Frame(bench, kind, piece, (byte)i));
            }
            Assert.Equal(plain.ToArray(), ReadAll(bench, kind, wire.ToArray(), input, output));
        }, iter: 300, threads: 1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_cut_at_any_byte_and_room_for_any_number_of_bytes_changes_nothing(CompressionKind kind)
    {
        using var bench = new CompressionBench();
        var plain = Words(new Random(1), 700);
        byte[] wire =
        [
            .. Frame(bench, kind, plain[..600]), .. Frame(bench, kind, plain[600..620], 1), .. Frame(bench, kind, plain[620..], 2),
        ];
        for (var cut = 1; cut < wire.Length; cut++)
        {
            Assert.Equal(plain, ReadAll(bench, kind, wire, cut, 701));
            Assert.Equal(plain, ReadAll(bench, kind, wire, cut, 1 + (cut % 7)));
        }
    }

    [Fact]
    public void Zlib_is_what_others_call_zlib()
    {
        using var bench = new CompressionBench();
        var plain = Words(new Random(2), 50_000);
        var frame = Frame(bench, CompressionKind.Zlib, plain);
        using var theirs = new ZLibStream(new MemoryStream(frame[FrameHeader.Size..]), CompressionMode.Decompress);
        var read = new MemoryStream();
        theirs.CopyTo(read);
        Assert.Equal(plain, read.ToArray());

        var body = new MemoryStream();
        using (var writer = new ZLibStream(body, CompressionLevel.SmallestSize, leaveOpen: true))
            writer.Write(plain);
        Assert.Equal(plain, ReadAll(bench, CompressionKind.Zlib, WithHeader(body.ToArray(), plain.Length), 1_000, 1_000));
    }

    [Fact]
    public void What_is_short_or_does_not_become_shorter_is_not_compressed()
    {
        using var bench = new CompressionBench();
        var noise = new byte[10_000];
        new Random(3).NextBytes(noise);
        foreach (var kind in (CompressionKind[])[CompressionKind.Zlib, CompressionKind.Zstd])
        {
            Assert.Equal(new FrameHeader(49, 0, 0), FrameHeader.Read(Frame(bench, kind, new byte[49])));
            Assert.Equal(50, FrameHeader.Read(Frame(bench, kind, new byte[50])).PlainLength);
            Assert.Equal(new FrameHeader(10_000, 0, 0), FrameHeader.Read(Frame(bench, kind, noise)));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_lie_is_found_and_a_command_that_came_damaged_is_never_whole(CompressionKind kind)
    {
        using var bench = new CompressionBench();
        var plain = Words(new Random(4), 3_000);
        var frame = Frame(bench, kind, plain);
        var body = frame[FrameHeader.Size..];
        byte[][] lies =
        [
            WithHeader(body, plain.Length - 1), WithHeader(body, plain.Length + 1), WithHeader(body, 1),
            WithHeader(body, FrameHeader.LengthMax),
            WithHeader([.. body, 0], plain.Length), WithHeader([.. body, .. new byte[100]], plain.Length),
            WithHeader(body[..^1], plain.Length), WithHeader(body[..1], plain.Length), WithHeader([], plain.Length),
            WithHeader(new byte[200], plain.Length), WithHeader(plain, plain.Length),
        ];
        foreach (var lie in lies)
        {
            foreach (var step in (int[])[1, 7, lie.Length])
            {
                // Behind the lie there is more, as there would be on a wire.
                var read = ReadUpTo(bench, kind, [.. lie, .. frame], step, 5_000, out var seen);
                Assert.True(seen == FrameEvent.Corrupt, $"{FrameHeader.Read(lie)} in pieces of {step}: {seen}");
                // When more was announced than there is, all there is comes before that shows.
                Assert.True(read.Length < plain.Length || FrameHeader.Read(lie).PlainLength > plain.Length);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Any_byte_changed_is_found_or_changes_nothing(CompressionKind kind)
    {
        using var bench = new CompressionBench();
        var plain = Words(new Random(5), 400);
        var frame = Frame(bench, kind, plain);
        // Zstandard as servers write it has no checksum: there only what makes no sense is found.
        var hasChecksum = kind == CompressionKind.Zlib;
        for (var at = FrameHeader.Size; at < frame.Length; at++)
        {
            for (var bit = 1; bit < 256; bit <<= 1)
            {
                var damaged = (byte[])frame.Clone();
                damaged[at] ^= (byte)bit;
                var read = ReadUpTo(bench, kind, damaged, 64, 1_000, out var seen);
                Assert.True(!hasChecksum || seen == FrameEvent.Corrupt || read.AsSpan().SequenceEqual(plain),
                    $"bit {bit} of byte {at}");
                Assert.InRange(read.Length, 0, plain.Length);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_bomb_gives_no_more_than_there_is_room_for(CompressionKind kind)
    {
        using var bench = new CompressionBench();
        var zeros = new byte[FrameHeader.LengthMax];
        var room = new byte[FrameHeader.Size + zeros.Length];
        var frame = room[..bench.WriteFrame(kind, 3, 0, zeros, room)];
        Assert.InRange(frame.Length, 100, 40_000);
        var reader = new FrameReader();
        var output = new byte[64 * 1024];
        var (at, total, seen) = (0, 0L, FrameEvent.Open);
        while (seen != FrameEvent.Ended)
        {
            seen = reader.Read(kind, bench, frame.AsSpan(at), output, out var taken, out var given);
            Assert.NotEqual(FrameEvent.Corrupt, seen);
            Assert.InRange(given, 0, output.Length);
            (at, total) = (at + taken, total + given);
        }
        Assert.Equal((frame.Length, (long)zeros.Length), (at, total));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Frames_allocate_nothing(CompressionKind kind)
    {
        using var bench = new CompressionBench();
        var plain = Words(new Random(6), 3_000);
        var frame = new byte[FrameHeader.Size + plain.Length];
        var output = new byte[4_000];
        long bytes = 0;
        for (var round = 0; round < 100; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var length = bench.WriteFrame(kind, 3, 0, plain, frame);
            var reader = new FrameReader();
            reader.Read(kind, bench, frame.AsSpan(0, length), output, out var taken, out _);
            var seen = reader.Read(kind, bench, frame.AsSpan(taken, length - taken), output, out _, out var given);
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(seen == FrameEvent.Ended && given == plain.Length);
        }
        Assert.Equal(0, bytes);
    }

    /// <summary>Bytes that can be compressed, and are not all alike.</summary>
    internal static byte[] Words(Random random, int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
            bytes[i] = i > 30 && random.Next(3) > 0 ? bytes[i - 25] : (byte)random.Next('a', 'z');
        return bytes;
    }

    private static byte[] Frame(CompressionBench bench, CompressionKind kind, byte[] plain, byte sequence = 0)
    {
        var frame = new byte[FrameHeader.Size + plain.Length];
        return frame[..bench.WriteFrame(kind, 3, sequence, plain, frame)];
    }

    private static byte[] WithHeader(byte[] body, int plainLength)
    {
        var frame = new byte[FrameHeader.Size + body.Length];
        new FrameHeader(body.Length, 0, plainLength).Write(frame);
        body.CopyTo(frame, FrameHeader.Size);
        return frame;
    }

    private static byte[] ReadAll(CompressionBench bench, CompressionKind kind, byte[] wire, int input, int output)
    {
        var read = ReadUpTo(bench, kind, wire, input, output, out var seen);
        Assert.NotEqual(FrameEvent.Corrupt, seen);
        return read;
    }

    private static byte[] ReadUpTo(
        CompressionBench bench, CompressionKind kind, byte[] wire, int input, int output, out FrameEvent seen)
    {
        var reader = new FrameReader();
        var all = new MemoryStream();
        var room = new byte[output];
        seen = FrameEvent.Open;
        for (var at = 0; seen != FrameEvent.Corrupt && (at < wire.Length || reader.IsCut);)
        {
            var piece = wire.AsSpan(at, Math.Min(input, wire.Length - at));
            seen = reader.Read(kind, bench, piece, room, out var taken, out var given);
            at += taken;
            all.Write(room, 0, given);
        }
        reader.Drop(bench);
        return all.ToArray();
    }
}
