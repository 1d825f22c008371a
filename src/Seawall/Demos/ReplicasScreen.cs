using System.Globalization;
using Seawall.Engine.Telemetry.Views;
using Spectre.Console;

namespace Seawall.Demos;

/// <summary>What a visitor sees of the replicas: a line for each second, as it happens, and an answer in the end.</summary>
internal sealed class ReplicasScreen(IAnsiConsole console)
{
    private const int BarWidth = 24;

    private static readonly string[] s_servers = ["primary", "replica-1", "replica-2"];

    internal void Step(string text) => console.MarkupLineInterpolated($"[bold]»[/] {text}");

    internal void Detail(string text) => console.MarkupLineInterpolated($"  [dim]{text}[/]");

    /// <summary>A phase begins.</summary>
    internal void Begin(string title)
    {
        console.WriteLine();
        Step(title);
        console.WriteLine($"  {"P primary, 1, 2 replicas".PadRight(BarWidth)}  a second  refused  replica-1       replica-2");
    }

    /// <summary>Where a second's reads went, and what is known of the replicas at its end.</summary>
    internal void Second(ReplicasSecond second, IReadOnlyList<FreshnessView> servers, IReadOnlyList<ReplicaView> replicas)
    {
        var all = Math.Max(1, second.Reads.Values.Sum() + second.Refused);
        var bar = string.Concat(s_servers.Select((server, i) => new string("P12"[i], (int)Math.Round((double)second.ReadsFrom(server) / all * BarWidth))));
        bar = (bar.Length > BarWidth ? bar[..BarWidth] : bar).PadRight(BarWidth, '·');
        var states = string.Concat(s_servers.Skip(1).Select(server => StateOf(
            servers.First(one => one.Server == server), replicas.FirstOrDefault(one => one.Server == server)).PadRight(16)));
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {bar}  {second.Reads.Values.Sum(),8}  {second.Refused,7}  {states}").TrimEnd());
    }

    /// <summary>The phases, side by side, and what that means.</summary>
    internal void Answer(string[] phases, ReplicasTally tally)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("");
        foreach (var name in (string[])["primary", "replica-1", "replica-2", "refused", "writes, p99"])
            table.AddColumn(new TableColumn(name).RightAligned());
        for (var phase = 0; phase < phases.Length; phase++)
        {
            var seconds = tally.Of(phase);
            var count = Math.Max(1, seconds.Count);
            var writes = seconds.SelectMany(second => second.WriteMs).Order().ToArray();
            table.AddRow([Markup.Escape(phases[phase]),
                .. s_servers.Select(server => PerSecond(seconds.Sum(second => second.ReadsFrom(server)), count)),
                PerSecond(seconds.Sum(second => second.Refused), count),
                writes.Length == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{writes[(int)((writes.Length - 1) * 0.99)]:F1} ms")]);
        }
        console.WriteLine();
        console.MarkupLine("Reads a second, by who answered them; the first second of each phase is left out:");
        console.Write(table);
        var places = tally.PlacesMax.Values.DefaultIfEmpty().Max();
        Step(string.Create(CultureInfo.InvariantCulture, $"Of all answers {tally.Old} were older than what their session had written or read before."));
        Step($"The primary never ran more than {places} of the replicas' reads at one time: that is its budget for them (reads.spill_share).");
        if (tally.Words is { } words)
            Detail($"What finds no place is refused: {words}");
    }

    /// <summary>How to go on looking.</summary>
    internal void Invite(int port, string user, string? adminOptionFile)
    {
        Step($"Seawall stays: mariadb -h127.0.0.1 -P{port} -u{user} -p{user}");
        if (adminOptionFile is not null)
            Detail($"mariadb --defaults-file={adminOptionFile} -e 'SHOW FRESHNESS; SHOW REPLICAS; SHOW HEADROOM; SHOW SPILL'");
        Detail("Ctrl-C ends it, and everything that it started.");
    }

    private static string StateOf(FreshnessView server, ReplicaView? replica) => replica is { IsWell: true, Room: { } room }
        ? string.Create(CultureInfo.InvariantCulture, $"{room} at a time")
        : server.AgeMs is { } age ? string.Create(CultureInfo.InvariantCulture, $"{Word(server)} {age} ms") : Word(server);

    private static string Word(FreshnessView server) => server.State.ToString().ToLowerInvariant();

    private static string PerSecond(int count, int seconds) => (count / (double)seconds).ToString("F0", CultureInfo.InvariantCulture);
}
