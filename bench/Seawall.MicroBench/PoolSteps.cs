using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Telemetry;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;

namespace Seawall.MicroBench;

/// <summary>Taking a server connection and giving it back, and finding out that it has the right settings already.</summary>
[MemoryDiagnoser]
public class PoolSteps : IDisposable
{
    private readonly StillLoop _loop = new();
    private readonly SettingsTable _settings = new();
    private readonly PacketWriter _writer = new();
    private Pool _pool = null!;
    private PooledConnection _connection = null!;
    private SessionSettings _wanted = null!;

    [GlobalSetup]
    public void FillThePool()
    {
        var board = new FactsBoard();
        var server = new PoolServer(
            new ServerId("stub"), new DialGate(new DialPace(new DialLimits(), new Random(1))), new ServerSlots(() => 100),
            new PoolDialer(board, _settings, () => throw new InvalidOperationException("nobody dials here")), board, _loop, () => new CancelLimits(),
            new ServerPulse(1));
        var context = new PoolContext([_loop], server, () => new PoolLimits(), () => false, new PoolTelemetry(NullLogger.Instance));
        _pool = new Pool(context, new PoolKey(server.Id, "bench", default), new Account("bench", "%", [], AccountSource.Server));
        _wanted = _settings.Fresh.WithSchema("bench").With("sql_mode", "ANSI").With("time_zone", "SYSTEM");
        var version = ServerVersion.Parse("8.4.2"u8);
        for (var i = 0; i < 8; i++)
        {
            _connection = new PooledConnection(new StillWire(_loop), version, Capabilities.None, _wanted) { ExpiresMs = long.MaxValue };
            _pool.Adopt(_connection);
        }
    }

    [Benchmark]
    public PooledUse TakeAndGiveBack()
    {
        var connection = _pool.TryTake(_loop, _wanted, _connection)!;
        Lease.Begin(connection, _pool).Return();
        return new PooledUse(connection.Uses);
    }

    [Benchmark]
    public int NoMoveNeeded() => SettingsMove.Write(_writer.Clear(), _connection, _wanted, lastInsertId: null);

    [Benchmark]
    public SessionSettings SettingsThatAreKnown() => _wanted.With("sql_mode", "").With("sql_mode", "ANSI");

    public void Dispose() => GC.SuppressFinalize(this);

    /// <summary>Keeps the result alive; the connection itself is nobody's business outside.</summary>
    public readonly record struct PooledUse(ulong Count);
}
