namespace Seawall.Tests.Passwords;

/// <summary>Counts the bytes that a piece of code allocates on this thread once it is warm.</summary>
internal static class Allocations
{
    private const int Times = 1_000;

    public static long Of(Action action)
    {
        for (var i = 0; i < Times; i++)
            action();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Times; i++)
            action();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / Times;
    }
}
