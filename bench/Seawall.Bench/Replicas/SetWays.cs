using Seawall.Bench.Run;

namespace Seawall.Bench.Replicas;

/// <summary>What stands between the clients and a set of servers.</summary>
internal static class SetWays
{
    /// <summary>
    /// Seawall as docs/reads.md and docs/overload.md set it, with so many of the replicas; all else is as it comes. <paramref name="spillShare"/> of
    /// the primary is for reads of replicas, null for all that they want: reads.spill_budget = "none". <paramref name="limits"/>: whether as many
    /// statements run at a server as may.
    /// </summary>
    internal static (Contestant Process, int MetricsPort) Seawall(ReplicaRig rig, int replicas, string folder, int? spillShare = 10, bool limits = true)
    {
        var (port, metrics) = (Contestant.FreePort(), Contestant.FreePort());
        var file = Path.Combine(folder, $"seawall-{port}.toml");
        var servers = string.Join('\n', rig.Replicas.Take(replicas).Prepend(rig.Primary).Select(member => $"""
            [[servers]]
            name = "{(member.Number == 0 ? "primary" : $"replica-{member.Number}")}"
            address = "127.0.0.1:{member.Port}"
            tls = "off"
            running_max = {rig.RunningMax}

            """));
        File.WriteAllText(file, $"""
            [clients]
            listen = ["127.0.0.1:{port}"]

            {servers}
            [reads]
            from = "replicas"
            {(spillShare is { } share ? $"spill_share = {share}" : "spill_budget = \"none\"")}

            [overload]
            mode = "{(limits ? "enforce" : "off")}"

            [monitor]
            user = "monitor"
            password = "monitor"

            [admin]
            listen = "127.0.0.1:{Contestant.FreePort()}"

            [metrics]
            listen = "127.0.0.1:{metrics}"

            [log]
            level = "error"

            [process]
            loops = 1

            """);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return (Contestant.Of("seawall", port, Child.Start(Contestant.Beside("Seawall"), "run", "-c", file)), metrics);
    }

    /// <summary>
    /// HAProxy as its manual has it for replicas with a primary to fall back to: a check twice a second, the primary when none is left.
    /// </summary>
    internal static (Contestant Process, int WritePort) HaProxy(ReplicaRig rig, string folder)
    {
        var (reads, writes) = (Contestant.FreePort(), Contestant.FreePort());
        var file = Path.Combine(folder, $"haproxy-{reads}.cfg");
        var replicas = string.Join('\n', rig.Replicas.Select(member =>
            $"  server replica-{member.Number} 127.0.0.1:{member.Port} check inter 500 fall 2 rise 2 on-marked-down shutdown-sessions"));
        File.WriteAllText(file, $"""
            global
              nbthread 1
              maxconn 2000
            defaults
              mode tcp
              timeout connect 2s
              timeout client 1h
              timeout server 1h
              option redispatch
            listen reads
              bind 127.0.0.1:{reads}
              balance leastconn
            {replicas}
              server primary 127.0.0.1:{rig.Primary.Port} backup
            listen writes
              bind 127.0.0.1:{writes}
              server primary 127.0.0.1:{rig.Primary.Port}

            """);
        return (Contestant.Of("haproxy", reads, Child.Start("haproxy", "-db", "-q", "-f", file)), writes);
    }
}
