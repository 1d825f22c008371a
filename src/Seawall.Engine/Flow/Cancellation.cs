using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>
/// What was done to have a server end one statement. As long as it may still arrive there, the connection is not used again:
/// it must not hit the next statement, and least of all somebody else's.
/// </summary>
/// <remarks>
/// Servers take note of a KILL QUERY before they answer it. One that comes when the statement has just ended is forgotten by MariaDB
/// and by MySQL since 5.7; MySQL 5.6 interrupts the next statement, whatever it is (<c>KillTests</c>). So a statement of no
/// consequence is run in between whenever the one that was meant may not have been the one that was hit.
/// </remarks>
internal sealed class Cancellation : ILoopAwaiter
{
    private int _underWay;
    private int _arrived;
    private bool _mayComeLate;
    private Resumable? _continuation;

    /// <summary>For the compiler: whether nothing is under way.</summary>
    public bool IsCompleted => _underWay == 0;

    /// <summary>Whether the server has been told, or is being told.</summary>
    internal bool IsOnItsWay => _underWay + _arrived > 0;

    /// <summary>Whether the server has taken note of it.</summary>
    internal bool HasArrived => _arrived > 0;

    /// <summary>Whether the connection has forgotten over it what the statement left to be asked for.</summary>
    internal bool HasSwept { get; private set; }

    /// <summary>Something is being said to the server.</summary>
    internal void Begin() => _underWay++;

    /// <summary>What came of it.</summary>
    internal void End(CancelOutcome outcome)
    {
        _underWay--;
        _arrived += outcome == CancelOutcome.Done ? 1 : 0;
        _mayComeLate |= outcome == CancelOutcome.Unknown;
        if (_underWay > 0 || _continuation is not { } continuation)
            return;
        _continuation = null;
        continuation.Resume();
    }

    /// <summary>
    /// Waits until everything has arrived, and sees to it that nothing is left that would hit another statement.
    /// </summary>
    internal async LoopTask Finish(PooledConnection connection, AnswerFacts facts)
    {
        await this;
        // Whoever keeps it may go on; nobody else gets it.
        if (_mayComeLate)
            connection.ExpiresMs = long.MinValue;
        var isUsedUp = _arrived == 1 && facts.IsError && facts.ErrorCode == SqlError.Interrupted.Code;
        if (_arrived == 0 || isUsedUp)
            return;
        var writer = ServerQuery.Begin(connection.Wire.Loop.Writer.Clear(), connection).Raw("DO 0"u8).End();
        if (!connection.Wire.Send(writer.Bytes) || (await ServerReplies.Read(connection, 1)).Kind == ServerReplyKind.Lost)
            connection.IsBroken = true;
        HasSwept = true;
    }

    /// <summary>For the compiler.</summary>
    public Cancellation GetAwaiter() => this;

    /// <summary>For the compiler.</summary>
    public void GetResult()
    {
    }

    /// <inheritdoc/>
    public void OnCompleted(Resumable waiting) => _continuation = waiting;
}
