using System.Globalization;
using System.Text;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry.Views;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow.Reads;

/// <summary>
/// Answers what a client asks of its own reads: <c>SELECT @@seawall_gtid</c> and <c>SHOW LAST ROUTE</c>, and takes tokens that it brings.
/// As text or prepared. No server hears of it, and nothing changes of what the session may ask about its statement before. One for each
/// loop.
/// </summary>
internal sealed class OwnAnswers(FrontDoor door, FreshnessBoard board, FreshWaits waits, PreparedTexts texts, Func<ReadOptions> options)
{
    /// <summary>
    /// How long somebody waits until it is known by numbers what its session has seen, or who the source of a token is: some questions to
    /// the servers, which take milliseconds each while somebody needs to know.
    /// </summary>
    internal const int KnownMsMax = 1_000;

    private static readonly ResultColumn[] s_route =
    [
        new("server", ColumnKind.Text), new("way", ColumnKind.Text), new("reason", ColumnKind.Text), new("freshness", ColumnKind.Text),
        new("bounded_ms", ColumnKind.Number), new("stale_ok_ms", ColumnKind.Number), new("rule", ColumnKind.Text),
        new("state", ColumnKind.Text), new("age_ms", ColumnKind.Number), new("waited_ms", ColumnKind.Number),
        new("tries", ColumnKind.Number),
    ];

    private static readonly ResultColumn s_parameter = new("?", ColumnKind.Text) { TextBytesMax = SessionToken.BytesMax };

    /// <summary>Whether a statement asks Seawall. Nearly none does: this is a look at what the lexer has found.</summary>
    internal static bool MayBe(Statement statement) => (statement.Facts.Kind == StatementKind.Select
            ? (statement.Facts.Hints & (StatementHints.OfServer | StatementHints.HasFrom)) == StatementHints.OfServer
            : statement.Facts.Kind == StatementKind.Show && (statement.Facts.Hints & StatementHints.ShowsSchema) == 0)
        && MayBeKind(statement) && OwnQuestion.Read(TextOf(statement)).Kind != OwnQuestionKind.None;

    /// <summary>Whether it comes in a way in which anything can be asked.</summary>
    internal static bool MayBeKind(Statement statement) => statement.IsWhole
        && (statement.Kind is CommandKind.Query or CommandKind.StatementPrepare
            || statement is { Kind: CommandKind.StatementExecute, Prepared.IsOwn: true });

    /// <summary>Answers it; false when the client has gone.</summary>
    internal LoopTask<bool> Answer(Statement statement)
    {
        var question = OwnQuestion.Read(TextOf(statement));
        var columns = question.Kind == OwnQuestionKind.LastRoute
            ? s_route : [new(Encoding.UTF8.GetString(question.Name), ColumnKind.Text) { TextBytesMax = SessionToken.BytesMax }];
        if (statement.Kind == CommandKind.StatementPrepare)
            Prepare(statement, 0, columns);
        else if (question.Kind == OwnQuestionKind.LastRoute)
            Send(statement, columns, RowOf(statement));
        else
            return AnswerToken(statement, columns);
        return new(true);
    }

    /// <summary>
    /// Answers a preparation: the statement is the client's under a number of its own, and no server has it. Its whole answer is here.
    /// </summary>
    internal void Prepare(Statement statement, int parameters, IReadOnlyList<ResultColumn> columns)
    {
        var session = statement.Session;
        var text = texts.Hold(statement.Text, statement.SettingsBefore.ForParsing);
        var prepared = session.Prepared.Add(text, statement.Facts, parameters, traces: null, isOwn: true);
        var writer = session.Wire.Loop.Writer.Clear();
        new ResultSetWriter(writer, session.Capabilities).Prepared(
            prepared.Id, [.. Enumerable.Repeat(s_parameter, parameters)], columns, statement.ReplySequence, session.Status & ServerStatus.OfSession);
        session.Wire.Send(writer.Bytes);
    }

    /// <summary>
    /// Takes a token that a session brings. Of a source that no server has spoken of yet it is waited for whether one does; null when the
    /// client has gone meanwhile.
    /// </summary>
    internal async LoopTask<TokenResult?> Take(Statement statement, byte[] text)
    {
        var session = statement.Session;
        var isMariaDb = statement.Server.Version!.IsMariaDb;
        if (options().From == ReadsFrom.Primary)
            return SessionToken.Check(text, isMariaDb); // The primary answers, which has all there is.
        var reads = SessionReads.Of(session, board.Sources);
        statement.Hold();
        var beganMs = door.Loop.NowMs;
        while (true)
        {
            var result = SessionToken.Take(text, isMariaDb, board.Sources, reads.Memory, board.Now);
            var leftMs = KnownMsMax - (door.Loop.NowMs - beganMs);
            if (result != TokenResult.Unknown || leftMs <= 0 || statement.IsKilled)
                return result;
            board.Want(door.Loop.NowMs);
            await waits.Wait(leftMs);
            if (session.Wire.IsClosed || session.Wire.PeerGone)
            {
                session.Wire.Close();
                return null;
            }
        }
    }

    /// <summary>Why a token was not taken, in words.</summary>
    internal static string Words(TokenResult result, bool isMariaDb) => result switch
    {
        TokenResult.Malformed => isMariaDb
            ? "it is no position of MariaDB, such as 0-1-42"
            : "it is no set of GTIDs of MySQL, such as 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5",
        TokenResult.TooMany => string.Create(CultureInfo.InvariantCulture,
            $"it has more than {SessionToken.SourcesMax} sources or {SessionToken.BytesMax} bytes"),
        TokenResult.Unknown => "no server here has a transaction of one of its sources: is it of other servers?",
        TokenResult.Taken => "",
    };

    // What was prepared is known to be one, or it would not be here.
    private static ReadOnlySpan<byte> TextOf(Statement statement) => statement.Prepared is { } prepared ? prepared.Text.Text : statement.Text;

    private async LoopTask<bool> AnswerToken(Statement statement, IReadOnlyList<ResultColumn> columns)
    {
        var session = statement.Session;
        List<GtidToken>? tokens = null;
        if (session.Reads is { } reads && options().From == ReadsFrom.Replicas)
        {
            tokens = [];
            statement.Hold();
            var beganMs = door.Loop.NowMs;
            while (!reads.Memory.TryList(statement.World.Primary!.Freshness, tokens))
            {
                var leftMs = KnownMsMax - (door.Loop.NowMs - beganMs);
                if (leftMs <= 0 || statement.IsKilled)
                {
                    Refuse(statement, statement.IsKilled ? SqlError.Interrupted : SqlError.LockWaitTimeout, statement.IsKilled
                        ? ClientReplies.Interrupted : "Lock wait timeout exceeded; try restarting transaction [seawall: it is not known yet by "
                        + $"numbers what this session has seen: no server has said for {KnownMsMax} ms what it has; trying again is safe]");
                    return true;
                }
                board.Want(door.Loop.NowMs);
                await waits.Wait(leftMs);
                if (session.Wire.IsClosed || session.Wire.PeerGone)
                {
                    session.Wire.Close();
                    return false;
                }
            }
            if (tokens.Count > SessionToken.SourcesMax)
            {
                Refuse(statement, SqlError.NotSupported, string.Create(CultureInfo.InvariantCulture,
                    $"What this session has seen is of {tokens.Count} sources, and a token has at most {SessionToken.SourcesMax} [seawall]"));
                return true;
            }
        }
        Send(statement, columns, [tokens is null ? null : SessionToken.Write(tokens, board.Sources)]);
        return true;
    }

    private void Refuse(Statement statement, SqlError error, string message)
    {
        door.Meter.OwnErrors++;
        ClientReplies.SendError(statement.Session, statement.ReplySequence, error, message);
    }

    private static string?[] RowOf(Statement statement)
    {
        var last = LastRouteView.Of(statement.Session, statement.Server.Id);
        return
        [
            last.Server, SnakeCase.Of(last.Way), last.Reason is { } reason ? SnakeCase.Of(reason) : null,
            last.Freshness is { } level ? SnakeCase.Of(level) : null, Number(last.BoundedMs), Number(last.StaleOkMs), last.Rule,
            last.State is { } state ? SnakeCase.Of(state) : null, Number(last.AgeMs), Number(last.WaitedMs), Number(last.Tries),
        ];
    }

    private static string? Number(int? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static void Send(Statement statement, IReadOnlyList<ResultColumn> columns, IReadOnlyList<string?> row)
    {
        var session = statement.Session;
        var status = session.Status & ServerStatus.OfSession;
        var writer = session.Wire.Loop.Writer.Clear();
        var result = new ResultSetWriter(writer, session.Capabilities);
        result.Begin(columns, statement.ReplySequence, status);
        if (statement.Kind == CommandKind.StatementExecute)
            result.BinaryRow(columns, row);
        else
            result.Row(row);
        result.End(status, warnings: 0);
        session.Wire.Send(writer.Bytes);
    }
}
