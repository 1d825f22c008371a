using System.Globalization;
using System.Net;
using System.Text;

namespace Seawall.Rehearsal.Reports;

/// <summary>The report as one page: nothing is loaded from anywhere, plots are in it, and it can be read on a phone and in print.</summary>
internal static class ReportHtml
{
    private const int PlotWidth = 640, PlotHeight = 300, Left = 64, Right = 28, Top = 16, Bottom = 44;

    private static readonly string[] s_colours = ["#2563eb", "#d97706", "#059669", "#7c3aed"];

    private const string Style =
        """
        :root { color-scheme: light dark; --line: #8884; --pass: #15803d; --fail: #b91c1c; --unknown: #a16207; }
        body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
        h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
        .verdict { border-radius: .5rem; color: #fff; font-weight: 700; padding: .6rem 1rem; }
        .verdict.pass { background: var(--pass); } .verdict.fail { background: var(--fail); }
        .verdict.inconclusive { background: var(--unknown); } table { border-collapse: collapse; width: 100%; }
        th, td { border-bottom: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top; }
        td.n, th.n { text-align: right; white-space: nowrap; } .basis { font-size: .85em; opacity: .75; }
        .g { font-weight: 700; text-transform: uppercase; } .g.note { opacity: .75; }
        .g.pass { color: var(--pass); } .g.fail { color: var(--fail); } .g.unknown { color: var(--unknown); }
        li { margin: .3rem 0; } svg { height: auto; max-width: 100%; } footer { font-size: .85em; margin-top: 2rem; opacity: .75; }
        @media (max-width: 40rem) { thead { display: none; }
          tr { display: block; border-bottom: 2px solid var(--line); padding: .4rem 0; }
          td, td.n { border: 0; display: block; padding: .05rem 0; text-align: left; white-space: normal; } td:empty { display: none; }
          td[data-of]::before { content: attr(data-of) ": "; opacity: .75; } }
        @media screen and (prefers-color-scheme: dark) { :root { --pass: #4ade80; --fail: #f87171; --unknown: #fbbf24; } .verdict { color: #000; } }
        @media print { body { max-width: none; } .verdict { color: #000; background: none !important; border: 2px solid; }
          h2, thead { break-after: avoid; } tr, li, figure { break-inside: avoid; } }
        """;

    /// <summary>Writes it.</summary>
    public static string Write(Report report, string seawallVersion)
    {
        var page = new StringBuilder();
        var verdict = ReportJson.Word(report.Verdict);
        var more = (report.Failing > 0 ? $" ({report.Failing} failing)" : "") + (report.IsPartial ? ", ended before it was done" : "");
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Rehearsal: {verdict}: {Text(report.Old)} to {Text(report.New)}</title>
            <style>
            {Style}
            </style></head><body>
            <h1>Rehearsal: {Text(report.Old)} → {Text(report.New)}</h1>
            <p class="verdict {verdict}">{verdict.ToUpperInvariant()}{more}</p>

            """);
        foreach (var section in report.Sections)
            Write(page, section);
        List(page, "WHAT CAN BE DONE", report.Fixes);
        List(page, "COVERAGE", report.Coverage);
        List(page, "NOT TESTED", report.NotTested);
        page.Append(CultureInfo.InvariantCulture, $"<footer>Seawall {Text(seawallVersion)}, {report.Began:yyyy-MM-dd HH:mm} UTC, "
            + $"{report.Took.TotalSeconds:0} s, {Text(string.Join(", ", report.Steps))}. ");
        foreach (var (name, hash) in report.Inputs.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            page.Append(CultureInfo.InvariantCulture, $"{Text(name)} {Text(hash)}. ");
        return page.Append("</footer></body></html>\n").ToString();
    }

    private static void Write(StringBuilder page, Section section)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>{Text(section.Title)}</h2>\n");
        if (section.Measures.Count > 0)
        {
            page.Append("<table><thead><tr><th></th><th class=\"n\">old</th><th class=\"n\">new</th><th class=\"n\">change</th>"
                + "<th class=\"n\">budget</th><th>result</th></tr></thead><tbody>\n");
            foreach (var one in section.Measures)
            {
                var basis = one.Basis.Length > 0 ? $"<div class=\"basis\">{Text(one.Basis)}</div>" : "";
                page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(one.Name)}{basis}</td>{Cell("old", one.Old)}{Cell("new", one.New)}")
                    .Append(CultureInfo.InvariantCulture, $"{Cell("change", one.Change)}{Cell("budget", one.Budget)}<td>{Mark(one.Grade)}</td></tr>\n");
            }
            page.Append("</tbody></table>\n");
        }
        foreach (var plot in section.Plots)
            Write(page, plot);
        if (section.Findings.Count == 0 && section.Measures.Count == 0)
            page.Append("<p>Nothing differs.</p>\n");
        if (section.Findings.Count > 0)
        {
            page.Append("<ul>\n");
            foreach (var finding in section.Findings.OrderBy(one => one.Grade == Grade.Fail ? 0 : 1))
                page.Append(CultureInfo.InvariantCulture, $"<li>{Mark(finding.Grade)} {Text(finding.Words)}</li>\n");
            page.Append("</ul>\n");
        }
    }

    private static void Write(StringBuilder page, Plot plot)
    {
        var all = plot.Lines.SelectMany(line => line.Points).ToArray();
        if (all.Length == 0)
            return;
        var (width, height) = (Math.Max(all.Max(point => point.X), 1e-9), Math.Max(all.Max(point => point.Y), 1e-9));
        double X(double value) => Left + (value / width * (PlotWidth - Left - Right));
        double Y(double value) => PlotHeight - Bottom - (value / height * (PlotHeight - Top - Bottom));
        page.Append(CultureInfo.InvariantCulture, $"""
            <figure><figcaption>{Text(plot.Title)}</figcaption>
            <svg viewBox="0 0 {PlotWidth} {PlotHeight}" role="img" aria-label="{Text(plot.Title)}" font-size="12" fill="currentColor">
            <path d="M{Left} {Top}V{PlotHeight - Bottom}H{PlotWidth - Right}" fill="none" stroke="currentColor" opacity=".5"/>

            """);
        for (var i = 0; i <= 4; i++)
        {
            var (x, y) = (width * i / 4, height * i / 4);
            page.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(x):0}\" y=\"{PlotHeight - Bottom + 16}\" text-anchor=\"middle\">{x:0.#}</text>")
                .Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 6}\" y=\"{Y(y) + 4:0}\" text-anchor=\"end\">{y:0.#}</text>\n");
        }
        foreach (var (line, index) in plot.Lines.Select((line, index) => (line, index)))
        {
            var colour = s_colours[index % s_colours.Length];
            var points = string.Join(' ', line.Points.Select(point =>
                string.Create(CultureInfo.InvariantCulture, $"{X(point.X):0.#},{Y(point.Y):0.#}")));
            page.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>")
                .Append(CultureInfo.InvariantCulture, $"<text x=\"{Left + 8 + (index * 130)}\" y=\"{Top + 4}\" fill=\"{colour}\">{Text(line.Name)}</text>\n");
        }
        page.Append(CultureInfo.InvariantCulture, $"""
            <text x="{PlotWidth / 2}" y="{PlotHeight - 8}" text-anchor="middle">{Text(plot.XName)}</text>
            <text transform="translate(14 {PlotHeight / 2}) rotate(-90)" text-anchor="middle">{Text(plot.YName)}</text>
            </svg></figure>

            """);
    }

    private static void List(StringBuilder page, string title, IEnumerable<string> lines)
    {
        var all = lines.ToArray();
        if (all.Length == 0)
            return;
        page.Append(CultureInfo.InvariantCulture, $"<h2>{title}</h2>\n<ul>\n");
        foreach (var line in all)
            page.Append(CultureInfo.InvariantCulture, $"<li>{Text(line)}</li>\n");
        page.Append("</ul>\n");
    }

    private static string Cell(string name, string value) => $"<td class=\"n\" data-of=\"{name}\">{Text(value)}</td>";

    private static string Mark(Grade grade) => $"<span class=\"g {ReportJson.Word(grade)}\">{ReportJson.Word(grade)}</span>";

    // Whatever a server says of itself is text here.
    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
