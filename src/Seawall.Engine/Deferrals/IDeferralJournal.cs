using Seawall.Engine.Loops;

namespace Seawall.Engine.Deferrals;

/// <summary>
/// Where deferred statements are kept from their acknowledgement until they have run. The one that there is keeps them on this machine's
/// disk (<see cref="LocalJournal"/>); one that several Seawalls share, such as a table on another server, would be another of these:
/// nobody else knows where the statements are. Thread-safe.
/// </summary>
internal interface IDeferralJournal : IDisposable
{
    /// <summary>The statements that it was opened with and that have not ended, in order.</summary>
    IReadOnlyList<DeferredStatement> Unsettled { get; }

    /// <summary>The ends that it was opened with: their statements may still have their rows at the server.</summary>
    IReadOnlyList<Settlement> Ended { get; }

    /// <summary>Statements that have failed, the oldest first, as far as they are kept.</summary>
    IReadOnlyList<(Settlement Settlement, long AtUs)> DeadLetters { get; }

    /// <summary>What it looks like now.</summary>
    JournalState State { get; }

    /// <summary>Begins to tell what is safe: statements that may run, and ends that will not be forgotten. On any thread.</summary>
    void Start(Action<IReadOnlyList<DeferredStatement>> accepted, Action<IReadOnlyList<Settlement>> settled);

    /// <summary>Writes a statement down; <paramref name="acceptance"/> goes on, on its loop, when it is safe or will never be.</summary>
    void Accept(Acceptance acceptance);

    /// <summary>Writes down how a statement has ended.</summary>
    void Settle(Settlement settlement);
}

/// <summary>What a journal looks like.</summary>
/// <param name="Bytes">What it has on disk.</param>
/// <param name="BytesMax">What it may have.</param>
/// <param name="Waiting">Statements that have not ended.</param>
/// <param name="Problem">Why it takes no more until a restart; null when it does.</param>
internal sealed record JournalState(long Bytes, long BytesMax, int Waiting, string? Problem)
{
    /// <summary>Writes to the disk that were waited for.</summary>
    internal long Flushes { get; init; }
}

/// <summary>What a journal said to a statement.</summary>
internal enum AcceptanceResult : byte
{
    /// <summary>It is safe.</summary>
    Accepted,

    /// <summary>There is no room.</summary>
    Full,

    /// <summary>The journal takes nothing, or could not be written: the statement is not in it.</summary>
    Failed,

    /// <summary>It could not be written, and nobody knows how much of it was: it may be there after a restart.</summary>
    Unknown,
}

/// <summary>A statement that wants to be deferred. Await it once, on its loop.</summary>
internal sealed class Acceptance(Loop loop, DeferredStatement statement) : LoopJob, ILoopAwaiter
{
    private Resumable? _continuation;

    /// <summary>The statement; with its number once it is accepted.</summary>
    internal DeferredStatement Statement { get; private set; } = statement;

    /// <summary>What became of it.</summary>
    internal AcceptanceResult Result { get; private set; }

    /// <summary>Why, in words.</summary>
    internal string Problem { get; private set; } = "";

    /// <summary>For the compiler.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>For the compiler.</summary>
    public Acceptance GetAwaiter() => this;

    /// <summary>For the compiler.</summary>
    public void GetResult()
    {
    }

    /// <inheritdoc/>
    public void OnCompleted(Resumable waiting) => _continuation = waiting;

    /// <inheritdoc/>
    public override void Run(Loop loop)
    {
        IsCompleted = true;
        _continuation?.Resume();
    }

    /// <summary>It has its number. The journal's thread only.</summary>
    internal void Number(ulong journal, ulong number) => Statement = Statement with { Journal = journal, Number = number };

    /// <summary>It is decided. The journal's thread only.</summary>
    internal void End(AcceptanceResult result, string problem = "")
    {
        Result = result;
        Problem = problem;
        loop.Post(this);
    }
}
