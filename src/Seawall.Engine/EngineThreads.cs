using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;

namespace Seawall.Engine;

/// <summary>The loops that move bytes, and one for everything else, which must answer when those are busy.</summary>
internal sealed class EngineThreads : IDisposable
{
    private readonly EpollLoop[] _data;
    private readonly EpollLoop _control;
    private bool _started;

    internal EngineThreads(int count, TimeProvider time, Action<Exception> onBug)
    {
        // Seeds that differ are all that is asked: lifetimes must not end together, nothing here must be unguessable.
        _data = [.. Enumerable.Range(0, count).Select(i => new EpollLoop(i, time, Dice(), onBug))];
        _control = new EpollLoop(count, time, Dice(), onBug);
    }

    /// <summary>The loops that move bytes.</summary>
    internal IReadOnlyList<Loop> Data => _data;

    /// <summary>The loop for everything else.</summary>
    internal Loop Control => _control;

    internal void Start()
    {
        _started = true;
        foreach (var loop in _data)
            loop.Start();
        _control.Start();
    }

    public void Dispose()
    {
        foreach (var loop in _data.Append(_control))
            loop.Stop();
        foreach (var loop in _data.Append(_control))
        {
            // A loop that does not end within this time has a bug; its descriptors are then left to the process.
            if (!_started || loop.Join(TimeSpan.FromSeconds(5)))
                loop.Dispose();
        }
    }

    private static Random Dice() =>
        new(System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue));
}
