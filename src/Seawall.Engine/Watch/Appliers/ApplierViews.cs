using System.Text;
using Seawall.Engine.Deferrals;
using Seawall.Engine.Telemetry.Views;

namespace Seawall.Engine.Watch.Appliers;

/// <summary>What an applier looks like. Control loop only.</summary>
internal static class ApplierViews
{
    /// <summary>Bytes of a statement that are shown: the file has all of it.</summary>
    private const int StatementBytesMax = 1024;

    internal static DeferralsView All(Applier applier, IDeferralJournal journal)
    {
        var context = applier.Context;
        var nowUs = (context.Loop.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var waiting = new Dictionary<string, (int Count, long Bytes, long OldestUs, string? Problem)>(StringComparer.Ordinal);
        foreach (var account in applier.Accounts)
        {
            foreach (var statement in account.Lanes.Values.SelectMany(lane => lane.Waiting))
            {
                var (count, bytes, oldest, problem) = waiting.GetValueOrDefault(statement.Rule, (0, 0L, long.MaxValue, null));
                waiting[statement.Rule] = (count + 1, bytes + statement.Bytes, Math.Min(oldest, statement.AcceptedUs),
                    problem ?? account.Problem);
            }
        }
        var rules = context.Options().Rules.Select(rule => rule.Name).Concat(waiting.Keys)
            .Concat(context.Desk.Tallies.Select(tally => tally.Key)).Distinct().Order(StringComparer.Ordinal);
        var state = journal.State;
        return new([.. rules.Select(View)], state.Bytes, state.BytesMax, state.Flushes, state.Problem);

        DeferralView View(string rule)
        {
            var tally = context.Desk.TallyOf(rule);
            if (!waiting.TryGetValue(rule, out var row))
                return new() { Rule = rule, Tally = tally, Problem = state.Problem };
            return new()
            {
                Rule = rule,
                Tally = tally,
                Waiting = row.Count,
                WaitingBytes = row.Bytes,
                OldestMs = Math.Max(0, (nowUs - row.OldestUs) / 1_000),
                Problem = row.Problem ?? state.Problem ?? (applier.HasRoom ? null : "the server has no room to spare"),
            };
        }
    }

    internal static IReadOnlyList<DeadLetterView> DeadLetters(Applier applier, int max) =>
        [.. applier.DeadLetters.Reverse().Take(max).Select(letter => new DeadLetterView(
            letter.Settlement.Statement.Id, TimeOf(letter.AtUs), TimeOf(letter.Settlement.Statement.AcceptedUs),
            letter.Settlement.Statement.Rule, letter.Settlement.Statement.User, letter.Settlement.Statement.Key,
            SnakeCase.Of(letter.Settlement.End), letter.Settlement.Code, letter.Settlement.Message,
            TextOf(letter.Settlement.Statement.Text.Span)))];

    private static string TextOf(ReadOnlySpan<byte> text) => text.Length <= StatementBytesMax
        ? Encoding.UTF8.GetString(text)
        : $"{Encoding.UTF8.GetString(text[..StatementBytesMax])}...";

    // Of a time that is out of all bounds, because the file is damaged, the nearest that can be told.
    private static DateTimeOffset TimeOf(long microseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(microseconds / 1_000, 0, 253_402_300_799_000));
}
