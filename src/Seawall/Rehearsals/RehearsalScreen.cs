using Seawall.Rehearsal.Reports;
using Spectre.Console;

namespace Seawall.Rehearsals;

/// <summary>The report and its progress on a terminal; plain lines where it is none.</summary>
internal sealed class RehearsalScreen(IAnsiConsole console, bool isQuiet)
{
    /// <summary>A word of how far it is.</summary>
    internal void Step(string text)
    {
        if (!isQuiet)
            console.MarkupLineInterpolated($"[dim]» {text}[/]");
    }

    /// <summary>The report: verdict first.</summary>
    internal void Show(Report report)
    {
        var verdict = ReportJson.Word(report.Verdict).ToUpperInvariant();
        console.WriteLine();
        var more = (report.Failing > 0 ? $" ({report.Failing} failing)" : "") + (report.IsPartial ? " (ended before it was done)" : "");
        console.MarkupLine($"[bold]REHEARSAL[/]  {Markup.Escape(report.Old)} -> {Markup.Escape(report.New)}   "
            + $"verdict: [bold {Colour(report.Verdict)}]{verdict}[/]{more}");
        foreach (var section in report.Sections)
            Show(section);
        List("WHAT CAN BE DONE", report.Fixes);
        List("COVERAGE", report.Coverage);
        List("NOT TESTED", report.NotTested);
    }

    private void Show(Section section)
    {
        console.WriteLine();
        console.MarkupLineInterpolated($"[bold]{section.Title}[/]");
        if (section.Measures.Count > 0 && !TryShowAsList(section))
            console.Write(AsTable(section));
        foreach (var finding in section.Findings.OrderBy(one => one.Grade == Grade.Fail ? 0 : 1))
            console.MarkupLine($"  {Mark(finding.Grade)} {Markup.Escape(finding.Words)}");
        if (section.Measures.Count == 0 && section.Findings.Count == 0)
            console.MarkupLine("  [dim]nothing differs[/]");
    }

    // Columns that say nothing take no room from those that do.
    private static Table AsTable(Section section)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("");
        (string Name, Func<Measure, string> Of)[] columns =
            [("old", one => one.Old), ("new", one => one.New), ("change", one => one.Change), ("budget", one => one.Budget)];
        columns = [.. columns.Where(column => section.Measures.Any(one => column.Of(one).Length > 0))];
        foreach (var (name, _) in columns)
            table.AddColumn(new TableColumn(name).RightAligned());
        table.AddColumn("result");
        foreach (var one in section.Measures)
            table.AddRow([Markup.Escape(one.Name), .. columns.Select(column => Markup.Escape(column.Of(one))), Mark(one.Grade)]);
        return table;
    }

    // Long lines without a change and a budget are read one below the other where they do not fit side by side.
    private bool TryShowAsList(Section section)
    {
        const int between = 16;
        int Widest(Func<Measure, string> of) => section.Measures.Max(one => of(one).Length);
        if (section.Measures.Any(one => one.Change.Length + one.Budget.Length > 0)
            || Widest(one => one.Name) + Widest(one => one.Old) + Widest(one => one.New) + between <= console.Profile.Width)
        {
            return false;
        }
        foreach (var one in section.Measures)
        {
            console.MarkupLineInterpolated($"  {one.Name}");
            if (one.Old == one.New)
            {
                console.MarkupLineInterpolated($"      [dim]both[/] {one.Old}");
                continue;
            }
            console.MarkupLineInterpolated($"      [dim]old [/] {one.Old}");
            console.MarkupLineInterpolated($"      [dim]new [/] {one.New}");
        }
        return true;
    }

    private void List(string title, IEnumerable<string> lines)
    {
        var all = lines.ToArray();
        if (all.Length == 0)
            return;
        console.WriteLine();
        console.MarkupLineInterpolated($"[bold]{title}[/]");
        foreach (var line in all)
            console.MarkupLineInterpolated($"  {line}");
    }

    private static string Mark(Grade grade) => grade switch
    {
        Grade.Pass => "[green]pass[/]",
        Grade.Fail => "[red]FAIL[/]",
        Grade.Unknown => "[yellow]unknown[/]",
        Grade.Note => "[dim]note[/]",
    };

    private static string Colour(Verdict verdict) => verdict switch
    {
        Verdict.Pass => "green",
        Verdict.Fail => "red",
        Verdict.Inconclusive => "yellow",
    };
}
