using System.Collections.Concurrent;

namespace Seawall.Engine.Deferrals;

/// <summary>Why a statement that has a <c>defer_key</c>, and a rule, runs at once all the same.</summary>
public enum NotDeferred : byte
{
    /// <summary>It is deferred.</summary>
    None,

    /// <summary>It is no INSERT, UPDATE, DELETE or REPLACE, or more than one statement.</summary>
    Kind,

    /// <summary>It is an execution with a cursor, attributes or many rows, or its session reads the text in another way than when it prepared it.</summary>
    Prepared,

    /// <summary>A transaction is open, or autocommit is off.</summary>
    Transaction,

    /// <summary>The session keeps its connection, for something that the statement may need.</summary>
    Pinned,

    /// <summary>It needs or changes something of its session: variables, locks, what the statement before has left.</summary>
    Session,

    /// <summary>It gives rows back.</summary>
    Returning,

    /// <summary>The one table that it changes cannot be told, or cannot be rolled back.</summary>
    Target,

    /// <summary>The session's settings cannot be written down.</summary>
    Settings,

    /// <summary>It is too long, or its key is.</summary>
    Size,
}

/// <summary>What has become of the statements of one rule, since the start. Thread-safe.</summary>
public sealed class DeferralTally
{
    private readonly long[] _notDeferred = new long[Enum.GetValues<NotDeferred>().Length];
    private long _accepted;
    private long _full;
    private long _refused;
    private long _applied;
    private long _failed;
    private long _expired;

    /// <summary>Statements that were acknowledged.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>Statements that were refused, because there was no room.</summary>
    public long Full => Volatile.Read(ref _full);

    /// <summary>Statements that were refused, because the journal could not be written.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Statements that have run.</summary>
    public long Applied => Volatile.Read(ref _applied);

    /// <summary>Statements that the server refused.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Statements that became too old.</summary>
    public long Expired => Volatile.Read(ref _expired);

    /// <summary>Statements that ran at once, for one reason.</summary>
    public long NotDeferredFor(NotDeferred reason) => Volatile.Read(ref _notDeferred[(int)reason]);

    internal void Note(NotDeferred reason) => Interlocked.Increment(ref _notDeferred[(int)reason]);

    internal void Note(AcceptanceResult result)
    {
        if (result == AcceptanceResult.Accepted)
            Interlocked.Increment(ref _accepted);
        else if (result == AcceptanceResult.Full)
            Interlocked.Increment(ref _full);
        else
            Interlocked.Increment(ref _refused);
    }

    internal void Note(DeferralEnd end)
    {
        if (end == DeferralEnd.Applied)
            Interlocked.Increment(ref _applied);
        else if (end == DeferralEnd.Failed)
            Interlocked.Increment(ref _failed);
        else
            Interlocked.Increment(ref _expired);
    }
}

/// <summary>What those who accept statements and those who run them have in common. Thread-safe.</summary>
internal sealed class DeferralDesk
{
    /// <summary>Tables that are remembered; beyond it they are found out once more.</summary>
    private const int TablesMax = 10_000;

    private readonly ConcurrentDictionary<string, DeferralTally> _tallies = new();
    private readonly ConcurrentDictionary<string, bool> _unsafeTables = new();

    /// <summary>Where statements are kept; null when none are.</summary>
    internal IDeferralJournal? Journal
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>The rules that have done anything.</summary>
    internal IEnumerable<KeyValuePair<string, DeferralTally>> Tallies => _tallies.OrderBy(tally => tally.Key, StringComparer.Ordinal);

    /// <summary>What has become of the statements of a rule.</summary>
    internal DeferralTally TallyOf(string rule) => _tallies.GetOrAdd(rule, static _ => new DeferralTally());

    /// <summary>Whether it is known that changes of a table cannot be rolled back.</summary>
    internal bool IsUnsafe(string table) => !_unsafeTables.IsEmpty && _unsafeTables.ContainsKey(table);

    /// <summary>Changes of a table cannot be rolled back: no further statement for it is deferred.</summary>
    internal void NoteUnsafe(string table)
    {
        if (_unsafeTables.Count >= TablesMax)
            _unsafeTables.Clear();
        _unsafeTables[table] = true;
    }
}
