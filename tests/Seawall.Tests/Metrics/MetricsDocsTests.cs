using Seawall.Control.Metrics;
using Seawall.Engine.Telemetry.Views;
using Seawall.Tests.Admin;
using Xunit;

namespace Seawall.Tests.Metrics;

/// <summary>docs/metrics.md names every metric that there is, and no other.</summary>
public sealed class MetricsDocsTests
{
    [Fact]
    public async Task Every_metric_is_documented_with_its_type_and_labels()
    {
        using var stage = new ControlStage();
        var page = Exposition.Read(await MetricsPage.Write(stage.Engine, 0, TestContext.Current.CancellationToken));
        var documented = File.ReadLines(Path.Combine(AdminDocsTests.Folder(), "docs", "metrics.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .ToDictionary(cells => cells[1].Trim('`'), cells => (Type: cells[2], Unit: cells[3], Labels: cells[4], Meaning: cells[5]));

        Assert.Equal(page.Families.Keys.Order(StringComparer.Ordinal), documented.Keys.Order(StringComparer.Ordinal));
        foreach (var family in page.Families.Values)
        {
            var (type, unit, labels, meaning) = documented[family.Name];
            Assert.Equal(family.Type, type);
            Assert.NotEmpty(meaning);
            if (family.Name.Contains("_seconds", StringComparison.Ordinal))
                Assert.Equal("seconds", unit);
            if (family.Name.Contains("_bytes", StringComparison.Ordinal))
                Assert.Equal("bytes", unit);
            if (family.Samples is [var sample, ..])
                Assert.Equal(string.Join(", ", sample.Labels.Keys.Where(label => label != "le")), labels);
        }
    }

    [Fact]
    public void A_crowd_of_pools_is_shown_as_its_largest_and_the_rest_together()
    {
        var pools = Enumerable.Range(0, MetricsPage.PoolsMax + 100).Select(i => new PoolView
        {
            Server = i % 2 == 0 ? "a" : "b",
            User = $"user-{i}",
            SizeMax = 10,
            Total = i,
            Idle = 0,
            Dialing = 0,
            Waiting = 1,
            OldestWaitMs = i,
            Generation = 0,
        }).ToArray();

        var shown = MetricsPage.Bounded(pools);

        Assert.Equal(MetricsPage.PoolsMax + 2, shown.Count);
        Assert.Equal(pools.Sum(pool => pool.Total), shown.Sum(pool => pool.Total));
        Assert.Equal(pools.Sum(pool => pool.Waiting), shown.Sum(pool => pool.Waiting));
        Assert.Equal(["a", "b"], shown.Where(pool => pool.User == MetricsPage.OtherPools).Select(pool => pool.Server).Order());
        Assert.Contains(shown, pool => pool.User == "user-599");
        Assert.DoesNotContain(shown, pool => pool.User == "user-99");
        Assert.Equal(pools[..3], MetricsPage.Bounded(pools[..3]));
    }
}
