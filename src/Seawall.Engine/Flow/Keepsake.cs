using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>
/// The answer to a SHOW WARNINGS that the client may still send: taken before the connection that has the warnings is given
/// to others, in the form that this client would have got it.
/// </summary>
internal static class Keepsake
{
    /// <summary>
    /// What is kept for one client. A server keeps 64 warnings by default (<c>max_error_count</c>), each up to 512 bytes.
    /// </summary>
    private const int LengthMax = 64 * 1024;

    /// <summary>Asks the server; null when it does not answer as it should, and then the warnings are lost.</summary>
    internal static async LoopTask<byte[]?> Take(Session session, ServerConnection connection)
    {
        var loop = connection.Wire.Loop;
        if (!connection.Wire.Send(ServerQuery.Begin(loop.Writer.Clear(), connection).Raw("SHOW WARNINGS"u8).End().Bytes))
            return null;
        var kept = new MemoryStream();
        var answer = new Answer();
        answer.Begin(session, connection, ResponseShape.Results, divert: kept);
        while (true)
        {
            var state = Relay.FollowChunk(answer, meter: null, out var received);
            if (state == AnswerState.Complete)
                return kept.Length <= LengthMax && !answer.Facts.IsError ? kept.ToArray() : null;
            if (state != AnswerState.Open || kept.Length > LengthMax || received is WireResult.End or WireResult.Broken)
            {
                connection.IsBroken = true;
                return null;
            }
            if (received == WireResult.Later)
                await connection.Wire.Readable();
        }
    }
}
