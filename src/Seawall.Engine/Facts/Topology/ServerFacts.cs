using System.Collections.Frozen;
using System.Globalization;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Loops;
using Seawall.MySql.Handshakes;

namespace Seawall.Engine.Facts.Topology;

/// <summary>The name that the settings give to a server.</summary>
public readonly record struct ServerId(string Name)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>What a server is for.</summary>
public enum ServerRole : byte
{
    /// <summary>Takes writes; every statement goes here until replicas are read from.</summary>
    Primary,

    /// <summary>Follows the primary; read from if the settings say so.</summary>
    Replica,
}

/// <summary>Whether a server answers.</summary>
public enum ServerHealth : byte
{
    /// <summary>Not asked yet.</summary>
    Unknown,

    /// <summary>Answered the last time.</summary>
    Up,

    /// <summary>Did not answer the last time.</summary>
    Down,
}

/// <summary>Why a server is not heard.</summary>
public enum ServerAbsence : byte
{
    /// <summary>It is.</summary>
    None,

    /// <summary>It has a connection and does not answer.</summary>
    Silent,

    /// <summary>No connection comes about.</summary>
    Unreachable,

    /// <summary>It is there, but does not let the monitoring account in, or not now: nothing is known of it.</summary>
    Refusing,
}

/// <summary>One server as it is known now. Replaced whole, never edited.</summary>
public sealed record ServerFacts
{
    /// <summary>Its name.</summary>
    public required ServerId Id { get; init; }

    /// <summary>Where it is, looked up.</summary>
    public required Endpoint Endpoint { get; init; }

    /// <summary>Where it is, as the settings have it.</summary>
    public string Address { get; init; } = "";

    /// <summary>What it is for.</summary>
    public required ServerRole Role { get; init; }

    /// <summary>Whether that is what the settings say; otherwise it is found out.</summary>
    public bool IsRoleFixed { get; init; } = true;

    /// <summary>What somebody has decided about it; null: nothing, and it is used.</summary>
    public DutyFacts? Duty { get; init; }

    /// <summary>What of the primary's transactions it has. The same object for as long as the server is named.</summary>
    public FreshnessSlot Freshness { get; init; } = new();

    /// <summary>Whether it answers.</summary>
    public ServerHealth Health { get; init; }

    /// <summary>Why it does not, when it does not.</summary>
    public string? Problem { get; init; }

    /// <summary>When it answered last, in the loops' milliseconds; null when it never did.</summary>
    public long? SeenAtMs { get; init; }

    /// <summary>Since when it does not answer; null while it does.</summary>
    public long? UnwellSinceMs { get; init; }

    /// <summary>Why it does not answer.</summary>
    public ServerAbsence Absence { get; init; }

    /// <summary>What it is, once it has greeted; null before.</summary>
    public ServerVersion? Version { get; init; }

    /// <summary>What it can, from its greeting.</summary>
    public Capabilities Capabilities { get; init; }

    /// <summary>The low byte of its default collation, from its greeting.</summary>
    public byte DefaultCollation { get; init; }

    /// <summary>The plugin that it greets with.</summary>
    public string AuthPlugin { get; init; } = "";

    /// <summary>Its collations by number.</summary>
    public FrozenDictionary<int, Collation> Collations { get; init; } = FrozenDictionary<int, Collation>.Empty;

    /// <summary>
    /// What it is asked to report changes of: everything, as <c>*</c>, or a list, where everything would include a variable
    /// that changes with each statement.
    /// </summary>
    public string TrackedVariables { get; init; } = "*";

    /// <summary>The global values of what sessions begin with, and how they have changed.</summary>
    public GlobalValues Globals { get; init; } = GlobalValues.Unknown;

    /// <summary>Whether sessions begin with autocommit on.</summary>
    public bool BeginsWithAutocommit => Globals.Values.GetValueOrDefault("autocommit") != "OFF";

    /// <summary>Whether sessions begin with <c>sql_auto_is_null</c> on.</summary>
    public bool BeginsAskingByNull => Globals.Values.GetValueOrDefault("sql_auto_is_null") is "ON" or "1";

    /// <summary>Statements that run there by its own count, without the one that asked; null when it was not asked.</summary>
    public int? Running { get; init; }

    /// <summary>Its global <c>sql_mode</c>, with which sessions begin.</summary>
    public string SqlMode { get; init; } = "";

    /// <summary>MariaDB's global <c>old_mode</c>; null where there is none.</summary>
    public string? OldMode { get; init; }

    /// <summary>Its global <c>character_set_client</c>, for sessions whose login names none that it knows.</summary>
    public string ClientCharacterSet { get; init; } = "utf8mb4";

    /// <summary>After how long it hangs up on a silent connection (<c>wait_timeout</c>); 0 when it was not asked.</summary>
    public long WaitTimeoutMs { get; init; }

    /// <summary>What takes the place of that for sessions that said at login that a person types (<c>interactive_timeout</c>).</summary>
    public long InteractiveTimeoutMs { get; init; }

    /// <summary>Whether it refuses writes; null when it was not asked.</summary>
    public bool? IsReadOnly { get; init; }

    /// <summary>MySQL's identity of it; empty where there is none.</summary>
    public string Uuid { get; init; } = "";

    /// <summary>Its number among servers that replicate from each other (<c>server_id</c>); 0 when it was not asked.</summary>
    public long ServerNumber { get; init; }

    /// <summary>What it says of its replication.</summary>
    public ReplicationFacts Replication { get; init; } = ReplicationFacts.Unknown;

    /// <summary>The transactions that it has, as it writes them; only the end of a long list.</summary>
    public string Position { get; init; } = "";

    /// <summary>The same with global variables as they are now: all that is looked at, or some of it.</summary>
    public ServerFacts WithGlobals(IReadOnlyCollection<KeyValuePair<string, string>> values)
    {
        var facts = this with { Globals = Globals.With([.. values.Where(value => GlobalNames.IsKnown(value.Key))]) };
        foreach (var (name, value) in values)
        {
            facts = name switch
            {
                "sql_mode" => facts with { SqlMode = value },
                "old_mode" => facts with { OldMode = value },
                "character_set_client" => facts with { ClientCharacterSet = value },
                "wait_timeout" when int.TryParse(value, CultureInfo.InvariantCulture, out var seconds) =>
                    facts with { WaitTimeoutMs = seconds * 1000L },
                "interactive_timeout" when int.TryParse(value, CultureInfo.InvariantCulture, out var seconds) =>
                    facts with { InteractiveTimeoutMs = seconds * 1000L },
                "server_uuid" => facts with { Uuid = value },
                "server_id" when long.TryParse(value, CultureInfo.InvariantCulture, out var number) => facts with { ServerNumber = number },
                "gtid_executed" or "gtid_binlog_pos" => facts with { Position = EndOf(value) },
                "read_only" => facts with { IsReadOnly = !value.Equals("OFF", StringComparison.OrdinalIgnoreCase) && value != "0" },
                _ => facts,
            };
        }
        return facts;
    }

    /// <summary>More of a position than anybody reads.</summary>
    private const int PositionMax = 1_000;

    private static string EndOf(string position) => position.Length <= PositionMax ? position : $"...{position[^PositionMax..]}";
}

/// <summary>A collation and its character set, by the names that <c>SET</c> takes.</summary>
public sealed record Collation(string Name, string CharacterSet);
