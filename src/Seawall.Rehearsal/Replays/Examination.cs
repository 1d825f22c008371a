using System.Globalization;
using System.Text;
using Seawall.MySql.Commands;
using Seawall.Rehearsal.Answers;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Reports;
using Seawall.Rehearsal.Targets;

namespace Seawall.Rehearsal.Replays;

/// <summary>What one server does for a statement.</summary>
/// <param name="Plan">Table, kind of access and key, one after the other; null when it is not explained.</param>
/// <param name="Rows">Rows that it reads; null when that is not to be had.</param>
internal sealed record Effort(string? Plan, long? Rows);

/// <summary>
/// Explains a sample of each digest on both servers, and runs it once to count the rows that are read (the session's <c>Handler_read</c> counters): what
/// does not depend on machines. By the accounts of the DSNs, reads only.
/// </summary>
internal sealed class Examination(ReplayScript script, TimeProvider time)
{
    private const int DigestsMax = 200;
    private const int FindingsMax = 20;

    // Below that, and below twice as many, other rows are not worth a line.
    private const long RowsMin = 100;

    private readonly List<(string Digest, int Executions, Effort Old, Effort New)> _seen = [];
    private int _left;

    /// <summary>The old server's plans.</summary>
    public IEnumerable<string?> Plans => _seen.Select(one => one.Old.Plan);

    /// <summary>Looks at the digests that were replayed most.</summary>
    public async Task Run(Target old, Target @new, CancellationToken cancel)
    {
        var samples = script.Connections.SelectMany(one => one.Commands.Select(command => (one.Connection.Schema, Command: command)))
            .Where(one => one.Command is { IsCompared: true, Nature.Use: ReplayUse.Read, Command.Kind: CommandKind.Query })
            .GroupBy(one => one.Command.Digest).OrderByDescending(group => group.Count()).ToArray();
        _left = Math.Max(0, samples.Length - DigestsMax);
        var sessions = (Old: await Open(old, cancel), New: await Open(@new, cancel));
        try
        {
            foreach (var group in samples.Take(DigestsMax))
            {
                var (schema, command) = group.First();
                sessions.Old = await Again(sessions.Old, old, cancel);
                sessions.New = await Again(sessions.New, @new, cancel);
                var text = Encoding.UTF8.GetString(command.Command.Text.Span);
                _seen.Add((group.Key, group.Count(), await Look(sessions.Old, schema, text, cancel), await Look(sessions.New, schema, text, cancel)));
            }
        }
        finally
        {
            await sessions.Old.DisposeAsync();
            await sessions.New.DisposeAsync();
        }
    }

    /// <summary>Its part of the report: evidence, and no verdict.</summary>
    public Section Make()
    {
        var planned = _seen.Where(one => one.Old.Plan is not null && one.New.Plan is not null).ToArray();
        var counted = _seen.Where(one => one.Old.Rows is not null && one.New.Rows is not null).ToArray();
        var other = planned.Where(one => one.Old.Plan != one.New.Plan).ToArray();
        var (before, after) = (counted.Sum(one => one.Old.Rows!.Value), counted.Sum(one => one.New.Rows!.Value));
        return new("PLANS AND ROWS READ",
        [
            new("digests with another plan", "", $"{other.Length}", "", "", Grade.Note,
                $"{planned.Length} of {_seen.Count} digests explained, a sample of each"),
            new("rows read by a sample of each digest", $"{before}", $"{after}", "", "", Grade.Note, $"{counted.Length} digests; Handler_read counters"),
        ],
        [
            .. other.Concat(counted.Where(IsMore)).DistinctBy(one => one.Digest).OrderByDescending(one => (one.New.Rows ?? 0) - (one.Old.Rows ?? 0))
                .Take(FindingsMax).Select(one => new Finding(Grade.Note, $"{ReplayReport.Text(one.Digest)}: "
                    + $"reads {Number(one.Old.Rows)} rows and {Number(one.New.Rows)}; {one.Old.Plan ?? "?"} and {one.New.Plan ?? "?"}")),
            .. _left > 0 ? [new Finding(Grade.Note, $"{_left} digests that are rarer were not looked at")] : (Finding[])[],
        ]);

        static bool IsMore((string, int, Effort Old, Effort New) one) => one.New.Rows >= RowsMin && one.New.Rows >= 2 * one.Old.Rows;
    }

    /// <summary>A plan from the rows of EXPLAIN, whose columns differ by version: what is read, how, and by which key.</summary>
    public static string? PlanOf(IReadOnlyList<string?[]> rows)
    {
        const int without = 10, with = 12; // Without and with partitions and filtered.
        if (rows.Count == 0 || rows.Any(row => row.Length is not (without or with)))
            return null;
        return string.Join(", ", rows.Select(row =>
        {
            var at = row.Length == with ? 1 : 0;
            return row[2] is null ? "-" : $"{row[2]} {row[3 + at]} {row[5 + at] ?? "-"}";
        }));
    }

    private async Task<ProbeSession> Open(Target target, CancellationToken cancel)
    {
        var session = await target.Open(time, cancel);
        // One that cannot be made so runs nothing: a function or a view may write although no text shows it.
        if (await session.Ask("SET SESSION TRANSACTION READ ONLY", cancel) is { IsOk: false })
            session.GiveUp();
        return session;
    }

    // A statement that took too long, or had too many rows, has ended its session, and must not end the others.
    private async Task<ProbeSession> Again(ProbeSession session, Target target, CancellationToken cancel)
    {
        if (!session.IsLost)
            return session;
        try
        {
            var next = await Open(target, cancel);
            await session.DisposeAsync();
            return next;
        }
        catch (RehearsalException)
        {
            return session; // It is not there any more: what is left is not looked at.
        }
    }

    private static async Task<Effort> Look(ProbeSession session, string schema, string text, CancellationToken cancel)
    {
        if (schema.Length > 0)
            await session.Ask($"USE `{schema.Replace("`", "``", StringComparison.Ordinal)}`", cancel);
        // MySQL 9 explains as a tree by itself; MariaDB may not know the word for what it does anyway.
        var explained = await session.Ask($"EXPLAIN FORMAT=TRADITIONAL {text}", cancel);
        if (!explained.IsOk)
            explained = await session.Ask($"EXPLAIN {text}", cancel);
        // What asking itself reads is counted as well: it is asked twice, with nothing in between, first.
        var (first, second) = (await Reads(session, cancel), await Reads(session, cancel));
        var ran = await session.Ask(text, cancel);
        var third = await Reads(session, cancel);
        return new Effort(explained.IsOk ? PlanOf(explained.Rows) : null,
            ran.IsOk && first is { } a && second is { } b && third is { } c ? Math.Max(0, c - b - (b - a)) : null);
    }

    private static async Task<long?> Reads(ProbeSession session, CancellationToken cancel)
    {
        var answer = await session.Ask("SHOW SESSION STATUS LIKE 'Handler_read%'", cancel);
        return answer.IsOk && answer.Rows.Count > 0
            ? answer.Rows.Sum(row => long.TryParse(row[^1], CultureInfo.InvariantCulture, out var value) ? value : 0) : null;
    }

    private static string Number(long? rows) => rows is { } known ? known.ToString(CultureInfo.InvariantCulture) : "?";
}
