using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;

namespace Seawall.Engine;

/// <summary>The loops that move bytes, and one for everything else, which must answer when those are busy.</summary>
internal sealed class EngineThreads : IDisposable
{
    private readonly EpollLoop[] _owned;
    private bool _started;

    internal EngineThreads(int count, TimeProvider time, Action<Exception> onBug)
    {
        // Seeds that differ are all that is asked: lifetimes must not end together, nothing here must be unguessable.
        _owned = [.. Enumerable.Range(0, count + 1).Select(i => new EpollLoop(i, time, Dice(), onBug))];
        Data = _owned[..count];
        Control = _owned[count];
    }

    /// <summary>Loops that somebody else runs, as a simulated world does.</summary>
    internal EngineThreads(IReadOnlyList<Loop> data, Loop control)
    {
        _owned = [];
        Data = data;
        Control = control;
    }

    /// <summary>The loops that move bytes.</summary>
    internal IReadOnlyList<Loop> Data { get; }

    /// <summary>The loop for everything else.</summary>
    internal Loop Control { get; }

    /// <summary>Whether nothing here is a thread of its own.</summary>
    internal bool IsSimulated => _owned.Length == 0;

    internal void Start()
    {
        _started = true;
        foreach (var loop in _owned)
            loop.Start();
    }

    public void Dispose()
    {
        foreach (var loop in _owned)
            loop.Stop();
        foreach (var loop in _owned)
        {
            // A loop that does not end within this time has a bug; its descriptors are then left to the process.
            if (!_started || loop.Join(TimeSpan.FromSeconds(5)))
                loop.Dispose();
        }
    }

    private static Random Dice() =>
        new(System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue));
}
