namespace Seawall.Engine.Flow.Pools;

/// <summary>
/// What is in flight at one server, and whether anything of it moves: counted by each loop for itself, so that a statement pays two
/// increments; whoever wants to know adds up all loops. Exact when nothing moves, which is what it is for.
/// </summary>
internal sealed class ServerPulse(int loops)
{
    private readonly Beat[] _beats = [.. Enumerable.Range(0, loops).Select(_ => new Beat())];
    private long _hangs;

    /// <summary>How often nothing moved any more.</summary>
    internal long Hangs => Interlocked.Read(ref _hangs);

    /// <summary>What one loop counts. That loop only.</summary>
    internal Beat On(int loop) => _beats[loop];

    /// <summary>Statements in flight; how many have been answered to their end since ever; bytes that have come. From any thread.</summary>
    internal (int InFlight, long Answers, long Bytes) Read()
    {
        var (inFlight, answers, bytes) = (0, 0L, 0L);
        foreach (var beat in _beats)
        {
            inFlight += Volatile.Read(ref beat.InFlight);
            answers += Volatile.Read(ref beat.Answers);
            bytes += Volatile.Read(ref beat.Bytes);
        }
        return (inFlight, answers, bytes);
    }

    /// <summary>It has been found hanging.</summary>
    internal void NoteHang() => Interlocked.Increment(ref _hangs);

    /// <summary>What one loop has counted of one server.</summary>
    internal sealed class Beat
    {
        /// <summary>Statements that have a connection to the server.</summary>
        internal int InFlight;

        /// <summary>Statements that it has answered to their end.</summary>
        internal long Answers;

        /// <summary>Bytes of answers.</summary>
        internal long Bytes;
    }
}
