using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.MySql.Gtids;

namespace Seawall.Engine.Flow.Reads;

/// <summary>Where a statement went, and why: what <c>SHOW LAST ROUTE</c> tells.</summary>
/// <param name="Server">The server; null when it was refused.</param>
/// <param name="Reason">Why it had to be the primary; none for a read that replicas may answer.</param>
/// <param name="Way">How that server came to be it.</param>
/// <param name="WaitedMs">How long it waited for a replica.</param>
internal readonly record struct Route(string? Server, PlaceReason Reason, RouteWay Way, int WaitedMs)
{
    /// <summary>How fresh the replica was that it went to; null for the primary.</summary>
    internal FreshnessState? State { get; init; }

    /// <summary>How often it was placed anew because its replica was lost or taken out.</summary>
    internal int Tries { get; init; }

    /// <summary>How old what that replica had may have been; null when nobody knew, or for the primary.</summary>
    internal int? AgeMs { get; init; }
}

/// <summary>How a statement came to its server.</summary>
public enum RouteWay : byte
{
    /// <summary>It is the primary's.</summary>
    Primary,

    /// <summary>A replica has all that it must have.</summary>
    Replica,

    /// <summary>A replica that is further behind than usual has all that its session needs, and too few others are left.</summary>
    Late,

    /// <summary>The connection that answers it is there.</summary>
    Kept,

    /// <summary>No replica may answer, and the primary had a place for it.</summary>
    Spilled,

    /// <summary>The primary lacks what the session has written: it is lost, and no replica will ever have it.</summary>
    Lost,

    /// <summary>No replica may answer, and the primary had no place for it.</summary>
    Refused,

    /// <summary>A replica that lacks something answered, because an answer may be as old as that when nobody else can give one.</summary>
    Stale,
}

/// <summary>What a session has to do with replicas. On its loop.</summary>
internal sealed class SessionReads(GtidSources sources)
{
    private GtidToken _told;
    private bool _wasTold;
    private bool _toldMore;

    /// <summary>That of a session, from now on if there was none.</summary>
    internal static SessionReads Of(Session session, GtidSources sources)
    {
        if (session.Reads is { } reads)
            return reads;
        // What Seawall has told itself of transactions, a client hears of only when it has asked.
        session.Tracking = session.Tracking.Hiding(session.Settings[ClientTracking.OfGtids]);
        return session.Reads = new SessionReads(sources);
    }

    /// <summary>What it has seen and written.</summary>
    internal ReadMemory Memory { get; } = new();

    /// <summary>Where its last statement went.</summary>
    internal Route Last { get; set; }

    /// <summary>The replica that its read-only transaction is on; null when there is none.</summary>
    internal string? TransactionAt { get; set; }

    /// <summary>The place on the primary that it has until its transaction ends, which no replica might take; null as a rule.</summary>
    internal HeldSpill? HeldSpill { get; set; }

    /// <summary>Its transaction has ended, if it had one, or it leaves.</summary>
    internal void EndHeldSpill(long nowMs)
    {
        HeldSpill?.End(nowMs);
        HeldSpill = null;
    }

    /// <summary>What held for the last read that replicas might answer.</summary>
    internal ReadWish Wish { get; set; }

    /// <summary>The rule that was found for it; null when none was.</summary>
    internal ReadRule? LastRule { get; set; }

    /// <summary>The rule that holds for the session's statements, as long as nothing changes that it depends on.</summary>
    internal KnownRule Rule;

    /// <summary>
    /// Whether a statement failed on the way to being reported: what comes with the next one may be older than what that has seen.
    /// </summary>
    internal bool OwesReport { get; set; }

    /// <summary>The server has told of transactions of the present statement.</summary>
    internal void NoteTold(ReadOnlySpan<byte> text, bool isMariaDb)
    {
        if (isMariaDb)
        {
            var domains = new MariaDbGtidReader(text);
            while (domains.MoveNext())
                Add(new(sources.Find(domains.Current.Domain), (long)Math.Min(domains.Current.Sequence, long.MaxValue)));
            return;
        }
        var set = new GtidSetReader(text);
        while (set.MoveNext())
            Add(new(sources.Find(set.Current.Uuid, set.Current.Tag), set.Current.Last));
    }

    /// <summary>The transaction that was told of, once; <paramref name="isAll"/>: there was no other.</summary>
    internal bool TakeTold(out GtidToken token, out bool isAll)
    {
        (token, isAll) = (_told, !_toldMore);
        var was = _wasTold;
        _wasTold = _toldMore = false;
        return was;
    }

    private void Add(GtidToken token)
    {
        if (_wasTold && _told.Source != token.Source)
        {
            // Of two sources only one is kept; who takes it hears that it is not all.
            _toldMore = true;
            return;
        }
        _told = _wasTold && _told.Sequence > token.Sequence ? _told : token;
        _wasTold = true;
    }
}
