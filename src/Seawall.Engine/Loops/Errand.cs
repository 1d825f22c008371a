namespace Seawall.Engine.Loops;

/// <summary>
/// Something done on another loop, whose result comes back to this one: await it on the loop that sent it, once.
/// </summary>
/// <typeparam name="T">The result.</typeparam>
public sealed class Errand<T> : ILoopAwaiter
{
    private readonly Loop _home;
    private Resumable? _continuation;
    private T? _result;

    private Errand(Loop home) => _home = home;

    /// <summary>For the compiler.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>Sends <paramref name="work"/> to another loop. <paramref name="otherwise"/> is the result when it fails.</summary>
    public static Errand<T> Send(Loop home, Loop there, Func<LoopTask<T>> work, T otherwise)
    {
        var errand = new Errand<T>(home);
        there.Post(LoopJob.From(loop => errand.Do(work, otherwise).Forget(loop.Report)));
        return errand;
    }

    /// <summary>For the compiler.</summary>
    public Errand<T> GetAwaiter() => this;

    /// <summary>For the compiler.</summary>
    public T GetResult() => _result!;

    /// <inheritdoc/>
    public void OnCompleted(Resumable waiting) => _continuation = waiting;

    private async LoopTask Do(Func<LoopTask<T>> work, T otherwise)
    {
        var result = otherwise;
        try
        {
            result = await work();
        }
        finally
        {
            _home.Post(LoopJob.From(_ => ComeHome(result)));
        }
    }

    private void ComeHome(T result)
    {
        _result = result;
        IsCompleted = true;
        _continuation?.Resume();
    }
}
