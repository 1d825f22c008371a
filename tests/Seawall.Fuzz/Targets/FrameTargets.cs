using Seawall.Fuzz.Inputs;
using Seawall.Fuzz.Run;
using Seawall.MySql.Compression;

namespace Seawall.Fuzz.Targets;

/// <summary>
/// Frames of compressed connections. What comes out must not depend on the pieces in which they arrive, nor on the room that
/// there is for it; nobody gets more than a header announced.
/// </summary>
internal static class FrameTargets
{
    private const int Choices = 3;

    // A frame of 4 KiB may unfold to 4 MiB of the same letter: more of it shows nothing new.
    private const int PlainMax = 256 * 1024;

    internal static IReadOnlyList<FuzzTarget> List { get; } =
    [
        new("frames", Follow, () => [.. Seeds.Recordings.SelectMany(SeedsOf), .. Seeds.Kept("frames")])
        {
            Words =
            [
                [0, 0, 0, 0, 0, 0, 0], [5, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 14], [0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF, 0xFF],
                [0x78, 0x9C], [0x28, 0xB5, 0x2F, 0xFD], [1, 0, 0, 0, 1, 0, 0],
            ],
            ShortRun = 10_000,
        },
    ];

    /// <summary>Bytes in frames, each of a size that the dice choose, numbered from here on.</summary>
    internal static byte[] Frames(
        CompressionBench bench, CompressionKind kind, byte number, ReadOnlySpan<byte> plain, Random random)
    {
        var frames = new MemoryStream();
        var room = new byte[FrameHeader.Size + CompressionBench.PlainMax];
        while (plain.Length > 0)
        {
            var piece = plain[..Math.Min(plain.Length, random.Next(3) == 0 ? random.Next(1, 100) : CompressionBench.PlainMax)];
            frames.Write(room, 0, bench.WriteFrame(kind, 1, number++, piece, room));
            plain = plain[piece.Length..];
        }
        return frames.ToArray();
    }

    private static void Follow(byte[] input)
    {
        if (input.Length < Choices)
            return;
        var kind = (input[0] & 1) == 0 ? CompressionKind.Zlib : CompressionKind.Zstd;
        var random = new Random((input[1] << 8) | input[2]);
        using var bench = new CompressionBench();
        var whole = Read(bench, kind, input[Choices..], _ => int.MaxValue, 64 * 1024, out var wholeEnd);
        var inPieces = Read(bench, kind, input[Choices..], left => random.Next(1, Math.Min(left, 1 << random.Next(1, 10)) + 1),
            1 + random.Next(1 << random.Next(1, 14)), out var piecesEnd);
        var both = Math.Min(whole.Length, inPieces.Length);
        Rule.Holds(whole.AsSpan(0, both).SequenceEqual(inPieces.AsSpan(0, both)), "other bytes come of other pieces");
        if (both >= PlainMax)
            return;
        Rule.Holds(wholeEnd == piecesEnd, $"{wholeEnd} when it comes whole, {piecesEnd} in pieces");
        // How much of a frame was handed on before it turned out to be damaged is a matter of pieces.
        Rule.Holds(wholeEnd == FrameEvent.Corrupt || whole.Length == inPieces.Length, "more or fewer bytes come of other pieces");
    }

    private static byte[] Read(
        CompressionBench bench, CompressionKind kind, byte[] input, Func<int, int> pieceOf, int room, out FrameEvent last)
    {
        var reader = new FrameReader();
        var plain = new MemoryStream();
        var output = new byte[room];
        var (at, given, inFrame) = (0, 0, 0);
        last = FrameEvent.Open;
        while (last != FrameEvent.Corrupt && plain.Length < PlainMax && (at < input.Length || reader.IsCut))
        {
            var piece = input.AsSpan(at, Math.Min(input.Length - at, pieceOf(Math.Max(1, input.Length - at))));
            last = reader.Read(kind, bench, piece, output, out var taken, out given);
            Rule.Holds(taken <= piece.Length && given <= output.Length, "more than there is, or room for");
            Rule.Holds(piece.IsEmpty || taken > 0 || given > 0 || last != FrameEvent.Open || reader.IsCut,
                "nothing goes on, and nothing is wrong");
            inFrame = last == FrameEvent.Begun ? 0 : inFrame + given;
            var announced = reader.Header.IsPacked ? reader.Header.PlainLength : reader.Header.Length;
            Rule.Holds(inFrame <= announced, $"{inFrame} bytes of a frame that announced {announced}");
            Rule.Holds(last != FrameEvent.Ended || inFrame == announced, $"an end after {inFrame} of {announced} bytes");
            plain.Write(output, 0, given);
            at += taken;
        }
        reader.Drop(bench);
        return plain.ToArray();
    }

    private static IEnumerable<byte[]> SeedsOf(Recording recording, int index)
    {
        using var bench = new CompressionBench();
        foreach (var (command, answer) in recording.Commands.Where(pair => pair.Answer.Length > 60).Take(6))
        {
            foreach (var kind in (CompressionKind[])[CompressionKind.Zlib, CompressionKind.Zstd])
            {
                var random = new Random(index);
                yield return Seeds.With([(byte)(kind == CompressionKind.Zlib ? 0 : 1), 1, (byte)index],
                    [.. Frames(bench, kind, 0, command, random), .. Frames(bench, kind, 0, answer, random)]);
            }
        }
    }
}
