using System.Collections.Immutable;
using System.Globalization;

namespace Seawall.Control.Settings;

/// <summary>A value that somebody has set, checked against its key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">A <c>string</c>, <c>long</c>, <c>bool</c> or <c>ImmutableArray&lt;string&gt;</c>, as the key's kind says.</param>
/// <param name="Line">The line that it is on, from 1.</param>
/// <param name="Column">The column of the value, from 1.</param>
internal sealed record SettingValue(SettingKey Key, object Value, int Line, int Column);

/// <summary>
/// One section, or one item of a list of sections: what was set in it, and the defaults for the rest.
/// </summary>
internal sealed class SettingsSection(string name, int line, int column)
{
    private readonly Dictionary<string, SettingValue> _values = [];

    /// <summary>Its name.</summary>
    internal string Name { get; } = name;

    /// <summary>The line of its heading; 0 when nobody wrote it.</summary>
    internal int Line { get; } = line;

    /// <summary>The column of its heading.</summary>
    internal int Column { get; } = column;

    /// <summary>What was set, in no order.</summary>
    internal IReadOnlyDictionary<string, SettingValue> Values => _values;

    /// <summary>Whether somebody has set it.</summary>
    internal bool Has(string key) => _values.ContainsKey(key);

    /// <summary>Sets a value; the first one stays, when there are two.</summary>
    internal void Set(SettingValue value) => _values.TryAdd(value.Key.Name, value);

    /// <summary>The text of a key, as set or by default.</summary>
    internal string Text(string key) => _values.TryGetValue(key, out var value) ? (string)value.Value : KeyOf(key)
        .Default;

    /// <summary>The number of a key, as set or by default.</summary>
    internal long Long(string key) => _values.TryGetValue(key, out var value)
        ? (long)value.Value
        : long.Parse(KeyOf(key).Default, CultureInfo.InvariantCulture);

    /// <summary>The number of a key, as set or by default; its range ends below 2^31.</summary>
    internal int Number(string key) => (int)Long(key);

    /// <summary>The flag of a key, as set or by default.</summary>
    internal bool Flag(string key) => _values.TryGetValue(key, out var value) ? (bool)value.Value : KeyOf(key)
        .Default == "true";

    /// <summary>The list of a key, or <paramref name="otherwise"/> when it was not set.</summary>
    internal ImmutableArray<string> List(string key, params ImmutableArray<string> otherwise) =>
        _values.TryGetValue(key, out var value) ? (ImmutableArray<string>)value.Value : otherwise;

    private SettingKey KeyOf(string key) => SettingKeys.All.First(known => known.Section == Name && known.Name == key);
}
