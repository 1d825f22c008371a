using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>
/// A statement that waits at a sluice, or wherever else it is held, on its loop: until it is told, its client leaves, or its time is over. Completed exactly
/// once, on its own loop; then it can be used for another wait. Await it once.
/// </summary>
internal sealed class GateWaiter : Applicant, ILoopAwaiter
{
    private readonly Loop _loop;
    private readonly Arrival _arrival;
    private readonly Alarm _alarm;
    private readonly Callback _withdraw;
    private IWaitingPlace? _place;
    private Wire? _client;
    private Resumable? _continuation;

    internal GateWaiter(Loop loop)
    {
        _loop = loop;
        _arrival = new Arrival(this);
        _alarm = new Alarm(this);
        _withdraw = new Callback(GiveUp);
    }

    /// <summary>For the compiler.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>Waits; <see cref="Applicant.Apply"/> has been called. Its loop only.</summary>
    internal GateWaiter WaitAt(IWaitingPlace place, Wire client)
    {
        _place = place;
        _client = client;
        _continuation = null;
        IsCompleted = false;
        place.Join(this, _loop.NowMs);
        if (IsCompleted)
            return this;
        client.WhenGone(_withdraw);
        LookAgain();
        return this;
    }

    /// <summary>Does not want to wait any more. Its loop only.</summary>
    internal void GiveUp() => _place?.Withdraw(this, _loop.NowMs);

    /// <summary>For the compiler.</summary>
    public GateWaiter GetAwaiter() => this;

    /// <summary>For the compiler.</summary>
    public void GetResult()
    {
        _client!.WhenGone(null);
        _client = null;
        _place = null;
        _continuation = null;
    }

    /// <inheritdoc/>
    public void OnCompleted(Resumable waiting) => _continuation = waiting;

    /// <inheritdoc/>
    internal override void Decided()
    {
        if (_loop.IsCurrent)
            Complete();
        else
            _loop.Post(_arrival);
    }

    private void LookAgain()
    {
        if (!IsCompleted && _place!.LookAt(this, _loop.NowMs) is var inMs and >= 0 && !IsCompleted)
            _loop.Arm(_alarm, inMs);
    }

    private void Complete()
    {
        _loop.Timers.Disarm(_alarm);
        IsCompleted = true;
        // Not on the stack of whoever has left the server: a chain of these would have no end.
        if (_continuation is { } continuation)
            _loop.RunSoon(continuation);
    }

    private sealed class Arrival(GateWaiter waiter) : LoopJob
    {
        public override void Run(Loop loop) => waiter.Complete();
    }

    private sealed class Alarm(GateWaiter waiter) : TimerNode
    {
        protected internal override void OnDue() => waiter.LookAgain();
    }
}
