namespace Seawall.MySql.Compression;

/// <summary>Compresses whole pieces of memory with the system's libzstd, for files. One thread at a time.</summary>
public sealed unsafe class ZstdBlock : IDisposable
{
    private nint _packer;
    private nint _unpacker;
    private bool _isDisposed;

    /// <summary>Frees what is native.</summary>
    ~ZstdBlock() => Free();

    /// <summary>Whether the library is there; without it nothing is packed, and nothing that was packed can be read.</summary>
    public static bool IsThere => NativeZstd.IsThere;

    /// <summary>Packs into a span that is no longer than the plain bytes; the length, or 0 when it would not become shorter.</summary>
    public int Pack(ReadOnlySpan<byte> plain, Span<byte> into, int level)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!IsThere || plain.IsEmpty || into.IsEmpty || !Has(ref _packer, NativeZstd.ZSTD_createCCtx))
            return 0;
        fixed (byte* from = plain, to = into)
        {
            var length = NativeZstd.ZSTD_compressCCtx(_packer, to, (nuint)into.Length, from, (nuint)plain.Length, level);
            return NativeZstd.ZSTD_isError(length) != 0 ? 0 : (int)length;
        }
    }

    /// <summary>Unpacks exactly as much as there is room for; false when it is more, less, or damaged.</summary>
    public bool Unpack(ReadOnlySpan<byte> packed, Span<byte> into)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!IsThere || packed.IsEmpty || into.IsEmpty || !Has(ref _unpacker, NativeZstd.ZSTD_createDCtx))
            return false;
        _ = NativeZstd.ZSTD_DCtx_reset(_unpacker, NativeZstd.ZSTD_reset_session_only);
        fixed (byte* from = packed, to = into)
        {
            var input = new NativeZstd.Span { Bytes = from, Length = (nuint)packed.Length };
            var output = new NativeZstd.Span { Bytes = to, Length = (nuint)into.Length };
            while (true)
            {
                var (read, written) = (input.Used, output.Used);
                var left = NativeZstd.ZSTD_decompressStream(_unpacker, &output, &input);
                if (NativeZstd.ZSTD_isError(left) != 0)
                    return false;
                if (left == 0)
                    return input.Used == input.Length && output.Used == output.Length;
                if (input.Used == read && output.Used == written)
                    return false; // It wants more than there is.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static bool Has(ref nint context, Func<nint> create) => context != 0 || (context = create()) != 0;

    private void Free()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        if (_packer != 0)
            _ = NativeZstd.ZSTD_freeCCtx(_packer);
        if (_unpacker != 0)
            _ = NativeZstd.ZSTD_freeDCtx(_unpacker);
    }
}
