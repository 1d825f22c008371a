using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>
/// A server tells what changed with the next packet that can tell it: no error can, nor the end of rows in MySQL's old dialect. Where
/// that packet is none that the client gets, the report is kept, and goes along with the next one that the client gets.
/// </summary>
internal static class OwedReport
{
    /// <summary>More than a session changes between two packets: all variables of a server are some 20,000 bytes.</summary>
    private const int LengthMax = 32 * 1024;

    /// <summary>Takes up what came with the answer to a question of Seawall's own on the session's connection.</summary>
    internal static void Note(Session session, ServerConnection connection, ServerRows answer)
    {
        if (answer.Changes.Length == 0)
            return;
        var facts = new AnswerFacts();
        SessionLearning.Learn(session, connection, facts, answer.Changes, endsRows: false);
        if (facts.HasUnmovableChange)
            session.Pin(PinReasons.UnmovableVariable);
        Keep(session, answer.Changes);
    }

    /// <summary>Keeps what the client is still to be told.</summary>
    internal static void Keep(Session session, ReadOnlySpan<byte> changes)
    {
        if (!session.TracksSession || changes.Length == 0)
            return;
        var all = Merge(session.Owed, changes);
        session.Owed = all.Length <= LengthMax ? all : null;
    }

    /// <summary>What is to be told with a packet that tells of these changes: nothing is owed then.</summary>
    internal static ReadOnlySpan<byte> Settle(Session session, ReadOnlySpan<byte> changes)
    {
        if (session.Owed is not { } owed)
            return changes;
        session.Owed = null;
        return changes.Length == 0 ? owed : Merge(owed, changes);
    }

    // What is told twice is told as it is now.
    private static byte[] Merge(byte[]? before, ReadOnlySpan<byte> now)
    {
        if (before is null)
            return now.ToArray();
        Span<byte> kept = new byte[SessionChangeFilter.RoomFor(before.Length)];
        var length = 0;
        var reader = new SessionChangeReader(before);
        while (reader.MoveNext())
        {
            if (!IsIn(now, reader.Current))
                length += SessionChangeFilter.WriteChange(reader.Current, kept[length..]);
        }
        return [.. kept[..length], .. now];
    }

    private static bool IsIn(ReadOnlySpan<byte> changes, in SessionChange change)
    {
        var reader = new SessionChangeReader(changes);
        while (reader.MoveNext())
        {
            if (reader.Current.Kind == change.Kind && reader.Current.Name.SequenceEqual(change.Name))
                return true;
        }
        return false;
    }
}
