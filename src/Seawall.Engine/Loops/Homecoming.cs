using System.Runtime.CompilerServices;

namespace Seawall.Engine.Loops;

/// <summary>
/// Awaits an ordinary task on a loop: the method goes on there, and not on the thread that happened to end the task. For the
/// control loop, where such tasks belong; the data path has none.
/// </summary>
/// <typeparam name="T">The task's result.</typeparam>
public sealed class Homecoming<T>(Loop home, Task<T> task) : ICriticalNotifyCompletion
{
    /// <summary>For the compiler.</summary>
    public bool IsCompleted => task.IsCompleted;

    /// <summary>For the compiler.</summary>
    public Homecoming<T> GetAwaiter() => this;

    /// <summary>For the compiler: throws what the task threw.</summary>
    public T GetResult() => task.GetAwaiter().GetResult();

    /// <summary>For the compiler.</summary>
    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    /// <summary>For the compiler.</summary>
    public void UnsafeOnCompleted(Action continuation) => task.ContinueWith(
        (_, next) => home.Post(LoopJob.From(_ => ((Action)next!)())), continuation, CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
