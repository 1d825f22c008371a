using BenchmarkDotNet.Attributes;
using Seawall.Engine.Facts.Freshness;

namespace Seawall.MicroBench;

/// <summary>Whether a replica has what a session must find there: asked for each read and each replica.</summary>
[MemoryDiagnoser]
public class FreshnessSteps
{
    private readonly GtidSources _sources = new();
    private readonly FreshnessSlot _primary = new();
    private readonly FreshnessSlot _replica = new();
    private readonly ReadMemory _wrote = new();
    private readonly ReadMemory _read = new();

    [GlobalSetup]
    public void Begin()
    {
        _replica.Confirm(ServerPosition.Read("0-1-1000,1-1-50"u8, isMariaDb: true, _sources, null, begun: 1, begunMs: 1)!);
        _wrote.NoteWrite(new GtidToken(_sources.Find(0), 999), endsAll: true, _primary, tick: 1);
        _read.NoteSeen(_replica, tick: 1);
    }

    [Benchmark]
    public bool AfterAWrite() => _wrote.MayReadFrom(_replica, _primary);

    [Benchmark]
    public bool AfterARead() => _read.MayReadFrom(_replica, _primary);
}
