namespace Seawall.Tests;

/// <summary>Counts the bytes that a piece of code allocates on this thread once it is warm.</summary>
internal static class Allocations
{
    private const int Times = 1_000;
    private const int Rounds = 3;

    public static long Of(Action action, int times = Times)
    {
        for (var i = 0; i < times; i++)
            action();

        // The runtime itself allocates now and then on whatever thread it finds; what the code allocates is in every round.
        var least = long.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < times; i++)
                action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least / times;
    }
}
