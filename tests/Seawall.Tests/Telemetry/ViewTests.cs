using System.Reflection;
using Seawall.Engine.Flow;
using Seawall.Engine.Telemetry;
using Seawall.Engine.Telemetry.Views;
using Xunit;

namespace Seawall.Tests.Telemetry;

public sealed class ViewTests
{
    [Fact]
    public void Every_reason_to_be_pinned_has_its_name_and_an_advice()
    {
        var reasons = Enum.GetValues<PinReasons>().Where(reason => uint.IsPow2((uint)reason)).ToArray();

        Assert.Equal(reasons, PinCatalog.All.Select(entry => entry.Reason));
        Assert.All(PinCatalog.All, entry => Assert.Equal(SnakeCase.Of(entry.Reason), entry.Name));
        Assert.All(PinCatalog.All, entry => Assert.InRange(entry.Advice.Length, 10, 100));
    }

    [Fact]
    public void Several_reasons_are_said_in_one_line()
    {
        Assert.Equal("temporary_table,cursor", PinCatalog.Words(PinReasons.Cursor | PinReasons.TemporaryTable));
        Assert.Equal("", PinCatalog.Words(PinReasons.None));
        Assert.StartsWith("xa: finish", PinCatalog.Advice(PinReasons.Xa), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_count_of_a_loop_is_shown_under_its_own_name()
    {
        var fields = typeof(LoopMeter).GetFields(BindingFlags.Public | BindingFlags.Instance)
            .Where(field => field.FieldType == typeof(long)).ToArray();
        Assert.NotEmpty(fields);

        foreach (var field in fields)
        {
            var meter = new LoopMeter();
            field.SetValue(meter, 7L);
            var shown = Assert.Single(LoopCounters.All, counter => counter.Read(meter) == 7);
            Assert.Equal(shown.Name, string.Concat(field.Name.Select((letter, i) =>
                char.IsAsciiLetterUpper(letter) && i > 0 ? $"_{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}")));
        }
        // What the loop's compression counts is counted where it is done.
        Assert.Equal(fields.Length, LoopCounters.All.Count(counter => !counter.Name.StartsWith("frames_", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_duration_of_a_loop_is_shown()
    {
        var histograms = typeof(LoopMeter).GetFields().Where(field => field.FieldType == typeof(Histogram));
        var meter = new LoopMeter();

        Assert.Equal(histograms.Select(field => field.GetValue(meter)).ToHashSet(),
            LoopCounters.Latencies.Select(latency => (object?)latency.Of(meter)).ToHashSet());
    }

    [Fact]
    public void A_session_pinned_for_two_reasons_counts_once_and_under_both()
    {
        var meter = new LoopMeter();
        meter.NotePins(PinReasons.NamedLock | PinReasons.Cursor);

        Assert.Equal(1, meter.Pins);
        Assert.Equal(1, meter.PinsByReason[2]);
        Assert.Equal(1, meter.PinsByReason[9]);
        Assert.Equal(2, meter.PinsByReason.Sum());
    }

    [Fact]
    public void Histograms_together_count_what_each_of_them_holds()
    {
        var (first, second) = (new Histogram(), new Histogram());
        first.Record(3);
        first.Record(100);
        second.Record(5_000);

        var view = new HistogramView([first, second]);

        Assert.Equal(3, view.Count);
        Assert.Equal(5_103, view.SumUs);
        Assert.Equal(1, view.CountBelow(64));
        Assert.Equal(2, view.CountBelow(128));
        Assert.Equal(2, view.CountBelow(4096));
        Assert.Equal(3, view.CountBelow(8192));
        Assert.InRange(view.QuantileUs(0.5), 100, 125);
    }
}
