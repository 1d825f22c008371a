using BenchmarkDotNet.Attributes;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Limits;
using Seawall.MySql.Statements;

namespace Seawall.MicroBench;

/// <summary>Whether a statement may go, while there is room: the limit is asked, and what the text says of its class is read.</summary>
[MemoryDiagnoser]
public class GateSteps
{
    private readonly Sluice _sluice = new(loops: 2);
    private readonly byte[] _plain = [.. "SELECT c FROM sbtest1 WHERE id = 7"u8];
    private readonly byte[] _tagged =
    [
        .. "SELECT c FROM sbtest1 WHERE id = 7 /*priority='low',"u8,
        .. "traceparent='00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01'*/"u8,
    ];

    private readonly ulong[] _taken = new ulong[ShapeTally.SamplesMax];
    private int _number;

    [GlobalSetup]
    public void Open() => _sluice.Apply(
        new OverloadOptions { Mode = OverloadMode.Enforce, Limit = LimitMode.Adaptive }, runningMax: 16, nowMs: 0, runningMin: 4);

    /// <summary>All of it: what the text says of itself, what it looks like, and the way in and out, measured.</summary>
    [Benchmark]
    public bool Decide()
    {
        var isTagged = !StatementTags.Read(_plain).Priority.IsEmpty;
        var shape = _sluice.Keeper.Table.Find(StatementShape.Of(_plain));
        var lane = _sluice.Keeper.LaneOf(shape);
        var passed = _sluice.TryPass(0, StatementClass.Normal, lane);
        var tally = _sluice.Keeper.Tallies[0];
        tally.Enter(shape, locks: false);
        tally.Leave(shape, ranUs: 300);
        tally.Measure(shape, microseconds: 200);
        _sluice.Leave(0, StatementClass.Normal, nowMs: 1, ranMs: 1, lane);
        if (++_number % ShapeTally.SamplesMax == 0)
            tally.Drain(_taken);
        return passed && !isTagged;
    }

    [Benchmark]
    public int Shape() => _sluice.Keeper.Table.Find(StatementShape.Of(_plain));

    [Benchmark]
    public bool PassAndLeave()
    {
        var passed = _sluice.TryPass(0, StatementClass.Normal);
        _sluice.Leave(0, StatementClass.Normal, nowMs: 1, ranMs: 1);
        return passed;
    }

    [Benchmark]
    public int NoTags() => StatementTags.Read(_plain).Priority.Length;

    [Benchmark]
    public int Tags() => StatementTags.Read(_tagged).Priority.Length;
}
