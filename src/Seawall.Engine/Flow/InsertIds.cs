using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.MySql.Commands;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// Follows LAST_INSERT_ID(). An answer tells a number, but not always this one: of an INSERT it may be a number that the client
/// chose, which leaves LAST_INSERT_ID() alone; and an error, rows (RETURNING) or a SELECT LAST_INSERT_ID(5) tell nothing.
/// </summary>
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

    /// <summary>Whether the statement may ask for the number by <c>WHERE id IS NULL</c>: that of others must not be there then.</summary>
    internal static bool MayBeAskedByNull(Statement statement) => statement.SettingsBefore.AsksByNull
        && statement.Kind is CommandKind.Query or CommandKind.StatementExecute or CommandKind.StatementBulkExecute
        && (statement.Facts.Hints & (StatementHints.HasFrom | StatementHints.UsesTables)) != 0;

    /// <summary>Takes note of what an answer tells, or does not tell.</summary>
    internal static void Note(Statement statement, AnswerFacts facts, ServerConnection connection)
    {
        if (statement.Kind is not (CommandKind.Query or CommandKind.StatementExecute))
            return;
        if (facts.LastInsertId != 0)
            NoteNumber(statement, facts.LastInsertId, connection);
        else if (MayHaveChanged(statement.Facts, facts))
            Doubt(statement.Session, connection, mayBeSame: !facts.IsError || !IsOneRow(statement));
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
            Doubt(session, connection, mayBeSame: statement.Facts.Statements > 1);
            if (isAmbiguous)
                session.InsertIdDoubt = session.InsertIdDoubt with { Before = null };
            return;
        }
        session.LastInsertId = number;
        connection.LastInsertId = number;
        session.InsertIdDoubt = default;
        session.Elsewhere &= ~PreviousFacts.LastInsertId;
    }

    private static void Doubt(Session session, ServerConnection connection, bool mayBeSame)
    {
        var wasThere = !session.Elsewhere.HasFlag(PreviousFacts.LastInsertId);
        session.InsertIdDoubt = session.InsertIdDoubt is { IsOpen: true, IsLost: false } open
            ? open with { MayBeSame = open.MayBeSame || mayBeSame }
            : new(IsOpen: true, session.InsertIdDoubt.IsLost && !wasThere, wasThere, connection.LastInsertId, mayBeSame)
            {
                IsCovered = session.InsertIdDoubt.IsCovered,
            };
        connection.LastInsertId = null;
    }

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
