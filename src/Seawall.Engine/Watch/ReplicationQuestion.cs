using System.Collections.Immutable;
using System.Globalization;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Servers;

namespace Seawall.Engine.Watch;

/// <summary>Asks a server whom it follows and how that goes, and reads the answer, which names things anew every few versions.</summary>
internal static class ReplicationQuestion
{
    /// <summary>The first MySQL that knows of replicas and sources.</summary>
    private const int NewWords = 80022;

    /// <summary>More sources than anybody has a server follow.</summary>
    private const int SourcesMax = 64;

    /// <summary>The question.</summary>
    internal static string For(ServerVersion version) => version switch
    {
        { IsMariaDb: true } => "SHOW ALL SLAVES STATUS",
        { Number: >= NewWords } => "SHOW REPLICA STATUS",
        _ => "SHOW SLAVE STATUS",
    };

    /// <summary>The answer. A server that does not tell the monitoring account is one of which nothing is known.</summary>
    internal static ReplicationFacts Read(ServerRows rows)
    {
        if (rows.Reply.Kind == ServerReplyKind.Error)
        {
            return ReplicationFacts.Unknown with
            {
                Problem = $"the monitoring account may not see the replication: {rows.Reply.Message} "
                    + "(it needs REPLICATION CLIENT; SLAVE MONITOR on MariaDB from 10.5)",
            };
        }
        var sources = ImmutableArray.CreateBuilder<SourceFacts>();
        for (var row = 0; row < Math.Min(rows.Rows.Count, SourcesMax); row++)
            sources.Add(SourceOf(rows, row));
        return ReplicationFacts.Of(sources.ToImmutable());
    }

    private static SourceFacts SourceOf(ServerRows rows, int row)
    {
        var receives = rows.Text(row, "Replica_IO_Running", "Slave_IO_Running") ?? "No";
        var applies = rows.Text(row, "Replica_SQL_Running", "Slave_SQL_Running") ?? "No";
        var problem = string.Join("; ", new[]
        {
            rows.Text(row, "Last_IO_Error"), WithoutQuery(rows.Text(row, "Last_SQL_Error")),
        }.Where(text => !string.IsNullOrEmpty(text)));
        return new SourceFacts(
            rows.Text(row, "Source_Host", "Master_Host") ?? "",
            (int)NumberOf(rows.Text(row, "Source_Port", "Master_Port")),
            rows.Text(row, "Source_UUID", "Master_UUID") ?? "",
            NumberOf(rows.Text(row, "Source_Server_Id", "Master_Server_Id")),
            receives.Equals("Yes", StringComparison.OrdinalIgnoreCase),
            applies.Equals("Yes", StringComparison.OrdinalIgnoreCase),
            IsStopped: IsNo(receives) && IsNo(applies) && problem.Length == 0,
            long.TryParse(rows.Text(row, "Seconds_Behind_Source", "Seconds_Behind_Master"), CultureInfo.InvariantCulture, out var lag)
                ? lag : null,
            problem);
    }

    // The words of a statement are its client's, and may hold anything.
    private static string? WithoutQuery(string? error) =>
        error?.IndexOf("Query:", StringComparison.Ordinal) is { } at and >= 0 ? $"{error[..at]}Query: ..." : error;

    private static bool IsNo(string text) => text.Equals("No", StringComparison.OrdinalIgnoreCase);

    private static long NumberOf(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
