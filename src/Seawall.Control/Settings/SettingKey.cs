using System.Collections.Immutable;
using System.Globalization;

namespace Seawall.Control.Settings;

/// <summary>What a setting's value looks like.</summary>
internal enum SettingKind : byte
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A whole number within a range.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Flag,

    /// <summary>One of a few words.</summary>
    Choice,

    /// <summary>A list of texts.</summary>
    TextList,

    /// <summary>A text that is never shown.</summary>
    Secret,
}

/// <summary>
/// One key of the settings file, as <see cref="SettingKeys"/> lists them. Validation, <c>check</c>, <c>SHOW
/// SETTINGS</c> and the table of docs/settings.md all come from here.
/// </summary>
internal sealed record SettingKey
{
    /// <summary>The section that it is in: <c>pool</c>, <c>servers</c>, …</summary>
    internal required string Section { get; init; }

    /// <summary>Its name in the section.</summary>
    internal required string Name { get; init; }

    /// <summary>What its value looks like.</summary>
    internal required SettingKind Kind { get; init; }

    /// <summary>The value when nobody sets it, as a person would write it; empty when there is none.</summary>
    internal string Default { get; init; } = "";

    /// <summary>The smallest number.</summary>
    internal long Min { get; init; }

    /// <summary>The largest number.</summary>
    internal long Max { get; init; } = long.MaxValue;

    /// <summary>The words that a choice has.</summary>
    internal ImmutableArray<string> Choices { get; init; } = [];

    /// <summary>Whether it must be set.</summary>
    internal bool IsRequired { get; init; }

    /// <summary>Whether a reload applies it.</summary>
    internal bool ReloadsLive { get; init; } = true;

    /// <summary>What it is, in a line.</summary>
    internal required string Meaning { get; init; }

    /// <summary>Section and name: what messages call it.</summary>
    internal string Path => $"{Section}.{Name}";

    /// <summary>What is allowed, for people.</summary>
    internal string Allowed => Kind switch
    {
        SettingKind.Text or SettingKind.Secret => "a text in quotes",
        SettingKind.Number => string.Create(CultureInfo.InvariantCulture, $"a whole number from {Min} to {Max}"),
        SettingKind.Flag => "true or false",
        SettingKind.Choice => string.Join(", ", Choices[..^1].Select(word => $"\"{word}\"")) + $" or \"{Choices[^1]}\"",
        SettingKind.TextList => "a list of texts: [\"…\", \"…\"]",
    };
}
