namespace Seawall.Tests;

/// <summary>Counts the bytes that a piece of code allocates on this thread once it is warm.</summary>
internal static class Allocations
{
    private const int Times = 1_000;

    public static long Of(Action action, int times = Times)
    {
        for (var i = 0; i < times; i++)
            action();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < times; i++)
            action();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / times;
    }
}
