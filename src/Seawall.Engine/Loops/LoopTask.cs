using System.Runtime.CompilerServices;

namespace Seawall.Engine.Loops;

/// <summary>
/// What an <c>async</c> method of the data path returns: work that runs on one loop's thread, resumed inline.
/// </summary>
/// <remarks>
/// <para>Why not <see cref="ValueTask"/>: the built-in builders capture the execution context at every suspension and,
/// pooled, keep one box for each thread. With sixty statements in flight that allocates per statement. Here boxes are
/// kept on a list of the loop's thread, so a steady state allocates nothing, and nothing but the continuation runs.</para>
/// <para>Await it exactly once, on the loop that started it. It is not thread-safe, on purpose.</para>
/// </remarks>
[AsyncMethodBuilder(typeof(LoopTaskBuilder))]
public readonly struct LoopTask
{
    private readonly LoopWork? _work;

    internal LoopTask(LoopWork? work) => _work = work;

    /// <summary>Work that has ended already.</summary>
    public static LoopTask Completed => default;

    /// <summary>Lets the work go on by itself; <paramref name="onFailure"/> hears of the exception that ends it, if any.</summary>
    public void Forget(Action<Exception> onFailure)
    {
        if (_work is not null)
            _work.Detach(onFailure);
    }

    /// <summary>For the compiler.</summary>
    public Awaiter GetAwaiter() => new(_work);

    /// <summary>For the compiler.</summary>
    public readonly struct Awaiter : ILoopAwaiter
    {
        private readonly LoopWork? _work;

        internal Awaiter(LoopWork? work) => _work = work;

        /// <summary>Whether the work has ended.</summary>
        public bool IsCompleted => _work is null || _work.IsCompleted;

        /// <summary>Ends the await: throws what the work threw, and gives its box back.</summary>
        public void GetResult() => _work?.EndAndReturn();

        /// <inheritdoc/>
        public void OnCompleted(Resumable waiting) => _work!.ContinueWith(waiting);
    }
}

/// <summary>A <see cref="LoopTask"/> with a result.</summary>
/// <typeparam name="T">The result.</typeparam>
[AsyncMethodBuilder(typeof(LoopTaskBuilder<>))]
public readonly struct LoopTask<T>
{
    private readonly LoopWork<T>? _work;
    private readonly T? _result;

    internal LoopTask(LoopWork<T>? work, T? result)
    {
        _work = work;
        _result = result;
    }

    /// <summary>Work that has ended already, with <paramref name="result"/>.</summary>
    public LoopTask(T result)
    {
        _work = null;
        _result = result;
    }

    /// <summary>For the compiler.</summary>
    public Awaiter GetAwaiter() => new(_work, _result);

    /// <summary>For the compiler.</summary>
    public readonly struct Awaiter : ILoopAwaiter
    {
        private readonly LoopWork<T>? _work;
        private readonly T? _result;

        internal Awaiter(LoopWork<T>? work, T? result)
        {
            _work = work;
            _result = result;
        }

        /// <summary>Whether the work has ended.</summary>
        public bool IsCompleted => _work is null || _work.IsCompleted;

        /// <summary>Ends the await: the result, or throws what the work threw; gives the box back.</summary>
        public T GetResult() => _work is null ? _result! : _work.EndAndTake();

        /// <inheritdoc/>
        public void OnCompleted(Resumable waiting) => _work!.ContinueWith(waiting);
    }
}
