namespace Seawall.Rehearsal.Reports;

/// <summary>What a line of the report comes to.</summary>
internal enum Grade
{
    /// <summary>Within its budget.</summary>
    Pass,

    /// <summary>Beyond its budget, or something that will fail.</summary>
    Fail,

    /// <summary>Nobody can tell: it was not measured, or the measurement does not decide it.</summary>
    Unknown,

    /// <summary>Worth knowing; nothing depends on it.</summary>
    Note,
}

/// <summary>One line: the same of both servers.</summary>
/// <param name="Name">What is compared.</param>
/// <param name="Old">Of the old server.</param>
/// <param name="New">Of the new one.</param>
/// <param name="Change">The difference, for people.</param>
/// <param name="Budget">What is allowed; empty for no budget.</param>
/// <param name="Grade">What it comes to.</param>
/// <param name="Basis">How many samples, and what it was worked out from.</param>
internal sealed record Measure(string Name, string Old, string New, string Change, string Budget, Grade Grade, string Basis = "");

/// <summary>Something that was found, in words.</summary>
/// <param name="Grade">What it comes to.</param>
/// <param name="Words">What, where, and for whom.</param>
/// <param name="Fix">What can be done about it; empty when nothing is known.</param>
internal sealed record Finding(Grade Grade, string Words, string Fix = "");

/// <summary>A line of a plot.</summary>
/// <param name="Name">Whose.</param>
/// <param name="Points">From left to right.</param>
internal sealed record PlotLine(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>A plot of both servers.</summary>
internal sealed record Plot(string Title, string XName, string YName, IReadOnlyList<PlotLine> Lines);

/// <summary>A part of the report.</summary>
/// <param name="Title">What it is about.</param>
/// <param name="Measures">Its lines.</param>
/// <param name="Findings">What was found.</param>
internal sealed record Section(string Title, IReadOnlyList<Measure> Measures, IReadOnlyList<Finding> Findings)
{
    /// <summary>Its plots.</summary>
    public IReadOnlyList<Plot> Plots { get; init; } = [];
}

/// <summary>What all of it comes to.</summary>
internal enum Verdict
{
    /// <summary>Everything that has a budget is within it.</summary>
    Pass,

    /// <summary>Something is not.</summary>
    Fail,

    /// <summary>Nothing failed, and something could not be told.</summary>
    Inconclusive,
}

/// <summary>The report of a rehearsal.</summary>
internal sealed record Report
{
    /// <summary>What was done: lint, handshake, knee.</summary>
    public required IReadOnlyList<string> Steps { get; init; }

    /// <summary>The old server, for people.</summary>
    public required string Old { get; init; }

    /// <summary>The new server.</summary>
    public required string New { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Began { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Took { get; init; }

    /// <summary>Whether it was ended before it was done.</summary>
    public bool IsPartial { get; init; }

    /// <summary>Its parts, new connections first.</summary>
    public required IReadOnlyList<Section> Sections { get; init; }

    /// <summary>What was looked at.</summary>
    public IReadOnlyList<string> Coverage { get; init; } = [];

    /// <summary>What was not.</summary>
    public IReadOnlyList<string> NotTested { get; init; } = [];

    /// <summary>Hashes of what went in, by name.</summary>
    public IReadOnlyDictionary<string, string> Inputs { get; init; } = new Dictionary<string, string>();

    /// <summary>What it comes to. What has no coverage is never green.</summary>
    public Verdict Verdict
    {
        get
        {
            var grades = Grades.ToArray();
            if (grades.Contains(Grade.Fail))
                return Verdict.Fail;
            return IsPartial || grades.Contains(Grade.Unknown) || !grades.Contains(Grade.Pass) ? Verdict.Inconclusive : Verdict.Pass;
        }
    }

    /// <summary>How many lines and findings fail.</summary>
    public int Failing => Grades.Count(grade => grade == Grade.Fail);

    /// <summary>What can be done, once each.</summary>
    public IEnumerable<string> Fixes => Sections.SelectMany(section => section.Findings)
        .Where(finding => finding.Fix.Length > 0).Select(finding => finding.Fix).Distinct();

    private IEnumerable<Grade> Grades =>
        Sections.SelectMany(section => section.Measures.Select(one => one.Grade).Concat(section.Findings.Select(one => one.Grade)));
}
