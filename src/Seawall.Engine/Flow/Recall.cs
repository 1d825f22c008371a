using System.Globalization;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// A statement that asks about the statement before it, on a connection that others have used since: the facts that are known are
/// put into its answer, or into its text; without them it is refused. What is set on the connection (LAST_INSERT_ID())
/// is left to <see cref="Departure"/>.
/// </summary>
internal static class Recall
{
    private const PreviousFacts Asked =
        PreviousFacts.RowCount | PreviousFacts.FoundRows | PreviousFacts.Diagnostics | PreviousFacts.OnlyThere;

    /// <summary>Sees to it that the statement can be sent; false when it was refused, and the client has been told.</summary>
    internal static LoopTask<bool> Prepare(Statement statement)
    {
        var session = statement.Session;
        var needs = statement.Decision.Needs;
        if (needs.HasFlag(PreviousFacts.FoundRows) && (session.LastResult.FoundRows < 0 || session.Elsewhere.HasFlag(PreviousFacts.FoundRows)))
            session.Pool!.FoundRows.NoteAsked();
        if (needs.HasFlag(PreviousFacts.LastInsertId))
            session.Pool!.InsertId.NoteAsked();
        if (needs.HasFlag(PreviousFacts.LastInsertId) && session.InsertIdDoubt.IsOpen)
            return PrepareDoubtful(statement);
        return new(PrepareRest(statement));
    }

    private static async LoopTask<bool> PrepareDoubtful(Statement statement)
    {
        var session = statement.Session;
        if (session.InsertIdDoubt is { IsLost: false, WasThere: false })
        {
            statement.Hold();
            // The question itself must not take the warnings away.
            if (session.LastResult.Warnings > 0 && !session.Elsewhere.HasFlag(PreviousFacts.Diagnostics))
                await Keepsake.TakeWarnings(session, session.Lease!.Connection);
            await Keepsake.TakeInsertId(session, session.Lease!.Connection);
        }
        return session.InsertIdDoubt.IsLost ? Refuse(statement) : PrepareRest(statement);
    }

    private static bool PrepareRest(Statement statement)
    {
        var session = statement.Session;
        var missing = statement.Decision.Needs & session.Elsewhere & Asked;
        if (statement.Facts.Kind == StatementKind.GetDiagnostics)
            return MayGetDiagnostics(statement) || Refuse(statement);
        if (missing == PreviousFacts.None || statement.Kind == CommandKind.StatementPrepare)
            return true;
        var text = StatementText.Of(statement);
        if (missing.HasFlag(PreviousFacts.OnlyThere) || text.IsMissing || ExecutionPacket.OpensSomething(statement))
            return Refuse(statement);
        statement.Recast = PreviousQuestion.TryRead(text.Bytes, text.Dialect, out var question) ? Answer(statement, question) : null;
        return statement.Recast is not null || TryWrite(statement, text) || Refuse(statement);
    }

    private static Recast? Answer(Statement statement, PreviousQuestion question)
    {
        var session = statement.Session;
        if (question.Kind != QuestionKind.Values)
        {
            if (session is { KeptWarnings: null, LastResult.Warnings: > 0 })
                return null;
            var rows = session.KeptWarnings?.Rows ?? [];
            if (question.Kind == QuestionKind.Errors)
                rows = [.. rows.Where(row => row[0].AsSpan().SequenceEqual("Error"u8))];
            return new Recast { Rows = [.. rows.Skip(question.Offset).Take(question.Count)] };
        }
        var values = new string?[question.Columns.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var fact = question.Columns[i];
            if (fact == AskedFact.Other && statement.Kind == CommandKind.StatementExecute)
                return null; // Where the next column begins depends on its type.
            if (!session.Elsewhere.HasFlag(FlagOf(fact)) || fact is AskedFact.Other or AskedFact.LastInsertId)
                continue;
            if (ValueOf(session, fact) is not { } value)
                return null;
            values[i] = value;
        }
        return new Recast { Values = values };
    }

    // Nobody sees the columns of an INSERT: the values can stand in its text. A prepared text stays what it is.
    private static bool TryWrite(Statement statement, in StatementText text)
    {
        if (statement.Kind != CommandKind.Query)
            return false;
        var session = statement.Session;
        if (PreviousAnswers.Write(text.Bytes, text.Dialect, statement.Facts, fact => ValueOf(session, fact)) is not { } written)
            return false;
        var length = statement.TextAt + written.Length;
        var packet = new byte[Inbox.Headroom + PacketHeader.Size + length];
        PacketHeader.Write(packet.AsSpan(Inbox.Headroom), length, 0);
        statement.Packet.Payload[..statement.TextAt].CopyTo(packet.AsSpan(Inbox.Headroom + PacketHeader.Size));
        written.CopyTo(packet, packet.Length - written.Length);
        statement.Replace(new PacketSlice(packet, Inbox.Headroom, length, length));
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

    private static PreviousFacts FlagOf(AskedFact fact) => fact switch
    {
        AskedFact.RowCount => PreviousFacts.RowCount,
        AskedFact.FoundRows => PreviousFacts.FoundRows,
        AskedFact.WarningCount or AskedFact.ErrorCount => PreviousFacts.Diagnostics,
        AskedFact.LastInsertId or AskedFact.Other => PreviousFacts.None,
        _ => PreviousFacts.None,
    };

    private static string? ValueOf(Session session, AskedFact fact)
    {
        var last = session.LastResult;
        long? value = fact switch
        {
            AskedFact.RowCount => last.RowCount,
            AskedFact.FoundRows => last.FoundRows >= 0 ? last.FoundRows : null,
            AskedFact.WarningCount => last.Warnings == 0 ? 0 : session.KeptWarnings?.Warnings,
            AskedFact.ErrorCount => last.Warnings == 0 ? 0 : session.KeptWarnings?.Errors,
            AskedFact.LastInsertId or AskedFact.Other => null,
            _ => null,
        };
        return value?.ToString(CultureInfo.InvariantCulture);
    }

    private static bool Refuse(Statement statement)
    {
        var session = statement.Session;
        ClientReplies.SendError(session, statement.ReplySequence, SqlError.NotSupported,
            $"{Words(statement.Decision.Needs)} cannot be told of the statement before: the server connection was used by others "
            + "since. Ask in the same transaction or command, or with a SELECT of nothing else "
            + "[seawall: the statement did not run]");
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
            (PreviousFacts.OnlyThere, "the last GTID, sequence value or profile"),
        ];
        return string.Join(", ", all.Where(each => needs.HasFlag(each.Fact)).Select(each => each.Word));
    }
}

/// <summary>What the rows of an answer must be changed to on their way to the client. The answer is short.</summary>
internal sealed class Recast
{
    /// <summary>A value for each column, null where it stays; or null.</summary>
    internal IReadOnlyList<string?>? Values { get; init; }

    /// <summary>The rows in place of those that come; or null.</summary>
    internal IReadOnlyList<byte[]?[]>? Rows { get; init; }

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
        var isBinary = statement.Kind == CommandKind.StatementExecute;
        if (Rows is not null)
            recast.ReplaceRows(writer, Rows, isBinary);
        else
            recast.ReplaceValues(writer, Values!, isBinary);
        session.Wire.Send(writer.Bytes);
    }
}
