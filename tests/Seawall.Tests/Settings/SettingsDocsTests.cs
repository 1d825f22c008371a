using System.Text.RegularExpressions;
using Seawall.Control.Settings;
using Xunit;

namespace Seawall.Tests.Settings;

/// <summary>What is written about the settings is what they are.</summary>
public sealed partial class SettingsDocsTests
{
    private static readonly string s_repository = FindRepository();

    [Fact]
    public void The_tables_of_the_docs_are_those_of_the_program()
    {
        var page = File.ReadAllText(Path.Combine(s_repository, "docs", "settings.md"));

        Assert.EndsWith(SettingsReference.Markdown(), page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_example_can_be_used_as_it_is_and_with_every_key_in_use(bool isWhole)
    {
        var text = File.ReadAllText(Path.Combine(s_repository, "seawall.example.toml"));
        using var file = new SettingsFile(isWhole ? Uncommented().Replace(text, "$1") : text);
        foreach (var name in (string[])["monitor.password", "admin.password"])
            file.Beside(name, "x");

        // Certificates are the reader's own to make; the keys are spelled right, and that is what is asked here.
        Assert.All(file.Errors(), error => Assert.Contains("server.pem", error, StringComparison.Ordinal));
        Assert.True(isWhole || file.Read().Settings is not null);
    }

    [Fact]
    public void The_examples_commented_values_are_the_defaults()
    {
        var section = "";
        foreach (var line in File.ReadLines(Path.Combine(s_repository, "seawall.example.toml")))
        {
            if (Heading().Match(line) is { Success: true } heading)
                section = heading.Groups[1].Value;
            if (Commented().Match(line) is not { Success: true } set)
                continue;
            var key = SettingKeys.Of(section).Single(key => key.Name == set.Groups[1].Value);
            if (key.Default.Length > 0)
                Assert.Equal(key.Default, set.Groups[2].Value.Trim('"'));
        }
    }

    [Fact]
    public void Every_setting_that_the_program_speaks_of_is_one()
    {
        var known = SettingKeys.All.Select(key => key.Path).ToHashSet();
        string[] files = ["admin.cnf", "admin.md", "metrics.md", "overload.md"];
        var spoken = Directory.EnumerateFiles(Path.Combine(s_repository, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Spoken().Matches(File.ReadAllText(file))).Select(match => match.Value).ToHashSet();

        Assert.Contains("pool.size", spoken);
        Assert.DoesNotContain(spoken, name => !known.Contains(name) && !files.Contains(name)
            && name != "servers.primary");
    }

    [GeneratedRegex(@"\b(clients|servers|pool|overload|topology|classes|brownouts|monitor|accounts|admin|metrics|log|process)\.[a-z][a-z_]+\b")]
    private static partial Regex Spoken();

    [GeneratedRegex("^#([a-z_]+ = |\\[)", RegexOptions.Multiline)]
    private static partial Regex Uncommented();

    [GeneratedRegex("^#?\\[+([a-z]+)\\]+")]
    private static partial Regex Heading();

    [GeneratedRegex("^#([a-z_]+) = (\"[^\"]*\"|[^ ]+)")]
    private static partial Regex Commented();

    private static string FindRepository()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Seawall.slnx")))
                return folder;
        }
        throw new InvalidOperationException($"No Seawall.slnx above {AppContext.BaseDirectory}");
    }
}
