using System.Collections.Frozen;
using Seawall.Engine.Facts.Topology;

namespace Seawall.Engine.Facts.Freshness;

/// <summary>Why nothing is read from a replica, whatever it has applied.</summary>
public enum Unfitness : byte
{
    /// <summary>It may be read from.</summary>
    None,

    /// <summary>It does not answer, or was never seen.</summary>
    Down,

    /// <summary>It is of another kind than the primary: MariaDB and MySQL do not give the same answers.</summary>
    OtherKind,

    /// <summary>It takes writes: what a function hidden in a view writes would stay there.</summary>
    Writable,

    /// <summary>A global variable that shapes answers has another value there than on the primary.</summary>
    OtherSettings,

    /// <summary>Somebody has taken it out: it is drained or ejected.</summary>
    OutOfDuty,
}

/// <summary>Whether a replica may be read from at all: its answers would be the primary's. Pure.</summary>
internal static class ReplicaFitness
{
    // Sessions begin with these, and none of them says how fast or how long: they change what is answered.
    private static readonly string[] s_shaping =
    [
        "autocommit", "character_set_client", "cte_max_recursion_depth", "default_week_format", "div_precision_increment",
        "explicit_defaults_for_timestamp", "group_concat_max_len", "lc_messages", "lc_time_names", "max_error_count", "max_join_size",
        "max_recursive_iterations", "max_sort_length", "old_mode", "sql_auto_is_null", "sql_big_selects", "sql_mode", "sql_notes",
        "sql_quote_show_create", "sql_safe_updates", "sql_select_limit", "time_zone", "transaction_isolation", "tx_isolation",
        "transaction_read_only", "tx_read_only", "windowing_use_high_precision",
    ];

    internal static Unfitness Judge(ServerFacts primary, ServerFacts replica)
    {
        if (replica.Duty is not null)
            return Unfitness.OutOfDuty;
        if (replica is not { Health: ServerHealth.Up, Version: not null })
            return Unfitness.Down;
        if (primary.Version?.IsMariaDb != replica.Version.IsMariaDb)
            return Unfitness.OtherKind;
        if (replica.IsReadOnly != true)
            return Unfitness.Writable;
        return DifferingSetting(primary.Globals.Values, replica.Globals.Values) is null ? Unfitness.None : Unfitness.OtherSettings;
    }

    /// <summary>The first variable that shapes answers and differs; null when none does.</summary>
    internal static string? DifferingSetting(FrozenDictionary<string, string> primary, FrozenDictionary<string, string> replica)
    {
        foreach (var name in s_shaping)
        {
            if (primary.GetValueOrDefault(name) != replica.GetValueOrDefault(name))
                return name;
        }
        return null;
    }
}
