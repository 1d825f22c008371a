using System.CommandLine;
using Seawall.Control.Settings;

namespace Seawall.Verbs;

/// <summary>
/// The options by which <c>run</c> and <c>check</c> learn their settings: a file, or a few words without one.
/// </summary>
internal sealed class SettingsOptions
{
    private readonly Option<string?> _file = new("--config", "-c")
    {
        Description = "The settings file",
        HelpName = "FILE"
    };

    private readonly Option<string?> _server = new("--server", "-s")
    {
        Description = "Without a file: the server, as HOST:PORT or the path of its socket",
        HelpName = "ADDRESS",
    };

    private readonly (Option<string?> Option, string Section, string Key)[] _words =
    [
        (Word("--listen", "ADDRESS", "Without a file: where clients come in (127.0.0.1:6033)"), "clients", "listen"),
        (Word("--monitor", "USER", "Without a file: the account to read the servers' accounts with"), "monitor",
            "user"),
        (Word("--monitor-password-file", "FILE", "Without a file: a file with that account's password"), "monitor",
            "password_file"),
        (Word("--admin", "ADDRESS", "Without a file: the SQL admin port (127.0.0.1:6034), or off"), "admin", "listen"),
        (Word("--metrics", "ADDRESS", "Without a file: the metrics endpoint (127.0.0.1:6035), or off"), "metrics",
            "listen"),
        (Word("--log-level", "LEVEL", "Without a file: trace, debug, info, warning or error"), "log", "level"),
    ];

    internal void AddTo(Command command)
    {
        command.Options.Add(_file);
        command.Options.Add(_server);
        foreach (var (option, _, _) in _words)
            command.Options.Add(option);
    }

    /// <summary>Why they make no sense together; null when they do.</summary>
    internal string? ProblemOf(ParseResult parsed)
    {
        var hasFile = parsed.GetValue(_file) is not null;
        if (hasFile == parsed.GetValue(_server) is not null)
            return "give the settings file (-c FILE), or the server (--server HOST:PORT)";
        return hasFile && _words.FirstOrDefault(word => parsed.GetValue(word.Option) is not null).Option is { } stray
            ? $"{stray.Name} is for a start without a settings file; set it in the file"
            : null;
    }

    internal SettingsSource SourceOf(ParseResult parsed)
    {
        if (parsed.GetValue(_file) is { } file)
            return SettingsSource.File(file);
        List<(string, string, string)> set = [("servers", "name", "primary"),
            ("servers", "address", parsed.GetValue(_server)!)];
        foreach (var (option, section, key) in _words)
        {
            if (parsed.GetValue(option) is { } value)
                set.Add((section, key, value));
        }
        return SettingsSource.CommandLine(set);
    }

    private static Option<string?> Word(string name, string helpName, string meaning) =>
        new(name) { Description = meaning, HelpName = helpName };
}
