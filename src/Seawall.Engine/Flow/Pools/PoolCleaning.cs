using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Pools;

/// <summary>
/// Makes a server connection as new before somebody else gets it: temporary tables, variables, locks and an open
/// transaction of the session before are gone after it. Done when the connection comes back, off everybody's path.
/// </summary>
internal static class PoolCleaning
{
    /// <summary>
    /// Cleans the connection and gives it to the pool, or closes it when that fails, or afterwards (<paramref name="endsConnection"/>).
    /// </summary>
    internal static async LoopTask Run(PooledConnection connection, Pool pool, bool endsConnection = false)
    {
        var isClean = false;
        try
        {
            isClean = await Clean(connection, pool);
        }
        finally
        {
            // Whatever happens, the pool counts on it.
            if (isClean && !endsConnection)
                pool.GiveBack(connection);
            else
                pool.Drop(connection);
        }
    }

    /// <summary>Makes the connection as new; false when it must be closed. It has the server's global values of now afterwards.</summary>
    internal static async LoopTask<bool> Clean(PooledConnection connection, Pool pool)
    {
        // Rolling back a large transaction takes as long as it takes; no limit here, the connection counts as in use.
        if (!connection.Version.CanResetConnection)
            return await pool.LogInAgain(connection) && connection.IsQuiet();
        var epoch = pool.Server.Facts?.Globals.Epoch ?? connection.GlobalsEpoch;
        var target = connection.SettingsAfterReset.WithSchema(connection.Applied.Schema);
        if (!Send(connection, target, out var answers))
            return false;
        var reply = await ServerReplies.Read(connection, answers);
        if (!reply.IsOk)
            return false;
        connection.Applied = target;
        connection.NeedsTracking = false;
        connection.GlobalsEpoch = epoch;
        return connection.IsQuiet();
    }

    private static bool Send(PooledConnection connection, SessionSettings target, out int answers)
    {
        var writer = connection.Wire.Loop.Writer.Clear();
        answers = SettingsMove.Write(writer, connection, target, lastInsertId: null, reset: true);
        return connection.Wire.Send(writer.Bytes);
    }
}
