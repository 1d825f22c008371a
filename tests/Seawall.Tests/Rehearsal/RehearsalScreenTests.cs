using Seawall.Rehearsal.Reports;
using Seawall.Rehearsals;
using Spectre.Console;
using Xunit;

namespace Seawall.Tests.Rehearsal;

/// <summary>The report on a terminal of 80 columns.</summary>
public sealed class RehearsalScreenTests
{
    private const int Width = 80;

    [Fact]
    public void Kinds_of_logins_are_read_one_below_the_other_where_they_do_not_fit_side_by_side()
    {
        var lines = Show(new Section("EVERY KIND OF LOGIN",
        [
            new("mysqlconnector / mysql_native_password becoming caching_sha2_password / TLS", "3 trips, 3 packets, 3+2 segments",
                "4 trips, 5 packets, 8+8 segments", "", "", Grade.Note),
            new("mysql2 / mysql_native_password / no TLS", "3 trips", "3 trips", "", "", Grade.Note),
        ], []));

        Assert.Contains("      old  3 trips, 3 packets, 3+2 segments", lines);
        Assert.Contains("      new  4 trips, 5 packets, 8+8 segments", lines);
        Assert.Contains("      both 3 trips", lines);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, Width));
    }

    [Fact]
    public void Columns_that_say_nothing_are_left_out()
    {
        var lines = Show(new Section("RESULTS", [new("digests with other values or rows", "", "0", "", "<= 0", Grade.Pass)], []));

        var head = Assert.Single(lines, line => line.Contains("budget", StringComparison.Ordinal));
        Assert.DoesNotContain("old", head, StringComparison.Ordinal);
        Assert.DoesNotContain("change", head, StringComparison.Ordinal);
        Assert.Single(lines, line => line.Contains("digests with other values or rows", StringComparison.Ordinal));
    }

    private static string[] Show(Section section)
    {
        using var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = Width;
        new RehearsalScreen(console, isQuiet: true).Show(new Report
        {
            Steps = ["handshake"],
            Old = "5.6.24",
            New = "9.7.4",
            Began = DateTimeOffset.UnixEpoch,
            Sections = [section],
        });
        return [.. output.ToString().Split('\n').Select(line => line.TrimEnd())];
    }
}
