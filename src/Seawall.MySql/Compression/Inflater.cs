using System.Runtime.InteropServices;

namespace Seawall.MySql.Compression;

/// <summary>How far <see cref="Inflater.Step"/> has come.</summary>
internal enum InflaterState : byte
{
    /// <summary>Wants more input, or more room.</summary>
    Open,

    /// <summary>The end, with the checksum right.</summary>
    Ended,

    /// <summary>This is not what it should be.</summary>
    Corrupt,
}

/// <summary>Undoes the compression of one frame, piece by piece. Native memory below it; used again for other frames.</summary>
internal abstract class Inflater : IDisposable
{
    /// <summary>What it undoes.</summary>
    internal abstract CompressionKind Kind { get; }

    /// <summary>Begins a frame that was so long before.</summary>
    internal abstract void Begin(int plainLength);

    /// <summary>Takes what it can of the input, and gives what fits.</summary>
    internal abstract InflaterState Step(ReadOnlySpan<byte> input, Span<byte> output, out int taken, out int given);

    /// <summary>Whether it is of use for another frame, and small enough to be kept for it.</summary>
    internal abstract bool MayBeKept { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what is native; twice is once.</summary>
    protected abstract void Free();

    /// <summary>One of this kind.</summary>
    internal static Inflater Create(CompressionKind kind) => kind switch
    {
        CompressionKind.Zlib => new ZlibInflater(),
        CompressionKind.Zstd => new ZstdInflater(),
        CompressionKind.None => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}

/// <summary>zlib's.</summary>
internal sealed unsafe class ZlibInflater : Inflater
{
    // Off the heap: the library remembers where it is.
    private NativeZlib.Stream* _stream;

    internal ZlibInflater()
    {
        _stream = (NativeZlib.Stream*)NativeMemory.AllocZeroed((nuint)sizeof(NativeZlib.Stream));
        if (NativeZlib.CompressionNative_InflateInit2_(_stream, NativeZlib.MAX_WBITS) != NativeZlib.Z_OK)
            throw new InsufficientMemoryException("zlib has no memory for another frame");
    }

    ~ZlibInflater() => Free();

    internal override CompressionKind Kind => CompressionKind.Zlib;

    internal override bool MayBeKept => true;

    internal override void Begin(int plainLength) =>
        _ = NativeZlib.CompressionNative_InflateReset2_(_stream, NativeZlib.MAX_WBITS);

    internal override InflaterState Step(ReadOnlySpan<byte> input, Span<byte> output, out int taken, out int given)
    {
        int result;
        fixed (byte* from = &MemoryMarshal.GetReference(input), into = &MemoryMarshal.GetReference(output))
        {
            _stream->NextIn = from;
            _stream->AvailableIn = (uint)input.Length;
            _stream->NextOut = into;
            _stream->AvailableOut = (uint)output.Length;
            result = NativeZlib.CompressionNative_Inflate(_stream, NativeZlib.Z_NO_FLUSH);
            taken = input.Length - (int)_stream->AvailableIn;
            given = output.Length - (int)_stream->AvailableOut;
        }
        return result switch
        {
            NativeZlib.Z_STREAM_END => InflaterState.Ended,
            NativeZlib.Z_OK or NativeZlib.Z_BUF_ERROR => InflaterState.Open,
            _ => InflaterState.Corrupt,
        };
    }

    protected override void Free()
    {
        if (_stream == null)
            return;
        _ = NativeZlib.CompressionNative_InflateEnd(_stream);
        NativeMemory.Free(_stream);
        _stream = null;
    }
}

/// <summary>Zstandard's.</summary>
internal sealed unsafe class ZstdInflater : Inflater
{
    /// <summary>
    /// For a frame that comes in pieces the library keeps as much as the frame is long; beyond 1 MiB that goes back to the
    /// system.
    /// </summary>
    private const int KeptMax = 1024 * 1024;

    private nint _context;
    private int _longest;

    internal ZstdInflater()
    {
        _context = NativeZstd.ZSTD_createDCtx();
        if (_context == 0)
            throw new InsufficientMemoryException("zstd has no memory for another frame");
    }

    ~ZstdInflater() => Free();

    internal override CompressionKind Kind => CompressionKind.Zstd;

    internal override bool MayBeKept => _longest <= KeptMax;

    internal override void Begin(int plainLength)
    {
        _longest = Math.Max(_longest, plainLength);
        _ = NativeZstd.ZSTD_DCtx_reset(_context, NativeZstd.ZSTD_reset_session_only);
    }

    internal override InflaterState Step(ReadOnlySpan<byte> input, Span<byte> output, out int taken, out int given)
    {
        fixed (byte* from = &MemoryMarshal.GetReference(input), into = &MemoryMarshal.GetReference(output))
        {
            var source = new NativeZstd.Span { Bytes = from, Length = (nuint)input.Length };
            var target = new NativeZstd.Span { Bytes = into, Length = (nuint)output.Length };
            var result = NativeZstd.ZSTD_decompressStream(_context, &target, &source);
            (taken, given) = ((int)source.Used, (int)target.Used);
            return result == 0 ? InflaterState.Ended
                : NativeZstd.ZSTD_isError(result) != 0 ? InflaterState.Corrupt : InflaterState.Open;
        }
    }

    protected override void Free()
    {
        if (_context != 0)
            _ = NativeZstd.ZSTD_freeDCtx(_context);
        _context = 0;
    }
}
