using System.Globalization;
using System.Text;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Loops;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>A statement of which somebody wants to know what would become of it.</summary>
/// <param name="Text">Its text.</param>
/// <param name="User">The account; null when nobody has said.</param>
/// <param name="Schema">The session's schema.</param>
/// <param name="From">Where its client comes from; null: from nowhere in particular, and rules with networks do not fit.</param>
/// <param name="Listener">Where it has come in.</param>
public sealed record AdmissionQuestion(string Text, string? User, string? Schema, PeerAddress? From, string? Listener)
{
    /// <summary>Whether nobody knows the account.</summary>
    internal bool IsUnknown { get; init; }
}

/// <summary>What a statement meets on its way, and what that makes of it.</summary>
/// <param name="Step">What it meets.</param>
/// <param name="Result">What comes out of it.</param>
/// <param name="Why">Why.</param>
public readonly record struct AdmissionStep(string Step, string Result, string Why);

/// <summary>Says what would become of a statement that came now. It asks, and changes nothing.</summary>
internal sealed class AdmissionExplainer(Measures measures, Sluice sluice, ServerFacts server, SqlDialect dialect, long nowMs)
{
    private readonly List<AdmissionStep> _steps = [];
    private ulong? _tenant;

    /// <summary>The steps, up to the decision.</summary>
    internal IReadOnlyList<AdmissionStep> Explain(AdmissionQuestion question)
    {
        var text = Encoding.UTF8.GetBytes(question.Text);
        var options = measures.Options;
        Add("mode", Word(options.Mode), "overload.mode");
        var digest = StatementDigest.Of(text, dialect);
        Add("digest", digest?.Id ?? "none", digest?.Text ?? "it cannot be told for certain what in it is a value");
        var rule = Classifier.RuleOf(
            options, question.User, question.Schema, question.From ?? PeerAddress.From(System.Net.IPAddress.Any, 0), question.Listener, digest?.Hash);
        Add("rule", rule < 0 ? "none" : options.Rules[rule].Name, rule < 0 ? "no rule of [[classes]] fits" : "the first of [[classes]] that fits");
        var tags = StatementTags.Read(text);
        var (which, why) = ClassOf(options, rule, StatementClasses.Find(tags.Priority), !tags.Priority.IsEmpty);
        Add("class", StatementClasses.Word(which), why);
        var trace = tags.Trace.IsEmpty ? tags.Tenant : tags.Trace;
        var cohort = Classifier.CohortOf(trace, 0, nowMs);
        if (trace.IsEmpty)
            Add("cohort", "by session", "it names neither trace nor tenant");
        else
            Add("cohort", Number(cohort), "by its trace or tenant, for this hour");
        if (question.User is not null || question.Schema is not null || !tags.Tenant.IsEmpty)
            _tenant = Classifier.TenantOf(options, question.User, question.Schema, tags.Tenant);
        var deadlineMs = OwnAssignments.TryReadDeadline(tags.Deadline, out var ms) ? ms : 0;
        Add("deadline_ms", deadlineMs > 0 ? Number(deadlineMs) : "none", deadlineMs == 0 && !tags.Deadline.IsEmpty
            ? $"what its comment says is no number of milliseconds from 1 to {OwnAssignments.DeadlineMsMax}, and counts as nothing said"
            : "its own word; a session's SET @seawall_deadline_ms counts where it has none");
        if (question.IsUnknown)
            Add("account", "unknown", $"Seawall knows no account '{question.User}' now; what rules make of the name is the same");
        if (options.Mode == OverloadMode.Off)
            Add("decision", "passes", "nothing is limited while overload.mode is off");
        else if ((StatementLexer.Read(text, dialect).Traits & StatementTraits.EndsTransaction) != 0)
            Add("decision", "passes", "it ends a transaction");
        else
            Decide(which, trace.IsEmpty ? null : cohort, deadlineMs, sluice.Keeper.Table.Known(WorkReader.ShapeOf(text, question.Schema)), text.Length,
                measures.HoldOf(rule, which));
        if (options.Mode != OverloadMode.Off)
            Add("in a transaction", "passes", "whoever has begun goes on, whatever the rest of this says");
        return _steps;
    }

    private static (StatementClass Class, string Why) ClassOf(OverloadOptions options, int rule, StatementClass? said, bool says)
    {
        var (byRule, mayRaise) = Classifier.ClassOf(options, rule);
        var settled = Classifier.Settle(byRule, said, mayRaise);
        var why = rule < 0 ? "no rule says otherwise" : $"rule '{options.Rules[rule].Name}' says so";
        if (!says)
            return (settled, why);
        if (said is not { } wanted)
            return (settled, $"{why}; what its comment says is no class");
        return (settled, settled == wanted && wanted != byRule
            ? $"its comment says so; {why}: {StatementClasses.Word(byRule)}"
            : wanted == byRule ? why : $"{why}; its comment says {StatementClasses.Word(wanted)}, and may not (classes.tags_may_raise)");
    }

    private void Decide(StatementClass which, int? cohort, int deadlineMs, int? shape, int bytes, Hold? hold)
    {
        if (hold?.Cut is { } cut)
        {
            var leavesOut = cut.Group.Action == BrownoutAction.Off || (cohort is { } known && cut.LeavesOut(known, nowMs));
            var leftS = (cut.Order.UntilMs - nowMs + 999) / 1_000;
            Add("brown-out", cut.Group.Name, $"{cut.Group.Effect}, {cut.Order.What}, for another {leftS} s");
            if (leavesOut)
            {
                Decide("refused", "reason=brownout");
                return;
            }
        }
        if (hold?.Pace is { } pace)
        {
            var waitMs = pace.Ask(nowMs);
            var isRefused = waitMs > (deadlineMs > 0 ? Math.Min(deadlineMs, pace.Limits.WaitMsMax) : pace.Limits.WaitMsMax);
            Add("pace", waitMs == 0 ? "passes" : $"{waitMs} ms", $"{pace.Limits.PerSecond} in a second (classes.pace_per_second)");
            if (isRefused)
            {
                Decide("refused", "reason=pace");
                return;
            }
        }
        if (hold is { DeferMsMax: > 0 })
            Defer(hold.DeferMsMax);
        else
            Queue(which, cohort, deadlineMs, shape, bytes);
    }

    private void Defer(int deferMsMax)
    {
        var view = sluice.Deferral.View(nowMs);
        var room = Math.Max(1, (long)sluice.Limit * measures.Options.DeferRoom / 100);
        Add("deferral", $"{view.Held} held", $"{sluice.Running} run, and may be deferred from {room} on (overload.defer_room)");
        if (view.Held == 0 && sluice.Running < room)
            Add("decision", "passes", $"there is room at '{server.Id}'");
        else
            Decide("deferred", $"for at most {deferMsMax} ms, until there is room; then it is refused");
    }

    private void Queue(StatementClass which, int? cohort, int deadlineMs, int? shape, int bytes)
    {
        var outlook = sluice.Foresee(which, cohort ?? 0, bytes, deadlineMs, shape, nowMs, _tenant);
        Add("queue", $"{outlook.Waiting} wait", $"{sluice.Running} of {sluice.Limit} run at '{server.Id}' (servers.running_max); "
            + $"the queue {(outlook.Stands ? "stands, and the newest goes first" : "is served in order")}");
        if (outlook.Passes)
            Add("decision", "passes", "there is room, and nobody waits");
        else if (outlook.Reason != ShedReason.None)
            Decide("refused", $"reason={Word(outlook.Reason)}");
        else
            Decide("waits", $"those before it take about {outlook.AheadMs} ms; it may wait {outlook.LimitMs} ms");
    }

    private void Decide(string what, string why)
    {
        var isWait = what == "waits";
        if (measures.Options.Mode == OverloadMode.Enforce)
            Add("decision", isWait ? what : $"is {what}", why);
        else
            Add("decision", "passes", $"it is only counted (overload.mode) that it would {(isWait ? "wait" : $"be {what}")}: {why}");
    }

    private void Add(string step, string result, string why) => _steps.Add(new(step, result, why));

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Word<T>(T value)
        where T : struct, Enum => Telemetry.Views.SnakeCase.Of(value);
}
