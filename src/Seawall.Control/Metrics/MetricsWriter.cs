using System.Globalization;
using System.Text;
using Seawall.Engine.Telemetry.Views;

namespace Seawall.Control.Metrics;

/// <summary>What a metric is, in Prometheus' words.</summary>
internal enum MetricType : byte
{
    /// <summary>Only grows.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Counts values by size.</summary>
    Histogram,
}

/// <summary>
/// Writes metrics as text in Prometheus' exposition format 0.0.4: each family once, with its help and type, all its samples
/// behind.
/// </summary>
/// <remarks>https://prometheus.io/docs/instrumenting/exposition_formats/</remarks>
internal sealed class MetricsWriter
{
    /// <summary>The content type of what is written.</summary>
    internal const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>
    /// Histograms are given in powers of two from 2^6 µs to 2^25 µs, 64 µs to 34 s: every bound is one of the engine's own
    /// buckets, so nothing is estimated. Below 64 µs is below one statement on loopback; above 34 s drivers have given up.
    /// </summary>
    private const int FirstPower = 6;

    /// <inheritdoc cref="FirstPower"/>
    private const int LastPower = 25;

    private readonly StringBuilder _text = new();
    private string _name = "";

    /// <summary>Begins a family.</summary>
    internal MetricsWriter Family(string name, MetricType type, string help)
    {
        _name = name;
        _text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(SnakeCase.Of(type)).Append('\n');
        return this;
    }

    /// <summary>A sample of the present family.</summary>
    internal MetricsWriter Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) =>
        Line("", value, labels);

    /// <summary>The samples of a histogram of the present family.</summary>
    internal MetricsWriter Histogram(HistogramView view, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        (string, string)[] withBound = [.. labels, default];
        for (var power = FirstPower; power <= LastPower; power++)
        {
            var boundUs = Math.Pow(2, power);
            withBound[^1] = ("le", Number(boundUs / 1e6));
            Line("_bucket", view.CountBelow(boundUs), withBound);
        }
        withBound[^1] = ("le", "+Inf");
        Line("_bucket", view.Count, withBound);
        Line("_sum", view.SumUs / 1e6, labels);
        return Line("_count", view.Count, labels);
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private MetricsWriter Line(string suffix, double value, ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(_name).Append(suffix);
        for (var i = 0; i < labels.Length; i++)
        {
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"");
            AppendEscaped(labels[i].Value);
            _text.Append('"');
        }
        if (labels.Length > 0)
            _text.Append('}');
        _text.Append(' ').Append(Number(value)).Append('\n');
        return this;
    }

    private void AppendEscaped(string value)
    {
        foreach (var letter in value)
        {
            _ = letter switch
            {
                '\\' => _text.Append("\\\\"),
                '"' => _text.Append("\\\""),
                '\n' => _text.Append("\\n"),
                _ => _text.Append(letter),
            };
        }
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
