using System.Text.RegularExpressions;
using Xunit;

namespace Seawall.Tests.Rules;

/// <summary>Rules of the style that can be read off the text. Each is held against a text that breaks it as well.</summary>
public sealed partial class SourceRules(ITestOutputHelper output)
{
    private const int LinesWanted = 400;
    private const int LinesMax = 600;
    private const int ColumnsWanted = 120;
    private const int ColumnsMax = 160;

    private static readonly string[] s_emptyNames = ["Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Manager", "Common"];

    // Tables, and whole packets in a string: nobody reads them line by line. The list may only become shorter.
    private static readonly HashSet<string> s_tables =
    [
        "src/Seawall.MySql/Statements/BuiltInFunctions.cs", "src/Seawall/Demos/DemoScreen.cs",
        "bench/Seawall.Bench/Run/StubParts.cs", "bench/Seawall.Bench/Stub/StubAnswers.cs",
        "tests/Seawall.Tests/Statements/Tables.cs",
    ];

    [Fact]
    public void A_file_can_be_seen_whole()
    {
        Assert.Equal([], Broken(file => file.IsCode && !s_tables.Contains(file.Path) && Long(file)));
        foreach (var file in SourceTree.Files.Where(file => file.IsCode && file.Lines.Count() > LinesWanted))
            output.WriteLine($"{file.Path} has {file.Lines.Count()} lines; {LinesWanted} are wanted, {LinesMax} allowed");
        Assert.True(Long(new SourceFile("a.cs", new string('\n', 700) + "end")));

        static bool Long(SourceFile file) => file.Lines.Count() > LinesMax;
    }

    [Fact]
    public void A_line_can_be_read_at_once()
    {
        var lines = SourceTree.Files.Where(file => file.IsCode && !s_tables.Contains(file.Path))
            .SelectMany(file => file.Lines.Where(line => line.Length > ColumnsWanted).Select(line => (file.Path, line.Length)))
            .ToArray();
        output.WriteLine($"{lines.Length} lines are wider than the {ColumnsWanted} columns that are wanted");

        Assert.Equal([], lines.Where(line => line.Length > ColumnsMax));
        Assert.Equal(161, Widest(new SourceFile("a.cs", new string('x', 161))));
    }

    [Fact]
    public void Nothing_is_named_after_not_having_been_named()
    {
        Assert.Equal([], Broken(HasEmptyName));
        Assert.True(HasEmptyName(new SourceFile("src/A.cs", "internal static class String" + "Helper { }")));
        Assert.True(HasEmptyName(new SourceFile("src/Common/A.cs", "")));
        Assert.False(HasEmptyName(new SourceFile("src/A.cs", "internal sealed class Shortcut { }")));
    }

    [Fact]
    public void Nothing_is_left_for_later_without_a_number()
    {
        Assert.Equal([], Broken(LeavesSomething));
        Assert.True(LeavesSomething(new SourceFile("a.cs", "// TO" + "DO: later")));
        Assert.True(LeavesSomething(new SourceFile("a.cs", "throw new Not" + "ImplementedException();")));
        Assert.False(LeavesSomething(new SourceFile("a.cs", "// TO" + "DO(#12): later")));
    }

    [Fact]
    public void Nothing_says_of_its_own_members_that_they_are_its_own()
    {
        Assert.Equal([], Broken(Qualifies));
        Assert.True(Qualifies(new SourceFile("a.cs", "return th" + "is.count;")));
        Assert.False(Qualifies(new SourceFile("a.cs", "return th" + "is == other; // Whatever th" + "is. is")));
    }

    [Fact]
    public void No_machine_is_named_in_the_tree()
    {
        Assert.Equal([], Broken(NamesMachine));
        Assert.True(NamesMachine(new SourceFile("a.md", "see /wo" + "rk/shared")));
        Assert.False(NamesMachine(new SourceFile("a.md", "see the work/shared folder of https://example.org/home")));
    }

    [Fact]
    public void A_tests_name_is_a_sentence()
    {
        var named = SourceTree.Files.Where(file => file.Path.StartsWith("tests/", StringComparison.Ordinal) && file.IsCode)
            .SelectMany(TestNames).ToArray();

        Assert.Equal([], named.Where(name => !IsSentence(name)));
        Assert.True(named.Length > 200, "no tests were found to judge");
        Assert.False(IsSentence("TestPool"));
        Assert.False(IsSentence("pool_works_well"));
        Assert.True(IsSentence("A_waiter_is_woken_when_a_dial_fails"));
    }

    private static IEnumerable<string> Broken(Func<SourceFile, bool> breaks) =>
        SourceTree.Files.Where(breaks).Select(file => file.Path);

    private static int Widest(SourceFile file) => file.Lines.Max(line => line.Length);

    private static bool HasEmptyName(SourceFile file) => file.IsCode && (
        TypeDeclaration().Matches(file.Text).Any(match =>
            s_emptyNames.Any(name => match.Groups[1].Value.EndsWith(name, StringComparison.Ordinal)))
        || file.Path.Split('/').Any(part => s_emptyNames.Contains(part)));

    private static bool LeavesSomething(SourceFile file) => file.IsCode && LeftForLater().IsMatch(file.Text);

    private static bool NamesMachine(SourceFile file) => MachinePath().IsMatch(file.Text);

    private static bool Qualifies(SourceFile file) => file.IsCode && OwnMember().IsMatch(file.Text);

    private static IEnumerable<string> TestNames(SourceFile file) =>
        TestMethod().Matches(file.Text).Select(match => match.Groups[1].Value);

    private static bool IsSentence(string name) => char.IsUpper(name[0]) && name.Count(letter => letter == '_') >= 2;

    [GeneratedRegex(@"\b(?:class|struct|record|enum|interface)\s+(?:struct\s+|class\s+)?([A-Za-z_]\w*)")]
    private static partial Regex TypeDeclaration();

    // Not `this` itself, and not the word.
    [GeneratedRegex(@"\bthis\.\w")]
    private static partial Regex OwnMember();

    [GeneratedRegex(@"\bTODO\b(?!\(#\d+\))|\bFIXME\b|\bNotImplementedException\b")]
    private static partial Regex LeftForLater();

    // Folders of the machines that this was written on, and of no others.
    [GeneratedRegex(@"(?<![\w.:/])/(?:work|root)/|\.\./shared\b")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"\[(?:Fact|Theory)[^\]]*\](?:\s*\[[^\n]*\])*\s+public\s+(?:async\s+)?(?:static\s+)?[\w<>]+\s+(\w+)\(")]
    private static partial Regex TestMethod();
}
