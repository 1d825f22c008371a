using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow;

/// <summary>
/// How far the XA transaction of a connection is. A reset takes away one that is not prepared, and the next statement can begin another
/// of that name; a connection that is only closed has it until the server looks, which may be later. One that is prepared stays on
/// MySQL, with or without a reset, while MariaDB 10.11 answers everything after a reset with error 1031 and keeps the locks.
/// </summary>
internal static class XaProbe
{
    /// <summary>XAER_RMFAIL: the statement is not for a connection in an XA transaction; the message names its state in English.</summary>
    private const int NotInThisState = 1399;

    /// <summary>
    /// Whether a reset would do harm. What is open there and is no XA transaction is rolled back by the question.
    /// </summary>
    internal static async LoopTask<bool> MayBePrepared(ServerConnection connection)
    {
        if (!connection.Version.IsMariaDb)
            return false;
        // With results in ucs2, utf16 or utf32 errors have no words: servers take the first zero for their end.
        var writer = ServerQuery.Begin(connection.Wire.Loop.Writer.Clear(), connection).Raw("SET character_set_results=utf8mb4"u8).End();
        ServerQuery.Begin(writer, connection).Raw("ROLLBACK"u8).End();
        if (!connection.Wire.Send(writer.Bytes))
            return true;
        var reply = await ServerReplies.Read(connection, 2);
        return !reply.IsOk && !(reply.Code == NotInThisState
            && (reply.Message.Contains("ACTIVE", StringComparison.Ordinal) || reply.Message.Contains("IDLE", StringComparison.Ordinal)));
    }
}
