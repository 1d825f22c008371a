using System.IO.Compression;
using Seawall.MySql.Compression;

namespace Seawall.Testing.Framing;

/// <summary>
/// Frames of a compressed connection, for the fakes: whole, on the heap, and zlib by .NET's own streams. Strict about their
/// numbers, as servers and clients are.
/// </summary>
#pragma warning disable CA1001 // What the bench has is freed by its finalizer: nobody tells a fake that it has ended.
internal sealed class FrameCodec(CompressionKind kind)
#pragma warning restore CA1001
{
    // Shorter than a server's, so that long packets and answers take several frames.
    private const int PlainMax = 16 * 1024;
    private const int PackedMin = 50;

    private readonly CompressionBench _bench = new();

    /// <summary>The number of the next frame, in whichever direction.</summary>
    internal byte Next { get; set; }

    /// <summary>What was wrong.</summary>
    internal string? Problem { get; private set; }

    /// <summary>What was in a frame.</summary>
    internal byte[] Unpack(FrameHeader header, byte[] body)
    {
        if (header.Sequence != Next)
            Problem ??= $"frame {header.Sequence} where {Next} was due";
        Next = (byte)(header.Sequence + 1);
        if (!header.IsPacked)
            return body;
        var plain = kind == CompressionKind.Zlib ? Inflate(body) : UnpackZstd(header, body);
        if (plain.Length != header.PlainLength)
            Problem ??= $"{plain.Length} bytes where {header.PlainLength} were due";
        return plain;
    }

    /// <summary>Frames with these bytes in them.</summary>
    internal byte[] Pack(ReadOnlySpan<byte> plain)
    {
        var frames = new MemoryStream();
        while (plain.Length > 0)
        {
            var piece = plain[..Math.Min(plain.Length, PlainMax)];
            frames.Write(kind == CompressionKind.Zlib ? Deflate(piece) : PackZstd(piece));
            plain = plain[piece.Length..];
        }
        return frames.ToArray();
    }

    private static byte[] Inflate(byte[] body)
    {
        using var stream = new ZLibStream(new MemoryStream(body), CompressionMode.Decompress);
        var plain = new MemoryStream();
        stream.CopyTo(plain);
        return plain.ToArray();
    }

    private byte[] Deflate(ReadOnlySpan<byte> plain)
    {
        var body = new MemoryStream();
        if (plain.Length < PackedMin)
        {
            body.Write(plain);
        }
        else
        {
            using var stream = new ZLibStream(body, CompressionLevel.Fastest, leaveOpen: true);
            stream.Write(plain);
        }
        var frame = new byte[FrameHeader.Size + (int)body.Length];
        new FrameHeader((int)body.Length, Next++, plain.Length < PackedMin ? 0 : plain.Length).Write(frame);
        body.ToArray().CopyTo(frame, FrameHeader.Size);
        return frame;
    }

    // There is no other zstd at hand; the real servers are the judges of this one.
    private byte[] PackZstd(ReadOnlySpan<byte> plain)
    {
        var frame = new byte[FrameHeader.Size + plain.Length];
        return frame[.._bench.WriteFrame(CompressionKind.Zstd, 1, Next++, plain, frame)];
    }

    private byte[] UnpackZstd(FrameHeader header, byte[] body)
    {
        var frame = new byte[FrameHeader.Size + body.Length];
        header.Write(frame);
        body.CopyTo(frame, FrameHeader.Size);
        var plain = new byte[header.PlainLength];
        var reader = new FrameReader();
        for (int at = 0, have = 0; at < frame.Length;)
        {
            var seen = reader.Read(kind, _bench, frame.AsSpan(at), plain.AsSpan(have), out var taken, out var given);
            at += taken;
            have += given;
            if (seen == FrameEvent.Corrupt)
                Problem ??= "a frame that cannot be unpacked";
            if (seen is FrameEvent.Corrupt or FrameEvent.Ended)
                return plain[..have];
        }
        return [];
    }
}
