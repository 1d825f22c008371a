namespace Seawall.Engine.Flow;

/// <summary>
/// What a client wants to hear of changes in its session. Seawall has the servers report everything, for itself, and tells the
/// client what it asked for.
/// </summary>
/// <param name="Schema">Of its schema: <c>session_track_schema</c>.</param>
/// <param name="State">That something changed: <c>session_track_state_change</c>.</param>
/// <param name="Variables">Of which variables: <c>session_track_system_variables</c>; <c>*</c> for all.</param>
internal sealed record ClientTracking(bool Schema, bool State, string[] Variables)
{
    /// <summary>The variable that says whether to hear of GTIDs.</summary>
    internal const string OfGtids = "session_track_gtids";

    private const string All = "*";

    // Alike in MySQL from 5.7 and MariaDB from 10.3.1.
    internal static readonly ClientTracking Default = new(Schema: true, State: false,
        ["autocommit", "character_set_client", "character_set_connection", "character_set_results", "time_zone"]);

    /// <summary>Of the numbers of its transactions: whatever the server tells, unless Seawall has asked for that itself.</summary>
    internal bool Gtids { get; init; } = true;

    /// <summary>The same where Seawall asks for the numbers of transactions: they are shown to who has asked as well.</summary>
    internal ClientTracking Hiding(string? asked) => this with { Gtids = asked is not (null or "OFF" or "0"), HidesGtids = true };

    private bool HidesGtids { get; init; }

    /// <summary>What it wants to hear when it begins anew.</summary>
    internal ClientTracking AtBegin => HidesGtids ? Default.Hiding(null) : Default;

    /// <summary>The same with another value of one of the variables that say so; others change nothing.</summary>
    internal ClientTracking With(string name, string value) => name switch
    {
        "session_track_schema" => this with { Schema = IsOn(value) },
        "session_track_state_change" => this with { State = IsOn(value) },
        "session_track_system_variables" => this with
        {
            Variables = value.ToLowerInvariant()
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        },
        OfGtids when HidesGtids => Hiding(value),
        _ => this,
    };

    /// <summary>Whether it wants to hear of a variable.</summary>
    internal bool Shows(ReadOnlySpan<byte> variable)
    {
        foreach (var name in Variables)
        {
            if (name == All || System.Text.Ascii.EqualsIgnoreCase(variable, name))
                return true;
        }
        return false;
    }

    private static bool IsOn(string value) => value is "1" or "ON";
}
