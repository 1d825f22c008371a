using System.Collections.Frozen;
using System.Globalization;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Watch;

/// <summary>What any account may ask a server about itself, and what is made of the answers.</summary>
internal static class ServerQuestions
{
    private static readonly string s_variables = GlobalQuestion.Of([.. GlobalNames.All, "read_only", "server_id", "server_uuid",
        "gtid_executed", "gtid_binlog_pos"]);

    // Numbers are not unique in MariaDB from 10.10 (one collation may be for several character sets): NULL ones are left out.
    private const string Collations =
        "SELECT ID, COLLATION_NAME, CHARACTER_SET_NAME FROM information_schema.COLLATIONS WHERE ID IS NOT NULL";

    private const string RunningStatus = "SHOW GLOBAL STATUS LIKE 'Threads_running'";

    private const string NoisyVariable = "statement_id";

    private const string SessionVariables = "SELECT VARIABLE_NAME FROM performance_schema.variables_metadata "
        + "WHERE VARIABLE_SCOPE IN ('SESSION','SESSION_ONLY')";

    /// <summary>Asks for what does not change while a server runs; null when the connection was lost over it.</summary>
    internal static async LoopTask<Func<ServerFacts, ServerFacts>?> AskOnce(ServerConnection connection, bool asksReplication = false)
    {
        var (variables, replication) = await AskWhatChanges(connection, asksReplication);
        var collations = await ServerQuery.Run(connection, Collations, columns: 3);
        if (!variables.Reply.IsOk || !collations.Reply.IsOk)
            return null;
        var known = ReadCollations(collations);
        if (await AskWhatToTrack(connection) is not { } tracked)
            return null;
        return facts => WithReplication(ReadVariables(facts, variables), replication) with { Collations = known, TrackedVariables = tracked };
    }

    // Both questions in one round trip.
    private static async LoopTask<(ServerRows Variables, ReplicationFacts? Replication)> AskWhatChanges(
        ServerConnection connection, bool asksReplication)
    {
        if (!asksReplication)
            return (await ServerQuery.Run(connection, s_variables, columns: 2), null);
        var writer = ServerQuery.Write(connection.Wire.Loop.Writer.Clear(), connection, s_variables);
        ServerQuery.Write(writer, connection, ReplicationQuestion.For(connection.Version));
        if (!connection.Wire.Send(writer.Bytes) || !await connection.Wire.Flushed())
            connection.IsBroken = true;
        var variables = await ServerQuery.Read(connection, columns: 2);
        if (!variables.Reply.IsOk)
            return (variables, null);
        var replication = await ServerQuery.Read(connection, columns: 0, withNames: true);
        return replication.Reply.Kind == ServerReplyKind.Lost
            ? (replication, null) : (variables, ReplicationQuestion.Read(replication));
    }

    private static ServerFacts WithReplication(ServerFacts facts, ReplicationFacts? replication) =>
        facts with { Replication = replication ?? ReplicationFacts.Unknown };

    // MySQL from 8.0 has a variable that changes with each statement: with "*" each answer would tell of it. Then the
    // session's variables are named one by one: as the server lists them, or, where it cannot, all that there are.
    private static async LoopTask<string?> AskWhatToTrack(ServerConnection connection)
    {
        var noisy = await ServerQuery.Run(connection, $"SHOW SESSION VARIABLES LIKE '{NoisyVariable}'", columns: 2);
        if (!noisy.Reply.IsOk)
            return null;
        if (noisy.Rows.Count == 0)
            return "*";
        var names = await ServerQuery.Run(connection, SessionVariables, columns: 1);
        if (names.Reply.Kind == ServerReplyKind.Error)
            names = await ServerQuery.Run(connection, "SHOW SESSION VARIABLES", columns: 1);
        return names.Reply.IsOk
            ? string.Join(',', Enumerable.Range(0, names.Rows.Count).Select(row => names.Text(row, 0))
                .Where(name => name is not null && name != NoisyVariable && IsName(name)))
            : null;
    }

    // It goes between quotes in a statement of ours.
    private static bool IsName(string name) => name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.');

    /// <summary>What a login has shown of a server.</summary>
    internal static ServerFacts Greeted(ServerFacts facts, ServerLogin login) => facts with
    {
        Health = ServerHealth.Up,
        Problem = null,
        Version = login.Version,
        Capabilities = login.Offered,
        DefaultCollation = login.DefaultCollation,
        AuthPlugin = login.AuthPlugin,
    };

    /// <summary>
    /// Asks for what may change at any time; null when the connection was lost over it. <paramref name="epoch"/> is that of the
    /// global values that are known: what a client has changed since then is newer than this look.
    /// </summary>
    internal static async LoopTask<Func<ServerFacts, ServerFacts>?> AskAgain(
        ServerConnection connection, int epoch, bool asksRunning, bool asksReplication = false)
    {
        var (variables, replication) = await AskWhatChanges(connection, asksReplication);
        if (!variables.Reply.IsOk)
            return null;
        int? running = null;
        if (asksRunning)
        {
            var status = await ServerQuery.Run(connection, RunningStatus, columns: 2);
            if (status.Reply.Kind != ServerReplyKind.Error && !status.Reply.IsOk)
                return null;
            if (status.Rows.Count == 1 && int.TryParse(status.Text(0, 1), CultureInfo.InvariantCulture, out var count))
                running = count - 1;
        }
        return facts =>
        {
            // What sessions begin with may be newer than this look; how the server stands to the others is not changed by clients.
            var now = facts.Globals.Epoch == epoch ? ReadVariables(facts, variables) : facts.WithGlobals(
                [.. GlobalQuestion.Read(variables).Where(value => !GlobalNames.IsKnown(value.Key))]);
            return WithReplication(now, replication) with { Health = ServerHealth.Up, Problem = null, Running = running };
        };
    }

    private static ServerFacts ReadVariables(ServerFacts facts, ServerRows rows) => facts.WithGlobals(GlobalQuestion.Read(rows));

    private static FrozenDictionary<int, Collation> ReadCollations(ServerRows rows)
    {
        var collations = new Dictionary<int, Collation>();
        for (var i = 0; i < rows.Rows.Count; i++)
        {
            if (int.TryParse(rows.Text(i, 0), CultureInfo.InvariantCulture, out var id)
                && rows.Text(i, 1) is { } name && rows.Text(i, 2) is { } charset)
            {
                collations.TryAdd(id, new Collation(name, charset));
            }
        }
        return collations.ToFrozenDictionary();
    }
}
