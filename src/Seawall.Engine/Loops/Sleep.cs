namespace Seawall.Engine.Loops;

/// <summary>Lets a method of a loop go on after a while; may be ended early, and used again afterwards.</summary>
public sealed class Sleep(Loop loop) : TimerNode, ILoopAwaiter
{
    private Resumable? _continuation;

    /// <summary>For the compiler.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>Begins; await the result.</summary>
    public Sleep For(long milliseconds)
    {
        IsCompleted = false;
        loop.Arm(this, milliseconds);
        return this;
    }

    /// <summary>Ends it now. Loop thread only; nothing happens when nobody sleeps.</summary>
    public void Wake()
    {
        if (!IsArmed)
            return;
        loop.Timers.Disarm(this);
        OnDue();
    }

    /// <summary>For the compiler.</summary>
    public Sleep GetAwaiter() => this;

    /// <summary>For the compiler.</summary>
    public void GetResult()
    {
    }

    /// <inheritdoc/>
    public void OnCompleted(Resumable waiting) => _continuation = waiting;

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        IsCompleted = true;
        var continuation = _continuation;
        _continuation = null;
        continuation?.Resume();
    }
}
