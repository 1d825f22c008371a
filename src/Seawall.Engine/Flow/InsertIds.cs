using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.MySql.Commands;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// Follows LAST_INSERT_ID(). An answer tells a number, but not always this one: of an INSERT it may be a number that the client
/// chose, which leaves LAST_INSERT_ID() alone; and an error, rows (RETURNING) or a SELECT LAST_INSERT_ID(5) tell nothing.
/// </summary>
/// <remarks>
/// With <c>sql_auto_is_null</c> on, <c>WHERE id IS NULL</c> finds the row with that number, if a mark on the connection says so: an INSERT that
/// makes a number leaves it, and who finds the row takes it away. No statement sets it. Who asks keeps the connection, or has one with a mark.
/// </remarks>
internal static class InsertIds
{
    /// <summary>Longer ones are not copied for the sake of a number: then there is a doubt.</summary>
    private const int TextMax = 4096;

    private const StatementTraits Changers = StatementTraits.SetsLastInsertId | StatementTraits.CallsProcedure
        | StatementTraits.CallsUnknownFunction | StatementTraits.Compound | StatementTraits.ExecutesText | StatementTraits.Anything;

    /// <summary>Whether the text of the statement is looked at when its answer has come.</summary>
    internal static bool NeedsText(Statement statement) =>
        statement.Facts is { Statements: 1, Kind: StatementKind.Insert or StatementKind.Replace }
        && statement.Kind is CommandKind.Query or CommandKind.StatementExecute && statement.Packet.Length <= TextMax;

    /// <summary>
    /// What a statement needs that may ask for the number by <c>WHERE id IS NULL</c>: that of others must not be there then.
    /// </summary>
    internal static PreviousFacts NeededByNull(Statement statement)
    {
        if (statement.Kind is not (CommandKind.Query or CommandKind.StatementExecute or CommandKind.StatementBulkExecute))
            return PreviousFacts.None;
        if (!(statement.SettingsBefore.AsksByNull ?? statement.Session.BeganAskingByNull) && !SetsAskingByNull(statement))
            return PreviousFacts.None;
        if (statement.Reader is not null)
            return PreviousFacts.HiddenInsertId;
        if ((statement.Facts.Hints & (StatementHints.HasFrom | StatementHints.UsesTables)) == 0)
            return PreviousFacts.None;
        var text = StatementText.Of(statement);
        return !text.IsMissing && NullQuestion.IsIn(text.Bytes, text.Dialect)
            ? PreviousFacts.HiddenInsertId | PreviousFacts.NullMark : PreviousFacts.HiddenInsertId;
    }

    /// <summary>Whether the session may have made a number that <c>WHERE id IS NULL</c> finds.</summary>
    internal static bool MayHaveMade(Session session) => session.LastInsertId != 0 || session.InsertIdDoubt.IsOpen;

    /// <summary>
    /// Whether <c>WHERE id IS NULL</c> finds on its present connection what it would find where the session made its number: the row with the number, or
    /// nothing, because there is none.
    /// </summary>
    internal static bool IsMarkThere(Session session) => !session.InsertIdDoubt.IsOpen
        && (session.LastInsertId == 0 || (session.HasNullMark && session.Lease!.Connection.HasNullMark));

    // For itself alone, or in front of what asks in the same text.
    private static bool SetsAskingByNull(Statement statement)
    {
        var text = statement.Facts;
        var maySet = (text.Traits & StatementTraits.SetsSystemVariable) != 0 ? text is not { Kind: StatementKind.Set, Statements: 1 }
            : (text.Hints & StatementHints.HasHints) != 0;
        return maySet && NullQuestion.NamesVariable(statement.Prepared is { } prepared ? prepared.Text.Text : statement.Text);
    }

    /// <summary>Takes note of what an answer tells, or does not tell.</summary>
    internal static void Note(Statement statement, AnswerFacts facts, ServerConnection connection)
    {
        if ((statement.Decision.Needs & PreviousFacts.HiddenInsertId) != 0 || statement.Reader is not null)
            NoteAsked(statement.Session, connection);
        if (statement.Kind == CommandKind.StatementBulkExecute && (facts.LastInsertId != 0 || MayMake(statement.Facts)))
            Doubt(statement, connection, mayBeSame: true); // Of one of its rows there is a number, and of the others not.
        if (statement.Kind is not (CommandKind.Query or CommandKind.StatementExecute))
            return;
        if (facts.LastInsertId != 0)
            NoteNumber(statement, facts.LastInsertId, connection);
        else if (MayHaveChanged(statement.Facts, facts))
            Doubt(statement, connection, mayBeSame: !facts.IsError || !IsOneRow(statement));
    }

    /// <summary>The connection says now that LAST_INSERT_ID() is this.</summary>
    internal static void Resolve(Session session, ServerConnection connection, ulong number)
    {
        connection.LastInsertId = number;
        if (session.InsertIdDoubt is not { IsOpen: true, IsLost: false } doubt)
            return;
        var isAmbiguous = doubt.Before is null || (doubt.MayBeSame && number == doubt.Before && number != session.LastInsertId);
        if (!doubt.WasThere && isAmbiguous)
        {
            session.InsertIdDoubt = doubt with { IsLost = true };
            return;
        }
        if (doubt.WasThere || number != doubt.Before)
            session.LastInsertId = number;
        if (!doubt.MayBeSaid && doubt.Before is { } before && number != before)
            Mark(session, connection);
        session.InsertIdDoubt = default;
        session.Elsewhere = number == session.LastInsertId
            ? session.Elsewhere & ~PreviousFacts.LastInsertId : session.Elsewhere | PreviousFacts.LastInsertId;
    }

    private static void NoteNumber(Statement statement, ulong number, ServerConnection connection)
    {
        var session = statement.Session;
        if (!IsSure(statement, number))
        {
            // A number that others got there before tells nothing.
            var before = session.InsertIdDoubt is { IsOpen: true, IsLost: false } doubt ? doubt.Before : connection.LastInsertId;
            var isAmbiguous = number == before && session.Elsewhere.HasFlag(PreviousFacts.LastInsertId);
            Doubt(statement, connection, mayBeSame: statement.Facts.Statements > 1);
            if (isAmbiguous)
                session.InsertIdDoubt = session.InsertIdDoubt with { Before = null };
            return;
        }
        session.LastInsertId = number;
        connection.LastInsertId = number;
        session.InsertIdDoubt = default;
        session.Elsewhere &= ~PreviousFacts.LastInsertId;
        if (statement.Facts.Kind != StatementKind.Update)
            Mark(session, connection);
    }

    // It may have found the row, then the mark is gone; a view or a routine may have. What was the same before is the same after it.
    private static void NoteAsked(Session session, ServerConnection connection)
    {
        if (session.HasNullMark && connection.HasNullMark && !session.InsertIdDoubt.IsOpen && !session.Elsewhere.HasFlag(PreviousFacts.LastInsertId))
            session.Elsewhere &= ~PreviousFacts.NullMark;
        session.HasNullMark = connection.HasNullMark = false;
    }

    // An INSERT has made the number there.
    private static void Mark(Session session, ServerConnection connection)
    {
        session.HasNullMark = connection.HasNullMark = true;
        session.Elsewhere &= ~PreviousFacts.NullMark;
    }

    private static void Doubt(Statement statement, ServerConnection connection, bool mayBeSame)
    {
        var session = statement.Session;
        var mayBeSaid = (statement.Facts.Traits & Changers) != 0 || statement.Facts.Statements > 1;
        var wasThere = !session.Elsewhere.HasFlag(PreviousFacts.LastInsertId);
        session.InsertIdDoubt = session.InsertIdDoubt is { IsOpen: true, IsLost: false } open
            ? open with { MayBeSame = open.MayBeSame || mayBeSame, MayBeSaid = open.MayBeSaid || mayBeSaid }
            : new(IsOpen: true, session.InsertIdDoubt.IsLost && !wasThere, wasThere, connection.LastInsertId, mayBeSame)
            {
                IsCovered = session.InsertIdDoubt.IsCovered,
                MayBeSaid = mayBeSaid,
            };
        connection.LastInsertId = null;
    }

    private static bool MayMake(StatementFacts text) =>
        text.Kind is StatementKind.Insert or StatementKind.Replace || (text.Traits & Changers) != 0;

    private static bool MayHaveChanged(StatementFacts text, AnswerFacts facts) => text.Kind switch
    {
        _ when (text.Traits & Changers) != 0 => true,
        StatementKind.Load when facts.RowCount > 0 => true, // It makes numbers, and tells none.
        StatementKind.Insert or StatementKind.Replace or StatementKind.Load =>
            facts.IsError || text.Statements > 1 || (text.Hints & StatementHints.Returns) != 0,
        _ => text.Statements > 1 && facts.IsError,
    };

    // One that has failed has made no number, but for a trigger that failed after it; several may have made one before.
    private static bool IsOneRow(Statement statement) => NeedsText(statement)
        && MadeNumber.IsOneRow(statement.Prepared is { } prepared ? prepared.Text.Text : statement.Text);

    private static bool IsSure(Statement statement, ulong number)
    {
        if (statement.Facts is { Statements: 1, Kind: StatementKind.Update })
            return true; // LAST_INSERT_ID(expr), the way of those who make their own sequences.
        if (!NeedsText(statement) || (statement.Facts.Hints & (StatementHints.Returns | StatementHints.HasInnerSelect)) != 0)
            return false;
        if (statement.Prepared is not { } prepared)
            return MadeNumber.IsSure(statement.Text, number);
        return MadeNumber.IsSure(prepared.Text.Text, number)
            && (prepared.Parameters == 0 || ExecutionPacket.HasNot(statement, prepared, number));
    }
}
