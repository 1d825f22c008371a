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
/// No server hears of it, and nothing changes of what the session may ask about its statement before. One for each loop.
/// </summary>
internal sealed class OwnAnswers(FrontDoor door, FreshnessBoard board, FreshWaits waits, Func<ReadOptions> options)
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

    /// <summary>Whether a statement asks Seawall. Nearly none does: this is a look at what the lexer has found.</summary>
    internal static bool MayBe(Statement statement) => statement is { Kind: CommandKind.Query, IsWhole: true }
        && (statement.Facts.Kind == StatementKind.Select
            ? (statement.Facts.Hints & (StatementHints.OfServer | StatementHints.HasFrom)) == StatementHints.OfServer
            : statement.Facts.Kind == StatementKind.Show && (statement.Facts.Hints & StatementHints.ShowsSchema) == 0)
        && OwnQuestion.Read(statement.Text).Kind != OwnQuestionKind.None;

    /// <summary>Answers it; false when the client has gone.</summary>
    internal LoopTask<bool> Answer(Statement statement)
    {
        var question = OwnQuestion.Read(statement.Text);
        if (question.Kind == OwnQuestionKind.LastRoute)
        {
            Send(statement, s_route, RowOf(statement));
            return new(true);
        }
        return AnswerToken(statement, Encoding.UTF8.GetString(question.Name));
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

    private async LoopTask<bool> AnswerToken(Statement statement, string name)
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
        Send(statement, [new(name, ColumnKind.Text)], [tokens is null ? null : SessionToken.Write(tokens, board.Sources)]);
        return true;
    }

    private void Refuse(Statement statement, SqlError error, string message)
    {
        door.Meter.OwnErrors++;
        ClientReplies.SendError(statement.Session, statement.ReplySequence, error, message);
    }

    private static string?[] RowOf(Statement statement)
    {
        if (statement.Session.Reads is not { } reads)
        {
            return [statement.Server.Id.Name, SnakeCase.Of(RouteWay.Primary), SnakeCase.Of(PlaceReason.Off),
                null, null, null, null, null, null, null, null];
        }
        var (last, wish) = (reads.Last, reads.Wish);
        var isRead = last.Reason is PlaceReason.None or PlaceReason.Asked;
        return
        [
            last.Server, SnakeCase.Of(last.Way), last.Reason == PlaceReason.None ? null : SnakeCase.Of(last.Reason),
            isRead ? SnakeCase.Of(wish.Level) : null,
            isRead && wish.Level == FreshnessLevel.Bounded ? Number(wish.BoundMs) : null,
            isRead && wish.StaleMsMax > 0 ? Number(wish.StaleMsMax) : null,
            isRead ? reads.LastRule?.Name : null, last.State is { } state ? SnakeCase.Of(state) : null,
            last.AgeMs is { } age ? Number(age) : null, Number(last.WaitedMs), Number(last.Tries),
        ];
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Send(Statement statement, IReadOnlyList<ResultColumn> columns, IReadOnlyList<string?> row)
    {
        var session = statement.Session;
        var status = session.Status & ServerStatus.OfSession;
        var writer = session.Wire.Loop.Writer.Clear();
        var result = new ResultSetWriter(writer, session.Capabilities);
        result.Begin(columns, statement.ReplySequence, status);
        result.Row(row);
        result.End(status, warnings: 0);
        session.Wire.Send(writer.Bytes);
    }
}
