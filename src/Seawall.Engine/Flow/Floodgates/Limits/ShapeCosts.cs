namespace Seawall.Engine.Flow.Floodgates.Limits;

/// <summary>
/// How long statements of each shape run, from beginning to end, and which lane that puts them in. Pure: counts and the time come in.
/// One thread only, but for <see cref="LaneOf"/>.
/// </summary>
internal sealed class ShapeCosts(HotShapes hot)
{
    /// <summary>How much of what was known each look leaves: two thirds are forgotten after ten seconds.</summary>
    private const double Kept = 0.99;

    /// <summary>The same after one second: what happens now.</summary>
    private const double KeptNow = 0.9;

    /// <summary>Below this part of what is long, a shape is short again: not to and fro at each look.</summary>
    private const double ShortAgain = 0.6;

    /// <summary>One that nobody has seen end is long when it has run for so long.</summary>
    private const double UnknownMsMax = 1_000;

    /// <summary>So many times as long as it used to, where others are not: a plan that has changed, not a server that is slow.</summary>
    private const double BrokenFactor = 5;

    /// <summary>Below this it is as it used to be.</summary>
    private const double MendedFactor = 2;

    /// <summary>The part of all that runs that a shape must make up to be held back: below it the others hardly notice.</summary>
    private const double BrokenShare = 0.4;

    /// <summary>
    /// While it takes longer than it used to, what it used to take rises by this at each look: what is new becomes usual, a hundred times
    /// as long in some eight minutes.
    /// </summary>
    private const double Getting = 1.0008;

    private readonly ShapeCost[] _costs = [.. Enumerable.Range(0, ShapeTable.Slots + 1).Select(_ => new ShapeCost())];
    private readonly byte[] _lanes = new byte[ShapeTable.Slots + 1];
    private readonly bool[] _leftOut = new bool[ShapeTable.Slots + 1];
    private readonly int[] _runMs = new int[ShapeTable.Slots + 1];
    private readonly List<ShapeLook> _seen = [];
    private long _lookedMs = long.MinValue / 2;

    /// <summary>Shapes that say nothing of the server now.</summary>
    internal ReadOnlySpan<bool> LeftOut => _leftOut;

    /// <summary>Those that ran or ended of late, as of the last look.</summary>
    internal IReadOnlyList<ShapeLook> Seen => _seen;

    /// <summary>Shapes that are held back because they take many times as long as they used to.</summary>
    internal int Broken { get; private set; }

    /// <summary>Statements of those that may run: as many as did before.</summary>
    internal int BrokenMax { get; private set; }

    /// <summary>The lane of a shape. From any thread.</summary>
    internal Lane LaneOf(int slot) => (Lane)Volatile.Read(ref _lanes[slot]);

    /// <summary>How long one of these runs, in milliseconds; 0 when none has ended.</summary>
    internal double CostMsOf(int slot) => _costs[slot].CostMs;

    /// <summary>The same as of the last look, in whole milliseconds. From any thread.</summary>
    internal int RunMsOf(int slot) => Volatile.Read(ref _runMs[slot]);

    /// <summary>
    /// Looks at what has ended and what runs; returns what got done, in milliseconds that such statements run.
    /// <paramref name="stretch"/>: how much longer everything takes now; <paramref name="longMs"/>: what is long in an idle hour;
    /// <paramref name="breaks"/>: whether what has come to take many times as long is held back.
    /// </summary>
    internal double Note(ShapeTable table, IReadOnlyList<ShapeTally> tallies, long nowMs, double stretch, int longMs, bool breaks)
    {
        var passedMs = Math.Clamp(nowMs - _lookedMs, 0, 1_000);
        _lookedMs = nowMs;
        var (work, inside, logs, weight) = (0.0, 0.0, 0.0, 0.0);
        _seen.Clear();
        for (var slot = 0; slot <= ShapeTable.Slots; slot++)
        {
            var (ended, running, ran, locks) = (0, 0, 0L, false);
            foreach (var tally in tallies)
            {
                ended += Volatile.Read(ref tally.Ended[slot]);
                running += Volatile.Read(ref tally.Running[slot]);
                ran += Volatile.Read(ref tally.RanUs[slot]);
                locks |= Volatile.Read(ref tally.Locks[slot]);
            }
            var cost = _costs[slot];
            if (table.ShapeOf(slot) != cost.Shape)
            {
                cost.Forget(table.ShapeOf(slot));
                _lanes[slot] = 0;
                Volatile.Write(ref _runMs[slot], 0);
                _leftOut[slot] = false;
            }
            if (running == 0 && ended == cost.EndedSeen && cost.IsQuiet)
                continue;
            if (running > 0 || ended != cost.EndedSeen)
                table.NoteUse(slot);
            work += cost.Note(ended, running, ran, passedMs) * cost.CostMs;
            // Those without a number of their own are of all kinds: what they take on the mean says nothing of any.
            if (slot < ShapeTable.Slots)
                Volatile.Write(ref _runMs[slot], (int)Math.Min(cost.CostMs, int.MaxValue));
            inside += cost.RunningNow;
            if (slot < ShapeTable.Slots)
                _seen.Add(new(slot, cost.Shape, locks, running, cost.RunningNow, ended, ran, LaneOf(slot) == Lane.Broken, cost.UsualMs));
            if (cost.LongerNow is { } longer)
            {
                logs += Math.Log(longer) * cost.EndedNow;
                weight += cost.EndedNow;
            }
        }
        Sort(stretch, longMs, breaks ? inside : double.MaxValue, logs, weight);
        return work;
    }

    /// <summary>How many run of each lane, and how long one does.</summary>
    internal (int Running, double RanMs) Sum(Lane lane)
    {
        var (running, ended, ranMs) = (0, 0.0, 0.0);
        for (var slot = 0; slot <= ShapeTable.Slots; slot++)
        {
            if ((Lane)_lanes[slot] != lane)
                continue;
            running += _costs[slot].Running;
            ended += _costs[slot].Ended;
            ranMs += _costs[slot].RanMs;
        }
        return (running, ended > 0 ? ranMs / ended : 0);
    }

    private void Sort(double stretch, int longMs, double inside, double logs, double weight)
    {
        (Broken, BrokenMax) = (0, 0);
        for (var slot = 0; slot < ShapeTable.Slots; slot++)
        {
            var cost = _costs[slot];
            if (cost.Shape == 0)
                continue;
            var lane = LaneOf(slot);
            // How much longer the others take: a server that is slow is slow for all.
            var own = cost.LongerNow ?? 0;
            var rest = weight - (own > 0 ? cost.EndedNow : 0);
            var others = rest >= 1 ? Math.Max(1, Math.Exp((logs - (own > 0 ? Math.Log(own) * cost.EndedNow : 0)) / rest)) : double.MaxValue;
            if (hot.Holds(slot))
                lane = Lane.Hot;
            else if (cost.WasBroken ? own > MendedFactor * others && own > MendedFactor
                : own > BrokenFactor * others && cost.RunningNow > BrokenShare * inside && cost.WouldHaveEnded(BrokenFactor * others))
            {
                lane = Lane.Broken;
                cost.WasBroken = true;
                Broken++;
                BrokenMax += (int)Math.Max(1, Math.Ceiling(cost.RunningUsually));
            }
            else
            {
                cost.WasBroken = false;
                var ms = Math.Max(cost.CostMs / Math.Max(1, stretch), cost.UnknownMs >= UnknownMsMax ? longMs : 0);
                lane = longMs < int.MaxValue && (ms >= longMs || (lane == Lane.Long && ms >= ShortAgain * longMs)) ? Lane.Long : Lane.Short;
            }
            Volatile.Write(ref _lanes[slot], (byte)lane);
            _leftOut[slot] = lane is Lane.Broken or Lane.Hot;
        }
    }

    // What is known of one shape.
    private sealed class ShapeCost
    {
        private long _ranSeen;

        internal ulong Shape { get; private set; }

        internal int EndedSeen { get; private set; }

        internal int Running { get; private set; }

        internal double Ended { get; private set; }

        internal double RanMs { get; private set; }

        internal double EndedNow { get; private set; }

        internal double HeldMsNow { get; private set; }

        internal double RunningNow { get; private set; }

        internal double RunningUsually { get; private set; }

        internal double UsualMs { get; private set; }

        // Whether it was held back because it takes longer than that, and is so still, or it is tried whether that is for want of a row.
        internal bool WasBroken { get; set; }

        // For how long those have been running of which none has ended.
        internal double UnknownMs { get; private set; }

        internal double CostMs => Ended > 0 ? RanMs / Ended : 0;

        internal bool IsQuiet => EndedNow < 0.01 && RunningNow < 0.01;

        /// <summary>How many times as long as usual one takes now, by Little's law: also while hardly any end.</summary>
        internal double? LongerNow => UsualMs > 0 && HeldMsNow > 0 ? HeldMsNow / Math.Max(1, EndedNow) / UsualMs : null;

        /// <summary>
        /// Whether so much time has been spent that some would have ended even if they took that many times as long: that no report has
        /// ended in the last second says nothing.
        /// </summary>
        internal bool WouldHaveEnded(double longer) => HeldMsNow > 2 * UsualMs * longer;

        internal void Forget(ulong shape)
        {
            Shape = shape;
            WasBroken = false;
            Ended = RanMs = EndedNow = HeldMsNow = RunningNow = RunningUsually = UnknownMs = UsualMs = 0;
        }

        internal int Note(int ended, int running, long ranUs, long passedMs)
        {
            var (more, moreMs) = (ended - EndedSeen, (ranUs - _ranSeen) / 1_000.0);
            (EndedSeen, _ranSeen, Running) = (ended, ranUs, running);
            Ended = (Ended * Kept) + more;
            RanMs = (RanMs * Kept) + moreMs;
            EndedNow = (EndedNow * KeptNow) + more;
            // What ended within a look was not there to be counted at either end of it.
            HeldMsNow = (HeldMsNow * KeptNow) + Math.Max(running * passedMs, moreMs);
            RunningNow = (RunningNow * KeptNow) + (running * (1 - KeptNow));
            UnknownMs = Ended > 0.5 || running == 0 ? 0 : UnknownMs + passedMs;
            Learn(running);
            return more;
        }

        private void Learn(int running)
        {
            if (LongerNow is { } longer && longer > 3)
            {
                UsualMs *= Getting;
                return;
            }
            if (EndedNow < 3)
                return;
            var ms = HeldMsNow / EndedNow;
            UsualMs = UsualMs == 0 ? ms : (UsualMs * Kept) + (ms * (1 - Kept));
            RunningUsually = (RunningUsually * Kept) + (running * (1 - Kept));
        }
    }
}
