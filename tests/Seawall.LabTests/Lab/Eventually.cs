using System.Diagnostics;
using Xunit;

namespace Seawall.LabTests.Lab;

/// <summary>Waits for what becomes true by itself. The bound is there so that a test ends, not to measure anything.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static Task TrueAsync(Func<bool> condition, TimeSpan atMost, CancellationToken cancel, Func<string>? otherwise = null) =>
        TrueAsync(() => Task.FromResult(condition()), atMost, cancel, otherwise);

    public static async Task TrueAsync(
        Func<Task<bool>> condition, TimeSpan atMost, CancellationToken cancel, Func<string>? otherwise = null)
    {
        var since = Stopwatch.StartNew();
        while (!await condition())
        {
            if (since.Elapsed >= atMost)
                Assert.Fail($"not so after {atMost.TotalSeconds} s. {otherwise?.Invoke()}");
            await Task.Delay(Pause, cancel);
        }
    }
}
