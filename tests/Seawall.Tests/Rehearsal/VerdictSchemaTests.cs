using System.Text.Json;
using System.Text.RegularExpressions;
using Seawall.Rehearsal.Reports;
using Seawall.Tests.Admin;
using Xunit;

namespace Seawall.Tests.Rehearsal;

/// <summary>
/// The verdict file is as docs/verdict.schema.json says, and nothing is in it that this does not say. As much of JSON Schema is looked at as stands there;
/// a word that is not known here fails.
/// </summary>
public sealed class VerdictSchemaTests
{
    private static readonly JsonDocument s_schema = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(AdminDocsTests.Folder(), "docs", "verdict.schema.json")));

    private static readonly string s_hash = $"sha256:{new string('a', 64)}";

    [Fact]
    public void What_is_written_is_as_the_schema_says() => Assert.Equal([], Problems(Written(s_hash)));

    [Theory]
    [InlineData("\"verdict\": \"fail\"", "\"verdict\": \"green\"", "verdict: not one of")]
    [InlineData("\"failing\": 1", "\"failing\": -1", "failing: below its minimum")]
    [InlineData("\"failing\": 1", "\"failing\": 1.5", "failing: no integer")]
    [InlineData("\"partial\": true,", "", "partial is missing")]
    [InlineData("\"result\": \"unknown\"", "\"result\": \"maybe\"", "result: not one of")]
    [InlineData("seawall-rehearsal/1", "seawall-rehearsal/2", "schema: not the one")]
    [InlineData("\"knee\"", "\"knees\"", "steps: not one of")]
    [InlineData("\"seawall\": \"1\"", "\"seawall\": \"1\", \"more\": 1", "more: not described")]
    [InlineData("sha256:aaaa", "sha1:aaaa", "capture: not of the pattern")]
    public void What_is_otherwise_is_seen(string written, string otherwise, string problem)
    {
        var text = Written(s_hash);
        Assert.Contains(written, text, StringComparison.Ordinal);

        Assert.Contains(problem, string.Join('\n', Problems(text.Replace(written, otherwise, StringComparison.Ordinal))), StringComparison.Ordinal);
    }

    private static string Written(string hash) => System.Text.Encoding.UTF8.GetString(ReportJson.Write(new Report
    {
        Steps = ["lint", "handshake", "knee", "replay", "restart"],
        Old = "5.6.24",
        New = "9.7.4",
        Began = DateTimeOffset.UnixEpoch,
        Took = TimeSpan.FromSeconds(1.25),
        IsPartial = true,
        Sections =
        [
            new("T", [new("m", "1", "?", "", "<= 2", Grade.Unknown, "one sample"), new("n", "1", "1", "0 %", "", Grade.Pass)],
                [new(Grade.Note, "so it is"), new(Grade.Fail, "it breaks", "mend it")]),
        ],
        Coverage = ["all"],
        NotTested = ["nothing"],
        Inputs = new Dictionary<string, string> { ["capture"] = hash },
    }, "1"));

    private static string[] Problems(string text)
    {
        using var json = JsonDocument.Parse(text);
        return [.. Problems(s_schema.RootElement, json.RootElement, "")];
    }

    private static IEnumerable<string> Problems(JsonElement schema, JsonElement value, string name)
    {
        foreach (var word in schema.EnumerateObject())
        {
            foreach (var problem in word.Name switch
            {
                "$schema" or "$defs" or "title" or "description" or "format" => [],
                "$ref" => Problems(s_schema.RootElement.GetProperty("$defs").GetProperty(word.Value.GetString()!["#/$defs/".Length..]), value, name),
                "type" => Is(value, word.Value.GetString()!) ? [] : [$"{name}: no {word.Value}"],
                "const" => value.GetString() == word.Value.GetString() ? [] : [$"{name}: not the one"],
                "enum" => word.Value.EnumerateArray().Any(one => one.GetString() == value.GetString()) ? [] : [$"{name}: not one of {word.Value}"],
                "minimum" => value.GetDouble() >= word.Value.GetDouble() ? [] : [$"{name}: below its minimum"],
                "pattern" => Regex.IsMatch(value.GetString()!, word.Value.GetString()!) ? [] : [$"{name}: not of the pattern"],
                "required" => word.Value.EnumerateArray().Where(one => !value.TryGetProperty(one.GetString()!, out _)).Select(one => $"{one} is missing"),
                "items" => value.EnumerateArray().SelectMany(one => Problems(word.Value, one, name)),
                "additionalProperties" => value.EnumerateObject().SelectMany(one => Problems(word.Value, one.Value, one.Name)),
                "properties" => value.EnumerateObject().SelectMany(one => word.Value.TryGetProperty(one.Name, out var known)
                    ? Problems(known, one.Value, one.Name) : [$"{one.Name}: not described"]),
                _ => (IEnumerable<string>)[$"the schema says '{word.Name}', which is not looked at here"],
            })
            {
                yield return problem;
            }
        }
    }

    private static bool Is(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind == JsonValueKind.Number,
        _ => false,
    };
}
