namespace Seawall.Engine.Flow.Floodgates.Limits;

/// <summary>How long statements of each shape run, from beginning to end. One thread only; reading a cost, from any.</summary>
internal sealed class ShapeCosts
{
    /// <summary>How much of what was known each look leaves: ten seconds, and two thirds are forgotten.</summary>
    private const double Kept = 0.99;

    private readonly ulong[] _shapes = new ulong[ShapeTable.Slots + 1];
    private readonly int[] _endedSeen = new int[ShapeTable.Slots + 1];
    private readonly long[] _ranSeen = new long[ShapeTable.Slots + 1];
    private readonly double[] _ended = new double[ShapeTable.Slots + 1];
    private readonly double[] _ranUs = new double[ShapeTable.Slots + 1];
    private readonly bool[] _leftOut = new bool[ShapeTable.Slots + 1];

    /// <summary>Shapes that say nothing of the server now.</summary>
    internal ReadOnlySpan<bool> LeftOut => _leftOut;

    /// <summary>How long one of these runs, in microseconds; 0 when none has ended.</summary>
    internal double CostUsOf(int slot) => _ended[slot] > 0 ? _ranUs[slot] / _ended[slot] : 0;

    /// <summary>Looks at what has ended; returns what got done, in milliseconds that such statements run.</summary>
    internal double Note(ShapeTable table, IReadOnlyList<ShapeTally> tallies, long nowMs)
    {
        var work = 0.0;
        for (var slot = 0; slot <= ShapeTable.Slots; slot++)
        {
            var (ended, running, ran) = (0, 0, 0L);
            foreach (var tally in tallies)
            {
                ended += Volatile.Read(ref tally.Ended[slot]);
                running += Volatile.Read(ref tally.Running[slot]);
                ran += Volatile.Read(ref tally.RanUs[slot]);
            }
            if (table.ShapeOf(slot) != _shapes[slot])
            {
                _shapes[slot] = table.ShapeOf(slot);
                _ended[slot] = _ranUs[slot] = 0;
            }
            var (more, moreUs) = (ended - _endedSeen[slot], ran - _ranSeen[slot]);
            if (more == 0 && running == 0)
                continue;
            table.NoteUse(slot);
            (_endedSeen[slot], _ranSeen[slot]) = (ended, ran);
            _ended[slot] = (_ended[slot] * Kept) + more;
            _ranUs[slot] = (_ranUs[slot] * Kept) + moreUs;
            work += more * CostUsOf(slot) / 1_000;
        }
        return work;
    }
}
