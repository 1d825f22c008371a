namespace Seawall.Engine.Flow.Floodgates.Limits;

/// <summary>
/// What one loop has counted of the statements at one server, by shape. Written by the loop alone, so that a statement pays a few
/// increments; whoever looks adds up all loops.
/// </summary>
internal sealed class ShapeTally
{
    /// <summary>Measurements that are kept between two looks; at more than ten times as many a second, the first of each tenth.</summary>
    internal const int SamplesMax = 512;

    private const int MicrosecondBits = 40;
    private const long MicrosecondsMax = (1L << MicrosecondBits) - 1;

    private readonly ulong[] _samples = new ulong[SamplesMax];
    private long _written;
    private long _read;

    /// <summary>Statements that run, whether anybody may hold them or not.</summary>
    internal readonly int[] Running = new int[ShapeTable.Slots + 1];

    /// <summary>Statements that ended.</summary>
    internal readonly int[] Ended = new int[ShapeTable.Slots + 1];

    /// <summary>For how long those had been running, in microseconds.</summary>
    internal readonly long[] RanUs = new long[ShapeTable.Slots + 1];

    /// <summary>Whether those that ran last may lock something.</summary>
    internal readonly bool[] Locks = new bool[ShapeTable.Slots + 1];

    /// <summary>Statements that run, whatever their shape.</summary>
    internal int Inside;

    /// <summary>A measurement as one number: sorted, those of one shape are together, the shortest first.</summary>
    internal static ulong Pack(int slot, long microseconds) =>
        ((ulong)slot << MicrosecondBits) | (ulong)Math.Clamp(microseconds, 1, MicrosecondsMax);

    /// <summary>The shape's number, and the microseconds.</summary>
    internal static (int Slot, long Microseconds) Unpack(ulong sample) =>
        ((int)(sample >> MicrosecondBits), (long)(sample & MicrosecondsMax));

    /// <summary>A statement begins to run; <paramref name="locks"/>: it may lock something that others wait for.</summary>
    internal void Enter(int slot, bool locks)
    {
        Locks[slot] = locks;
        Running[slot]++;
        Inside++;
    }

    /// <summary>A statement has ended; <paramref name="ranUs"/> is null when it did not run to its end.</summary>
    internal void Leave(int slot, long? ranUs)
    {
        Running[slot]--;
        Inside--;
        if (ranUs is not { } us)
            return;
        Ended[slot]++;
        RanUs[slot] += us;
    }

    /// <summary>How long the server took to begin with its answer. Its loop only.</summary>
    internal void Measure(int slot, long microseconds)
    {
        if (_written - Volatile.Read(ref _read) >= SamplesMax)
            return;
        _samples[_written % SamplesMax] = Pack(slot, microseconds);
        Volatile.Write(ref _written, _written + 1);
    }

    /// <summary>Takes out what was measured since the last time, as far as there is room. One thread only.</summary>
    internal int Drain(Span<ulong> into)
    {
        var end = Volatile.Read(ref _written);
        var count = 0;
        for (var at = _read; at < end; at++)
        {
            if (count < into.Length)
                into[count++] = _samples[at % SamplesMax];
        }
        Volatile.Write(ref _read, end);
        return count;
    }
}
