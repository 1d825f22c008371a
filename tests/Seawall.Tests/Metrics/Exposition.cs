using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Seawall.Tests.Metrics;

/// <summary>
/// Reads Prometheus' text format 0.0.4 by its rules, and fails where a page breaks one. Written from the format's description
/// (https://prometheus.io/docs/instrumenting/exposition_formats/), not from what writes it.
/// </summary>
internal sealed partial class Exposition
{
    private static readonly string[] s_types = ["counter", "gauge", "histogram"];

    internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

    internal sealed record Family(string Name, string Type, string Help, List<Sample> Samples);

    private readonly Dictionary<string, Family> _families = [];

    internal IReadOnlyDictionary<string, Family> Families => _families;

    internal static Exposition Read(string page)
    {
        Assert.EndsWith("\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', page);
        var read = new Exposition();
        Family? current = null;
        string? help = null;
        foreach (var line in page.Split('\n')[..^1])
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                help = line["# HELP ".Length..];
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var words = line["# TYPE ".Length..].Split(' ');
                Assert.Equal(2, words.Length);
                Assert.StartsWith($"{words[0]} ", help, StringComparison.Ordinal); // Help comes first, for the same name.
                current = new Family(words[0], words[1], help![(words[0].Length + 1)..], []);
                Assert.Matches(MetricName(), current.Name);
                Assert.True(read._families.TryAdd(current.Name, current), $"{current.Name} comes twice");
                help = null;
            }
            else
            {
                Assert.NotNull(current);
                current.Samples.Add(ReadSample(line));
            }
        }
        foreach (var family in read._families.Values)
            Check(family);
        return read;
    }

    internal double Value(string name, params (string Name, string Value)[] labels) => Assert.Single(
        _families[name].Samples, sample => sample.Name == name && labels.All(label => sample.Labels[label.Name] == label.Value)).Value;

    private static Sample ReadSample(string line)
    {
        var at = 0;
        while (at < line.Length && (char.IsAsciiLetterOrDigit(line[at]) || line[at] is '_' or ':'))
            at++;
        var name = line[..at];
        Assert.Matches(MetricName(), name);
        var labels = new Dictionary<string, string>();
        if (line[at] == '{')
            at = ReadLabels(line, at + 1, labels);
        Assert.Equal(' ', line[at]);
        var number = line[(at + 1)..];
        Assert.DoesNotContain(' ', number); // No time stamps here.
        return new(name, labels, number == "+Inf" ? double.PositiveInfinity : double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture));
    }

    private static int ReadLabels(string line, int at, Dictionary<string, string> labels)
    {
        while (line[at] != '}')
        {
            var equals = line.IndexOf('=', at);
            var label = line[at..equals];
            Assert.Matches(LabelName(), label);
            Assert.Equal('"', line[equals + 1]);
            var value = new StringBuilder();
            for (at = equals + 2; line[at] != '"'; at++)
            {
                if (line[at] != '\\')
                {
                    value.Append(line[at]);
                    continue;
                }
                at++;
                value.Append(line[at] switch
                {
                    '\\' => '\\',
                    '"' => '"',
                    'n' => '\n',
                    var other => throw new FormatException($"\\{other} in: {line}"),
                });
            }
            Assert.True(labels.TryAdd(label, value.ToString()), $"label {label} twice: {line}");
            at++;
            if (line[at] == ',')
                at++;
        }
        return at + 1;
    }

    private static void Check(Family family)
    {
        Assert.NotEmpty(family.Help);
        Assert.Contains(family.Type, s_types);
        var seen = new HashSet<string>();
        foreach (var sample in family.Samples)
        {
            Assert.True(seen.Add($"{sample.Name}|{Key(sample, "")}"), $"{sample.Name} {Key(sample, "")} comes twice");
            Assert.False(double.IsNaN(sample.Value));
            if (family.Type != "gauge")
                Assert.True(sample.Value >= 0, $"{sample.Name} is negative");
        }
        if (family.Type == "counter")
            Assert.EndsWith("_total", family.Name, StringComparison.Ordinal);
        else
            Assert.False(family.Name.EndsWith("_total", StringComparison.Ordinal), $"{family.Name} is no counter");
        if (family.Type == "histogram")
            CheckHistogram(family);
        else
            Assert.All(family.Samples, sample => Assert.Equal(family.Name, sample.Name));
    }

    private static void CheckHistogram(Family family)
    {
        foreach (var one in family.Samples.GroupBy(sample => Key(sample, "le")))
        {
            var buckets = one.Where(sample => sample.Name == $"{family.Name}_bucket").ToArray();
            var bounds = buckets.Select(bucket => bucket.Labels["le"] == "+Inf" ? double.PositiveInfinity
                : double.Parse(bucket.Labels["le"], CultureInfo.InvariantCulture)).ToArray();
            Assert.Equal(bounds.Order(), bounds);
            Assert.Equal(bounds.Distinct(), bounds);
            Assert.Equal(double.PositiveInfinity, bounds[^1]);
            Assert.Equal(buckets.Select(bucket => bucket.Value).Order(), buckets.Select(bucket => bucket.Value));
            Assert.Equal(buckets[^1].Value, Assert.Single(one, sample => sample.Name == $"{family.Name}_count").Value);
            Assert.Single(one, sample => sample.Name == $"{family.Name}_sum");
            Assert.Equal(buckets.Length + 2, one.Count());
        }
    }

    private static string Key(Sample sample, string without) => string.Join(',', sample.Labels
        .Where(label => label.Key != without).OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));

    [GeneratedRegex("^[a-zA-Z_:][a-zA-Z0-9_:]*$")]
    private static partial Regex MetricName();

    [GeneratedRegex("^[a-zA-Z_][a-zA-Z0-9_]*$")]
    private static partial Regex LabelName();
}
