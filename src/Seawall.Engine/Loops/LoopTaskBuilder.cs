using System.Runtime.CompilerServices;

namespace Seawall.Engine.Loops;

// The compiler calls the members of a builder on an instance, whether they use it or not.
#pragma warning disable CA1822

/// <summary>For the compiler: builds a <see cref="LoopTask"/> without execution context and with reused boxes.</summary>
public struct LoopTaskBuilder
{
    private LoopWork? _work;

    /// <summary>The task of the method, read by the compiler after the first suspension or the end.</summary>
    public readonly LoopTask Task => new(_work);

    /// <summary>For the compiler.</summary>
    public static LoopTaskBuilder Create() => default;

    /// <summary>For the compiler: runs the method up to its first suspension.</summary>
    public readonly void Start<TMachine>(ref TMachine machine)
        where TMachine : IAsyncStateMachine => machine.MoveNext();

    /// <summary>For the compiler; the machine is boxed in <see cref="AwaitUnsafeOnCompleted"/>.</summary>
    public readonly void SetStateMachine(IAsyncStateMachine machine)
    {
    }

    /// <summary>For the compiler.</summary>
    public readonly void SetResult() => _work?.Succeed();

    /// <summary>For the compiler.</summary>
    public void SetException(Exception exception)
    {
        _work ??= new FailedWork();
        _work.Fail(exception);
    }

    /// <summary>For the compiler.</summary>
    public void AwaitOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : INotifyCompletion
        where TMachine : IAsyncStateMachine => awaiter.OnCompleted(Boxed(ref machine).Resume);

    /// <summary>For the compiler.</summary>
    public void AwaitUnsafeOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : ICriticalNotifyCompletion
        where TMachine : IAsyncStateMachine => Await(ref awaiter, Boxed(ref machine));

    /// <summary>
    /// Has a suspended method go on when the awaiter says so. One of the loops takes it as it is; any other needs a delegate for each wait.
    /// </summary>
    internal static void Await<TAwaiter>(ref TAwaiter awaiter, Resumable method)
        where TAwaiter : ICriticalNotifyCompletion
    {
        // Asked and cast like this, and not by a pattern, an awaiter that is a struct is not boxed: the compiler knows the answer for each kind.
        if (awaiter is ILoopAwaiter)
            ((ILoopAwaiter)awaiter).OnCompleted(method);
        else
            awaiter.UnsafeOnCompleted(method.Resume);
    }

    private Resumable Boxed<TMachine>(ref TMachine machine)
        where TMachine : IAsyncStateMachine
    {
        if (_work is not null)
            return _work;

        // This builder lives inside the machine: it must know its box before the machine is copied into it.
        var box = LoopBox<TMachine>.Rent();
        _work = box;
        box.Machine = machine;
        return box;
    }
}

/// <summary>For the compiler: builds a <see cref="LoopTask{T}"/>.</summary>
/// <typeparam name="T">The result.</typeparam>
public struct LoopTaskBuilder<T>
{
    private LoopWork<T>? _work;
    private T? _result;

    /// <summary>The task of the method, read by the compiler after the first suspension or the end.</summary>
    public readonly LoopTask<T> Task => new(_work, _result);

    /// <summary>For the compiler.</summary>
    public static LoopTaskBuilder<T> Create() => default;

    /// <summary>For the compiler: runs the method up to its first suspension.</summary>
    public readonly void Start<TMachine>(ref TMachine machine)
        where TMachine : IAsyncStateMachine => machine.MoveNext();

    /// <summary>For the compiler; the machine is boxed in <see cref="AwaitUnsafeOnCompleted"/>.</summary>
    public readonly void SetStateMachine(IAsyncStateMachine machine)
    {
    }

    /// <summary>For the compiler.</summary>
    public void SetResult(T result)
    {
        if (_work is null)
            _result = result;
        else
            _work.Succeed(result);
    }

    /// <summary>For the compiler.</summary>
    public void SetException(Exception exception)
    {
        _work ??= new FailedWork<T>();
        _work.Fail(exception);
    }

    /// <summary>For the compiler.</summary>
    public void AwaitOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : INotifyCompletion
        where TMachine : IAsyncStateMachine => awaiter.OnCompleted(Boxed(ref machine).Resume);

    /// <summary>For the compiler.</summary>
    public void AwaitUnsafeOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : ICriticalNotifyCompletion
        where TMachine : IAsyncStateMachine => LoopTaskBuilder.Await(ref awaiter, Boxed(ref machine));

    private Resumable Boxed<TMachine>(ref TMachine machine)
        where TMachine : IAsyncStateMachine
    {
        if (_work is not null)
            return _work;

        // This builder lives inside the machine: it must know its box before the machine is copied into it.
        var box = LoopBox<TMachine, T>.Rent();
        _work = box;
        box.Machine = machine;
        return box;
    }
}
