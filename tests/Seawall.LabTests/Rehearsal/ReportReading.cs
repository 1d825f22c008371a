using System.Text.Json;

namespace Seawall.LabTests.Rehearsal;

/// <summary>What a rehearsal's verdict file says, as tests ask for it.</summary>
internal static class ReportReading
{
    /// <summary>What was found in a section with a result, one a line.</summary>
    public static string Findings(this JsonDocument report, string section, string result) => string.Join('\n', Of(report, section, "findings")
        .Where(one => one.GetProperty("result").GetString() == result).Select(one => one.GetProperty("words").GetString()));

    /// <summary>One line of a section.</summary>
    public static (string? Old, string? New, string? Result) Measure(this JsonDocument report, string section, string name) =>
        Of(report, section, "measures").Where(one => one.GetProperty("name").GetString() == name)
            .Select(one => (one.GetProperty("old").GetString(), one.GetProperty("new").GetString(), one.GetProperty("result").GetString())).Single();

    /// <summary>What was looked at, one a line.</summary>
    public static string Coverage(this JsonDocument report) => Lines(report, "coverage");

    /// <summary>What was not, one a line.</summary>
    public static string NotTested(this JsonDocument report) => Lines(report, "not_tested");

    /// <summary>Everything with a result, in every section: its words and the result.</summary>
    public static IEnumerable<(string Words, string Result)> Results(this JsonDocument report) =>
        report.RootElement.GetProperty("sections").EnumerateArray().SelectMany(section =>
            section.GetProperty("measures").EnumerateArray().Select(one => Result(one, "name"))
                .Concat(section.GetProperty("findings").EnumerateArray().Select(one => Result(one, "words"))));

    private static (string, string) Result(JsonElement one, string words) => (one.GetProperty(words).GetString()!, one.GetProperty("result").GetString()!);

    private static string Lines(JsonDocument report, string list) =>
        string.Join('\n', report.RootElement.GetProperty(list).EnumerateArray().Select(one => one.GetString()));

    private static IEnumerable<JsonElement> Of(JsonDocument report, string section, string what) => report.RootElement.GetProperty("sections").EnumerateArray()
        .Where(one => one.GetProperty("title").GetString() == section).SelectMany(one => one.GetProperty(what).EnumerateArray());
}
