using System.Text;
using Seawall.Control.Admin;
using Seawall.Control.Settings;
using Seawall.Engine.Loops;
using Seawall.Fuzz.Inputs;
using Seawall.Fuzz.Run;

namespace Seawall.Fuzz.Targets;

/// <summary>What operators write: commands of the admin port and settings files.</summary>
internal static class ControlTargets
{
    internal static IReadOnlyList<FuzzTarget> List { get; } =
    [
        new("admin", ReadCommand, () => [.. Commands(), .. Seeds.Kept("admin")])
        {
            ShortRun = 10_000,
            Words = [.. "SHOW LIKE LIMIT NOW ' \" ` ( ) , ; @@ /* */ -- # AS CURRENT_USER() 'a%' \\".Split(' ')
                .Select(Encoding.UTF8.GetBytes)],
        },
        new("settings", ReadSettings, () => [.. Settings(), .. Seeds.Kept("settings")])
        {
            Words = [.. SettingKeys.Sections.SelectMany(WordsOf).Select(Encoding.UTF8.GetBytes)],
            LengthMax = 16 * 1024,
            ShortRun = 100,
        },
    ];

    private static void ReadCommand(byte[] input)
    {
        var text = AdminText.Read(Encoding.UTF8.GetString(input));
        var session = new AdminSession(1, PeerAddress.From(System.Net.IPAddress.Loopback, 1)) { User = "admin" };
        Rule.Holds(text.Tokens.All(token => token.Start <= token.End && token.End <= text.Source.Length),
            "a word outside its text");
        _ = new SmallTalk(TimeProvider.System).Answer(text, session);
        if (AdminDesk.Find(text) is not { } command)
        {
            Rule.Holds(AdminDesk.Unknown(text).Words.Length < 1_000, "a refusal without end");
            return;
        }
        _ = AdminDesk.Said(text, command);
        Rule.Holds(AdminArguments.Read(command, text.Tokens.Skip(command.Words.Length).ToArray(), out var problem) is not null
            || problem.Length > 0, "a refusal without a reason");
    }

    private static void ReadSettings(byte[] input)
    {
        var path = Path.Combine(Path.GetTempPath(), $"fuzz-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.toml");
        File.WriteAllBytes(path, input);
        try
        {
            var reader = new SettingsReader(TimeProvider.System, static (_, _) => Task.FromResult<System.Net.IPAddress[]>([]));
            var reading = reader.Read(SettingsSource.File(path), CancellationToken.None).GetAwaiter().GetResult();
            Rule.Holds(reading.Settings is not null || reading.Problems.Any(problem => problem.IsError),
                "no settings and no reason");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static IEnumerable<byte[]> Commands() => AdminDesk.All.Select(command => command.Usage)
        .Concat(["SELECT @@version_comment LIMIT 1", "SELECT DATABASE(), USER() AS a, 1", "SET NAMES utf8mb4",
            "SHOW VARIABLES LIKE 'a%'"])
        .Select(Encoding.UTF8.GetBytes);

    private static IEnumerable<byte[]> Settings() => Seeds.Files("settings").Where(file => file.EndsWith(".toml",
        StringComparison.Ordinal))
        .Select(File.ReadAllBytes);

    private static IEnumerable<string> WordsOf(string section) =>
        [$"\n[{section}]\n", $"\n[[{section}]]\n", .. SettingKeys.Of(section).Select(key => $"\n{key.Name} = ")];
}
