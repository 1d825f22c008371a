using Seawall.LabTests.Lab;

namespace Seawall.LabTests.Equivalence;

/// <summary>Session variables that scripts set and ask for. Left out is what would differ by itself: clocks, numbers of threads.</summary>
internal static class SessionVariables
{
    private const string Everywhere = "";
    private const string MariaDb = "m";
    private const string Modern = "9";
    private const string MySql56 = "5";
    private const string MySql = "59";
    private const string Old = "m5";

    // The last value of each is one that a server refuses, corrects with a warning, or takes in another form.
    private static readonly (string On, string Name, string[] Values)[] s_all =
    [
        (Everywhere, "sql_mode", ["''", "'ANSI'", "'ANSI_QUOTES'", "'STRICT_TRANS_TABLES'", "'NO_BACKSLASH_ESCAPES'", "'PIPES_AS_CONCAT'",
            "'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO'", "'NO_AUTO_VALUE_ON_ZERO'",
            "'IGNORE_SPACE'", "'ONLY_FULL_GROUP_BY'", "'TRADITIONAL'", "'NO_UNSIGNED_SUBTRACTION,PAD_CHAR_TO_FULL_LENGTH'", "'NONSENSE'"]),
        (Everywhere, "time_zone", ["'+00:00'", "'+05:30'", "'-11:00'", "'SYSTEM'", "'Nowhere/City'"]),
        (Everywhere, "sql_select_limit", ["1", "3", "18446744073709551615", "-1"]),
        (Everywhere, "group_concat_max_len", ["4", "20", "1024", "0"]),
        (Everywhere, "div_precision_increment", ["0", "7", "4", "99"]),
        (Everywhere, "default_week_format", ["0", "3", "77"]),
        (Everywhere, "lc_time_names", ["'de_DE'", "'en_US'", "'ja_JP'", "'xx_XX'"]),
        (Everywhere, "max_error_count", ["0", "1", "3", "64", "-1"]),
        (Everywhere, "sql_notes", ["0", "1", "off", "2"]),
        (Everywhere, "sql_warnings", ["1", "0", "'maybe'"]),
        // MySQL 9.7 quotes names in errors about foreign keys as the session wanted it that opened the table first.
        (Old, "sql_quote_show_create", ["0", "1"]),
        (Everywhere, "sql_safe_updates", ["1", "0"]),
        (Everywhere, "sql_auto_is_null", ["1", "0"]),
        (Everywhere, "sql_big_selects", ["1", "0"]),
        (Everywhere, "sql_buffer_result", ["1", "0"]),
        (Everywhere, "max_join_size", ["1000", "18446744073709551615", "100000000"]),
        (Everywhere, "foreign_key_checks", ["0", "1", "off"]),
        (Everywhere, "unique_checks", ["0", "1", "on"]),
        (Everywhere, "auto_increment_increment", ["1", "2", "5", "0"]),
        (Everywhere, "auto_increment_offset", ["1", "2", "3"]),
        (Everywhere, "max_sort_length", ["8", "1024", "1"]),
        (Everywhere, "net_write_timeout", ["61", "60", "0"]),
        // Not 0: on MariaDB a statement then fails as soon as a thread of the server has the table.
        (Everywhere, "innodb_lock_wait_timeout", ["7", "50", "'x'"]),
        (Everywhere, "updatable_views_with_limit", ["0", "1"]),
        (Everywhere, "character_set_results", ["'latin1'", "null", "'utf8mb4'", "'cp1251'", "'none'"]),
        (Everywhere, "character_set_client", ["'latin1'", "'utf8mb4'", "'ucs2'"]),
        (Everywhere, "character_set_connection", ["'latin1'", "'utf8mb4'"]),
        (Everywhere, "default_storage_engine", ["'MEMORY'", "'InnoDB'", "'NoEngine'"]),
        (Everywhere, "low_priority_updates", ["1", "0"]),
        (Everywhere, "min_examined_row_limit", ["5", "0"]),
        (Everywhere, "big_tables", ["1", "0"]),
        (Everywhere, "tmp_table_size", ["100000", "16777216", "1"]),
        (Everywhere, "join_buffer_size", ["200000", "262144", "1"]),
        (Everywhere, "wait_timeout", ["1000", "28800", "'x'"]), // Not 0, which becomes a second.
        (Old, "old_passwords", ["0", "1"]),
        (Old, "tx_isolation", ["'READ-COMMITTED'", "'REPEATABLE-READ'", "'SERIALIZABLE'", "'NEVER'"]),
        (Old, "tx_read_only", ["1", "0"]),
        (Modern, "transaction_isolation", ["'READ-COMMITTED'", "'REPEATABLE-READ'", "'SERIALIZABLE'", "'NEVER'"]),
        (Modern, "transaction_read_only", ["1", "0"]),
        (Modern, "sql_require_primary_key", ["1", "0"]),
        (Modern, "sql_generate_invisible_primary_key", ["1", "0"]),
        (Modern, "max_execution_time", ["0", "50000", "-5"]),
        (Modern, "cte_max_recursion_depth", ["3", "1000"]),
        (Modern, "default_collation_for_utf8mb4", ["'utf8mb4_general_ci'", "'utf8mb4_0900_ai_ci'", "'latin1_bin'"]),
        (Modern, "information_schema_stats_expiry", ["0", "86400"]),
        (Modern, "show_create_table_verbosity", ["1", "0"]),
        (MySql, "optimizer_switch", ["'index_merge=off'", "'mrr=off,mrr_cost_based=on'", "'default'", "'nothing=on'"]),
        (MySql, "eq_range_index_dive_limit", ["3", "200", "10"]),
        (MariaDb, "optimizer_switch", ["'index_merge=off'", "'mrr=on'", "'default'", "'nothing=on'"]),
        (MariaDb, "max_statement_time", ["0", "50", "'x'"]),
        (MariaDb, "sql_if_exists", ["1", "0"]),
        (MariaDb, "column_compression_threshold", ["50", "100"]),
        (MariaDb, "check_constraint_checks", ["0", "1"]),
        (MariaDb, "use_stat_tables", ["'never'", "'preferably'"]),
        (MariaDb, "max_recursive_iterations", ["3", "1000"]),
        (MySql56, "max_length_for_sort_data", ["1024", "5"]),
    ];

    /// <summary>One that is set, often to something sensible.</summary>
    internal static string Assignment(LabKind kind, Random dice)
    {
        var (name, values) = Choose(kind, dice);
        var value = dice.Chance(15) ? "default" : dice.Pick(values);
        return $"{name} {(dice.Chance(80) ? "=" : ":=")} {value}";
    }

    /// <summary>A name.</summary>
    internal static string Name(LabKind kind, Random dice) => Choose(kind, dice).Name;

    /// <summary>Several, as a question asks for them.</summary>
    internal static string Names(LabKind kind, Random dice, int count) => string.Join(", ",
        Enumerable.Range(0, count).Select(_ => dice.Pick((string[])["@@", "@@", "@@session.", "@@local."]) + Choose(kind, dice).Name));

    private static (string Name, string[] Values) Choose(LabKind kind, Random dice)
    {
        while (true)
        {
            var (on, name, values) = dice.Pick(s_all);
            if (on.Length == 0 || on.Contains(Letter(kind)))
                return (name, values);
        }
    }

    internal static char Letter(LabKind kind) => kind switch
    {
        LabKind.MariaDb => 'm',
        LabKind.MySql97 => '9',
        LabKind.MySql56 => '5',
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
