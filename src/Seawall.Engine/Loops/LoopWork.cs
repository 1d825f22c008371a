using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Seawall.Engine.Loops;

/// <summary>The suspended part of a <see cref="LoopTask"/>: who continues, and how it ended.</summary>
internal abstract class LoopWork : Resumable
{
    private Resumable? _continuation;
    private Action<Exception>? _onFailure;
    private Exception? _failure;

    /// <summary>Whether the method has run to its end.</summary>
    internal bool IsCompleted { get; private set; }

    /// <inheritdoc/>
    public override void Resume()
    {
        // What has failed before it was ever suspended has nothing to go on with.
    }

    internal void ContinueWith(Resumable waiting)
    {
        Debug.Assert(_continuation is null, "A LoopTask is awaited once.");
        _continuation = waiting;
    }

    internal void Detach(Action<Exception> onFailure)
    {
        _onFailure = onFailure;
        if (IsCompleted)
            EndDetached();
    }

    internal void Succeed()
    {
        IsCompleted = true;
        Continue();
    }

    internal void Fail(Exception failure)
    {
        _failure = failure;
        IsCompleted = true;
        Continue();
    }

    internal void EndAndReturn()
    {
        var failure = _failure;
        Reset();
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>A free box: this one is behind it on the list.</summary>
    internal void JoinList(LoopWork? next) => _continuation = next;

    /// <summary>It is free no more; returns the one behind it.</summary>
    internal LoopWork? LeaveList()
    {
        var next = Unsafe.As<LoopWork?>(_continuation);
        _continuation = null;
        return next;
    }

    /// <summary>Puts the box back on its list.</summary>
    protected virtual void Return()
    {
    }

    private void Reset()
    {
        _continuation = null;
        _onFailure = null;
        _failure = null;
        IsCompleted = false;
        Return();
    }

    // The continuation takes the result and may reuse this very box at once: nothing may be touched after the call.
    private void Continue()
    {
        if (_onFailure is not null)
            EndDetached();
        else
            _continuation?.Resume();
    }

    private void EndDetached()
    {
        var failure = _failure;
        var onFailure = _onFailure!;
        Reset();
        if (failure is not null)
            onFailure(failure);
    }
}

/// <summary>A <see cref="LoopWork"/> with a result.</summary>
internal abstract class LoopWork<T> : LoopWork
{
    private T? _result;

    internal void Succeed(T result)
    {
        _result = result;
        Succeed();
    }

    internal T EndAndTake()
    {
        var result = _result!;
        _result = default;
        EndAndReturn();
        return result;
    }
}

/// <summary>The box of one suspended method without a result.</summary>
internal sealed class LoopBox<TMachine> : LoopWork
    where TMachine : IAsyncStateMachine
{
    [ThreadStatic]
    private static BoxList? t_free;

    internal TMachine Machine = default!;

    private LoopBox()
    {
    }

    public override void Resume() => Machine.MoveNext();

    // Nothing else is ever put there: the kind needs no look.
    internal static LoopBox<TMachine> Rent() =>
        (t_free ??= new()).Take() is { } kept ? Unsafe.As<LoopBox<TMachine>>(kept) : new LoopBox<TMachine>();

    protected override void Return()
    {
        Machine = default!; // The locals of the method must not outlive it.
        (t_free ??= new()).Put(this);
    }
}

/// <summary>The box of one suspended method with a result.</summary>
internal sealed class LoopBox<TMachine, T> : LoopWork<T>
    where TMachine : IAsyncStateMachine
{
    [ThreadStatic]
    private static BoxList? t_free;

    internal TMachine Machine = default!;

    private LoopBox()
    {
    }

    public override void Resume() => Machine.MoveNext();

    // Nothing else is ever put there: the kind needs no look.
    internal static LoopBox<TMachine, T> Rent() =>
        (t_free ??= new()).Take() is { } kept ? Unsafe.As<LoopBox<TMachine, T>>(kept) : new LoopBox<TMachine, T>();

    protected override void Return()
    {
        Machine = default!; // The locals of the method must not outlive it.
        (t_free ??= new()).Put(this);
    }
}

/// <summary>A method that failed before it was ever suspended.</summary>
internal sealed class FailedWork : LoopWork;

/// <summary>A method with a result that failed before it was ever suspended.</summary>
internal sealed class FailedWork<T> : LoopWork<T>;

/// <summary>
/// Free boxes of one kind on one thread. Each leads to the next by its own field for who goes on, which it has no other use for meanwhile: an
/// array of them would be looked at twice for each statement and method, with all that the runtime checks there.
/// </summary>
internal sealed class BoxList
{
    /// <summary>
    /// More than a loop has statements in flight when it is healthy; beyond it the collector may have them, so that a
    /// storm does not leave its memory behind.
    /// </summary>
    private const int KeptMax = 512;

    private LoopWork? _first;
    private int _count;

    internal LoopWork? Take()
    {
        if (_first is not { } box)
            return null;
        _first = box.LeaveList();
        _count--;
        return box;
    }

    internal void Put(LoopWork box)
    {
        if (_count == KeptMax)
            return;
        box.JoinList(_first);
        _first = box;
        _count++;
    }
}
