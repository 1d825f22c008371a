using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace Seawall.Fuzz.Run;

/// <summary>
/// The map that instrumented code counts in, one byte for each pair of places that code came from and to, as AFL has it.
/// Without instrumentation it stays empty.
/// </summary>
internal sealed unsafe class Coverage
{
    private const int Size = 1 << 16;

    // One for the life of the process: instrumented code counts as long as it runs.
    private static readonly byte* s_map = (byte*)NativeMemory.AllocZeroed(Size);

    private readonly byte[] _seen = new byte[Size];

    /// <summary>Lays the map where instrumented code looks for it: before any of that runs.</summary>
    internal static void Start()
    {
        Trace.SharedMem = s_map;
        Trace.OnBranch = static (_, _) => { };
    }

    /// <summary>Whether this program's code was instrumented.</summary>
    internal static bool IsInstrumented { get; } =
        typeof(MySql.Framing.FieldReader).Assembly.GetReferencedAssemblies().Any(name => name.Name == "SharpFuzz.Common");

    /// <summary>Pairs of places that were seen.</summary>
    internal int Edges { get; private set; }

    /// <summary>Forgets the last input.</summary>
    internal static void Clear()
    {
        new Span<byte>(s_map, Size).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Whether the last input went where none has gone, or went there more often than any.</summary>
    internal bool IsNew()
    {
        var isNew = false;
        var words = new ReadOnlySpan<ulong>(s_map, Size / 8);
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] != 0)
                isNew |= Note(i * 8);
        }
        return isNew;
    }


    private bool Note(int from)
    {
        var isNew = false;
        for (var i = from; i < from + 8; i++)
        {
            var bucket = BucketOf(s_map[i]);
            if ((_seen[i] & bucket) == bucket)
                continue;
            Edges += _seen[i] == 0 ? 1 : 0;
            _seen[i] |= bucket;
            isNew = true;
        }
        return isNew;
    }

    // One bit for each of 1, 2, 3, 4-7, 8-15, 16-31, 32-127 and more.
    private static byte BucketOf(byte count) => count switch
    {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
