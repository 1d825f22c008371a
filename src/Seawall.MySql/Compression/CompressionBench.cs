using System.Runtime.InteropServices;

namespace Seawall.MySql.Compression;

/// <summary>
/// What compression needs and connections share: one for each loop, made when its first connection compresses. A connection
/// borrows from it for the length of a call, or of a frame that it is in the middle of.
/// </summary>
public sealed unsafe class CompressionBench : IDisposable
{
    /// <summary>
    /// The most that goes into one frame: what servers put there (<c>net_buffer_length</c>). Rows of 64 KiB took zlib 0.6 ms
    /// in four frames and 2.4 ms in one, which was no shorter: it looks for what is alike in all that came before.
    /// </summary>
    public const int PlainMax = 16 * 1024;

    /// <summary>What is read at one time, and about what is written: the loop's own buffer.</summary>
    private const int BufferBytes = 64 * 1024;

    /// <summary>Below this a frame is sent as it is, as servers do: it would hardly become shorter.</summary>
    public const int PackedMin = 50;

    /// <summary>The servers' own level for zlib, which a client cannot choose.</summary>
    public const int ZlibLevel = 6;

    /// <summary>The servers' and clients' own level for zstd.</summary>
    public const int ZstdLevel = 3;

    /// <summary>The lowest level of zstd that a client may ask for.</summary>
    public const int ZstdLevelMin = 1;

    /// <summary>The highest level of zstd that a client may ask for.</summary>
    public const int ZstdLevelMax = 22;

    /// <summary>
    /// The highest level of zstd that is used. It takes as long as zlib at level 6; higher ones take up to fifty times that, and
    /// everybody on the loop would wait for one client's wish. The peer reads all levels alike.
    /// </summary>
    private const int ZstdLevelUsedMax = 9;

    /// <summary>Inflaters that are kept: so many connections of a loop are in the middle of a frame when it is healthy.</summary>
    private const int KeptMax = 16;

    private readonly Stack<Inflater> _zlib = new(KeptMax);
    private readonly Stack<Inflater> _zstd = new(KeptMax);
    private readonly NativeZlib.Stream* _deflater =
        (NativeZlib.Stream*)NativeMemory.AllocZeroed((nuint)sizeof(NativeZlib.Stream));
    private nint _zstdContext;
    private bool _isDisposed;

    /// <summary>Frees what is native.</summary>
    ~CompressionBench() => Free();

    /// <summary>Where frames are read into: used up before the next await.</summary>
    public byte[] Input { get; } = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);

    /// <summary>Where packets get the numbers that they have on the wire.</summary>
    public byte[] Plain { get; } = GC.AllocateUninitializedArray<byte>(PlainMax, pinned: true);

    /// <summary>Where frames are written, several at one time.</summary>
    public byte[] Output { get; } = GC.AllocateUninitializedArray<byte>(2 * BufferBytes, pinned: true);

    /// <summary>Bytes of packets that were put into frames.</summary>
    public long PlainSent { get; set; }

    /// <summary>Bytes of the frames that they became.</summary>
    public long FramesSent { get; set; }

    /// <summary>Bytes of frames that came.</summary>
    public long FramesReceived { get; set; }

    /// <summary>Bytes of the packets that were in them.</summary>
    public long PlainReceived { get; set; }

    /// <summary>Whether this machine has the library for a kind.</summary>
    public static bool Has(CompressionKind kind) => kind switch
    {
        CompressionKind.None => true,
        CompressionKind.Zlib => NativeZlib.IsThere,
        CompressionKind.Zstd => NativeZstd.IsThere,
    };

    /// <summary>
    /// Writes one frame: its length. <paramref name="into"/> has room for the plain bytes and a header, which it never exceeds:
    /// what would not become shorter goes as it is.
    /// </summary>
    public int WriteFrame(CompressionKind kind, int level, byte sequence, ReadOnlySpan<byte> plain, Span<byte> into)
    {
        var body = into.Slice(FrameHeader.Size, plain.Length);
        var packed = plain.Length < PackedMin ? 0 : kind switch
        {
            CompressionKind.Zlib => Deflate(plain, body[..^1]),
            CompressionKind.Zstd => PackZstd(Math.Min(level, ZstdLevelUsedMax), plain, body[..^1]),
            CompressionKind.None => 0,
        };
        if (packed == 0)
            plain.CopyTo(body);
        var length = packed == 0 ? plain.Length : packed;
        new FrameHeader(length, sequence, packed == 0 ? 0 : plain.Length).Write(into);
        PlainSent += plain.Length;
        FramesSent += FrameHeader.Size + length;
        return FrameHeader.Size + length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        while (_zlib.TryPop(out var inflater) || _zstd.TryPop(out inflater))
            inflater.Dispose();
        GC.SuppressFinalize(this);
    }

    internal Inflater Rent(CompressionKind kind) =>
        KeptOf(kind).TryPop(out var inflater) ? inflater : Inflater.Create(kind);

    internal void Return(Inflater inflater)
    {
        var kept = KeptOf(inflater.Kind);
        if (kept.Count < KeptMax && inflater.MayBeKept && !_isDisposed)
            kept.Push(inflater);
        else
            inflater.Dispose();
    }

    private Stack<Inflater> KeptOf(CompressionKind kind) => kind == CompressionKind.Zlib ? _zlib : _zstd;

    // .NET's library cannot begin anew with what it has; to end and begin costs it about as much as a hundred bytes do.
    private int Deflate(ReadOnlySpan<byte> plain, Span<byte> into)
    {
        if (NativeZlib.CompressionNative_DeflateInit2_(_deflater, ZlibLevel, NativeZlib.Z_DEFLATED, NativeZlib.MAX_WBITS,
            NativeZlib.DEF_MEM_LEVEL, NativeZlib.Z_DEFAULT_STRATEGY) != NativeZlib.Z_OK)
        {
            return 0;
        }
        int result;
        fixed (byte* from = plain, to = into)
        {
            _deflater->NextIn = from;
            _deflater->AvailableIn = (uint)plain.Length;
            _deflater->NextOut = to;
            _deflater->AvailableOut = (uint)into.Length;
            result = NativeZlib.CompressionNative_Deflate(_deflater, NativeZlib.Z_FINISH);
        }
        var length = into.Length - (int)_deflater->AvailableOut;
        _ = NativeZlib.CompressionNative_DeflateEnd(_deflater);
        return result == NativeZlib.Z_STREAM_END ? length : 0;
    }

    private int PackZstd(int level, ReadOnlySpan<byte> plain, Span<byte> into)
    {
        if (_zstdContext == 0)
            _zstdContext = NativeZstd.ZSTD_createCCtx();
        if (_zstdContext == 0)
            return 0;
        fixed (byte* from = plain, to = into)
        {
            var length = NativeZstd.ZSTD_compressCCtx(
                _zstdContext, to, (nuint)into.Length, from, (nuint)plain.Length, level);
            return NativeZstd.ZSTD_isError(length) != 0 ? 0 : (int)length;
        }
    }

    private void Free()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        NativeMemory.Free(_deflater);
        if (_zstdContext != 0)
            _ = NativeZstd.ZSTD_freeCCtx(_zstdContext);
    }
}
