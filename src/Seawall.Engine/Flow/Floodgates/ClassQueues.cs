using Seawall.Engine.Flow.Floodgates.Limits;
using Seawall.Engine.Flow.Floodgates.Tenants;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>Those who wait for one server: a queue for each lane and class. Callers hold the sluice's lock.</summary>
internal sealed class ClassQueues(Lanes lanes, TenantTable tenants)
{
    private static readonly int s_classes = StatementClasses.OfClients.Count;

    // Lane by lane, each by class.
    private readonly ClassQueue[] _queues = [.. Enumerable.Range(0, Lanes.Count * s_classes)
        .Select(i => new ClassQueue(StatementClasses.OfClients[i % s_classes], (Lane)(i / s_classes), tenants))];

    /// <summary>All of them.</summary>
    internal ReadOnlySpan<ClassQueue> All => _queues;

    /// <summary>Those of one lane, the most important class first.</summary>
    internal ReadOnlySpan<ClassQueue> Of(Lane lane) => _queues.AsSpan((int)lane * s_classes, s_classes);

    /// <summary>Those of one class.</summary>
    internal IEnumerable<ClassQueue> Of(StatementClass which) => _queues.Where(queue => queue.Class == which);

    /// <summary>The one of a class that does not take long.</summary>
    internal ClassQueue this[StatementClass which] => _queues[(int)which - 1];

    /// <summary>Where somebody waits.</summary>
    internal ClassQueue this[Applicant applicant] => Of(applicant.Lane)[(int)applicant.Class - 1];

    /// <summary>Whether nobody waits.</summary>
    internal bool AreEmpty => Array.TrueForAll(_queues, static queue => queue.Count == 0);

    /// <summary>Of those of a class whose lane has room, the one in which somebody has waited longest.</summary>
    internal ClassQueue? NextOf(StatementClass which)
    {
        ClassQueue? next = null;
        for (var i = (int)which - 1; i < _queues.Length; i += s_classes)
        {
            if (MayGoBefore(_queues[i], next))
                next = _queues[i];
        }
        return next;
    }

    /// <summary>The same of all classes.</summary>
    internal ClassQueue? Oldest()
    {
        ClassQueue? oldest = null;
        foreach (var queue in _queues)
        {
            if (MayGoBefore(queue, oldest))
                oldest = queue;
        }
        return oldest;
    }

    /// <summary>Tells how many wait for what is not the common way: whoever leaves one of these lanes looks at that.</summary>
    internal void TellWaiting()
    {
        foreach (var lane in (ReadOnlySpan<Lane>)[Lane.Long, Lane.Broken, Lane.Hot])
        {
            var waiting = 0;
            foreach (var queue in Of(lane))
                waiting += queue.Count;
            lanes.NoteWaiting(lane, waiting);
        }
    }

    /// <summary>
    /// Whoever waits for what takes long has to wait for that as well: he will hardly notice a quarter of it, and for what matters most he
    /// will put up with a half. <paramref name="longMs"/>: how long it takes in an idle hour.
    /// </summary>
    internal void CapLong(double longMs)
    {
        foreach (var queue in Of(Lane.Long))
            queue.WaitMsCap = longMs > 0 ? (int)(longMs / (queue.Class == StatementClass.Critical ? 2 : 4)) : int.MaxValue;
    }

    private bool MayGoBefore(ClassQueue queue, ClassQueue? other) => queue.Count > 0 && lanes.HasRoom(queue.Lane)
        && (other is null || queue.OldestSinceMs < other.OldestSinceMs);
}
