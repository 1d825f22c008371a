using Seawall.MySql.Handshakes;

namespace Seawall.Engine.Flow;

/// <summary>
/// The choices at a login that no command changes and that nobody can translate afterwards: clients that have chosen
/// differently never share a server connection.
/// </summary>
internal static class LoginForm
{
    /// <summary>All of them.</summary>
    internal const Capabilities All = Capabilities.FoundRows | Written;

    /// <summary>Those that change how results are written: a server must have them if its client has.</summary>
    internal const Capabilities Written = Capabilities.OptionalMetadata | Capabilities.MariaDbExtendedMetadata;

    private static readonly (Capabilities Choice, string Word)[] s_words =
    [
        (Capabilities.FoundRows, "found_rows"), (Capabilities.OptionalMetadata, "optional_metadata"),
        (Capabilities.MariaDbExtendedMetadata, "extended_metadata"),
    ];

    /// <summary>These choices in words, for people and metrics; nothing for none.</summary>
    internal static string Words(Capabilities form) =>
        string.Join('+', s_words.Where(pair => form.HasFlag(pair.Choice)).Select(pair => pair.Word));
}
