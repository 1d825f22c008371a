using Seawall.Engine.Flow.Clients;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// <c>CONNECTION_ID()</c> and <c>@@pseudo_thread_id</c>: a client must read the number that it was greeted with, by which it can be killed,
/// and not that of whatever server connection answers. It is put into the text, of a prepared statement when it is prepared.
/// </summary>
internal static class OwnNumber
{
    private const StatementTraits Concerned = StatementTraits.ReadsConnectionId | StatementTraits.SetsOneShot;

    /// <summary>Whether a statement has anything to do with the number.</summary>
    internal static bool Concerns(Statement statement) => (statement.Facts.Traits & Concerned) != 0
        && statement is { Kind: CommandKind.Query or CommandKind.StatementPrepare, IsWhole: true };

    /// <summary>Puts the number into the statement, where it can be and means something.</summary>
    internal static void Put(Statement statement)
    {
        var session = statement.Session;
        var dialect = SessionDialect.Of(statement.SettingsBefore, statement.Server);
        if ((statement.Facts.Traits & StatementTraits.SetsOneShot) != 0)
            session.HasOwnNumber |= FactText.SetsOwnNumber(statement.Text, dialect);
        // In several statements a KILL is the server's to read: the number there must be the server's.
        if (session.HasOwnNumber || (statement.Facts.Traits & StatementTraits.Kills) != 0 || !Wording.MayReplace(statement) || IsAmongConnections(session)
            || FactText.ReadsConnections(statement.Text, dialect))
        {
            return;
        }
        var traces = statement.Traces;
        if (FactText.Put(statement.Text, dialect, AskedFacts.ConnectionId, _ => session.Id, ref traces) is { } text)
            Wording.Replace(statement, text, traces);
    }

    private static bool IsAmongConnections(Session session) =>
        session.Settings.Schema?.ToLowerInvariant() is "information_schema" or "performance_schema" or "sys";
}

/// <summary>The text of a statement in other words, which mean the same to its session wherever it runs.</summary>
internal static class Wording
{
    /// <summary>
    /// Whether values may stand in the place of questions: not where the text is kept and run later, or defines something; and not
    /// where names of columns come in a character set in which they could not be found again.
    /// </summary>
    internal static bool MayReplace(Statement statement)
    {
        if (statement.Facts.Kind is StatementKind.Create or StatementKind.Alter or StatementKind.Explain or StatementKind.Describe
                or StatementKind.Kill
            || (statement.Facts.Traits & (StatementTraits.Compound | StatementTraits.DefinesRoutine)) != 0)
        {
            return false;
        }
        return statement.Session.Settings["character_set_results"] is not { } charset
            || !(charset.StartsWith("utf16", StringComparison.OrdinalIgnoreCase) || charset.StartsWith("utf32", StringComparison.OrdinalIgnoreCase)
                || charset.StartsWith("ucs2", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Gives a statement that comes as text another one; what is before the text stays.</summary>
    internal static void Replace(Statement statement, ReadOnlySpan<byte> text, FactTraces? traces)
    {
        var length = statement.TextAt + text.Length;
        var packet = new byte[Inbox.Headroom + MySql.Framing.PacketHeader.Size + length];
        MySql.Framing.PacketHeader.Write(packet.AsSpan(Inbox.Headroom), length, 0);
        statement.Packet.Payload[..statement.TextAt].CopyTo(packet.AsSpan(Inbox.Headroom + MySql.Framing.PacketHeader.Size));
        text.CopyTo(packet.AsSpan(packet.Length - text.Length));
        statement.Replace(new PacketSlice(packet, Inbox.Headroom, length, length));
        statement.Traces = traces;
    }
}
