namespace Seawall.Engine.Flow.Floodgates.Limits;

/// <summary>
/// How much longer than in an idle hour a server takes to begin with its answers. Statements differ from one another by four orders of
/// magnitude, so each shape is compared with itself alone: the median of what was measured in a window with what it used to be while
/// little ran. Pure: measurements and the time come in. One thread only.
/// </summary>
internal sealed class StretchMeter
{
    /// <summary>Measurements that make a window; in fewer, the odd one counts too much.</summary>
    internal const int SamplesMin = 50;

    /// <summary>A window is closed with fewer than that when it has been open for so long.</summary>
    internal const int WindowMsMax = 1_000;

    /// <summary>With fewer than this nothing is said.</summary>
    private const int SamplesLeast = 8;

    /// <summary>Longer statements tell of themselves, not of the server: their first answer waits for their own work.</summary>
    private const long ProbeUsMax = 50_000;

    /// <summary>How much of the difference a window moves a base: it follows in ten windows, and one odd one hardly matters.</summary>
    private const double BaseGain = 0.1;

    /// <summary>How much a new stretch counts against the last one.</summary>
    private const double Smoothing = 0.5;

    private readonly ulong[] _samples = new ulong[4096];
    private readonly double[] _bases = new double[ShapeTable.Slots];
    private readonly ulong[] _shapes = new ulong[ShapeTable.Slots];
    private int _count;
    private long _openedMs = long.MinValue / 2;

    /// <summary>How much longer, smoothed: 1 is as in an idle hour; null as long as nothing is known.</summary>
    internal double? Stretch { get; private set; }

    /// <summary>What a shape takes while little runs, in microseconds; 0 when nobody knows.</summary>
    internal double BaseUsOf(int slot) => slot < ShapeTable.Slots ? _bases[slot] : 0;

    /// <summary>Takes what was measured, and says whether there is enough of it to say something.</summary>
    internal bool Collect(IReadOnlyList<ShapeTally> tallies, long nowMs)
    {
        foreach (var tally in tallies)
            _count += tally.Drain(_samples.AsSpan(_count));
        return _count >= SamplesMin || nowMs - _openedMs >= WindowMsMax;
    }

    /// <summary>
    /// Looks at the window and begins another one; false when too little was measured to say anything. <paramref name="isCalm"/>: nobody
    /// had to wait, and little ran; only then may a base rise. <paramref name="leftOut"/> has the shapes that do not count now.
    /// </summary>
    internal bool Close(ShapeTable table, long nowMs, bool isCalm, ReadOnlySpan<bool> leftOut)
    {
        var samples = _samples.AsSpan(0, _count);
        _count = 0;
        _openedMs = nowMs;
        if (samples.Length < SamplesLeast)
            return false;
        samples.Sort();
        var (sum, weight) = (0.0, 0);
        for (var at = 0; at < samples.Length;)
        {
            var slot = ShapeTally.Unpack(samples[at]).Slot;
            var end = at + 1;
            while (end < samples.Length && ShapeTally.Unpack(samples[end]).Slot == slot)
                end++;
            var median = ShapeTally.Unpack(samples[(at + end) / 2]).Microseconds;
            if (slot < ShapeTable.Slots && !leftOut[slot] && RatioOf(slot, table.ShapeOf(slot), median, end - at, isCalm) is { } ratio)
            {
                sum += ratio * (end - at);
                weight += end - at;
            }
            at = end;
        }
        if (weight == 0)
            return false;
        var stretch = Math.Exp(sum / weight);
        Stretch = Stretch is { } last ? last + (Smoothing * (stretch - last)) : stretch;
        return true;
    }

    /// <summary>
    /// The server is idle although it looks slow: what was the base is not any more. By a tenth at a time, so that a mistake is small.
    /// </summary>
    internal void RaiseBases()
    {
        foreach (ref var known in _bases.AsSpan())
            known *= 1.1;
        Stretch /= 1.1;
    }

    // The logarithm of how much longer; null when it is no measure.
    private double? RatioOf(int slot, ulong shape, double medianUs, int count, bool isCalm)
    {
        ref var known = ref _bases[slot];
        if (_shapes[slot] != shape || known == 0)
        {
            // Nobody knows what it would take in an idle hour; what the others say of this one is the best guess.
            _shapes[slot] = shape;
            known = isCalm ? medianUs : medianUs / Math.Max(1, Stretch ?? 1);
        }
        else if (isCalm || medianUs < known)
        {
            known *= Math.Pow(medianUs / known, BaseGain * Math.Min(1, count / 8.0));
        }
        return known > ProbeUsMax ? null : Math.Log(medianUs / known);
    }
}
