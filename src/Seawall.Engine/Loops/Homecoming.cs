namespace Seawall.Engine.Loops;

/// <summary>
/// Awaits an ordinary task on a loop: the method goes on there, and not on the thread that happened to end the task. For the
/// control loop, where such tasks belong; the data path has none.
/// </summary>
/// <typeparam name="T">The task's result.</typeparam>
public sealed class Homecoming<T>(Loop home, Task<T> task) : ILoopAwaiter
{
    /// <summary>For the compiler.</summary>
    public bool IsCompleted => task.IsCompleted;

    /// <summary>For the compiler.</summary>
    public Homecoming<T> GetAwaiter() => this;

    /// <summary>For the compiler: throws what the task threw.</summary>
    public T GetResult() => task.GetAwaiter().GetResult();

    /// <inheritdoc/>
    public void OnCompleted(Resumable waiting) => task.ContinueWith(
        (_, next) => home.Post(LoopJob.From(_ => ((Resumable)next!).Resume())), waiting, CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
