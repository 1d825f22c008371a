namespace Seawall.Control;

/// <summary>What an operator can do to the process, whichever way the wish comes. Thread-safe.</summary>
public interface IControlActions
{
    /// <summary>Every setting that there is, with its present value; secrets are masked.</summary>
    IReadOnlyList<SettingRow> Settings { get; }

    /// <summary>Reads the settings again and takes over what can be taken over while running.</summary>
    Task<ReloadReport> Reload(CancellationToken cancel);

    /// <summary>What admin commands have changed of the servers, other than the settings have it: the server, and how.</summary>
    IReadOnlyList<(string Server, string Difference)> ServerDifferences { get; }

    /// <summary>
    /// Uses one more server from now on, at an address that is looked up, with the other settings of <paramref name="like"/> (the first one
    /// when that is null) and the role of that word. Null, or why not.
    /// </summary>
    Task<string?> AddServer(string name, string address, string? like, string? role, CancellationToken cancel);

    /// <summary>Uses a server no more; null, or why not.</summary>
    string? RemoveServer(string name, bool isForced);

    /// <summary>
    /// Begins to go down and returns at once. With <paramref name="now"/> nobody is waited for; asked again, whoever
    /// was waited for is cut off.
    /// </summary>
    void RequestShutdown(bool now);
}

/// <summary>One setting as it is now.</summary>
/// <param name="Key">Its name, such as <c>pool.size</c> or <c>servers.primary.connections_max</c>.</param>
/// <param name="Value">Its value; <c>(secret)</c> in place of a password.</param>
/// <param name="Default">What it would be if nobody had set it.</param>
/// <param name="Source">Who set it: <c>seawall.toml:12</c>, <c>command line</c> or <c>default</c>.</param>
/// <param name="ReloadsLive">Whether a reload applies it; otherwise it takes a restart.</param>
/// <param name="Meaning">What it is, in a line.</param>
public sealed record SettingRow(string Key, string Value, string Default, string Source, bool ReloadsLive,
    string Meaning);

/// <summary>What a reload came to.</summary>
/// <param name="Problems">Errors, when it was refused as a whole; warnings, when it was not.</param>
/// <param name="Changes">What is different now, or would be after a restart. Empty when it was refused.</param>
public sealed record ReloadReport(IReadOnlyList<SettingsProblem> Problems, IReadOnlyList<SettingChange> Changes)
{
    /// <summary>Whether the new settings are in use; if not, the old ones still are, all of them.</summary>
    public bool Succeeded => !Problems.Any(problem => problem.IsError);
}

/// <summary>A setting that differs from what is in use.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Old">What it was; secrets are masked.</param>
/// <param name="New">What it is in the file now; secrets are masked.</param>
/// <param name="NeedsRestart">It is not in use, and will not be before a restart.</param>
public sealed record SettingChange(string Key, string Old, string New, bool NeedsRestart)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Key}: {Old} -> {New}{(NeedsRestart ? " (needs a restart)" : "")}";
}

/// <summary>Something about the settings that somebody must know.</summary>
/// <param name="IsError">Whether the settings cannot be used; otherwise it is a warning.</param>
/// <param name="Place">Where it is: <c>seawall.toml:12:5</c>, or the name of the source alone.</param>
/// <param name="Message">What is the matter, with the key and what is allowed; never a secret.</param>
public sealed record SettingsProblem(bool IsError, string Place, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Place}: {(IsError ? "error" : "warning")}: {Message}";
}
