using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// The demo of overload from beginning to end. It shows useful work second by second, of which there is none on a machine that has no time for
/// it: nothing else runs beside this (lab/test-times.tsv).
/// </summary>
public sealed class OverloadDemoTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_overload_demo_shows_both_ways_second_by_second_and_ends_with_an_answer()
    {
        await lab.RequireAsync("mariadb", Cancel);
        var folder = lab.NewFolder();
        var port = new DemoPorts();
        const int seconds = 10;
        var command = new LabCommand(Path.Combine(LabFolders.Repository, "seawall"),
            "demo", "overload", "--no-wait", "--seconds", $"{seconds}", "--port", $"{port.First}")
        {
            Environment = new Dictionary<string, string> { ["TMPDIR"] = folder },
        };
        var result = await LabProgram.RunAsync(command, TimeSpan.FromMinutes(3), Cancel);

        result.ShouldSucceed();
        var lines = result.Output.Split('\n');
        Assert.Equal(2 * seconds, lines.Count(line => line.Contains('█', StringComparison.Ordinal) || line.Contains('·', StringComparison.Ordinal)));
        // What it comes to is the machine's affair; that something was done on both ways, and said, is not.
        Assert.True(DemoTable.Row(result, "useful work before") is { Direct: > 0, Through: > 0 });
        Assert.True(DemoTable.Row(result, "useful work during the flood").Through > 0);
        Assert.Contains(lines, line => line.StartsWith("When the flood was over", StringComparison.Ordinal));
        Assert.Equal("", result.Errors);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }
}
