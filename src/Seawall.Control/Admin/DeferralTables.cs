using Seawall.Engine.Deferrals;
using Seawall.Engine.Telemetry.Views;
using static Seawall.Control.Admin.AdminTable;

namespace Seawall.Control.Admin;

/// <summary>What is deferred, and what of it failed. Column names are documented in docs/admin.md; a test compares.</summary>
internal static class DeferralTables
{
    internal static AdminTable Deferred(DeferralsView? deferrals) => new(
        [
            Text("rule"), Number("accepted"), Number("waiting"), Number("applied"), Number("failed"), Number("expired"), Number("refused"),
            Number("not_deferred"), Number("oldest_ms"), Number("waiting_bytes"), Number("journal_bytes"), Number("journal_bytes_max"),
            Text("problem"),
        ],
        (deferrals?.Rules ?? []).Select(row => (AdminCell[])
        [
            row.Rule, row.Tally.Accepted, row.Waiting, row.Tally.Applied, row.Tally.Failed, row.Tally.Expired,
            row.Tally.Full + row.Tally.Refused, Enum.GetValues<NotDeferred>().Sum(row.Tally.NotDeferredFor), row.OldestMs, row.WaitingBytes,
            deferrals!.Bytes, deferrals.BytesMax, row.Problem ?? AdminCell.Null,
        ]));

    internal static AdminTable Failed(IReadOnlyList<DeadLetterView> letters) => new(
        [
            Text("id"), Time("at"), Time("accepted_at"), Text("rule"), Text("user"), Text("key"), Text("end"), Number("error"),
            Text("message"), Text("statement"),
        ],
        letters.Select(letter => (AdminCell[])
        [
            letter.Id, letter.At, letter.AcceptedAt, letter.Rule, letter.User, letter.Key, letter.End, letter.Code, letter.Message,
            letter.Statement,
        ]));
}
