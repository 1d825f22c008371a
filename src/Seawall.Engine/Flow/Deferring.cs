using System.Globalization;
using System.Text;
using Seawall.Engine.Deferrals;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// Takes statements that say themselves that nobody waits for them (<c>defer_key</c>), and that a rule of the operator lets go: they are
/// written down, acknowledged, and run later. What cannot be deferred runs at once, like any other. One for each loop.
/// </summary>
internal sealed class Deferring(FrontDoor door, DeferralDesk desk, Func<DeferralOptions> options)
{
    /// <summary>The longest key: ids and names are shorter.</summary>
    private const int KeyBytesMax = 255;

    private readonly DigestScratch _scratch = new();

    /// <summary>The statement as it would be written down; null when it is not to be deferred.</summary>
    internal DeferredStatement? Find(Statement statement)
    {
        if (desk.Journal is null || options() is not { Rules.IsEmpty: false } now)
            return null;
        var key = KeyOf(statement);
        if (key.IsEmpty || RuleOf(now, statement) is not { } rule)
            return null;
        var reason = ReasonAgainst(statement, key, out var table);
        var execution = reason == NotDeferred.None && statement.Prepared is { } prepared ? ExecutionPacket.Take(statement, prepared) : null;
        if (reason == NotDeferred.None && statement.Prepared is not null && execution is null)
            reason = NotDeferred.Prepared;
        if (reason == NotDeferred.None)
        {
            var deferred = Write(statement, rule, key, table, execution);
            if (deferred is not null)
                return deferred;
            reason = execution is null ? NotDeferred.Settings : NotDeferred.Size;
        }
        desk.TallyOf(rule.Name).Note(reason);
        return null;
    }

    /// <summary>Has it written down, and answers; false when the client has gone.</summary>
    internal async LoopTask<bool> Accept(Statement statement, DeferredStatement deferred)
    {
        var session = statement.Session;
        var acceptance = new Acceptance(door.Loop, deferred);
        desk.Journal!.Accept(acceptance);
        await acceptance;
        desk.TallyOf(deferred.Rule).Note(acceptance.Result);
        if (acceptance.Result == AcceptanceResult.Accepted)
        {
            Bequest.NoteOwnAnswer(session, rowCount: 0);
            Bequest.ForgetWarnings(session);
            session.AnswerWarnings = 0;
            ClientReplies.SendOk(session, statement.ReplySequence, info: Encoding.ASCII.GetBytes($"seawall deferred id={acceptance.Statement.Id}"));
        }
        else
        {
            var message = Refusal(acceptance);
            door.Meter.OwnErrors++;
            Bequest.NoteOwnError(session, SqlError.OutOfResources, message);
            ClientReplies.SendError(session, statement.ReplySequence, SqlError.OutOfResources, message);
        }
        return !session.Wire.IsClosed;
    }

    private string Refusal(Acceptance acceptance) => acceptance.Result switch
    {
        AcceptanceResult.Full => string.Create(CultureInfo.InvariantCulture,
            $"Out of memory [seawall: the statement did not run: the journal of deferred statements is full "
            + $"(deferral.bytes_max = {options().BytesMax}); rule={acceptance.Statement.Rule}; trying again later is safe]"),
        AcceptanceResult.Unknown => $"Out of memory [seawall: the statement was to be deferred, and {acceptance.Problem}; "
            + "it may still run after the restart: trying again is not safe]",
        _ => $"Out of memory [seawall: the statement did not run: it was to be deferred, and {acceptance.Problem}; "
            + "trying again without defer_key is safe]",
    };

    private static ReadOnlySpan<byte> KeyOf(Statement statement) =>
        statement.Kind is CommandKind.Query or CommandKind.StatementExecute or CommandKind.StatementBulkExecute
            ? statement.Words.DeferKey(statement) : default;

    // What a client has prepared it sends without its text.
    private static ReadOnlySpan<byte> TextOf(Statement statement) => statement.Prepared is { } prepared ? prepared.Text.Text : statement.Text;

    private DeferralRule? RuleOf(DeferralOptions now, Statement statement)
    {
        var (user, schema) = (statement.Session.Account!.User, statement.Session.Settings.Schema);
        foreach (var rule in now.Rules)
        {
            if ((rule.User is null || rule.User == user) && (rule.Schema is null || rule.Schema == schema)
                && (rule.Digests.IsEmpty || (StatementText.DigestNumberOf(statement, _scratch) is { } digest && rule.Digests.Contains(digest))))
            {
                return rule;
            }
        }
        return null;
    }

    private NotDeferred ReasonAgainst(Statement statement, ReadOnlySpan<byte> key, out (string Schema, string Name) table)
    {
        table = default;
        var session = statement.Session;
        var facts = statement.Facts;
        if (statement.Kind == CommandKind.StatementBulkExecute
            || (statement.Prepared is { } execution && !ReferenceEquals(execution.Text.Settings, session.Settings.ForParsing)))
        {
            return NotDeferred.Prepared;
        }
        if (facts.Statements != 1
            || facts.Kind is not (StatementKind.Insert or StatementKind.Replace or StatementKind.Update or StatementKind.Delete))
        {
            return NotDeferred.Kind;
        }
        if (session.InTransaction || !session.Status.HasFlag(ServerStatus.Autocommit))
            return NotDeferred.Transaction;
        if (session.PinReasons != PinReasons.None)
            return NotDeferred.Pinned;
        if (facts.Traits != StatementTraits.None || statement.Traces is not null || statement.Prepared is { Traces: not null })
            return NotDeferred.Session;
        if (!statement.IsWhole || key.Length > KeyBytesMax)
            return NotDeferred.Size;
        if ((facts.Hints & StatementHints.Returns) != 0 && MayReturnRows(TextOf(statement)))
            return NotDeferred.Returning;
        if (!ChangedTable.TryRead(TextOf(statement), session.Dialect, session.Settings.Schema, out table)
            || desk.IsUnsafe($"{table.Schema}.{table.Name}"))
        {
            return NotDeferred.Target;
        }
        return session.Settings["transaction_read_only"] is null && session.Settings["tx_read_only"] is null
            ? NotDeferred.None
            : NotDeferred.Settings;
    }

    // The lexer says "RETURNING or ON DUPLICATE KEY". A false alarm costs nothing: the statement runs at once.
    private static bool MayReturnRows(ReadOnlySpan<byte> text)
    {
        const string word = "returning";
        for (var at = 0; at + word.Length <= text.Length; at++)
        {
            if (Ascii.EqualsIgnoreCase(text.Slice(at, word.Length), word))
                return true;
        }
        return false;
    }

    // What a session has set goes with it. Autocommit does not: it is on, and its statement gets a transaction of its own.
    private DeferredStatement? Write(
        Statement statement, DeferralRule rule, ReadOnlySpan<byte> key, (string Schema, string Name) table, byte[]? execution)
    {
        var session = statement.Session;
        var settings = session.SettingsWithOldGlobals(statement.Server);
        var now = door.Loop.Time.GetUtcNow() - DateTimeOffset.UnixEpoch;
        var deferred = new DeferredStatement
        {
            AcceptedUs = now.Ticks / TimeSpan.TicksPerMicrosecond,
            Rule = rule.Name,
            Key = Encoding.UTF8.GetString(key),
            User = session.Account!.User,
            Schema = settings.Schema,
            TableSchema = table.Schema,
            Table = table.Name,
            Settings = [.. settings.Variables.Where(variable => variable.Name != "autocommit")
                .Select(variable => new KeyValuePair<string, string>(variable.Name, variable.Value))],
            Execution = execution is null ? (ReadOnlyMemory<byte>?)null : execution,
            Text = TextOf(statement).ToArray(),
        };
        return JournalCodec.Fits(deferred) ? deferred : null;
    }
}
