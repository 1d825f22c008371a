using System.Runtime.InteropServices;

namespace Seawall.MySql.Compression;

/// <summary>The functions of the system's libzstd that are needed, named as in its manual.</summary>
/// <remarks>https://facebook.github.io/zstd/zstd_manual.html</remarks>
internal static unsafe partial class NativeZstd
{
    private const string Library = "libzstd.so.1";

    /// <summary>Forgets a frame that was begun, and keeps the parameters.</summary>
    internal const int ZSTD_reset_session_only = 1;

    /// <summary>Whether the library is there; everything else here throws when it is not.</summary>
    internal static bool IsThere { get; } = NativeLibrary.TryLoad(Library, out _);

    [StructLayout(LayoutKind.Sequential)]
    internal struct Span
    {
        internal byte* Bytes;
        internal nuint Length;
        internal nuint Used;
    }

    [LibraryImport(Library)]
    internal static partial nint ZSTD_createCCtx();

    [LibraryImport(Library)]
    internal static partial nuint ZSTD_freeCCtx(nint context);

    [LibraryImport(Library)]
    internal static partial nuint ZSTD_compressCCtx(
        nint context, byte* into, nuint room, byte* from, nuint length, int level);

    [LibraryImport(Library)]
    internal static partial nint ZSTD_createDCtx();

    [LibraryImport(Library)]
    internal static partial nuint ZSTD_freeDCtx(nint context);

    [LibraryImport(Library)]
    internal static partial nuint ZSTD_DCtx_reset(nint context, int what);

    [LibraryImport(Library)]
    internal static partial nuint ZSTD_decompressStream(nint context, Span* into, Span* from);

    [LibraryImport(Library)]
    internal static partial uint ZSTD_isError(nuint result);
}
