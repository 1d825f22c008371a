using System.Numerics;

namespace Seawall.Engine.Loops;

/// <summary>Something that can be due: the entry is part of the object, so arming allocates nothing.</summary>
public abstract class TimerNode
{
    internal TimerNode? Next;
    internal TimerNode? Previous;
    internal long DueMs;
    internal int Slot = -1;

    /// <summary>Whether the timer is running.</summary>
    public bool IsArmed => Slot >= 0;

    /// <summary>Called on the loop's thread once the time has come; the timer is no longer armed then.</summary>
    protected internal abstract void OnDue();
}

/// <summary>
/// The timers of one loop: arming and disarming cost a few nanoseconds, whatever their number, because most time-outs
/// never happen. Used by the loop's thread only.
/// </summary>
/// <remarks>
/// Three rings of 64 slots, each slot of a ring as long as the whole ring below: 16 ms, 1 s, 65.5 s; the farthest is
/// 70 minutes, and what is due later goes around again. 16 ms is fine enough for every limit Seawall has (the shortest is
/// the dial gate's 20 ms between tokens) and coarse enough to fire many together.
/// </remarks>
public sealed class TimerWheel
{
    /// <summary>The length of one step, in milliseconds.</summary>
    public const int TickMs = 1 << TickShift;

    private const int TickShift = 4;
    private const int SlotShift = 6;
    private const int Slots = 1 << SlotShift;
    private const int Rings = 3;
    private const int SlotMask = Slots - 1;

    private readonly TimerNode?[] _slots = new TimerNode?[Rings * Slots];
    private readonly ulong[] _used = new ulong[Rings];
    private long _tick;
    private bool _firing;

    /// <summary>A wheel that starts at <paramref name="nowMs"/>.</summary>
    public TimerWheel(long nowMs) => _tick = nowMs >> TickShift;

    /// <summary>How many timers are running.</summary>
    public int Count { get; private set; }

    /// <summary>Starts the timer, or moves it: due <paramref name="inMs"/> from <paramref name="nowMs"/>, rounded up.</summary>
    public void Arm(TimerNode node, long nowMs, long inMs)
    {
        Disarm(node);
        node.DueMs = nowMs + Math.Max(0, inMs);
        Count++;
        Place(node);
    }

    /// <summary>Stops the timer; nothing happens when it is not running.</summary>
    public void Disarm(TimerNode node)
    {
        if (!node.IsArmed)
            return;
        Count--;
        Unlink(node);
    }

    /// <summary>Fires everything due at <paramref name="nowMs"/>.</summary>
    public void Advance(long nowMs)
    {
        var until = nowMs >> TickShift;
        if (Count == 0)
        {
            _tick = Math.Max(_tick, until);
            return;
        }
        while (_tick <= until)
        {
            FireSlot((int)(_tick & SlotMask));
            _tick++;
            if ((_tick & SlotMask) == 0)
                Cascade();
        }
    }

    /// <summary>Milliseconds until something may be due, or -1 when no timer runs. Never late, at times early.</summary>
    public int WaitMs(long nowMs)
    {
        if (Count == 0)
            return -1;
        var index = (int)(_tick & SlotMask);
        var ahead = _used[0] >> index; // What is left of this round; the next round is reached through the cascade.
        var ticks = ahead != 0 ? BitOperations.TrailingZeroCount(ahead) : Slots - index;
        return (int)Math.Clamp(((_tick + ticks) << TickShift) - nowMs, 0, Slots * TickMs);
    }

    private void FireSlot(int slot)
    {
        _firing = true;
        try
        {
            while (_slots[slot] is { } node)
            {
                Unlink(node);
                Count--;
                node.OnDue();
            }
        }
        finally
        {
            _firing = false;
        }
    }

    // At the start of a round of a ring, the ring above gives down the slot whose time has come.
    private void Cascade()
    {
        var ring = 1;
        var tick = _tick >> SlotShift;
        while (ring < Rings)
        {
            TakeDown(ring, (int)(tick & SlotMask));
            if ((tick & SlotMask) != 0)
                return;
            tick >>= SlotShift;
            ring++;
        }
    }

    private void TakeDown(int ring, int index)
    {
        // Taken off as a whole first: what is due a full round later comes back into the same slot.
        var slot = (ring * Slots) + index;
        var node = _slots[slot];
        _slots[slot] = null;
        _used[ring] &= ~(1UL << index);
        while (node is not null)
        {
            var next = node.Next;
            node.Next = node.Previous = null;
            node.Slot = -1;
            Place(node);
            node = next;
        }
    }

    private void Place(TimerNode node)
    {
        // A timer armed by one that fires waits for the next step: otherwise a zero delay would never let go.
        var due = Math.Max((node.DueMs + TickMs - 1) >> TickShift, _firing ? _tick + 1 : _tick);
        var ring = 0;
        while (ring < Rings - 1 && StepsAhead(due, ring) >= Slots)
            ring++;
        var steps = Math.Min(StepsAhead(due, ring), SlotMask);
        Link(node, (ring * Slots) + (int)(((_tick >> (ring * SlotShift)) + steps) & SlotMask));
    }

    private long StepsAhead(long due, int ring) => (due >> (ring * SlotShift)) - (_tick >> (ring * SlotShift));

    private void Link(TimerNode node, int slot)
    {
        node.Slot = slot;
        node.Next = _slots[slot];
        node.Previous = null;
        if (node.Next is not null)
            node.Next.Previous = node;
        _slots[slot] = node;
        _used[slot >> SlotShift] |= 1UL << (slot & SlotMask);
    }

    private void Unlink(TimerNode node)
    {
        var slot = node.Slot;
        if (node.Previous is not null)
            node.Previous.Next = node.Next;
        else
            _slots[slot] = node.Next;
        if (node.Next is not null)
            node.Next.Previous = node.Previous;
        if (_slots[slot] is null)
            _used[slot >> SlotShift] &= ~(1UL << (slot & SlotMask));
        node.Next = node.Previous = null;
        node.Slot = -1;
    }
}
