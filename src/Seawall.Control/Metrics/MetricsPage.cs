using System.Globalization;
using System.Numerics;
using Seawall.Engine;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Telemetry;
using Seawall.Engine.Telemetry.Views;
using Seawall.MySql.Statements;

namespace Seawall.Control.Metrics;

/// <summary>
/// Everything that is measured, on one page. Names and meanings are documented in docs/metrics.md; a test compares. Labels
/// come from the settings and from enums, save the account's name: pools beyond <see cref="PoolsMax"/> are one together, so
/// that an address with ten thousand accounts does not drown its monitoring.
/// </summary>
internal static class MetricsPage
{
    /// <summary>Pools that are shown by name.</summary>
    internal const int PoolsMax = 500;

    /// <summary>The account's name that stands for all pools beyond <see cref="PoolsMax"/>.</summary>
    internal const string OtherPools = "(others)";

    /// <summary>Writes the page.</summary>
    internal static async Task<string> Write(SeawallEngine engine, long logLinesLost, CancellationToken cancel)
    {
        var writer = new MetricsWriter();
        var pinned = await engine.Views.PinnedByReason(cancel);
        var deferrals = await engine.Views.Deferrals(cancel);
        Process(writer, engine);
        writer.Family("seawall_log_lines_lost_total", MetricType.Counter,
            "lines of the log that were lost: its reader was too slow, or its disk full").Sample(logLinesLost);
        Counters(writer, engine.Views.Meters);
        Durations(writer, engine.Views);
        Pins(writer, engine.Views.Meters, pinned);
        Pools(writer, engine.Views.Pools());
        Servers(writer, engine.Views.Servers());
        TopologyFigures.Write(writer, engine);
        ReplicaFigures.Write(writer, engine);
        OverloadFigures.Write(writer, engine.Views.Sluices());
        HoldFigures.Write(writer, engine.Views.Sluices(), engine.Brownouts.Paces(), engine.Brownouts.View(), engine.Lag);
        OverloadFigures.Write(writer, [.. engine.Views.Strain().Select(row => row.Reading)]);
        DeferralFigures.Write(writer, deferrals);
        CaptureFigures.Write(writer, engine.Captures.Totals());
        Loops(writer, engine.Views.Delays());
        return writer.ToString();
    }

    private static void Process(MetricsWriter writer, SeawallEngine engine)
    {
        var figures = ProcessFigures.Read();
        writer.Family("seawall_info", MetricType.Gauge, "1, with the version as a label").Sample(1, ("version", SeawallVersion.Text));
        writer.Family("seawall_clients", MetricType.Gauge, "clients that are in, or logging in").Sample(engine.ClientCount);
        writer.Family("seawall_logins_under_way", MetricType.Gauge, "clients that are logging in").Sample(engine.LoginCount);
        writer.Family("seawall_clients_max", MetricType.Gauge, "clients that may be in at one time (clients.max)")
            .Sample(engine.Options.Clients.CountMax);
        writer.Family("seawall_closing", MetricType.Gauge, "1 while Seawall is going down").Sample(engine.IsClosing ? 1 : 0);
        writer.Family("process_start_time_seconds", MetricType.Gauge, "when the process started, seconds since 1970")
            .Sample(figures.StartedAt.ToUnixTimeMilliseconds() / 1e3);
        writer.Family("process_cpu_seconds_total", MetricType.Counter, "user and system time").Sample(figures.CpuSeconds);
        writer.Family("process_resident_memory_bytes", MetricType.Gauge, "memory that is really there").Sample(figures.ResidentBytes);
        if (ProcessFigures.Descriptors() is { } descriptors)
        {
            writer.Family("process_open_fds", MetricType.Gauge, "descriptors that are open").Sample(descriptors.Open);
            if (descriptors.Max is { } max)
                writer.Family("process_max_fds", MetricType.Gauge, "descriptors that may be open").Sample(max);
        }
        writer.Family("seawall_gc_heap_bytes", MetricType.Gauge, "managed objects, uncollected ones included").Sample(figures.HeapBytes);
        writer.Family("seawall_gc_committed_bytes", MetricType.Gauge, "memory that the collector holds").Sample(figures.CommittedBytes);
        writer.Family("seawall_gc_allocated_bytes_total", MetricType.Counter, "bytes ever allocated").Sample(figures.AllocatedBytes);
        writer.Family("seawall_gc_pause_seconds_total", MetricType.Counter, "time that the collector has stopped everything")
            .Sample(figures.PauseSeconds);
        writer.Family("seawall_gc_collections_total", MetricType.Counter, "collections, by generation");
        foreach (var (generation, count) in figures.Collections.Index())
            writer.Sample(count, ("generation", generation.ToString(CultureInfo.InvariantCulture)));
    }

    private static void Counters(MetricsWriter writer, IReadOnlyList<LoopMeter> meters)
    {
        foreach (var counter in LoopCounters.All.Where(counter => counter.Name != "pins")) // Those are given by reason.
            writer.Family(NameOf(counter), MetricType.Counter, counter.Meaning).Sample(meters.Sum(counter.Read));
        writer.Family("seawall_statement_kinds_total", MetricType.Counter, "statements as text or executions, by their verb");
        foreach (var kind in Enum.GetValues<StatementKind>())
        {
            if (meters.Sum(meter => meter.Kinds[(int)kind]) is var count and > 0)
                writer.Sample(count, ("kind", SnakeCase.Of(kind)));
        }
    }

    /// <summary>The metric's name for a counter of the loops.</summary>
    internal static string NameOf(LoopCounter counter) => counter.Name switch
    {
        "bytes_to_servers" => "seawall_server_sent_bytes_total",
        "bytes_from_servers" => "seawall_server_received_bytes_total",
        _ => $"seawall_{counter.Name}_total",
    };

    private static void Durations(MetricsWriter writer, EngineViews views)
    {
        foreach (var latency in LoopCounters.Latencies.Where(latency => latency.Name != "loop_delay")) // By loop, below.
            writer.Family($"seawall_{latency.Name}_seconds", MetricType.Histogram, latency.Meaning).Histogram(views.Together(latency));
    }

    private static void Pins(
        MetricsWriter writer, IReadOnlyList<LoopMeter> meters, IReadOnlyDictionary<PinReasons, int> pinned)
    {
        writer.Family("seawall_pins_total", MetricType.Counter, "times that a session was pinned, by reason");
        foreach (var entry in PinCatalog.All.Where(entry => (entry.Reason & PinReasons.Soft) == 0))
        {
            var bit = BitOperations.Log2((uint)entry.Reason);
            writer.Sample(meters.Sum(meter => meter.PinsByReason[bit]), ("reason", entry.Name));
        }
        writer.Family("seawall_pinned_clients", MetricType.Gauge, "clients that are pinned now, by reason");
        foreach (var entry in PinCatalog.All)
            writer.Sample(pinned[entry.Reason], ("reason", entry.Name));
    }

    private static void Pools(MetricsWriter writer, IReadOnlyList<PoolView> pools)
    {
        var shown = Bounded(pools);
        Each("seawall_pool_size_max", "connections that the pool may have (pool.size)", pool => pool.SizeMax);
        Each("seawall_pool_connections", "connections that exist or are being opened", pool => pool.Total);
        Each("seawall_pool_in_use", "connections that sessions use or keep", pool => pool.InUse);
        Each("seawall_pool_idle", "connections that nobody uses", pool => pool.Idle);
        Each("seawall_pool_dialing", "connections being opened, or waiting at the dial gate", pool => pool.Dialing);
        Each("seawall_pool_waiting", "statements that wait for a connection", pool => pool.Waiting);
        Each("seawall_pool_maxwait_seconds", "how long the oldest of them has been waiting", pool => pool.OldestWaitMs / 1e3);

        void Each(string name, string help, Func<PoolView, double> value)
        {
            writer.Family(name, MetricType.Gauge, help);
            foreach (var pool in shown)
            {
                writer.Sample(value(pool), ("server", pool.Server), ("user", pool.User),
                    ("form", pool.Form));
            }
        }
    }

    /// <summary>The pools that are shown by name, those that have most connections, and the others as one for each server.</summary>
    internal static IReadOnlyList<PoolView> Bounded(IReadOnlyList<PoolView> pools)
    {
        if (pools.Count <= PoolsMax)
            return pools;
        var byWeight = pools.OrderByDescending(pool => pool.Total + pool.Waiting).ToArray();
        var others = byWeight.Skip(PoolsMax).GroupBy(pool => pool.Server).Select(group => new PoolView
        {
            Server = group.Key,
            User = OtherPools,
            SizeMax = group.Sum(pool => pool.SizeMax),
            Total = group.Sum(pool => pool.Total),
            Idle = group.Sum(pool => pool.Idle),
            Dialing = group.Sum(pool => pool.Dialing),
            Waiting = group.Sum(pool => pool.Waiting),
            OldestWaitMs = group.Max(pool => pool.OldestWaitMs),
            Generation = 0,
        });
        return [.. byWeight.Take(PoolsMax), .. others];
    }

    private static void Servers(MetricsWriter writer, IReadOnlyList<ServerView> servers)
    {
        Each("seawall_server_up", MetricType.Gauge, "1 when the server answered the last time",
            server => server.Facts.Health == ServerHealth.Up ? 1 : 0);
        Each("seawall_server_read_only", MetricType.Gauge, "1 when the server refuses writes",
            server => server.Facts.IsReadOnly == true ? 1 : 0);
        Each("seawall_server_connections", MetricType.Gauge, "connections of all pools", server => server.Connections);
        Each("seawall_server_connections_max", MetricType.Gauge, "connections that there may be (servers.connections_max)",
            server => server.ConnectionsMax);
        Each("seawall_server_dials_in_progress", MetricType.Gauge, "logins under way", server => server.Gate.InProgress);
        Each("seawall_server_dials_in_progress_max", MetricType.Gauge, "logins that may be under way now",
            server => server.Gate.InProgressMax);
        Each("seawall_server_dials_per_second_max", MetricType.Gauge, "connections that may be opened in a second now",
            server => server.Gate.PerSecond);
        Each("seawall_server_dials_queued", MetricType.Gauge, "dials that wait at the dial gate", server => server.Gate.Queued);
        Each("seawall_server_dial_backing_off", MetricType.Gauge, "1 while the last dials failed and the next must wait",
            server => server.Gate.IsBackingOff ? 1 : 0);
        Each("seawall_server_dials_total", MetricType.Counter, "connections opened", server => server.DialsSucceeded);
        Each("seawall_server_idle_lost_total", MetricType.Counter, "connections that the server closed while nobody used them",
            server => server.IdleLost);
        Each("seawall_server_clients_stalled_total", MetricType.Counter,
            "clients that were sent away because others waited for a connection with which they did nothing", server => server.ClientsStalled);
        Each("seawall_server_hangs_total", MetricType.Counter, "times that the server was found hanging, and its connections were closed",
            server => server.Hangs);
        writer.Family("seawall_server_dials_failed_total", MetricType.Counter, "dials that came to nothing, by reason");
        foreach (var server in servers)
        {
            foreach (var (reason, count) in server.DialsFailed)
                writer.Sample(count, ("server", server.Facts.Id.Name), ("reason", reason));
        }
        writer.Family("seawall_server_dial_seconds", MetricType.Histogram, "how long dials took");
        foreach (var server in servers)
            writer.Histogram(server.Dial, ("server", server.Facts.Id.Name));

        void Each(string name, MetricType type, string help, Func<ServerView, double> value)
        {
            writer.Family(name, type, help);
            foreach (var server in servers)
                writer.Sample(value(server), ("server", server.Facts.Id.Name));
        }
    }

    private static void Loops(MetricsWriter writer, IReadOnlyList<(int Loop, HistogramView Delay, long PulseWaitingUs)> loops)
    {
        writer.Family("seawall_loop_delay_seconds", MetricType.Histogram, "what everything on a loop waits for its turn");
        foreach (var (loop, delay, _) in loops)
            writer.Histogram(delay, ("loop", loop.ToString(CultureInfo.InvariantCulture)));
        writer.Family("seawall_loop_unanswered_seconds", MetricType.Gauge, "how long a loop has not answered: large when it is stuck");
        foreach (var (loop, _, waitingUs) in loops)
            writer.Sample(waitingUs / 1e6, ("loop", loop.ToString(CultureInfo.InvariantCulture)));
    }
}
