using System.Text;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Knees;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Targets;
using Seawall.Rehearsals;
using Spectre.Console;

namespace Seawall.Demos;

/// <summary>
/// An upgrade that makes every login dearer, rehearsed before it is done: MySQL 5.6, whose accounts have
/// <c>mysql_native_password</c>, against MySQL 9.x, whose accounts have <c>caching_sha2_password</c>.
/// </summary>
internal sealed class RehearsalDemo(DemoOptions options, IAnsiConsole console, TimeProvider time)
{
    private const string MarkName = "demo";

    // A driver of each kind: one that takes what the server greets with, one that asks for keys by itself, and one that can do neither.
    private static readonly string[] s_drivers = ["mysqlconnector", "mysql2", "mysqlnd"];

    private readonly DemoScreen _screen = new(console);

    /// <summary>Runs the demo until its end, or until <paramref name="cancel"/>. Throws <see cref="DemoException"/>.</summary>
    internal async Task Run(string? htmlFile, CancellationToken cancel)
    {
        var lab = DemoLab.Find("./seawall demo rehearsal");
        using var folder = DemoFolder.Make(options.KeepsData);
        using var old = await Start(lab, folder, "mysql56", 1, cancel);
        using var @new = await Start(lab, folder, "mysql97", 2, cancel);
        try
        {
            var (before, after) = (TargetOf("old", old), TargetOf("new", @new));
            _screen.Step("Marking both as servers that may be loaded: without the mark only what costs nothing is done");
            await Mark(before, cancel);
            await Mark(after, cancel);
            _screen.Step("Making the tables of a small shop on both; what its clients did is sent to both again");
            await Run(before, DemoTraffic.Tables(), cancel);
            await Run(after, DemoTraffic.Tables(), cancel);
            _screen.Step("Rehearsing: a forecast, logins of every kind in turns, the rates that the servers bear, and the shop's statements");
            var order = new RehearsalOrder(before, after)
            {
                Drivers = [.. s_drivers.Select(name => DriverProfiles.Find(name)!)],
                Traffic = DemoTraffic.Make(),
                Meant = [MarkName],
                MakesAccounts = true,
                Samples = 20,
                Knee = new KneePlan { From = 200, RateMax = 6_400, Factor = 2, StepSeconds = 2, Halvings = 1, RecoverySecondsMax = 20 },
                HtmlFile = htmlFile,
                Screen = new RehearsalScreen(console, isQuiet: false),
            };
            await new Rehearsals.Rehearsal(order, time).Run(["lint", "handshake", "knee", "replay"], Do, cancel);
        }
        catch (RehearsalException problem)
        {
            throw new DemoException(problem.Message);
        }
        cancel.ThrowIfCancellationRequested();
        console.WriteLine();
        _screen.Step("It is the logins that cost more: no comparison of statements tells of them. What the statements would change is behind them.");
        if (htmlFile is not null)
            _screen.Detail($"The report is in {htmlFile} as well.");
        _screen.Detail("docs/rehearsal.md says how to do this with servers of yours.");
        if (options.IsBrief)
            return;
        _screen.Step($"Old: mysql://seawall:seawall@127.0.0.1:{old.Port}, new: mysql://seawall:seawall@127.0.0.1:{@new.Port}, marked '{MarkName}'");
        _screen.Detail("Ctrl-C ends it, and everything that it started.");
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancel).ContinueWith(_ => { }, CancellationToken.None);
    }

    private static Task Do(string step, Rehearsals.Rehearsal rehearsal, CancellationToken cancel) => step switch
    {
        "lint" => rehearsal.Lint(cancel),
        "handshake" => rehearsal.Handshake(cancel),
        "replay" => rehearsal.Replay(cancel),
        _ => rehearsal.Knee(isAlone: false, cancel),
    };

    private async Task<DemoServer> Start(DemoLab lab, DemoFolder folder, string kind, int id, CancellationToken cancel)
    {
        _screen.Step($"Looking for {kind} and starting it on loopback; it is fetched if it is missing");
        await lab.Install(kind, _screen.Detail, cancel);
        var server = await lab.StartServer(kind, Path.Combine(folder.Path, kind), DemoSessions.FreePort(), id, null, cancel);
        _screen.Detail($"MySQL {server.Version} on port {server.Port}, data in {folder.Path}");
        return server;
    }

    // The lab's servers come with this account (lab/server), and its password.
    private static Target TargetOf(string name, DemoServer server) => new(name, new Dsn
    {
        User = "seawall",
        Password = new LoginPassword(Encoding.UTF8.GetBytes("seawall")),
        Host = "127.0.0.1",
        Port = server.Port,
    })
    {
        Pid = server.Pid, // The lab's MySQL 9.x runs by a loader of its own, whose name is no server's.
    };

    private Task Mark(Target target, CancellationToken cancel) => Run(target,
    [
        "CREATE DATABASE seawall_rehearsal",
        "CREATE TABLE seawall_rehearsal.target (name VARCHAR(64) NOT NULL, host VARCHAR(255) NOT NULL, port INT NOT NULL)",
        $"INSERT INTO seawall_rehearsal.target SELECT '{MarkName}', @@hostname, @@port",
    ], cancel);

    private async Task Run(Target target, IEnumerable<string> statements, CancellationToken cancel)
    {
        await using var session = await target.Open(time, cancel);
        foreach (var sql in statements)
        {
            var answer = await session.Ask(sql, cancel);
            if (!answer.IsOk)
                throw new DemoException($"the {target.Name} server cannot be prepared: {answer.Words}");
        }
    }
}
