using System.Collections.Frozen;
using System.Text;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>What a session learns from a server's reports of changes: facts before guesses.</summary>
internal static class SessionLearning
{
    // Reported, but nothing to move: they follow the schema, the last statement or the server.
    private static readonly FrozenSet<string> s_ignored = FrozenSet.ToFrozenSet(
    [
        "last_insert_id", "identity", "last_gtid", "warning_count",
        "error_count", "in_transaction", "statement_id", "gtid_executed",
    ]);

    // Setting these elsewhere would mean something else: they speak of one moment, one statement or one connection.
    private static readonly FrozenSet<string> s_unmovable = FrozenSet.ToFrozenSet(
    [
        "timestamp", "insert_id", "rand_seed1", "rand_seed2", "pseudo_thread_id", "pseudo_slave_mode",
        "pseudo_replica_mode", "gtid_next", "gtid_seq_no", "gtid_domain_id", "server_id", "sql_log_bin", "sql_log_off",
        "skip_replication", "default_master_connection", "original_commit_timestamp", "immediate_server_version",
        "original_server_version", "proxy_user", "external_user", "wsrep_on", "tx_isolation_next", "resource_group",
    ]);

    private const string BigSelects = "sql_big_selects";
    private const string CharsetOfSchema = "character_set_database";

    // The highest number that there is: SQL_BIG_SELECTS is switched on by it, and off by any other.
    private const string NoLimit = "18446744073709551615";

    /// <summary>
    /// Takes up the changes that one packet reports. <paramref name="endsRows"/>: it ends rows.
    /// </summary>
    internal static void Learn(
        Session session, ServerConnection connection, AnswerFacts facts, ReadOnlySpan<byte> changes, bool endsRows)
    {
        facts.TellsBigSelects = false;
        var (hasName, hasState) = (false, false);
        var reader = new SessionChangeReader(changes);
        while (reader.MoveNext())
        {
            hasName |= reader.Current.Kind == SessionChangeKind.SystemVariables;
            hasState |= reader.Current.Kind == SessionChangeKind.State;
            Learn(session, connection, facts, reader.Current, endsRows);
        }
        if (hasState && !hasName && connection.Version.IsMariaDb && session.Current is { } statement && SetsListOfReports(statement))
            session.Untold?.ForgetVariables();
    }

    // All variables are reported by name, but for the list of those to report when it is not in itself any more.
    private static bool SetsListOfReports(Statement statement) =>
        (statement.Facts.Traits & StatementTraits.SetsSessionTracking) != 0 && !statement.Decision.PutsBackSettings;

    /// <summary>Takes up one change.</summary>
    internal static void Learn(Session session, ServerConnection connection, AnswerFacts facts, in SessionChange change, bool endsRows)
    {
        switch (change.Kind)
        {
            case SessionChangeKind.SystemVariables when connection.Version.IsMariaDb && change.Name.SequenceEqual("last_gtid"u8):
                // It has written this; what is told with a statement that only reads was left by others.
                if (session.Current is { Facts.IsHarmless: false })
                    session.Elsewhere &= ~PreviousFacts.LastGtid;
                session.Reads?.NoteTold(change.Value, isMariaDb: true);
                break;
            case SessionChangeKind.SystemVariables:
                LearnVariable(session, connection, facts, change);
                break;
            // Nothing that gives rows leads into another schema for good: it is that of the routine, which is left when it ends,
            // if need be by an error, of which there is no report.
            case SessionChangeKind.Schema:
                facts.HasVariableChange = true;
                if (!endsRows)
                    SetSchema(session, connection, change.Value.IsEmpty ? null : Encoding.UTF8.GetString(change.Value));
                break;
            case SessionChangeKind.State:
                facts.HasNamelessChange = true;
                break;
            case SessionChangeKind.Gtids:
                session.Reads?.NoteTold(change.Value, isMariaDb: false);
                break;
            case SessionChangeKind.TransactionCharacteristics:
            case SessionChangeKind.TransactionState:
                break;
        }
    }

    /// <summary>The session is in another schema now, and so is the connection.</summary>
    internal static void SetSchema(Session session, ServerConnection connection, string? schema)
    {
        session.Settings = session.Settings.Entering(schema);
        connection.Applied = connection.Applied.Entering(schema);
    }

    /// <summary>The session has another value of a variable now, and so has the connection.</summary>
    internal static void SetVariable(Session session, ServerConnection connection, AnswerFacts facts, string name, string value)
    {
        if (s_ignored.Contains(name))
            return;
        if (name is CharsetOfSchema or SessionSettings.CollationOfSchema)
        {
            LearnCollationOfSchema(session, connection, facts, name, value);
            return;
        }
        facts.HasVariableChange = true;
        // Those of transactions and GTIDs follow the client, as other settings do: Seawall wants to hear of neither.
        if (name.StartsWith("session_track_", StringComparison.Ordinal)
            && name is not ("session_track_transaction_info" or "session_track_gtids"))
        {
            // Without reports nothing would be known any more: the connection is told again before the next statement.
            facts.HasTrackingChange = true;
            session.Tracking = session.Tracking.With(name, value);
            if (name == "session_track_system_variables")
                session.Untold?.ForgetVariables();
            connection.NeedsTracking = true;
        }
        else if (name == ClientTracking.OfGtids && connection.TracksGtids)
        {
            // Seawall goes on asking for them; the client is shown them, or not.
            session.Tracking = session.Tracking.With(name, value);
            session.Settings = session.Settings.With(name, value);
            connection.Applied = connection.Applied.With(name, value);
            connection.NeedsTracking = true;
        }
        else if (s_unmovable.Contains(name))
        {
            facts.HasUnmovableChange = true;
        }
        else
        {
            session.Settings = With(session.Settings, facts, name, value);
            if (name == "wait_timeout")
                session.Wish(SessionWishes.LookAtClock); // It may be due much earlier now.
            connection.Applied = With(connection.Applied, facts, name, value);
            facts.TellsBigSelects |= name == BigSelects;
        }
    }

    // It follows the schema, unless it was set.
    private static void LearnCollationOfSchema(Session session, ServerConnection connection, AnswerFacts facts, string name, string value)
    {
        var traits = session.Current?.Facts.Traits ?? StatementTraits.None;
        if ((traits & StatementTraits.SetsSystemVariable) == 0)
            return;
        facts.HasVariableChange = true;
        if ((traits & StatementTraits.Use) != 0)
        {
            facts.HasUnmovableChange = true; // Nobody can tell which of both it was.
            return;
        }
        session.Settings = session.Settings.WithCollationOfSchema(name, value);
        connection.Applied = connection.Applied.WithCollationOfSchema(name, value);
    }

    // Two variables have another one in tow, which is not reported.
    private static SessionSettings With(SessionSettings settings, AnswerFacts facts, string name, string value) => name switch
    {
        "max_join_size" when !facts.TellsBigSelects => settings.With(name, value).With(BigSelects, value == NoLimit ? "ON" : "OFF"),
        "character_set_results" => settings.With(name, value).Without(CollationTable.OfResults),
        _ => settings.With(name, value),
    };

    private static void LearnVariable(
        Session session, ServerConnection connection, AnswerFacts facts, in SessionChange change) =>
        SetVariable(session, connection, facts, Encoding.UTF8.GetString(change.Name).ToLowerInvariant(),
            Encoding.UTF8.GetString(change.Value));
}
