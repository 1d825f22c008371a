using System.Collections.Frozen;

namespace Seawall.Engine.Facts.Topology;

/// <summary>
/// The variables whose global values sessions begin with and that are looked at. Servers leave out of an answer what they do not
/// have. Those of single engines and plugins are not among them.
/// </summary>
public static class GlobalNames
{
    // Every account may set these for its own session, so that a session of before a change can be given the old value.
    private static readonly string[] s_kept =
    [
        "alter_algorithm", "autocommit", "completion_type", "cte_max_recursion_depth", "default_storage_engine",
        "default_tmp_storage_engine", "default_week_format", "div_precision_increment", "eq_range_index_dive_limit",
        "foreign_key_checks", "group_concat_max_len", "information_schema_stats_expiry", "innodb_lock_wait_timeout",
        "interactive_timeout", "join_buffer_size", "join_cache_level", "lc_messages", "lc_time_names",
        "lock_wait_timeout", "long_query_time", "low_priority_updates", "max_error_count", "max_execution_time",
        "max_heap_table_size", "max_join_size", "max_length_for_sort_data", "max_recursive_iterations",
        "max_seeks_for_key", "max_sort_length", "max_sp_recursion_depth", "max_statement_time",
        "min_examined_row_limit", "net_read_timeout", "net_retry_count", "net_write_timeout", "old_mode",
        "optimizer_prune_level", "optimizer_search_depth", "optimizer_selectivity_sampling_limit", "optimizer_switch",
        "optimizer_use_condition_selectivity", "preload_buffer_size", "range_optimizer_max_mem_size",
        "read_buffer_size", "read_rnd_buffer_size", "sort_buffer_size", "sql_auto_is_null", "sql_big_selects",
        "sql_buffer_result", "sql_mode", "sql_notes", "sql_quote_show_create", "sql_safe_updates", "sql_select_limit",
        "sql_warnings", "time_zone", "tmp_table_size", "transaction_isolation", "transaction_read_only",
        "tx_isolation", "tx_read_only", "unique_checks", "updatable_views_with_limit", "use_stat_tables",
        "wait_timeout", "windowing_use_high_precision",
    ];

    // Not every account may set these for its session, or nobody may, or Seawall does with them what a server would.
    private static readonly string[] s_others =
    [
        "auto_increment_increment", "auto_increment_offset", "bulk_insert_buffer_size", "character_set_client",
        "explicit_defaults_for_timestamp", "innodb_strict_mode", "max_allowed_packet", "net_buffer_length",
        "sql_require_primary_key",
    ];

    private static readonly FrozenSet<string> s_known = s_kept.Concat(s_others).ToFrozenSet();
    private static readonly FrozenSet<string> s_keptSet = s_kept.ToFrozenSet();

    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<string> All => s_known.Items;

    /// <summary>Whether it is one of them.</summary>
    public static bool IsKnown(string name) => s_known.Contains(name);

    /// <summary>Whether a session that began before a change keeps the value of then.</summary>
    internal static bool IsKept(string name) => s_keptSet.Contains(name);
}
