using Seawall.Engine.Loops;

namespace Seawall.Testing.Worlds;

/// <summary>Lets a world go on until something is true, or throws.</summary>
/// <param name="isDone">What is waited for.</param>
/// <param name="what">What to say when it never came.</param>
public delegate void Pump(Func<bool> isDone, string what);

/// <summary>Something that goes on in a world while a test does other things.</summary>
/// <typeparam name="T">What comes of it.</typeparam>
public sealed class Pending<T>
{
    private readonly Pump _pump;
    private readonly string _what;
    private T _value = default!;
    private Exception? _failure;
    private volatile bool _isDone;

    private Pending(Pump pump, string what)
    {
        _pump = pump;
        _what = what;
    }

    /// <summary>Whether it has ended.</summary>
    public bool IsDone => _isDone;

    /// <summary>Called on its loop when it has ended; set it before the world goes on.</summary>
    public Action<Pending<T>>? WhenDone { get; set; }

    /// <summary>What came of it; waits for that.</summary>
    public T Value
    {
        get
        {
            _pump(() => _isDone, _what);
            return _failure is null ? _value : throw new InvalidOperationException($"{_what}: {_failure.Message}", _failure);
        }
    }

    /// <summary>Starts something on a loop.</summary>
    internal static Pending<T> Start(Loop loop, Pump pump, string what, Func<LoopTask<T>> work)
    {
        var pending = new Pending<T>(pump, what);
        loop.Post(LoopJob.From(there => pending.Run(work).Forget(there.Report)));
        return pending;
    }

    private async LoopTask Run(Func<LoopTask<T>> work)
    {
        try
        {
            _value = await work();
        }
        catch (Exception failure)
        {
            _failure = failure;
        }
        _isDone = true;
        WhenDone?.Invoke(this);
    }
}
