using System.Globalization;
using Seawall.Rehearsal.Floods;
using Spectre.Console;

namespace Seawall.Demos;

/// <summary>What a visitor sees of the overload: a line for each second, as it happens, and an answer in the end.</summary>
internal sealed class OverloadScreen(IAnsiConsole console)
{
    private const int BarWidth = 24;

    internal void Step(string text) => console.MarkupLineInterpolated($"[bold]»[/] {text}");

    internal void Detail(string text) => console.MarkupLineInterpolated($"  [dim]{text}[/]");

    /// <summary>What is about to happen.</summary>
    internal void Explain(FloodPlan plan, double calm, double flood)
    {
        Step(string.Create(CultureInfo.InvariantCulture, $"The load: {calm:P0} of what it can do; {flood:F0} times as much as it can for "
            + $"{plan.Steps[1].Seconds:F0} s; {calm:P0} again"));
        Detail($"Clients wait {plan.PatienceMs / 1000} s and try three times, as many programs do.");
        Detail("Useful work: what was answered in that second, in times of what can be done.");
    }

    /// <summary>One of the two ways begins.</summary>
    internal void Begin(string way)
    {
        console.WriteLine();
        Step(way);
        console.WriteLine($"  {"",4} {"asked",6}  {"useful work".PadRight(BarWidth + 5)}  critical  normal     low");
    }

    /// <summary>What came of those who asked in this second.</summary>
    internal void Second(FloodPlan plan, FloodLedger ledger, int second, double capacity)
    {
        var count = ledger.Count(second, second + 1);
        var (asked, done) = (Times(count.OfferedMs), Times(count.GoodMs));
        var bar = new string('█', (int)Math.Round(Math.Clamp(done, 0, 1.2) / 1.2 * BarWidth)).PadRight(BarWidth, '·');
        var shares = string.Concat(plan.Classes.Select((_, i) =>
            ledger.Count(second, second + 1, i).Success.ToString("P0", CultureInfo.InvariantCulture).PadLeft(8)));
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {second + 1,2} s {asked,5:F1}x  {bar} {done,4:F2}{shares}"));

        double Times(double workMs) => workMs / plan.WorkMsMean / capacity;
    }

    /// <summary>Both ways, side by side, and what that means.</summary>
    internal void Answer(FloodPlan plan, FloodLedger plain, FloodLedger gated, double capacity)
    {
        var ends = plan.Steps.Select((_, i) => plan.Steps.Take(i + 1).Sum(step => step.Seconds)).ToArray();
        var table = new Table().Border(TableBorder.Rounded).AddColumn("")
            .AddColumn(new TableColumn("plain forwarder").RightAligned()).AddColumn(new TableColumn("through Seawall").RightAligned());
        // The first second of the load has the logins, and that after the flood those that are left of it.
        Row("useful work before", 1, ends[0], null);
        Row("useful work during the flood", ends[0] + 1, ends[1], null);
        Row("useful work after it", ends[1] + 3, ends[2], null);
        Row("critical in time during the flood", ends[0] + 1, ends[1], 0);
        Row("critical in time after it", ends[1] + 3, ends[2], 0);
        console.WriteLine();
        console.Write(table);
        var (lost, kept) = (After(plain), After(gated));
        console.MarkupLineInterpolated(
            $"When the flood was over, a plain forwarder's clients got [bold]{Share(lost)}[/] of what they asked for, Seawall's [bold]{Share(kept)}[/].");
        console.WriteLine((lost < 0.9, kept >= 0.9) switch
        {
            (true, true) => "The server stayed down after the push had ended; behind Seawall it bent, and came back by itself.",
            (false, true) => "Both came back; what was done meanwhile is in the table.",
            (_, false) => "Behind Seawall it did not come back: is this machine busy with something else?",
        });
        if (WasLate())
            console.MarkupLine("[dim]The load was late at times: this machine is busy with something else, and the figures are to be doubted.[/]");
        console.MarkupLine("[dim]Clients, Seawall and server share this machine; docs/overload.md has the measurements.[/]");

        double After(FloodLedger ledger)
        {
            var count = ledger.Count(ends[1] + 3, ends[2]);
            return count.OfferedMs > 0 ? count.GoodMs / count.OfferedMs : 1;
        }

        void Row(string name, double from, double to, int? ofClass) =>
            table.AddRow(name, Figure(plain, from, to, ofClass), Figure(gated, from, to, ofClass));

        string Figure(FloodLedger ledger, double from, double to, int? ofClass)
        {
            var count = ledger.Count(from, to, ofClass);
            return ofClass is null
                ? (count.GoodMs / plan.WorkMsMean / (to - from) / capacity).ToString("F2", CultureInfo.InvariantCulture)
                : Share(count.Success);
        }

        bool WasLate() => new[] { plain, gated }.Any(ledger => Enumerable.Range(0, plan.Steps.Count).Any(step => ledger.LagMs(step, 0.99) > 50));
    }

    /// <summary>Leaves the visitor to it.</summary>
    internal void Invite(string? adminOptionFile)
    {
        console.WriteLine();
        console.MarkupLine("Seawall is running. See what it remembers of it, from another terminal:");
        console.WriteLine();
        // Written past the console, which would break a long line in two: this is to be pasted.
        if (adminOptionFile is not null)
            console.Profile.Out.Writer.WriteLine($"  mariadb --defaults-file={adminOptionFile} -e 'SHOW QUEUES; SHOW SHED'");
        console.WriteLine();
        console.MarkupLine("[dim]Ctrl-C ends it, and everything that it started.[/]");
    }

    private static string Share(double value) => value.ToString("P0", CultureInfo.InvariantCulture);
}
