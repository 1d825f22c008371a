namespace Seawall.Rehearsal.Replays;

/// <summary>
/// Lets what commits go in the order in which it was committed then. Who waits too long goes all the same: a transaction may hold what one before it
/// waits for, because statements before commits come in another order than then.
/// </summary>
internal sealed class CommitTurns
{
    /// <summary>How long one waits for the one before.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource[] _done;
    private readonly int[] _before;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private int _late;

    /// <summary>With those turns that are taken; the numbers may have holes.</summary>
    public CommitTurns(IEnumerable<int> turns, int last, TimeSpan patience, TimeProvider time)
    {
        (_time, _patience) = (time, patience);
        _done = new TaskCompletionSource[last + 1];
        _before = new int[last + 1];
        var before = 0;
        foreach (var turn in turns.Order())
        {
            _done[turn] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_before[turn], before) = (before, turn);
        }
    }

    /// <summary>How many did not keep the order.</summary>
    public int Late => _late;

    /// <summary>Waits until the one before is done, or patience is over.</summary>
    public async Task Wait(int turn, CancellationToken cancel)
    {
        if (_before[turn] == 0)
            return;
        try
        {
            await _done[_before[turn]].Task.WaitAsync(_patience, _time, cancel);
        }
        catch (TimeoutException)
        {
            Interlocked.Increment(ref _late);
        }
    }

    /// <summary>It is done, or will never be.</summary>
    public void Done(int turn) => _done[turn].TrySetResult();
}
