namespace Seawall.Engine.Telemetry.Views;

/// <summary>One count of a loop, by name.</summary>
/// <param name="Name">The name in <c>SHOW STATS</c>.</param>
/// <param name="Meaning">What is counted, in a line.</param>
/// <param name="Read">Reads it, from any thread.</param>
public sealed record LoopCounter(string Name, string Meaning, Func<LoopMeter, long> Read);

/// <summary>One duration that loops measure, by name.</summary>
/// <param name="Name">The name in <c>SHOW STATS</c>.</param>
/// <param name="Meaning">What is measured, in a line.</param>
/// <param name="Of">Where it is.</param>
public sealed record LoopLatency(string Name, string Meaning, Func<LoopMeter, Histogram> Of);

/// <summary>Everything that loops count, by name: the admin port and the metrics go through this list.</summary>
public static class LoopCounters
{
    /// <summary>The counts.</summary>
    public static IReadOnlyList<LoopCounter> All { get; } =
    [
        new("clients_accepted", "clients that connected", meter => meter.ClientsAccepted),
        new("clients_closed", "clients that left or were closed", meter => meter.ClientsClosed),
        new("clients_aborted", "clients that left without a goodbye after their login", meter => meter.ClientsAborted),
        new("clients_refused", "clients turned away because there were too many (clients.max), or no descriptors for them", meter => meter.ClientsRefused),
        new("clients_refused_by_strain", "clients turned away because Seawall runs short of something, or would have been: see SHOW STRAIN",
            meter => meter.ClientsRefusedByStrain),
        new("clients_hurried", "idle clients sent away sooner because Seawall runs short of something (protection.idle_ms_max), or would have been",
            meter => meter.ClientsHurried),
        new("logins_succeeded", "logins that succeeded", meter => meter.LoginsSucceeded),
        new("logins_failed", "logins that failed", meter => meter.LoginsFailed),
        new("logins_slowed", "logins that waited because of wrong passwords before them", meter => meter.LoginsSlowed),
        new("logins_refused_slowed", "logins turned away because too many waited for the same account from the same source",
            meter => meter.LoginsRefusedSlowed),
        new("logins_refused_by_class", "logins turned away, or that would have been: their class had its share (overload.<class>_login_share)",
            meter => meter.LoginsRefusedByClass),
        new("tarpitted", "refusals that were told a little later, to slow down who comes again at once (overload.tarpit_max)",
            meter => meter.Tarpitted),
        new("logins_refused_by_source", "logins turned away: too many from one source (clients.logins_per_source_max)",
            meter => meter.LoginsRefusedBySource),
        new("logins_pushed_out", "logins ended: too many in all, and they for longest (clients.logins_max)", meter => meter.LoginsPushedOut),
        new("logins_refused_by_size", "logins turned away: those under way held too many bytes (clients.login_bytes_max)",
            meter => meter.LoginsRefusedBySize),
        new("login_exchanges", "packets that clients sent in the logins that succeeded", meter => meter.LoginExchanges),
        new("tls_handshakes", "clients that went over to TLS", meter => meter.TlsHandshakes),
        new("tls_failures", "clients that wanted TLS and did not get it", meter => meter.TlsFailures),
        new("proxy_headers", "connections of proxies that said whom they speak for", meter => meter.ProxyHeaders),
        new("proxy_headers_refused", "connections of proxies that were closed because they did not say so, or not in order",
            meter => meter.ProxyHeadersRefused),
        new("commands", "commands from clients, of whatever kind", meter => meter.Commands),
        new("statements", "commands that were sent to a server", meter => meter.Statements),
        new("errors", "answers of servers that were errors", meter => meter.Errors),
        new("own_errors", "errors that Seawall itself answered with", meter => meter.OwnErrors),
        new("bytes_to_servers", "bytes of commands sent on to servers", meter => meter.BytesToServers),
        new("bytes_from_servers", "bytes of answers received from servers", meter => meter.BytesFromServers),
        new("frames_bytes_sent", "bytes of compressed frames sent, to clients and servers",
            meter => meter.Compression?.FramesSent ?? 0),
        new("frames_plain_bytes_sent", "bytes that these were before they were compressed",
            meter => meter.Compression?.PlainSent ?? 0),
        new("frames_bytes_received", "bytes of compressed frames received, from clients and servers",
            meter => meter.Compression?.FramesReceived ?? 0),
        new("frames_plain_bytes_received", "bytes that these were before they were compressed",
            meter => meter.Compression?.PlainReceived ?? 0),
        new("primary_waits", "statements that had to wait because no server took writes (topology.hold_ms_max)", meter => meter.PrimaryWaits),
        new("gate_waits", "statements that had to wait for their turn (servers.running_max)", meter => meter.GateWaits),
        new("holds", "statements that had to wait for the pace of their rule, or were deferred", meter => meter.Holds),
        new("sheds", "statements refused because their server had too much to do: see SHOW SHED", meter => meter.Sheds),
        new("kept_answers", "statements answered with answers of a moment ago, in a brown-out (brownouts.action)", meter => meter.KeptAnswers),
        new("low_writes", "writes of low classes that wanted to begin, counted while overload.lag_ms is set", meter => meter.LowWrites),
        new("replica_reads", "reads that a replica answered", meter => meter.ReplicaReads),
        new("fresh_waits", "times that a read waited for a replica to have what it must have", meter => meter.FreshWaits),
        new("spilled_reads", "reads that the primary answered because no replica might", meter => meter.SpilledReads),
        new("stale_reads", "reads that a replica answered although it lacked something, within the age that was allowed for that (stale_ok)",
            meter => meter.StaleReads),
        new("retried_reads", "reads that were tried elsewhere because their replica was lost or gave them no connection (reads.retry_share)",
            meter => meter.RetriedReads),
        new("retries_denied", "reads that were not tried elsewhere, for want of budget (reads.retry_share)", meter => meter.RetriesDenied),
        new("refused_reads", "reads refused because no replica might answer them and the primary had no place for them",
            meter => meter.RefusedReads),
        new("leases", "leases of server connections begun", meter => meter.Leases),
        new("lease_waits", "leases that had to wait", meter => meter.LeaseWaits),
        new("lease_failures", "leases that were not to be had: see the log", meter => meter.LeaseFailures),
        new("renewals", "times that a connection was reset because a global variable had changed, "
            + "or because others might have left on it what a statement reads",
            meter => meter.Renewals),
        new("moves", "times that a connection was moved to other settings", meter => meter.Moves),
        new("reprepares", "times that a statement was prepared on another connection", meter => meter.Reprepares),
        new("pins", "times that a session became pinned", meter => meter.Pins),
        new("kills", "statements and connections of clients ended by other clients' KILL", meter => meter.Kills),
        new("vanished_cancelled", "statements ended at the server because their client had gone", meter => meter.VanishedCancelled),
        new("vanished_left", "statements of clients that had gone, left to end by themselves for want of budget or connection",
            meter => meter.VanishedLeft),
        new("servers_lost", "server connections lost with a statement under way", meter => meter.ServersLost),
    ];

    /// <summary>The durations.</summary>
    public static IReadOnlyList<LoopLatency> Latencies { get; } =
    [
        new("statement", "from a command to the end of its answer", meter => meter.Statement),
        new("primary_wait", "waiting for a server that takes writes, for those who had to", meter => meter.PrimaryWait),
        new("gate_wait", "waiting for one's turn, for those who had to", meter => meter.GateWait),
        new("hold_wait", "waiting for the pace of one's rule, or as deferred, for those who had to", meter => meter.HoldWait),
        new("lease_wait", "waiting for a server connection, for those who had to", meter => meter.LeaseWait),
        new("login", "from accept to the end of a login", meter => meter.Login),
        new("loop_delay", "what everything on a loop waits for its turn", meter => meter.TurnDelay),
    ];
}
