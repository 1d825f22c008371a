namespace Seawall.Engine.Loops.Linux;

/// <summary>Something that hears of events: a socket or a listener.</summary>
internal interface IEpollTarget
{
    /// <summary>Its place in the loop's table, with the generation.</summary>
    ulong Tag { get; set; }

    /// <summary>Whether it is woken before the others of a turn.</summary>
    bool GoesFirst { get; }

    /// <summary>Takes note of what became true; runs nobody else's code.</summary>
    void Note(uint flags);

    /// <summary>Wakes who waits for it.</summary>
    void Wake();

    /// <summary>Closes its descriptor and tells nobody on this side: its loop has ended.</summary>
    void Abandon();
}

/// <summary>
/// The loop's table of targets. Events carry slot and generation, not the descriptor: descriptors are reused at once, and
/// an event that was fetched before the close must not reach the newcomer.
/// </summary>
internal sealed class TargetSlots
{
    private IEpollTarget?[] _targets = new IEpollTarget?[64];
    private uint[] _generations = new uint[64];
    private int[] _free = new int[64];
    private int _freeCount;
    private int _used = 1; // Slot 0 is the loop's own wake-up.

    internal ulong Add(IEpollTarget target)
    {
        var slot = _freeCount > 0 ? _free[--_freeCount] : Grow();
        _targets[slot] = target;
        target.Tag = ((ulong)_generations[slot] << 32) | (uint)slot;
        return target.Tag;
    }

    internal void Remove(IEpollTarget target)
    {
        var slot = (int)(uint)target.Tag;
        if (_targets[slot] != target)
            return;
        _targets[slot] = null;
        _generations[slot]++;
        if (_freeCount == _free.Length)
            Array.Resize(ref _free, _free.Length * 2);
        _free[_freeCount++] = slot;
    }

    /// <summary>Everything that is registered.</summary>
    internal IEnumerable<IEpollTarget> All => _targets.OfType<IEpollTarget>();

    internal IEpollTarget? Find(ulong tag)
    {
        var slot = (int)(uint)tag;
        return (uint)slot < (uint)_targets.Length && _generations[slot] == (uint)(tag >> 32) ? _targets[slot] : null;
    }

    private int Grow()
    {
        if (_used == _targets.Length)
        {
            Array.Resize(ref _targets, _used * 2);
            Array.Resize(ref _generations, _used * 2);
        }
        return _used++;
    }
}
