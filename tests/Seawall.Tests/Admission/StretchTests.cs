using Seawall.Engine.Flow.Floodgates.Limits;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>How much slower a server is than in an idle hour, by what is measured of statements that look alike.</summary>
public sealed class StretchTests
{
    private readonly ShapeTable _table = new();
    private readonly ShapeTally _tally = new();
    private readonly StretchMeter _meter = new();
    private readonly bool[] _leftOut = new bool[ShapeTable.Slots + 1];
    private long _nowMs;

    [Fact]
    public void Each_shape_is_compared_with_itself()
    {
        for (var i = 0; i < 20; i++)
            Window(isCalm: true, (1, 400, 30), (2, 20_000, 30));
        Assert.Equal(1, _meter.Stretch!.Value, 0.01);

        // Many more of the long ones: nothing has become slower.
        for (var i = 0; i < 10; i++)
            Window(isCalm: false, (1, 400, 3), (2, 20_000, 60));
        Assert.Equal(1, _meter.Stretch!.Value, 0.01);

        for (var i = 0; i < 10; i++)
            Window(isCalm: false, (1, 800, 30), (2, 40_000, 30));
        Assert.Equal(2, _meter.Stretch!.Value, 0.02);
    }

    [Fact]
    public void What_statements_take_in_an_idle_hour_falls_at_any_time_and_rises_only_when_it_is_calm()
    {
        for (var i = 0; i < 20; i++)
            Window(isCalm: true, (1, 1_000, 50));
        for (var i = 0; i < 50; i++)
            Window(isCalm: false, (1, 4_000, 50));
        Assert.Equal(4, _meter.Stretch!.Value, 0.05);
        for (var i = 0; i < 50; i++)
            Window(isCalm: true, (1, 4_000, 50));
        Assert.Equal(1, _meter.Stretch!.Value, 0.1);
        for (var i = 0; i < 50; i++)
            Window(isCalm: false, (1, 1_000, 50));
        Assert.Equal(1_000, _meter.BaseUsOf(_table.Find(1)), 50.0);
    }

    [Fact]
    public void A_new_shape_in_a_storm_is_taken_to_be_as_slow_as_the_others()
    {
        for (var i = 0; i < 20; i++)
            Window(isCalm: true, (1, 1_000, 50));
        for (var i = 0; i < 20; i++)
            Window(isCalm: false, (1, 3_000, 50));

        Window(isCalm: false, (1, 3_000, 50), (2, 9_000, 50));

        Assert.Equal(3_000, _meter.BaseUsOf(_table.Find(2)), 100.0);
        Assert.Equal(3, _meter.Stretch!.Value, 0.1);
    }

    [Fact]
    public void Long_statements_and_those_that_are_left_out_say_nothing()
    {
        for (var i = 0; i < 20; i++)
            Window(isCalm: true, (1, 1_000, 50), (2, 80_000, 50), (3, 1_000, 50));
        _leftOut[_table.Find(3)] = true;
        for (var i = 0; i < 20; i++)
            Window(isCalm: false, (1, 1_000, 50), (2, 800_000, 50), (3, 100_000, 50));

        Assert.Equal(1, _meter.Stretch!.Value, 0.01);
    }

    [Fact]
    public void Too_few_measurements_say_nothing()
    {
        Window(isCalm: true, (1, 1_000, 50));
        _nowMs += StretchMeter.WindowMsMax;
        for (var i = 0; i < 3; i++)
            _tally.Measure(_table.Find(1), 50_000);

        Assert.True(_meter.Collect([_tally], _nowMs));
        Assert.False(_meter.Close(_table, _nowMs, false, _leftOut));
        Assert.Equal(1, _meter.Stretch!.Value, 0.01);
    }

    [Fact]
    public void A_shape_keeps_its_number_and_makes_way_only_when_it_is_not_used()
    {
        var first = Enumerable.Range(1, 300).ToDictionary(shape => (ulong)shape, shape => _table.Find((ulong)shape));
        Assert.All(first, known => Assert.Equal(known.Value, _table.Find(known.Key)));
        Assert.Equal(ShapeTable.Other, _table.Find(0));

        // A storm of shapes that come once, while the others are in use.
        for (var look = 0; look < 500; look++)
        {
            _table.Look();
            foreach (var slot in first.Values)
                _table.NoteUse(slot);
            for (var i = 0; i < 100; i++)
                Assert.InRange(_table.Find((ulong)((look * 1_000L) + i + 10_000)), 0, ShapeTable.Other);
        }
        Assert.All(first.Where(known => known.Value != ShapeTable.Other), known => Assert.Equal(known.Value, _table.Find(known.Key)));
    }

    [Fact]
    public void More_measurements_than_there_is_room_for_are_left_out()
    {
        for (var i = 0; i < 10_000; i++)
            _tally.Measure(1, 1_000);
        var taken = new ulong[2_000];

        Assert.Equal(ShapeTally.SamplesMax, _tally.Drain(taken));
        Assert.Equal(0, _tally.Drain(taken));
        Assert.Equal((1, 1_000L), ShapeTally.Unpack(taken[0]));
    }

    private void Window(bool isCalm, params ReadOnlySpan<(int Shape, int Us, int Count)> samples)
    {
        foreach (var (shape, us, count) in samples)
        {
            for (var i = 0; i < count; i++)
                _tally.Measure(_table.Find((ulong)shape), us);
        }
        Assert.True(_meter.Collect([_tally], _nowMs += 100));
        _meter.Close(_table, _nowMs, isCalm, _leftOut);
    }
}
