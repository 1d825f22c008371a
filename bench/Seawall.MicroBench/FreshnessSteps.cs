using BenchmarkDotNet.Attributes;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Reads;
using Seawall.Engine.Loops;

namespace Seawall.MicroBench;

/// <summary>
/// Whether a replica has what a session must find there, asked for each read of each replica (20 ns are allowed), and which of three does
/// the read, which is all that reading from replicas adds to the way of a statement that has been placed.
/// </summary>
[MemoryDiagnoser]
public class FreshnessSteps
{
    private readonly GtidSources _sources = new();
    private readonly ReadOptions _options = new() { From = ReadsFrom.Replicas };
    private readonly ReadWish _wish = new(ReadTarget.Any, FreshnessLevel.Session, 0, 0);
    private readonly ReadWish _bounded = new(ReadTarget.Any, FreshnessLevel.Bounded, int.MaxValue, 0);
    private readonly ReplicaChoice _choice;
    private readonly FactsSnapshot _world;
    private readonly FreshnessSlot _primary;
    private readonly FreshnessSlot _replica;
    private readonly Statement _wrote;
    private readonly Statement _wroteToFour;
    private readonly Statement _read;
    private readonly Statement _told;
    private readonly Statement _isAhead;

    public FreshnessSteps()
    {
        var loop = new StillLoop();
        _choice = new ReplicaChoice(loop, new FreshnessBoard());
        _world = FactsSnapshot.Empty.With(
            [Server("primary", ServerRole.Primary), .. Enumerable.Range(1, 3).Select(i => Server($"replica-{i}", ServerRole.Replica))]);
        (_primary, _replica) = (_world.Primary!.Freshness, _world.Readers[0].Freshness);
        foreach (var reader in _world.Readers)
        {
            reader.Freshness.Confirm(ServerPosition.Read("0-1-1000,1-1-50,2-1-50,3-1-50"u8, isMariaDb: true, _sources, null, begun: 1, begunMs: 1)!);
            reader.Freshness.Reach(loop.NowMs);
            reader.Freshness.Judge(FreshnessState.Fresh);
            reader.Freshness.Weight = 16;
        }
        _wrote = Of(loop, memory => memory.NoteWrite(new GtidToken(_sources.Find(0), 999), endsAll: true, _primary, tick: 1));
        _wroteToFour = Of(loop, memory =>
        {
            for (var domain = 0u; domain < 4; domain++)
                memory.NoteWrite(new GtidToken(_sources.Find(domain), 50), endsAll: false, _primary, tick: 1);
        });
        _read = Of(loop, memory => memory.NoteSeen(_replica, tick: 1));
        _told = Of(loop, memory => memory.Import(new GtidToken(_sources.Find(0), 999), tick: 1));
        _isAhead = Of(loop, memory => memory.NoteWrite(new GtidToken(_sources.Find(0), 1001), endsAll: true, _primary, tick: 1));
    }

    [Benchmark]
    public bool AfterAWrite() => MayAnswer(_wrote, _wish);

    [Benchmark]
    public bool AfterWritesToFourSources() => MayAnswer(_wroteToFour, _wish);

    [Benchmark]
    public bool AfterARead() => MayAnswer(_read, _wish);

    [Benchmark]
    public bool WithATokenOfAnotherSession() => MayAnswer(_told, _wish);

    [Benchmark]
    public bool NotYetThere() => MayAnswer(_isAhead, _wish);

    [Benchmark]
    public bool Bounded() => MayAnswer(_wrote, _bounded);

    [Benchmark]
    public bool OneOfThree() => _choice.Pick(_wrote, _wish, _options) is not null;

    private bool MayAnswer(Statement statement, in ReadWish wish) => _choice.MayAnswer(statement, _world.Readers[0], wish, _options);

    private Statement Of(Loop loop, Action<ReadMemory> begin)
    {
        var session = new Session(new StillWire(loop), 1, 0) { Settings = new SettingsTable().Fresh };
        begin(SessionReads.Of(session, _sources).Memory);
        var statement = new Statement();
        byte[] packet = [1, 0, 0, 0, 3];
        statement.Begin(session, _world, _world.Primary!, new PacketSlice(packet, 0, 1, 1), startedAt: 0);
        return statement;
    }

    private static ServerFacts Server(string name, ServerRole role) => new()
    {
        Id = new ServerId(name),
        Endpoint = Endpoint.Tcp(System.Net.IPAddress.Loopback, 3306),
        Role = role,
        Health = ServerHealth.Up,
        Version = ServerVersion.Parse("10.11.19-MariaDB"u8),
        IsReadOnly = role == ServerRole.Replica,
    };
}
