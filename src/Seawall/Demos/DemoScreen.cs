using System.Globalization;
using Spectre.Console;

namespace Seawall.Demos;

/// <summary>What a visitor sees: steps, live progress, a table. Plain lines when it is not a terminal.</summary>
internal sealed class DemoScreen(IAnsiConsole console)
{
    private static readonly string[] s_storms = ["directly to the server", "through Seawall"];

    /// <summary>A step begins.</summary>
    internal void Step(string text) => console.MarkupLineInterpolated($"[bold]»[/] {text}");

    /// <summary>A word about the present step.</summary>
    internal void Detail(string text) => console.MarkupLineInterpolated($"  [dim]{text}[/]");

    /// <summary>Runs both storms with live progress.</summary>
    internal async Task<(StormFigures direct, StormFigures through)> Storms(
        DemoOptions options, Func<Action<int, long>, Task<(StormFigures, StormFigures)>> run)
    {
        Step($"The storm: {options.Connections:N0} connections, {options.AtOnce} at once; each logs in, reads one row by key and leaves");
        if (!console.Profile.Capabilities.Interactive)
            return await run(Lines(options.Connections));
        return await console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async progress =>
            {
                var tasks = s_storms.Select(name => progress.AddTask(name, autoStart: false, maxValue: options.Connections)).ToArray();
                return await run((storm, count) =>
                {
                    if (!tasks[storm].IsStarted)
                        tasks[storm].StartTask();
                    tasks[storm].Value = count;
                });
            });
    }

    /// <summary>What went wrong in a storm, if anything did.</summary>
    internal void Errors(IReadOnlyDictionary<string, int> errors)
    {
        foreach (var (reason, count) in errors.OrderByDescending(error => error.Value).Take(3))
            console.MarkupLineInterpolated($"  [red]{count} × {reason}[/]");
    }

    /// <summary>Both storms, side by side.</summary>
    internal void Table(DemoOptions options, StormFigures direct, StormFigures through)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .AddColumn("").AddColumn(new TableColumn("directly").RightAligned())
            .AddColumn(new TableColumn("through Seawall").RightAligned());
        void Row(string name, Func<StormFigures, double> figure, string format) =>
            table.AddRow(name, figure(direct).ToString(format, CultureInfo.InvariantCulture),
                figure(through).ToString(format, CultureInfo.InvariantCulture));
        Row("connections opened at the server", figures => figures.ServerConnections, "N0");
        Row("logins per second", figures => figures.LoginsPerSecond, "N0");
        Row("connect latency, median (ms)", figures => figures.ConnectP50Ms, "N1");
        Row("connect latency, 99th percentile (ms)", figures => figures.ConnectP99Ms, "N1");
        Row("errors", figures => figures.Errors, "N0");
        Row("CPU time of the server (s)", figures => figures.ServerCpuSeconds, "N2");
        console.Write(table);
        console.MarkupLineInterpolated(
            $"The same {options.Connections:N0} clients cost the server [bold]{through.ServerConnections:N0}[/] connections instead of [bold]{direct.ServerConnections:N0}[/], and [bold]{Ratio(through.ServerCpuSeconds, direct.ServerCpuSeconds)}[/] of the CPU time.");
        console.MarkupLine("[dim]Clients, Seawall and server share this machine; see docs/performance.md for what that means.[/]");
    }

    /// <summary>Leaves the visitor to it.</summary>
    internal void Invite(int port, string user, string? adminOptionFile)
    {
        console.WriteLine();
        console.MarkupLine("Seawall is running. Try it from another terminal:");
        console.WriteLine();
        // Written past the console, which would break a long line in two: these are to be pasted.
        Paste($"mariadb -h127.0.0.1 -P{port} -u{user} -p{user} demo -e 'SELECT * FROM items LIMIT 3'");
        if (adminOptionFile is not null)
            Paste($"mariadb --defaults-file={adminOptionFile} -e 'SHOW POOLS; SHOW SERVERS'");
        Paste($"curl -s http://127.0.0.1:{port + 2}/metrics | grep seawall_statement");
        console.WriteLine();
        console.MarkupLine("[dim]Ctrl-C ends it, and everything that it started.[/]");
    }

    private void Paste(string command) => console.Profile.Out.Writer.WriteLine("  " + command);

    private static string Ratio(double part, double whole) =>
        whole > 0 ? (part / whole).ToString("P0", CultureInfo.InvariantCulture) : "?";

    // A line for each tenth: enough for a log.
    private Action<int, long> Lines(int connections)
    {
        var said = new int[s_storms.Length];
        return (storm, count) =>
        {
            var tenth = (int)(count * 10 / Math.Max(connections, 1));
            if (tenth <= said[storm])
                return;
            said[storm] = tenth;
            Detail($"{s_storms[storm]}: {count:N0} of {connections:N0}");
        };
    }
}
