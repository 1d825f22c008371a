using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Reads;

/// <summary>
/// Those on one loop who wait for a replica to have applied something. They are woken together whenever anything new is known, and look
/// for themselves.
/// </summary>
internal sealed class FreshWaits(Loop loop)
{
    private readonly List<FreshWaiter> _waiting = [];
    private readonly List<FreshWaiter> _waking = [];
    private readonly Stack<FreshWaiter> _free = [];
    private readonly NewsJob _news = new();
    private volatile int _count;

    /// <summary>Waits until there is news, or so many milliseconds; await it once.</summary>
    internal FreshWaiter Wait(long ms)
    {
        if (!_free.TryPop(out var waiter))
            waiter = new FreshWaiter(this);
        waiter.Begin(place: _waiting.Count);
        _waiting.Add(waiter);
        _count = _waiting.Count;
        loop.Arm(waiter, ms);
        return waiter;
    }

    /// <summary>There is news. From any thread.</summary>
    internal void Tell()
    {
        if (_count == 0)
            return;
        _news.Waits = this;
        loop.Post(_news);
    }

    private void Remove(int place)
    {
        var last = _waiting[^1];
        last.Place = place;
        _waiting[place] = last;
        _waiting.RemoveAt(_waiting.Count - 1);
        _count = _waiting.Count;
    }

    private void Wake()
    {
        _waking.AddRange(_waiting);
        foreach (var waiter in _waking)
        {
            if (waiter.IsArmed)
            {
                loop.Timers.Disarm(waiter);
                waiter.Complete();
            }
        }
        _waking.Clear();
    }

    /// <summary>One who waits.</summary>
    internal sealed class FreshWaiter(FreshWaits waits) : TimerNode, ILoopAwaiter
    {
        private Resumable? _continuation;

        /// <summary>For the compiler.</summary>
        public bool IsCompleted { get; private set; }

        /// <summary>Where it stands among those who wait.</summary>
        internal int Place { get; set; }

        internal void Begin(int place)
        {
            Place = place;
            IsCompleted = false;
        }

        /// <summary>For the compiler.</summary>
        public FreshWaiter GetAwaiter() => this;

        /// <summary>For the compiler.</summary>
        public void GetResult() => waits._free.Push(this);

        /// <inheritdoc/>
        public void OnCompleted(Resumable waiting) => _continuation = waiting;

        /// <inheritdoc/>
        protected internal override void OnDue() => Complete();

        internal void Complete()
        {
            waits.Remove(Place);
            IsCompleted = true;
            var continuation = _continuation;
            _continuation = null;
            continuation?.Resume();
        }
    }

    private sealed class NewsJob : LoopJob
    {
        internal FreshWaits? Waits { get; set; }

        public override void Run(Loop loop) => Waits?.Wake();
    }
}
