using CsCheck;
using Seawall.Control.Metrics;
using Seawall.Engine.Telemetry;
using Seawall.Engine.Telemetry.Views;
using Xunit;
using Xunit.Sdk;

namespace Seawall.Tests.Metrics;

public sealed class MetricsWriterTests
{
    [Fact]
    public void Labels_come_back_as_they_were_whatever_is_in_them()
    {
        Gen.String.Where(text => !text.Contains('\r')).Sample(value =>
        {
            var page = new MetricsWriter().Family("a", MetricType.Gauge, "b").Sample(1, ("user", value)).ToString();
            Assert.Equal(value, Exposition.Read(page).Families["a"].Samples[0].Labels["user"]);
        });
    }

    [Fact]
    public void A_histogram_is_cumulative_and_in_seconds()
    {
        var histogram = new Histogram();
        foreach (var us in new long[] { 10, 100, 100, 5_000, 60_000_000 })
            histogram.Record(us);

        var page = Exposition.Read(new MetricsWriter().Family("h", MetricType.Histogram, "b")
            .Histogram(new HistogramView([histogram]), ("loop", "0")).ToString());

        var samples = page.Families["h"].Samples;
        Assert.Equal(1, samples.Single(sample => sample.Labels.GetValueOrDefault("le") == "6.4E-05").Value);
        Assert.Equal(3, samples.Single(sample => sample.Labels.GetValueOrDefault("le") == "0.000128").Value);
        Assert.Equal(4, samples.Single(sample => sample.Labels.GetValueOrDefault("le") == "33.554432").Value);
        Assert.Equal(5, samples.Single(sample => sample.Labels.GetValueOrDefault("le") == "+Inf").Value);
        Assert.Equal(60.00521, samples.Single(sample => sample.Name == "h_sum").Value, 5);
    }

    [Fact]
    public void Help_of_several_lines_stays_one_line()
    {
        var page = new MetricsWriter().Family("a", MetricType.Gauge, "one\ntwo \\ three").Sample(0.5).ToString();
        Assert.Equal("one\\ntwo \\\\ three", Exposition.Read(page).Families["a"].Help);
    }

    // The control of all the tests here: a page that is wrong is found to be.
    [Theory]
    [InlineData("# HELP a b\n# TYPE a counter\na 1\n")]
    [InlineData("# TYPE a gauge\na 1\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na 1\na 2\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\nb 1\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na{1x=\"\"} 1\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na 1")]
    [InlineData("# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n")]
    [InlineData("# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n")]
    public void A_page_that_breaks_the_format_is_refused(string page) => Assert.ThrowsAny<XunitException>(() => Exposition.Read(page));
}
