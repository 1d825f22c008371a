using System.Diagnostics;
using System.Globalization;
using System.Text;
using Seawall.Engine;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Flow;
using Seawall.LabTests.Lab;

namespace Seawall.LabTests.Equivalence;

/// <summary>Worlds at one server, one after the other, until the plan is fulfilled or a difference was found.</summary>
internal sealed class Run(
    LabServer server, Plan plan, Func<EngineOptions, EngineOptions>? change = null, Action? afterwards = null) : IDisposable
{
    private const int PoolMax = 4;

    // Far beyond what the sessions before a statement can take, so that only a hang ends it.
    private const int WaitMsMax = 50_000;

    private static readonly TimeSpan s_settleTimeMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_shrinkTimeMax = TimeSpan.FromSeconds(25);

    private readonly List<Ground> _grounds = [];
    private readonly List<string> _reports = [];

    internal Tally Tally { get; } = new();

    /// <summary>What was found: a report for each difference.</summary>
    internal IReadOnlyList<string> Reports => _reports;

    /// <summary>Plays; true when all answers were equal.</summary>
    internal async Task<bool> PlayAsync(Action<string> say, CancellationToken cancel)
    {
        await Accounts.CreateAsync(server, cancel);
        for (var i = 0; i < plan.Sessions; i++)
            _grounds.Add(new Ground(server, i, afterwards, plan.PrepareAttemptsMax));
        var began = Stopwatch.GetTimestamp();
        for (var seed = plan.Seed; Tally.Steps < plan.Steps && _reports.Count < plan.DifferencesMax; seed++)
        {
            cancel.ThrowIfCancellationRequested();
            if (await PlayWorldAsync(seed, cancel) is { } failure)
            {
                _reports.Add(await ReportAsync(seed, failure, cancel));
                say(_reports[^1]);
            }
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            say(string.Create(CultureInfo.InvariantCulture,
                $"{server.Kind} {server.Version}, seed {seed}: {Tally.Steps} steps, {Tally.Steps / seconds:0} a second, {_reports.Count} differences"));
        }
        return _reports.Count == 0;
    }

    public void Dispose()
    {
        foreach (var ground in _grounds)
            ground.Dispose();
    }

    private async Task<Failure?> PlayWorldAsync(int seed, CancellationToken cancel)
    {
        await using var seawall = await StartAsync(seed, cancel);
        if (plan.AreReplicasReadFrom)
        {
            await Eventually.TrueAsync(() => seawall.Engine.Facts.Readers.Any(reader => reader.Freshness.State == FreshnessState.Fresh),
                s_settleTimeMax, cancel);
        }
        var failure = new World(_grounds, seawall, seed, plan.Scripts, Tally, plan.Skip).Run();
        Tally.FromReplicas += seawall.Count(meter => meter.ReplicaReads);
        await SettleAsync(seawall, cancel);
        return failure;
    }

    // When all clients have gone every connection is clean and in its pool, and none of them is left at the server.
    private async Task SettleAsync(SeawallUnderTest seawall, CancellationToken cancel)
    {
        await Eventually.TrueAsync(() => seawall.ServerConnections == seawall.IdleServerConnections, s_settleTimeMax, cancel,
            () => $"{seawall.ServerConnections - seawall.IdleServerConnections} server connections are in use after the last client has gone");
        await seawall.DisposeAsync();
        KillAll();
    }

    private void KillAll()
    {
        using var keeper = RawClient.Connect(server.Port, "seawall", "seawall");
        foreach (var user in Accounts.Users)
        {
            while (keeper.Query($"select max(id) from information_schema.processlist where user = '{user}'").FirstValue is { } id)
                keeper.Query($"kill {id}");
        }
    }

    // A Seawall that is blind to pins leaves connections in the middle of transactions, which lock what is to be made anew.
    private Difference? TryAgain(SeawallUnderTest seawall, IReadOnlyList<Moment> moments)
    {
        if (seawall.Engine.Options.Untracked != UntrackedState.None)
            KillAll();
        return new Replay(_grounds, seawall.Port).Run(moments);
    }

    private int PoolOf(int seed) => plan.Pool > 0 ? plan.Pool : 1 + new Random(seed).Next(PoolMax);

    private Task<SeawallUnderTest> StartAsync(int seed, CancellationToken cancel) => SeawallUnderTest.StartAsync(server, cancel,
        options =>
        {
            options = options with
            {
                Loops = 1 + seed % 2,
                Clients = options.Clients with { LoginMsMax = WaitMsMax },
                // What is compared are answers, also on a machine that is short of time.
                Protection = options.Protection with { DelayMsMax = WaitMsMax },
                Pools = options.Pools with { SizeMax = PoolOf(seed), WaitMsMax = WaitMsMax },
            };
            return change?.Invoke(options) ?? options;
        });

    private async Task<string> ReportAsync(int seed, Failure failure, CancellationToken cancel)
    {
        await using var seawall = await StartAsync(seed, cancel);
        var shrinker = new Shrinker(moments => TryAgain(seawall, moments), plan.Sessions, s_shrinkTimeMax);
        var shrunk = shrinker.Shrink(failure);
        await SettleAsync(seawall, cancel);
        var names = shrunk.Moments.Select(moment => moment.Script).Distinct().ToList();
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{server.Kind} {server.Version}, pool of {PoolOf(seed)}; again with:");
        text.AppendLine(CultureInfo.InvariantCulture, $"  ./test equivalence --server {server.Kind.Word()} --seed {seed} --sessions {plan.Sessions}");
        text.AppendLine(CultureInfo.InvariantCulture, $"first seen in script {failure.Script.Number}: {failure.Difference}");
        if (!shrunk.IsReproduced)
        {
            text.AppendLine("which did not come again when all was done in the same order. The script:");
            foreach (var moment in failure.Moments.Where(moment => moment.Script == failure.Script).TakeLast(30))
                text.AppendLine(CultureInfo.InvariantCulture, $"  {moment.Step}");
            return text.ToString();
        }
        text.AppendLine(CultureInfo.InvariantCulture, $"{shrunk.Moments.Count} steps are left:");
        foreach (var script in names)
            text.AppendLine(CultureInfo.InvariantCulture, $"  {Letter(names, script)} is {Accounts.Users[script.Number % 2]}{DialectOf(script)}");
        foreach (var moment in shrunk.Moments)
            text.AppendLine(CultureInfo.InvariantCulture, $"  {Letter(names, moment.Script)}: {moment.Step}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{shrunk.Difference}");
        return text.ToString();
    }

    private static string DialectOf(Script script)
    {
        var (without, with) = (RawClient.Usual & ~script.Dialect, script.Dialect & ~RawClient.Usual);
        return (without == 0 ? "" : $" without {without}") + (with == 0 ? "" : $" with {with}");
    }

    private static string Letter(List<Script> scripts, Script script) =>
        scripts.IndexOf(script) is >= 0 and < 26 and var index ? $"{(char)('A' + index)}" : $"S{script.Number}";
}
