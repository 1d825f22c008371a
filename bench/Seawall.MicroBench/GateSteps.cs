using BenchmarkDotNet.Attributes;
using Seawall.Engine.Flow.Floodgates;
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

    [GlobalSetup]
    public void Open() => _sluice.Apply(new OverloadOptions { Mode = OverloadMode.Enforce }, runningMax: 16, nowMs: 0);

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
