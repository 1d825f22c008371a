using Microsoft.Extensions.Logging;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;

namespace Seawall.Engine.Telemetry;

/// <summary>What happens to the server connections of one server: counters and log lines. Thread-safe.</summary>
internal sealed class PoolTelemetry(ILogger logger)
{
    private readonly Lock _lock = new();
    private long _dialsSucceeded;
    private readonly long[] _dialsFailed = new long[Enum.GetValues<DialFailureKind>().Length];
    private long _idleLost;
    private long _dialExchanges;
    private long _clientsStalled;

    /// <summary>Connections opened.</summary>
    internal long DialsSucceeded => Interlocked.Read(ref _dialsSucceeded);

    /// <summary>Packets that Seawall sent in the logins of those connections.</summary>
    internal long DialExchanges => Interlocked.Read(ref _dialExchanges);

    /// <summary>Attempts that came to nothing, for this reason.</summary>
    internal long DialsFailedFor(DialFailureKind kind) => Interlocked.Read(ref _dialsFailed[(int)kind]);

    /// <summary>Attempts that came to nothing, for whatever reason.</summary>
    internal long DialsFailed => Enum.GetValues<DialFailureKind>().Sum(DialsFailedFor);

    /// <summary>Connections that a server closed while nobody used them.</summary>
    internal long IdleLost => Interlocked.Read(ref _idleLost);

    /// <summary>Clients that were sent away because others waited for a connection with which they did nothing.</summary>
    internal long ClientsStalled => Interlocked.Read(ref _clientsStalled);

    /// <summary>How long dials took, in microseconds.</summary>
    internal Histogram Dial { get; } = new();

    internal void Dialed(Pool pool, PooledConnection? connection, DialFailure? failure, long tookUs)
    {
        if (connection is not null)
        {
            Interlocked.Increment(ref _dialsSucceeded);
            Interlocked.Add(ref _dialExchanges, connection.LoginExchanges);
            EngineLog.Dialed(logger, pool.Key.Server.Name, pool.Key.User, connection.LoginExchanges, tookUs);
        }
        else if (failure is not null)
        {
            Interlocked.Increment(ref _dialsFailed[(int)failure.Kind]);
        }
        lock (_lock)
            Dial.Record(tookUs);
    }

    internal void DialFailed(Pool pool, DialFailure failure) =>
        EngineLog.DialFailed(logger, pool.Key.Server.Name, pool.Key.User, failure.Kind, failure.Text);

    internal void ClientStalled(Pool pool, uint client, long forMs)
    {
        Interlocked.Increment(ref _clientsStalled);
        EngineLog.ClientStalled(logger, client, pool.Key.User, forMs, pool.Key.Server.Name, pool.Limits.StallMsMax);
    }

    internal void LostIdle(Pool pool, ServerConnection connection)
    {
        Interlocked.Increment(ref _idleLost);
        EngineLog.IdleLost(logger, pool.Key.Server.Name, pool.Key.User, connection.ThreadId);
    }
}
