using Seawall.Control.Admin;
using Seawall.Engine.Flow;
using Seawall.MySql.Results;
using Seawall.Tests.Metrics;
using Xunit;

namespace Seawall.Tests.Admin;

/// <summary>docs/admin.md names every command with the columns that it really has.</summary>
public sealed class AdminDocsTests
{
    private static readonly string[] s_lines = File.ReadAllLines(Path.Combine(Folder(), "docs", "admin.md"));

    public static TheoryData<string> Commands => [.. AdminDesk.All.Select(command => command.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_is_documented_with_its_columns(string name)
    {
        var command = AdminDesk.All.Single(command => command.Name == name);
        var section = Section($"### `{command.Usage}`");
        if (command.Takes is AdminTakes.Id or AdminTakes.Now or AdminTakes.Words)
            return; // These have no rows, or need words; the others are run.
        using var stage = new ControlStage();
        var desk = new AdminDesk(stage.Context, () => []);

        var reply = await desk.Run(AdminText.Read(name), command, TestContext.Current.CancellationToken);

        var columns = Assert.IsType<AdminTable>(reply).Columns.Where(column => column.Name != "loop_1");
        Assert.Equal(columns.Select(column => $"| `{column.Name}` | {Word(column.Kind)} |"),
            Table(section, "| column |").Select(row => row[..(row.IndexOf('|', row.IndexOf('|', 1) + 1) + 1)]));
    }

    [Fact]
    public void Every_reason_to_be_pinned_is_documented() => Assert.Equal(
        PinCatalog.All.Select(entry => entry.Name),
        Table(Section("### `SHOW PINS [LIMIT n]`"), "| reason |").Select(row => row.Split('`')[1]));

    internal static string Folder()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Seawall.slnx")))
                return folder;
        }
        throw new InvalidOperationException($"No Seawall.slnx above {AppContext.BaseDirectory}");
    }

    private static string[] Section(string heading)
    {
        var start = Array.IndexOf(s_lines, heading);
        Assert.True(start >= 0, $"docs/admin.md has no '{heading}'");
        return [.. s_lines.Skip(start + 1).TakeWhile(line => !line.StartsWith('#'))];
    }

    private static IEnumerable<string> Table(string[] lines, string head) => lines
        .SkipWhile(line => !line.StartsWith(head, StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|'));

    private static string Word(ColumnKind kind) => kind switch
    {
        ColumnKind.Number => "number",
        ColumnKind.Text => "text",
        ColumnKind.Real => "real",
        ColumnKind.DateTime => "time",
    };
}
