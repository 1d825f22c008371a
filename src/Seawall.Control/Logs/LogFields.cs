using System.Globalization;

namespace Seawall.Control.Logs;

/// <summary>How the parts of a message are called and written as fields.</summary>
internal static class LogFields
{
    /// <summary>The part that is the message's template, which nobody needs twice.</summary>
    internal const string Template = "{OriginalFormat}";

    /// <summary>A part's name as a field: <c>Client</c> becomes <c>client</c>.</summary>
    internal static string NameOf(string part) =>
        part.Length > 0 && char.IsAsciiLetterUpper(part[0]) ? char.ToLowerInvariant(part[0]) + part[1..] : part;

    /// <summary>A part's value as text, the same in every country.</summary>
    internal static string TextOf(object? value) => value switch
    {
        null => "",
        string text => text,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
