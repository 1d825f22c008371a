using System.Collections.Concurrent;

namespace Seawall.Engine.Loops;

/// <summary>
/// A few threads for what takes long and never waits: TLS handshakes, RSA, password hashes. A loop hands work over and goes
/// on when it is done. Thread-safe.
/// </summary>
public sealed class Workers : IDisposable
{
    private readonly BlockingCollection<WorkItem> _queue;
    private readonly Thread[] _threads;

    /// <summary>
    /// <paramref name="threads"/> workers and room for <paramref name="queueMax"/> pieces of work that wait. Without threads
    /// work runs where it is handed over, for a simulated world.
    /// </summary>
    public Workers(int threads, int queueMax)
    {
        _queue = new BlockingCollection<WorkItem>(queueMax);
        _threads = [.. Enumerable.Range(0, threads).Select(i => new Thread(Work) { Name = $"worker-{i}", IsBackground = true })];
        foreach (var thread in _threads)
            thread.Start();
    }

    /// <summary>Pieces of work that wait.</summary>
    public int Queued => _queue.Count;

    /// <summary>
    /// Hands over a piece of work; await the item to go on, on its loop, when it is done. False when too much waits
    /// already: nothing will be done, and the item must not be awaited.
    /// </summary>
    public bool TryRun(WorkItem item)
    {
        if (_threads.Length > 0)
            return _queue.TryAdd(item);
        item.RunHere();
        return true;
    }

    /// <summary>Ends the threads when what waits is done.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        foreach (var thread in _threads)
            thread.Join();
        _queue.Dispose();
    }

    private void Work()
    {
        foreach (var item in _queue.GetConsumingEnumerable())
            item.RunElsewhere();
    }
}

/// <summary>A piece of work for <see cref="Workers"/>; may be used again once it is done.</summary>
public abstract class WorkItem(Loop loop) : LoopJob, ILoopAwaiter
{
    private Resumable? _continuation;
    private Exception? _failure;

    /// <summary>For the compiler.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>For the compiler.</summary>
    public WorkItem GetAwaiter() => this;

    /// <summary>For the compiler: throws what the work threw.</summary>
    public void GetResult()
    {
        IsCompleted = false;
        var failure = _failure;
        _failure = null;
        if (failure is not null)
            throw new InvalidOperationException($"Work off the loop failed: {failure.Message}", failure);
    }

    /// <inheritdoc/>
    public void OnCompleted(Resumable waiting) => _continuation = waiting;

    /// <inheritdoc/>
    public sealed override void Run(Loop loop)
    {
        IsCompleted = true;
        var continuation = _continuation;
        _continuation = null;
        continuation?.Resume();
    }

    internal void RunHere()
    {
        Guarded();
        IsCompleted = true;
    }

    internal void RunElsewhere()
    {
        Guarded();
        loop.Post(this);
    }

    /// <summary>The work. On another thread than the loop's: touch nothing of the loop.</summary>
    protected abstract void Work();

    private void Guarded()
    {
        try
        {
            Work();
        }
        catch (Exception failure)
        {
            _failure = failure;
        }
    }
}
