namespace Seawall.Engine.Flow.Floodgates.Limits;

/// <summary>
/// Small numbers for the shapes of statements that run at one server, so that what is known of each is in plain arrays. Of fixed size: a
/// new shape takes the place of one that was not used for a while, and while there is none such it goes without a number of its own.
/// Thread-safe; finding a known one takes no lock.
/// </summary>
internal sealed class ShapeTable
{
    /// <summary>
    /// How many there are. Applications have some hundred; with what is counted of each that is 24 KiB for each loop.
    /// </summary>
    internal const int Slots = 1024;

    /// <summary>The number of all that have none of their own.</summary>
    internal const int Other = Slots;

    private const int Ways = 8;
    private const int SetBits = 7;

    /// <summary>Looks without use after which a shape may make way: 10 s at ten looks a second.</summary>
    private const int IdleLooks = 100;

    private readonly Lock _lock = new();
    private readonly ulong[] _shapes = new ulong[Slots];
    private readonly int[] _usedAt = new int[Slots];
    private int _look = IdleLooks + 1;

    /// <summary>The shape of a number; 0 when nobody has it.</summary>
    internal ulong ShapeOf(int slot) => slot < Slots ? Volatile.Read(ref _shapes[slot]) : 0;

    /// <summary>The number of a shape.</summary>
    internal int Find(ulong shape)
    {
        if (shape == 0)
            return Other;
        return Known(shape) ?? Add(shape, FirstOf(shape));
    }

    /// <summary>The number of a shape that has one.</summary>
    internal int? Known(ulong shape)
    {
        var first = FirstOf(shape);
        for (var slot = first; slot < first + Ways; slot++)
        {
            if (Volatile.Read(ref _shapes[slot]) == shape)
                return slot;
        }
        return null;
    }

    /// <summary>One more look at what is known of them: those that were in use since the last one are kept. One thread only.</summary>
    internal void Look() => Volatile.Write(ref _look, _look + 1);

    /// <summary>This one has been in use.</summary>
    internal void NoteUse(int slot)
    {
        if (slot < Slots)
            Volatile.Write(ref _usedAt[slot], _look);
    }

    private static int FirstOf(ulong shape) => (int)((shape * 0x9E3779B97F4A7C15UL) >> (64 - SetBits)) * Ways;

    // Whoever comes while another one is added goes without: new shapes by the thousand must not hold up anybody.
    private int Add(ulong shape, int first)
    {
        if (!_lock.TryEnter())
            return Other;
        try
        {
            var oldest = first;
            for (var slot = first; slot < first + Ways; slot++)
            {
                if (_shapes[slot] == shape)
                    return slot;
                if (_usedAt[slot] < _usedAt[oldest])
                    oldest = slot;
            }
            var look = Volatile.Read(ref _look);
            if (look - _usedAt[oldest] <= IdleLooks)
                return Other;
            _usedAt[oldest] = look;
            Volatile.Write(ref _shapes[oldest], shape);
            return oldest;
        }
        finally
        {
            _lock.Exit();
        }
    }
}
