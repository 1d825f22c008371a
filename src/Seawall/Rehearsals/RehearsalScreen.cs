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
        if (section.Measures.Count > 0)
        {
            var table = new Table().Border(TableBorder.Simple).AddColumn("");
            foreach (var name in (string[])["old", "new", "change", "budget"])
                table.AddColumn(new TableColumn(name).RightAligned());
            table.AddColumn("result");
            foreach (var one in section.Measures)
            {
                table.AddRow(
                    Markup.Escape(one.Name), Markup.Escape(one.Old), Markup.Escape(one.New), Markup.Escape(one.Change), Markup.Escape(one.Budget),
                    Mark(one.Grade));
            }
            console.Write(table);
        }
        foreach (var finding in section.Findings.OrderBy(one => one.Grade == Grade.Fail ? 0 : 1))
            console.MarkupLine($"  {Mark(finding.Grade)} {Markup.Escape(finding.Words)}");
        if (section.Measures.Count == 0 && section.Findings.Count == 0)
            console.MarkupLine("  [dim]nothing differs[/]");
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
