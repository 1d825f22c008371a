using System.Runtime.InteropServices;

namespace Seawall.MySql.Compression;

/// <summary>
/// zlib as .NET brings it along: the library below <c>System.IO.Compression</c>, whose own streams are made anew, on the heap,
/// for each use. The functions are zlib's, with a smaller structure in front of them.
/// </summary>
/// <remarks>https://zlib.net/manual.html</remarks>
internal static unsafe partial class NativeZlib
{
    private const string Library = "libSystem.IO.Compression.Native";

    internal const int Z_NO_FLUSH = 0;
    internal const int Z_FINISH = 4;
    internal const int Z_OK = 0;
    internal const int Z_STREAM_END = 1;
    internal const int Z_BUF_ERROR = -5;
    internal const int Z_DEFLATED = 8;
    internal const int MAX_WBITS = 15;
    internal const int DEF_MEM_LEVEL = 8;
    internal const int Z_DEFAULT_STRATEGY = 0;

    /// <summary>Whether .NET's library is there and has what is needed.</summary>
    internal static bool IsThere { get; } = Look();

    [StructLayout(LayoutKind.Sequential)]
    internal struct Stream
    {
        internal byte* NextIn;
        internal byte* NextOut;
        internal byte* Message;
        internal void* State;
        internal uint AvailableIn;
        internal uint AvailableOut;
    }

    [LibraryImport(Library)]
    internal static partial int CompressionNative_DeflateInit2_(
        Stream* stream, int level, int method, int windowBits, int memoryLevel, int strategy);

    [LibraryImport(Library)]
    internal static partial int CompressionNative_Deflate(Stream* stream, int flush);

    [LibraryImport(Library)]
    internal static partial int CompressionNative_DeflateEnd(Stream* stream);

    [LibraryImport(Library)]
    internal static partial int CompressionNative_InflateInit2_(Stream* stream, int windowBits);

    [LibraryImport(Library)]
    internal static partial int CompressionNative_Inflate(Stream* stream, int flush);

    [LibraryImport(Library)]
    internal static partial int CompressionNative_InflateReset2_(Stream* stream, int windowBits);

    [LibraryImport(Library)]
    internal static partial int CompressionNative_InflateEnd(Stream* stream);

    private static bool Look()
    {
        var stream = default(Stream);
        try
        {
            return CompressionNative_InflateInit2_(&stream, MAX_WBITS) == Z_OK && CompressionNative_InflateEnd(&stream) == Z_OK;
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }
}
