using System.Runtime.InteropServices;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>
/// How many statements run at one server, how many may, and whether somebody waits, in one word: going through costs one
/// compare-and-swap, and nobody can slip past those who wait. Thread-safe. Alone on its cache lines: what is next to it in memory
/// belongs to somebody else, who would be slowed down by every statement.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 3 * CacheLine)]
internal struct Turnstile
{
    /// <summary>As far apart as processors fetch at a time: two lines of 64 bytes.</summary>
    private const int CacheLine = 128;

    private const int CountBits = 24;
    private const long CountMask = (1L << CountBits) - 1;
    private const long SomebodyWaits = 1L << (2 * CountBits);

    [FieldOffset(CacheLine)]
    private long _word;

    /// <summary>Statements that run.</summary>
    internal readonly int Running => (int)(Volatile.Read(in _word) & CountMask);

    /// <summary>Statements that may run.</summary>
    internal readonly int Limit => (int)((Volatile.Read(in _word) >> CountBits) & CountMask);

    /// <summary>Goes through, if there is room and nobody waits.</summary>
    internal bool TryPass()
    {
        while (true)
        {
            var seen = Volatile.Read(in _word);
            if ((seen & SomebodyWaits) != 0 || (seen & CountMask) >= ((seen >> CountBits) & CountMask))
                return false;
            if (Interlocked.CompareExchange(ref _word, seen + 1, seen) == seen)
                return true;
        }
    }

    /// <summary>
    /// Goes through, if nobody waits and less than so many hundredths of those run that may; of a small number that is at least one,
    /// unless there are none.
    /// </summary>
    internal bool TryPassBelow(int hundredths)
    {
        while (true)
        {
            var seen = Volatile.Read(in _word);
            var limit = (seen >> CountBits) & CountMask;
            var room = hundredths == 0 || limit == 0 ? 0 : Math.Max(1, limit * hundredths / 100);
            if ((seen & SomebodyWaits) != 0 || (seen & CountMask) >= room)
                return false;
            if (Interlocked.CompareExchange(ref _word, seen + 1, seen) == seen)
                return true;
        }
    }

    /// <summary>Lets one of those through who wait, if there is room.</summary>
    internal bool TryLetThrough()
    {
        while (true)
        {
            var seen = Volatile.Read(in _word);
            if ((seen & CountMask) >= ((seen >> CountBits) & CountMask))
                return false;
            if (Interlocked.CompareExchange(ref _word, seen + 1, seen) == seen)
                return true;
        }
    }

    /// <summary>Goes through, whoever waits, if no more than a quarter too many run, or one.</summary>
    internal bool TryPassBeyond()
    {
        while (true)
        {
            var seen = Volatile.Read(in _word);
            var limit = (seen >> CountBits) & CountMask;
            if ((seen & CountMask) >= limit + Math.Max(1, limit / 4))
                return false;
            if (Interlocked.CompareExchange(ref _word, seen + 1, seen) == seen)
                return true;
        }
    }

    /// <summary>Goes through whether there is room or not.</summary>
    internal void Pass() => Interlocked.Increment(ref _word);

    /// <summary>Comes out; true when somebody waits, who must be let through now.</summary>
    internal bool Leave() => (Interlocked.Decrement(ref _word) & SomebodyWaits) != 0;

    /// <summary>The same, if anybody is in: where everybody runs, more may end than would have been let through.</summary>
    internal bool LeaveUnlessEmpty()
    {
        while (true)
        {
            var seen = Volatile.Read(in _word);
            if ((seen & CountMask) == 0)
                return false;
            if (Interlocked.CompareExchange(ref _word, seen - 1, seen) == seen)
                return (seen & SomebodyWaits) != 0;
        }
    }

    /// <summary>From now on nobody goes through by himself, and whoever comes out hears of it.</summary>
    internal void Close() => Interlocked.Or(ref _word, SomebodyWaits);

    /// <summary>Nobody waits any more.</summary>
    internal void Open() => Interlocked.And(ref _word, ~SomebodyWaits);

    /// <summary>So many may run from now on.</summary>
    internal void SetLimit(int limit)
    {
        long seen, wanted;
        do
        {
            seen = Volatile.Read(in _word);
            wanted = (seen & ~(CountMask << CountBits)) | ((limit & CountMask) << CountBits);
        }
        while (Interlocked.CompareExchange(ref _word, wanted, seen) != seen);
    }
}
