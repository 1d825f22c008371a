using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Pools;

/// <summary>
/// A session's use of a server connection: nobody else touches the connection until it is given back. One object for the
/// life of the connection, so that a statement allocates none.
/// </summary>
internal sealed class Lease(PooledConnection connection)
{
    private Pool? _pool;

    /// <summary>The connection.</summary>
    internal PooledConnection Connection { get; } = connection;

    /// <summary>Whose it is; null when no session has it.</summary>
    internal Pool? Pool => _pool;

    /// <summary>Since when, in the loop's milliseconds.</summary>
    internal long SinceMs { get; private set; }

    /// <summary>Whether a session has it now.</summary>
    internal bool IsHeld => _pool is not null;

    /// <summary>The present use, to find out later whether anybody else has had the connection since.</summary>
    internal LeaseMark Mark => new(Connection, Connection.Uses);

    /// <summary>A session takes the connection.</summary>
    internal static Lease Begin(PooledConnection connection, Pool pool)
    {
        var lease = connection.Lease;
        lease._pool = pool;
        lease.SinceMs = connection.Wire.Loop.NowMs;
        connection.Uses++;
        return lease;
    }

    /// <summary>
    /// Ends the use. A connection with somebody's state on it is cleaned first; one that cannot be trusted is closed.
    /// </summary>
    internal void Return()
    {
        var pool = Take();
        if (!Connection.IsQuiet())
            pool.Drop(Connection);
        else if (Connection.IsDirty)
            PoolCleaning.Run(Connection, pool).Forget(Connection.Wire.Loop.Report);
        else
            pool.GiveBack(Connection);
    }

    /// <summary>Ends the use when the connection is as new again, and the connection if it must not be used any more even so.</summary>
    internal LoopTask Clean(bool endsConnection) => PoolCleaning.Run(Connection, Take(), endsConnection);

    /// <summary>Ends the use and the connection.</summary>
    internal void Discard() => Take().Drop(Connection);

    private Pool Take()
    {
        var pool = _pool ?? throw new InvalidOperationException("A lease ends once.");
        _pool = null;
        return pool;
    }
}

/// <summary>One use of one connection.</summary>
/// <param name="Connection">The connection, which may be closed by now.</param>
/// <param name="Use">Which of its uses.</param>
internal readonly record struct LeaseMark(PooledConnection? Connection, ulong Use)
{
    /// <summary>Whether nobody has had the connection since: what the statement before left there is still there.</summary>
    internal bool IsUntouched => Connection is { Wire.IsClosed: false } && Connection.Uses == Use;
}
