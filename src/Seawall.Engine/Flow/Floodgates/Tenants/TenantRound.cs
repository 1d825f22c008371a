namespace Seawall.Engine.Flow.Floodgates.Tenants;

/// <summary>
/// Whose turn it is among the tenants of one class: deficit round robin, by what their statements cost the server and not by how many they
/// are. Each has a credit; whose credit is used up goes behind the others and gets another. Who has nobody waiting when one comes is served
/// before those who always have, once: so whoever asks for little hardly notices who asks for much. Each step costs the same however many
/// tenants there are. Callers hold the sluice's lock.
/// </summary>
internal sealed class TenantRound
{
    /// <summary>
    /// What one gets each time, in milliseconds of running statements: some statements, so that going around costs little, and little
    /// enough that fifty tenants have all had their turn within a tenth of a second at a server of 12 places.
    /// </summary>
    internal const double CreditMs = 20;

    /// <summary>A statement costs at most so many credits: what takes longer has a lane of its own.</summary>
    private const double CostMax = 8;

    private readonly TenantQueue?[] _queues = new TenantQueue?[TenantTable.Slots + 1];
    private readonly Stack<TenantQueue> _spare = [];
    private Ring _new;
    private Ring _old;

    /// <summary>How many tenants have somebody waiting.</summary>
    internal int Active { get; private set; }

    /// <summary>The one with most waiting, or one that had.</summary>
    internal TenantQueue? Longest { get; private set; }

    /// <summary>Those of a tenant that wait; null when nobody does.</summary>
    internal TenantQueue? Of(int tenant) => _queues[tenant] is { Count: > 0 } queue ? queue : null;

    /// <summary>Puts one in.</summary>
    internal void Add(Applicant applicant)
    {
        if (_queues[applicant.Tenant] is not { } queue)
        {
            queue = _spare.TryPop(out var spare) ? spare : new TenantQueue();
            queue.Begin(applicant.Tenant, CreditMs);
            _queues[applicant.Tenant] = queue;
            _new.Add(queue);
        }
        if (queue.Count == 0)
            Active++;
        queue.Add(applicant);
        if (Longest is null || queue.Count >= Longest.Count)
            Longest = queue;
    }

    /// <summary>Takes one out that is in.</summary>
    internal void Remove(Applicant applicant)
    {
        var queue = _queues[applicant.Tenant]!;
        queue.Remove(applicant);
        if (queue.Count > 0)
            return;
        Active--;
        if (Longest == queue)
            Longest = null;
    }

    /// <summary>The one whose turn it is; null when nobody waits. What its statement costs is charged when it goes: <see cref="Charge"/>.</summary>
    internal TenantQueue? Next()
    {
        while (true)
        {
            var isNew = _new.First is not null;
            var queue = isNew ? _new.First : _old.First;
            if (queue is null)
                return null;
            // Whoever is alone has taken nothing from anybody.
            if (queue.Count > 0 && Active == 1 && !HasOthers(queue))
                queue.CreditMs = CreditMs;
            if (queue.Count > 0 && queue.CreditMs > 0)
                return queue;
            if (isNew)
                _new.TakeFirst();
            else
                _old.TakeFirst();
            // Whoever has nobody waiting goes around once more before he is new again: or he would be served first each time.
            if (queue.Count == 0 && !isNew)
            {
                _queues[queue.Tenant] = null;
                _spare.Push(queue);
                continue;
            }
            if (queue.Count > 0)
                queue.CreditMs += CreditMs;
            _old.Add(queue);
        }
    }

    /// <summary>One of a tenant's goes, whose turn it is.</summary>
    internal static void Charge(TenantQueue queue, double costMs) => queue.CreditMs -= Math.Clamp(costMs, 0.1, CostMax * CreditMs);

    private bool HasOthers(TenantQueue queue) => (_new.First ?? _old.First) != queue || queue.Next is not null;

    // One after the other.
    private struct Ring
    {
        private TenantQueue? _last;

        internal TenantQueue? First { get; private set; }

        internal void Add(TenantQueue queue)
        {
            queue.Next = null;
            if (_last is not null)
                _last.Next = queue;
            else
                First = queue;
            _last = queue;
        }

        internal void TakeFirst()
        {
            var first = First!;
            First = first.Next;
            if (First is null)
                _last = null;
            first.Next = null;
        }
    }
}
