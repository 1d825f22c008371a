using Seawall.Engine.Flow.Floodgates.Limits;

namespace Seawall.Engine.Flow.Floodgates.Tenants;

/// <summary>What a tenant has had of one server.</summary>
/// <param name="Name">Its name: an account, a schema or what its statements say.</param>
/// <param name="Running">Statements that run.</param>
/// <param name="Waiting">Statements that wait.</param>
/// <param name="Ended">Statements that have ended, since it was last taken note of.</param>
/// <param name="MeanMs">How long one runs, of late.</param>
/// <param name="Share">Its share of what the server has done of late, 0 to 1.</param>
/// <param name="Shed">Statements that were refused, since then.</param>
public sealed record TenantView(string Name, int Running, int Waiting, long Ended, double MeanMs, double Share, long Shed);

/// <summary>
/// Who shares one server: small numbers for tenants, and what each has had, so that nobody gets more than his share while somebody waits. Of
/// fixed size: a new tenant takes the number of one that has not been seen for a while, and while there is none such it is one of "the
/// others". Finding one takes no lock; what is counted is written by each loop for itself.
/// </summary>
internal sealed class TenantTable(int loops)
{
    /// <summary>How many have numbers of their own.</summary>
    internal const int Slots = ShapeTable.Slots;

    /// <summary>The number of all others.</summary>
    internal const int Other = ShapeTable.Other;

    /// <summary>How much of what was known each look leaves: two thirds are forgotten after two seconds.</summary>
    private const double Kept = 0.95;

    /// <summary>Below this nobody has done anything.</summary>
    private const double Nothing = 1e-3;

    private readonly ShapeTable _keys = new();
    private readonly Named?[] _names = new Named?[Slots + 1];
    private readonly TenantTally[] _tallies = [.. Enumerable.Range(0, loops).Select(_ => new TenantTally())];
    private readonly Past[] _past = new Past[Slots + 1];
    private readonly double[] _meanMs = new double[Slots + 1];
    private readonly int[] _waiting = new int[Slots + 1];
    private readonly long[] _shed = new long[Slots + 1];

    /// <summary>What one loop counts. That loop only.</summary>
    internal TenantTally On(int loop) => _tallies[loop];

    /// <summary>The number of a tenant; 0 for its key: that of all others.</summary>
    internal int Find(ulong key) => _keys.Find(key);

    /// <summary>Whether a tenant has its name.</summary>
    internal bool IsNamed(int slot, ulong key) => slot == Other || (Volatile.Read(ref _names[slot]) is { } known && known.Key == key);

    /// <summary>Names a tenant.</summary>
    internal void Name(int slot, ulong key, string name) => Volatile.Write(ref _names[slot], new Named(key, name));

    /// <summary>How long a short statement of a tenant runs, of late, in milliseconds; 0 when nobody knows. From any thread.</summary>
    internal double MeanMsOf(int slot) => Volatile.Read(ref _meanMs[slot]);

    /// <summary>One waits more, or less. The sluice's lock.</summary>
    internal void NoteWaiting(int slot, int change) => _waiting[slot] += change;

    /// <summary>One was refused. The sluice's lock.</summary>
    internal void NoteShed(int slot) => _shed[slot]++;

    /// <summary>Looks at what has been done since the last time. Ten times a second, one thread only.</summary>
    internal void Look()
    {
        _keys.Look();
        for (var slot = 0; slot <= Slots; slot++)
        {
            ref var past = ref _past[slot];
            if (_keys.ShapeOf(slot) != past.Key)
            {
                var before = past;
                past = new Past { Key = _keys.ShapeOf(slot) };
                past.Note(before.EndedSeen, before.RanSeen, before.ShortEndedSeen, before.ShortRanSeen);
                Volatile.Write(ref _shed[slot], 0);
            }
            var (ended, ran, running, shortEnded, shortRan) = (0L, 0L, 0, 0L, 0L);
            foreach (var tally in _tallies)
            {
                ended += Volatile.Read(ref tally.Ended[slot]);
                ran += Volatile.Read(ref tally.RanMs[slot]);
                running += Volatile.Read(ref tally.Running[slot]);
                shortEnded += Volatile.Read(ref tally.ShortEnded[slot]);
                shortRan += Volatile.Read(ref tally.ShortRanMs[slot]);
            }
            if (running > 0 || ended != past.EndedSeen || Volatile.Read(ref _waiting[slot]) > 0)
                _keys.NoteUse(slot);
            else if (past.Ended < Nothing)
                continue;
            past.EndedInAll += ended - past.EndedSeen;
            past.Ended = (past.Ended * Kept) + (ended - past.EndedSeen);
            past.RanMs = (past.RanMs * Kept) + (ran - past.RanSeen);
            past.ShortEnded = (past.ShortEnded * Kept) + (shortEnded - past.ShortEndedSeen);
            past.ShortRanMs = (past.ShortRanMs * Kept) + (shortRan - past.ShortRanSeen);
            past.Note(ended, ran, shortEnded, shortRan);
            Volatile.Write(ref _meanMs[slot], past.ShortEnded < Nothing ? 0 : past.ShortRanMs / past.ShortEnded);
        }
    }

    /// <summary>Those who have had most of late, most first. From any thread; about right.</summary>
    internal IReadOnlyList<TenantView> View(int max)
    {
        var all = _past.Sum(past => past.RanMs);
        return [.. Enumerable.Range(0, Slots + 1)
            .Where(slot => _past[slot].Ended >= Nothing || _waiting[slot] > 0 || RunningOf(slot) > 0)
            .Select(slot => new TenantView(slot == Other ? "(others)" : _names[slot]?.Name ?? "", RunningOf(slot), _waiting[slot],
                _past[slot].EndedInAll, MeanMsOf(slot), all > 0 ? _past[slot].RanMs / all : 0, _shed[slot]))
            .OrderByDescending(view => view.Share).ThenBy(view => view.Name, StringComparer.Ordinal).Take(max)];
    }

    private int RunningOf(int slot) => Math.Max(0, _tallies.Sum(tally => Volatile.Read(ref tally.Running[slot])));

    private sealed record Named(ulong Key, string Name);

    private struct Past
    {
        internal ulong Key;
        internal long EndedSeen;
        internal long RanSeen;
        internal long ShortEndedSeen;
        internal long ShortRanSeen;
        internal long EndedInAll;
        internal double Ended;
        internal double RanMs;
        internal double ShortEnded;
        internal double ShortRanMs;

        internal void Note(long ended, long ran, long shortEnded, long shortRan) =>
            (EndedSeen, RanSeen, ShortEndedSeen, ShortRanSeen) = (ended, ran, shortEnded, shortRan);
    }
}

/// <summary>What one loop has counted of the tenants of one server. Written by the loop alone.</summary>
internal sealed class TenantTally
{
    /// <summary>Statements that run.</summary>
    internal readonly int[] Running = new int[TenantTable.Slots + 1];

    /// <summary>Statements that have ended.</summary>
    internal readonly long[] Ended = new long[TenantTable.Slots + 1];

    /// <summary>For how long those had been running, in milliseconds.</summary>
    internal readonly long[] RanMs = new long[TenantTable.Slots + 1];

    /// <summary>Of those, the ones that do not take long.</summary>
    internal readonly long[] ShortEnded = new long[TenantTable.Slots + 1];

    /// <summary>For how long these had been running.</summary>
    internal readonly long[] ShortRanMs = new long[TenantTable.Slots + 1];

    /// <summary>One has ended.</summary>
    internal void Leave(int tenant, long? ranMs, bool isShort)
    {
        Running[tenant]--;
        if (ranMs is not { } ms)
            return;
        Ended[tenant]++;
        RanMs[tenant] += ms;
        if (!isShort)
            return;
        ShortEnded[tenant]++;
        ShortRanMs[tenant] += ms;
    }
}
