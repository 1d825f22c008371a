namespace Seawall.Rehearsal.Replays;

/// <summary>
/// Lets what commits go in the order in which it was committed then, and everything else when all is committed that was when it came. Who waits while
/// nothing is committed for too long goes all the same: a transaction may hold what one before it waits for, because statements before commits come in
/// another order than then.
/// </summary>
internal sealed class CommitTurns
{
    /// <summary>How long one waits while nothing at all is done.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource[] _done;
    private readonly int[] _before;
    private readonly int[] _upTo;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private int _late;
    private long _doneSoFar;

    /// <summary>With those turns that are taken; the numbers may have holes.</summary>
    public CommitTurns(IEnumerable<int> turns, int last, TimeSpan patience, TimeProvider time)
    {
        (_time, _patience) = (time, patience);
        _done = new TaskCompletionSource[last + 1];
        _before = new int[last + 1];
        _upTo = new int[last + 1];
        var before = 0;
        foreach (var turn in turns.Order())
        {
            _done[turn] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_before[turn], _upTo[turn], before) = (before, turn, turn);
        }
        for (var turn = 1; turn <= last; turn++)
            _upTo[turn] = Math.Max(_upTo[turn], _upTo[turn - 1]);
    }

    /// <summary>How many did not keep the order.</summary>
    public int Late => _late;

    /// <summary>Waits until the one before is done, or patience is over.</summary>
    public Task Wait(int turn, CancellationToken cancel) => Await(_before[turn], cancel);

    /// <summary>Waits until all is done up to a turn, which nobody needs to have, or patience is over.</summary>
    public Task Reach(int turn, CancellationToken cancel) => Await(_upTo[Math.Min(turn, _upTo.Length - 1)], cancel);

    private async Task Await(int turn, CancellationToken cancel)
    {
        if (turn == 0)
            return;
        while (true)
        {
            var seen = Interlocked.Read(ref _doneSoFar);
            try
            {
                await _done[turn].Task.WaitAsync(_patience, _time, cancel);
                return;
            }
            catch (TimeoutException)
            {
                if (seen != Interlocked.Read(ref _doneSoFar))
                    continue;
                Interlocked.Increment(ref _late);
                return;
            }
        }
    }

    /// <summary>It is done, or will never be.</summary>
    public void Done(int turn)
    {
        Interlocked.Increment(ref _doneSoFar);
        _done[turn].TrySetResult();
    }
}
