using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// A statement that asks about the statement before it, on a connection that others have used since: the facts that are known are
/// put into its text, or its answer gets the warnings that were kept; without them it is refused. What is set on the connection (LAST_INSERT_ID())
/// is left to <see cref="Departure"/>.
/// </summary>
internal sealed class Recall(PreparedTexts texts)
{
    private const PreviousFacts Asked =
        PreviousFacts.RowCount | PreviousFacts.FoundRows | PreviousFacts.Diagnostics | PreviousFacts.OnlyThere;

    /// <summary>Whether there is anything to prepare.</summary>
    internal static bool IsNeeded(Statement statement) => statement.Decision.Needs != PreviousFacts.None
        || Leftovers.MustSweep(statement) || StatusQuestion.IsDueBefore(statement) || MayLoseWarnings(statement);

    /// <summary>Sees to it that the statement can be sent; false when it was refused, and the client has been told.</summary>
    internal LoopTask<bool> Prepare(Statement statement) => StatusQuestion.IsDueBefore(statement) ? AskStatus(statement)
        : Leftovers.MustSweep(statement) ? Sweep(statement)
        : MayLoseWarnings(statement) ? PrepareWarned(statement) : PrepareKnown(statement);

    // Its error would come on top of them, and its settings would take them away before.
    private static bool MayLoseWarnings(Statement statement) => statement.Kind == CommandKind.InitDb
        && statement.Session is { Lease.Connection: { } connection } session && Bequest.AlwaysForgets(connection.Version)
        && HasWarningsThere(session) && !ReferenceEquals(connection.Applied, session.Settings);

    private async LoopTask<bool> AskStatus(Statement statement)
    {
        statement.Hold();
        await StatusQuestion.Ask(statement.Session);
        return await (Leftovers.MustSweep(statement) ? Sweep(statement) : PrepareKnown(statement));
    }

    // The counts that the session itself has there are swept away as well, its warnings are not.
    private async LoopTask<bool> Sweep(Statement statement)
    {
        var session = statement.Session;
        if (session.LastResult.Warnings > 0 && !session.Elsewhere.HasFlag(PreviousFacts.Diagnostics))
        {
            statement.Hold();
            await Keepsake.SweepCounts(session, session.Lease!.Connection);
        }
        else
        {
            session.Elsewhere |= PreviousFacts.RowCount | PreviousFacts.FoundRows | PreviousFacts.Diagnostics;
            statement.NeedsCleanDiagnostics = true;
        }
        return await PrepareKnown(statement);
    }

    private LoopTask<bool> PrepareKnown(Statement statement)
    {
        var session = statement.Session;
        var needs = statement.Decision.Needs;
        if (needs.HasFlag(PreviousFacts.Diagnostics) && session.KeptWarnings is { Own.Message.Length: <= Keepsake.SaidLengthMax } own
            && session.Lease is { Connection.Version.CanTrackSession: false } && KeptWarnings.MayBeUntold(session))
        {
            return SayAgain(statement, own);
        }
        if (needs.HasFlag(PreviousFacts.FoundRows) && (session.LastResult.FoundRows < 0 || session.Elsewhere.HasFlag(PreviousFacts.FoundRows)))
            session.Pool!.FoundRows.NoteAsked();
        if (needs.HasFlag(PreviousFacts.LastInsertId))
            session.Pool!.InsertId.NoteAsked();
        if (IsMovedToPrepare(statement))
        {
            session.Elsewhere |= PreviousFacts.RowCount;
            if (needs.HasFlag(PreviousFacts.Diagnostics) && HasWarningsThere(session))
                return PrepareMoved(statement);
        }
        if ((needs & (PreviousFacts.LastInsertId | PreviousFacts.HiddenInsertId)) == 0)
            return new(PrepareRest(statement));
        // Setting the number is a statement, also on a connection that the session has kept.
        if (session.Elsewhere.HasFlag(PreviousFacts.LastInsertId))
            session.Elsewhere |= PreviousFacts.RowCount;
        if (session.InsertIdDoubt.IsOpen)
            return PrepareDoubtful(statement);
        if (Departure.MustSetId(statement) && needs.HasFlag(PreviousFacts.Diagnostics) && HasWarningsThere(session))
            return PrepareWarned(statement);
        return new(PrepareRest(statement));
    }

    private async LoopTask<bool> SayAgain(Statement statement, KeptWarnings own)
    {
        statement.Hold();
        var (error, message) = own.Own!.Value;
        await Keepsake.SayAgain(statement.Session, statement.Session.Lease!.Connection, own, error, message);
        return await PrepareKnown(statement);
    }

    // Its own connection has never seen the statement, or not since it was reset: it is prepared there under the settings of then, and
    // these are set by statements.
    private static bool IsMovedToPrepare(Statement statement)
    {
        var session = statement.Session;
        return statement is { Kind: CommandKind.StatementExecute, Prepared: { } prepared }
            && session.Lease!.Connection.Statements.Find(prepared.Text, prepared, ExecutionPacket.OpensCursor(statement)) is null
            && !ReferenceEquals(session.Settings.ReadingAs(prepared.Text.Settings), session.Settings);
    }

    private async LoopTask<bool> PrepareMoved(Statement statement)
    {
        statement.Hold();
        await Keepsake.TakeWarnings(statement.Session, statement.Session.Lease!.Connection);
        return await PrepareKnown(statement);
    }

    private static bool HasWarningsThere(Session session) =>
        session.LastResult.Warnings > 0 && !session.Elsewhere.HasFlag(PreviousFacts.Diagnostics);

    // To set LAST_INSERT_ID takes the warnings away, on MySQL.
    private async LoopTask<bool> PrepareWarned(Statement statement)
    {
        statement.Hold();
        await Keepsake.TakeWarnings(statement.Session, statement.Session.Lease!.Connection);
        return PrepareRest(statement);
    }

    private async LoopTask<bool> PrepareDoubtful(Statement statement)
    {
        var session = statement.Session;
        var asksForMark = (statement.Decision.Needs & session.Elsewhere & PreviousFacts.NullMark) != 0;
        if (session.InsertIdDoubt is { IsLost: false } doubt && (!doubt.WasThere || asksForMark))
        {
            statement.Hold();
            // The question itself must not take the warnings away.
            if (HasWarningsThere(session))
                await Keepsake.TakeWarnings(session, session.Lease!.Connection);
            await Keepsake.TakeInsertId(session, session.Lease!.Connection);
        }
        return session.InsertIdDoubt.IsLost && statement.Decision.Needs.HasFlag(PreviousFacts.LastInsertId)
            ? Refuse(statement) : PrepareRest(statement);
    }

    private bool PrepareRest(Statement statement)
    {
        var session = statement.Session;
        if (statement.Facts.Kind == StatementKind.GetDiagnostics)
            return MayGetDiagnostics(statement) || Refuse(statement);
        // RESIGNAL leaves what is there, and adds to it.
        if (statement.Facts.Kind == StatementKind.Signal && session.LastResult.Warnings == 0)
            return true;
        var missing = statement.Decision.Needs & session.Elsewhere & Asked & ~statement.Told;
        if ((missing & (PreviousFacts.Profile | PreviousFacts.SequenceValue | PreviousFacts.NullMark)) != 0)
            missing &= ~KnownThere(statement);
        if (missing == PreviousFacts.None || statement.Kind == CommandKind.StatementPrepare)
            return true;
        var text = StatementText.Of(statement);
        if (OnlyDefines(statement.Facts, text))
            return true;
        if ((missing & PreviousFacts.OnlyThere) != 0 || text.IsMissing || ExecutionPacket.OpensSomething(statement))
            return Refuse(statement);
        if (!PreviousQuestion.TryRead(text.Bytes, text.Dialect, out var question))
            return TryWrite(statement, text, text.Bytes, missing) || Refuse(statement);
        if (question.AsSelect() is { } select)
            return TryWrite(statement, text, select, missing) || Refuse(statement);
        statement.Recast = Answer(session, question);
        return statement.Recast is not null || Refuse(statement);
    }

    // What the session has collected on the connection that it keeps, or taken from sequences since it has it; and a mark that is there, whosesoever.
    private static PreviousFacts KnownThere(Statement statement)
    {
        var session = statement.Session;
        var known = session.PinReasons.HasFlag(PinReasons.UnmovableVariable) ? PreviousFacts.Profile : PreviousFacts.None;
        if (InsertIds.IsMarkThere(session))
            known |= PreviousFacts.NullMark;
        var text = StatementText.Of(statement);
        var names = new List<string>();
        if (session.Sequences is { } sequences && !text.IsMissing
            && StatementNames.TryReadSequences(text.Bytes, text.Dialect, text.Schema, names) && names.TrueForAll(sequences.Contains))
        {
            known |= PreviousFacts.SequenceValue;
        }
        return known;
    }

    // Nothing of it is asked now.
    private static bool OnlyDefines(StatementFacts facts, in StatementText text) => facts.Statements == 1
        && (facts.Kind is StatementKind.Explain or StatementKind.Describe || (facts.Traits & StatementTraits.DefinesRoutine) != 0
            || (facts.Kind is StatementKind.Create or StatementKind.Alter && StatementNames.IsView(text.Bytes, text.Dialect)));

    private static Recast? Answer(Session session, PreviousQuestion question)
    {
        if (session is { KeptWarnings: null, LastResult.Warnings: > 0 })
            return null;
        if (session.KeptWarnings is { } kept && !kept.AreReadableBy(session))
            return null;
        var rows = session.KeptWarnings?.Rows ?? [];
        if (question.Kind == QuestionKind.Errors)
            rows = [.. rows.Where(KeptWarnings.IsError)];
        return new Recast { Rows = [.. rows.Skip(question.Offset).Take(question.Count)] };
    }

    // Puts what is known into the text. A prepared statement is executed as another one, with the values in it.
    private bool TryWrite(Statement statement, in StatementText text, ReadOnlySpan<byte> words, PreviousFacts missing)
    {
        var session = statement.Session;
        var asked = (missing.HasFlag(PreviousFacts.RowCount) ? AskedFacts.RowCount : 0)
            | (missing.HasFlag(PreviousFacts.FoundRows) ? AskedFacts.FoundRows : 0)
            | (missing.HasFlag(PreviousFacts.Diagnostics) ? AskedFacts.WarningCount | AskedFacts.ErrorCount : 0);
        var traces = statement.Traces;
        if (!Wording.MayReplace(statement)
            || FactText.Put(words, text.Dialect, asked, fact => ValueOf(session, fact), ref traces) is not { } written)
        {
            return false;
        }
        if (statement.Prepared is { } prepared)
        {
            statement.Wording?.Release();
            statement.Wording = texts.Hold(written, prepared.Text.Settings);
            statement.Traces = traces;
        }
        else
            Wording.Replace(statement, written, traces);
        statement.Told |= missing;
        return true;
    }

    // It reads whatever is on the connection, into variables. Without warnings it can be had anywhere.
    private static bool MayGetDiagnostics(Statement statement)
    {
        var session = statement.Session;
        if (session.Elsewhere.HasFlag(PreviousFacts.RowCount))
            return false;
        return !session.Elsewhere.HasFlag(PreviousFacts.Diagnostics) || session.LastResult.Warnings == 0;
    }

    private static long? ValueOf(Session session, AskedFacts fact)
    {
        var last = session.LastResult;
        return fact switch
        {
            AskedFacts.RowCount => last.RowCount,
            AskedFacts.FoundRows => last.FoundRows >= 0 ? last.FoundRows : null,
            AskedFacts.WarningCount => last.Warnings == 0 ? 0 : session.KeptWarnings?.Warnings,
            AskedFacts.ErrorCount => last.Warnings == 0 ? 0 : session.KeptWarnings?.Errors,
            AskedFacts.ConnectionId or AskedFacts.None => null,
            _ => null,
        };
    }

    private static bool Refuse(Statement statement)
    {
        var session = statement.Session;
        session.KeepsFacts = true;
        session.Pool!.Missed |= statement.Decision.Needs & session.Elsewhere & ~statement.Told;
        ClientReplies.SendError(session, statement.ReplySequence, SqlError.NotSupported,
            $"{Words(statement.Decision.Needs)} cannot be told of the statement before: the server connection was used by others since. "
            + "From now on this client keeps its connection from one statement to the next, for a while; do all again, or ask in the same "
            + "transaction [seawall: the statement did not run]");
        if (session is { Lease: { } lease, InTransaction: false, Pins: null })
        {
            session.Lease = null;
            lease.Return();
        }
        return false;
    }

    private static string Words(PreviousFacts needs)
    {
        (PreviousFacts Fact, string Word)[] all =
        [
            (PreviousFacts.LastInsertId, "LAST_INSERT_ID()"), (PreviousFacts.RowCount, "ROW_COUNT()"),
            (PreviousFacts.FoundRows, "FOUND_ROWS()"), (PreviousFacts.Diagnostics, "the warnings"),
            (PreviousFacts.LastGtid, "the last GTID"), (PreviousFacts.SequenceValue, "the last value of the sequence"),
            (PreviousFacts.Profile, "the profile"), (PreviousFacts.NullMark, "what IS NULL finds (sql_auto_is_null)"),
        ];
        return string.Join(", ", all.Where(each => needs.HasFlag(each.Fact)).Select(each => each.Word));
    }
}

/// <summary>The rows that an answer must have. The answer is short.</summary>
internal sealed class Recast
{
    /// <summary>The rows.</summary>
    internal required IReadOnlyList<byte[]?[]> Rows { get; init; }

    /// <summary>The answer as the client would have got it.</summary>
    internal MemoryStream Original { get; } = new();

    /// <summary>Sends the answer when it is complete; otherwise nothing of it.</summary>
    internal void Send(Statement statement, RelayEnd end)
    {
        var session = statement.Session;
        if (end != RelayEnd.Complete || session.Wire.IsClosed)
            return;
        var recast = new ResultRecast(Original.GetBuffer().AsSpan(0, (int)Original.Length), endsWithOk: !session.WantsEof);
        var writer = session.Wire.Loop.Writer.Clear();
        recast.ReplaceRows(writer, Rows, isBinary: statement.Kind == CommandKind.StatementExecute);
        session.Wire.Send(writer.Bytes);
    }
}
