using System.Collections.Immutable;

namespace Seawall.Engine.Flow;

/// <summary>A session variable that a session has set, as the server reported it.</summary>
/// <param name="Name">The variable's name, in lower case.</param>
/// <param name="Value">Its value, in the server's own words.</param>
public readonly record struct SessionVariable(string Name, string Value);

/// <summary>
/// All that a session has set and that can be moved from one server connection to another: the current schema, the
/// variables that differ from a fresh login's, and whether several statements in one command are allowed.
/// </summary>
/// <remarks>
/// Immutable, and one object for each value as long as anybody holds it (<see cref="SettingsTable"/>), so "does this
/// connection have what the session needs?" is a comparison of references.
/// </remarks>
public sealed class SessionSettings
{
    /// <summary>The value of a variable whose global value is to be taken at the server.</summary>
    internal const string Global = "@@global";

    /// <summary>The variable that follows the schema, until a session sets it.</summary>
    internal const string CollationOfSchema = "collation_database";

    /// <summary>The variable by which <c>WHERE id IS NULL</c> asks for the number that the last INSERT has made.</summary>
    internal const string AutoIsNull = "sql_auto_is_null";

    private const string CharsetOfSchema = "character_set_database";

    internal SessionSettings(
        SettingsTable table, string? schema, bool multiStatements, ImmutableArray<SessionVariable> variables)
    {
        Table = table;
        Schema = schema;
        MultiStatements = multiStatements;
        Variables = variables;
        AsksByNull = this[AutoIsNull] is { } value ? value is "ON" or "1" : null;
    }

    /// <summary>The current schema, or null.</summary>
    public string? Schema { get; }

    /// <summary>Whether the client may send several statements in one command.</summary>
    public bool MultiStatements { get; }

    /// <summary>What differs from a fresh login, sorted by name.</summary>
    public ImmutableArray<SessionVariable> Variables { get; }

    /// <summary>
    /// What of it gives a text its meaning when it is prepared; one object for all settings that agree in that.
    /// </summary>
    public SessionSettings ForParsing => field ??= Table.Intern(Schema, multiStatements: false,
        [.. Variables.Where(variable => IsForParsing(variable.Name))]);

    /// <summary>
    /// The same, but what gives a text its meaning is as it was when the text was prepared. All else stays: to take back
    /// <c>autocommit</c> would end the transaction.
    /// </summary>
    internal SessionSettings ReadingAs(SessionSettings parsing)
    {
        if (ReferenceEquals(ForParsing, parsing))
            return this;
        var settings = WithSchema(parsing.Schema ?? Schema);
        foreach (var variable in Variables)
        {
            if (IsForParsing(variable.Name))
                settings = settings.Without(variable.Name);
        }
        foreach (var variable in parsing.Variables)
            settings = settings.With(variable.Name, variable.Value);
        return settings;
    }

    /// <summary>
    /// How long a connection with these settings may lie idle and still be used: half of the session's own
    /// <c>wait_timeout</c>, when it has set one. Later the server may hang up while a statement is on its way.
    /// </summary>
    internal long UsableIdleMs => WaitMsMax == long.MaxValue ? WaitMsMax : Math.Max(WaitMsMax / 2, 1);

    /// <summary>How long the client may be silent by its own <c>wait_timeout</c>, when it has one.</summary>
    internal long WaitMsMax => field != 0 ? field : field =
        long.TryParse(this["wait_timeout"], System.Globalization.CultureInfo.InvariantCulture, out var seconds)
            ? Math.Clamp(seconds, 1, int.MaxValue) * 1000
            : long.MaxValue;

    /// <summary>
    /// Whether <c>WHERE id IS NULL</c> may ask for the number that the last INSERT has made (<c>sql_auto_is_null</c>); null when the session has
    /// not said it.
    /// </summary>
    internal bool? AsksByNull { get; }

    /// <summary>The table that it is part of.</summary>
    internal SettingsTable Table { get; }

    /// <summary>The value of a variable, or null when the session has not set it.</summary>
    public string? this[string name]
    {
        get
        {
            var index = IndexOf(name);
            return index >= 0 ? Variables[index].Value : null;
        }
    }

    /// <summary>The same with another value of a variable.</summary>
    public SessionSettings With(string name, string value)
    {
        var index = IndexOf(name);
        if (index >= 0 && Variables[index].Value == value)
            return this;
        var variable = new SessionVariable(name, value);
        return Table.Intern(Schema, MultiStatements,
            index >= 0 ? Variables.SetItem(index, variable) : Variables.Insert(~index, variable));
    }

    /// <summary>The same with a variable as a fresh login has it.</summary>
    public SessionSettings Without(string name)
    {
        var index = IndexOf(name);
        return index < 0 ? this : Table.Intern(Schema, MultiStatements, Variables.RemoveAt(index));
    }

    /// <summary>The same in another schema.</summary>
    public SessionSettings WithSchema(string? schema) =>
        schema == Schema ? this : Table.Intern(schema, MultiStatements, Variables);

    /// <summary>
    /// The same in a schema that is entered, this one or another: character sets of schemas are read by servers at that moment.
    /// </summary>
    internal SessionSettings Entering(string? schema) => WithSchema(schema).Without(CollationOfSchema).Without(CharsetOfSchema);

    /// <summary>The same with another collation in place of the schema's; either variable sets both.</summary>
    internal SessionSettings WithCollationOfSchema(string name, string value) =>
        (name == CollationOfSchema ? Without(CharsetOfSchema) : this).With(name, value);

    /// <summary>
    /// The same in a schema that was entered before COM_RESET_CONNECTION. Servers (MariaDB 10.11, MySQL 9.7) stay in it and
    /// take the character set that a session without a schema has: <c>SET CHARACTER SET</c> and <c>LOAD DATA</c> use it.
    /// </summary>
    internal SessionSettings AfterReset(string? schema) =>
        schema is null ? WithSchema(schema) : WithSchema(schema).WithCollationOfSchema(CollationOfSchema, Global);

    /// <summary>The same with several statements in one command allowed or not.</summary>
    public SessionSettings WithMultiStatements(bool allowed) =>
        allowed == MultiStatements ? this : Table.Intern(Schema, allowed, Variables);

    private static bool IsForParsing(string name) => name is "sql_mode" or "character_set_client"
        or "character_set_connection" or "collation_connection" or "old_mode" or "div_precision_increment";

    private int IndexOf(string name)
    {
        int low = 0, high = Variables.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = string.CompareOrdinal(Variables[middle].Name, name);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return ~low;
    }
}
