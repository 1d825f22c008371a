using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// Lets those who were refused wait a little before they hear it: whoever comes again at once does so ten times a second then, and not
/// as fast as the line allows. A wait costs a timer and the client's place; when as many wait as may, the next hears it at once.
/// </summary>
internal sealed class Tarpit(Func<int> countMax)
{
    /// <summary>From the overload design, section 2.5: long enough to slow a loop down, too short for anybody's time-out.</summary>
    private const int LeastMs = 10;

    private const int MostMs = 100;

    private int _count;

    /// <summary>How many wait.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Waits; not at all when there is no place. <paramref name="atMostMs"/>: nobody waits longer for it.</summary>
    internal async LoopTask Wait(Loop loop, Telemetry.LoopMeter meter, long atMostMs = MostMs)
    {
        if (atMostMs < LeastMs)
            return;
        if (Interlocked.Increment(ref _count) <= countMax())
        {
            meter.Tarpitted++;
            await new Sleep(loop).For(Math.Min(atMostMs, loop.Random.Next(LeastMs, MostMs + 1)));
        }
        Interlocked.Decrement(ref _count);
    }
}
