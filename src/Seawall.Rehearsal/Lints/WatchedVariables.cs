using System.Collections.Frozen;
using System.Globalization;
using Seawall.Rehearsal.Reports;
using Seawall.Rehearsal.Targets;

namespace Seawall.Rehearsal.Lints;

/// <summary>Variables whose change can be felt by connections or results, each with why.</summary>
internal static class WatchedVariables
{
    private enum Worse
    {
        Lower,
        Different,
    }

    private sealed record Watched(string Name, Worse Worse, string Why, string OldName = "", Grade Grade = Grade.Note);

    private static readonly Watched[] s_all =
    [
        new("max_connections", Worse.Lower, "clients hear 1040 earlier", Grade: Grade.Fail),
        new("max_user_connections", Worse.Different, "accounts hear 1203"),
        new("back_log", Worse.Lower, "a burst of connects overflows the listen queue, and clients wait 1, 3, 7 seconds for a SYN"),
        new("thread_cache_size", Worse.Lower, "more connects make a thread of their own"),
        new("thread_handling", Worse.Different, "connections are served by other threads"),
        new("max_connect_errors", Worse.Lower, "a host is blocked (1129) after fewer broken connects"),
        new("host_cache_size", Worse.Lower, "more connects ask DNS"),
        new("skip_name_resolve", Worse.Different, "OFF asks DNS for each host that is not cached; ON no longer matches accounts by name"),
        new("connect_timeout", Worse.Lower, "slow logins are cut off earlier"),
        new("wait_timeout", Worse.Lower, "idle connections of pools are closed earlier"),
        new("interactive_timeout", Worse.Lower, "idle connections are closed earlier"),
        new("net_read_timeout", Worse.Lower, "slow clients are cut off earlier"),
        new("max_allowed_packet", Worse.Lower, "long statements and rows are refused (1153)", Grade: Grade.Fail),
        new("open_files_limit", Worse.Lower, "fewer connections and tables at one time"),
        new("table_open_cache", Worse.Lower, "tables are opened again more often"),
        new("innodb_buffer_pool_size", Worse.Lower, "more reads go to disk"),
        new("transaction_isolation", Worse.Different, "transactions see and lock other rows", "tx_isolation", Grade.Fail),
        new("autocommit", Worse.Different, "statements commit by themselves, or do not", Grade: Grade.Fail),
        new("lower_case_table_names", Worse.Different, "names of tables match otherwise", Grade: Grade.Fail),
        new("character_set_server", Worse.Different, "new schemas get another character set; drivers that follow the greeting change theirs"),
        new("collation_server", Worse.Different, "new schemas compare otherwise"),
        new("explicit_defaults_for_timestamp", Worse.Different, "TIMESTAMP columns get other defaults"),
        new("group_concat_max_len", Worse.Lower, "GROUP_CONCAT cuts earlier"),
        new("time_zone", Worse.Different, "times are shown otherwise"),
        new("innodb_autoinc_lock_mode", Worse.Different, "numbers of AUTO_INCREMENT have other gaps"),
        new("default_storage_engine", Worse.Different, "new tables get another engine"),
        new("event_scheduler", Worse.Different, "events run, or do not"),
        new("local_infile", Worse.Different, "LOAD DATA LOCAL is allowed, or refused"),
        new("binlog_format", Worse.Different, "replicas get something else"),
        new("performance_schema", Worse.Different, "every connection costs memory and time for it"),
        new("query_cache_type", Worse.Different, "answers no longer come from the query cache"),
        new("init_connect", Worse.Different, "every connection runs another statement first"),
    ];

    // What leaves the list of modes makes statements succeed that failed, and the other way about.
    private static readonly FrozenDictionary<string, string> s_modes = new Dictionary<string, string>
    {
        ["ONLY_FULL_GROUP_BY"] = "GROUP BY with columns that are not determined is refused (1055)",
        ["STRICT_TRANS_TABLES"] = "values that do not fit are refused instead of cut",
        ["STRICT_ALL_TABLES"] = "values that do not fit are refused instead of cut",
        ["NO_ZERO_DATE"] = "'0000-00-00' is refused",
        ["NO_ZERO_IN_DATE"] = "dates with a zero month or day are refused",
        ["ERROR_FOR_DIVISION_BY_ZERO"] = "division by zero is an error in writes",
        ["NO_AUTO_CREATE_USER"] = "GRANT makes no accounts; MySQL 8 does not know the mode, and SET of it fails",
        ["PIPES_AS_CONCAT"] = "|| joins text",
        ["ANSI_QUOTES"] = "\"x\" is a name",
        ["NO_BACKSLASH_ESCAPES"] = "backslashes in texts are themselves",
        ["NO_ENGINE_SUBSTITUTION"] = "an engine that is missing is an error",
    }.ToFrozenDictionary();

    /// <summary>What differs.</summary>
    public static IEnumerable<Finding> Of(TargetFacts old, TargetFacts @new)
    {
        foreach (var watched in s_all)
        {
            var before = old.Variables.GetValueOrDefault(watched.Name) ?? old.Variables.GetValueOrDefault(watched.OldName);
            var after = @new.Variables.GetValueOrDefault(watched.Name) ?? @new.Variables.GetValueOrDefault(watched.OldName);
            if (before is null || before == after)
                continue;
            if (after is null)
            {
                yield return new Finding(Grade.Note, $"{watched.Name} = {before} on the old server; the new one has no such variable: {watched.Why}");
                continue;
            }
            var isWorse = watched.Worse == Worse.Different || IsLower(before, after);
            if (!isWorse)
                continue;
            yield return new Finding(
                watched.Grade, $"{watched.Name}: {before} becomes {after}: {watched.Why}",
                watched.Grade == Grade.Fail ? $"set {watched.Name} = {before} on the new server" : "");
        }
        foreach (var finding in Modes(old, @new))
            yield return finding;
    }

    private static IEnumerable<Finding> Modes(TargetFacts old, TargetFacts @new)
    {
        var before = Words(old.Variables.GetValueOrDefault("sql_mode"));
        var after = Words(@new.Variables.GetValueOrDefault("sql_mode"));
        foreach (var mode in after.Except(before))
            yield return new Finding(Grade.Note, $"sql_mode gets {mode}: {s_modes.GetValueOrDefault(mode, "statements may mean something else")}");
        foreach (var mode in before.Except(after))
            yield return new Finding(Grade.Note, $"sql_mode loses {mode}: {s_modes.GetValueOrDefault(mode, "statements may mean something else")} no longer");
    }

    private static string[] Words(string? list) => (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static bool IsLower(string before, string after) =>
        double.TryParse(before, CultureInfo.InvariantCulture, out var was) && double.TryParse(after, CultureInfo.InvariantCulture, out var becomes)
        && becomes < was && was > 0;
}
