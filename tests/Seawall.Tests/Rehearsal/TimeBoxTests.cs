using System.Text.Json;
using Seawall.Rehearsal.Replays;
using Seawall.Rehearsal.Targets;
using Seawall.Rehearsal.Traffics;
using Seawall.Rehearsals;
using Seawall.Testing.Worlds;
using Spectre.Console;
using Xunit;

namespace Seawall.Tests.Rehearsal;

/// <summary>A rehearsal in a time box: each step has its part of what is left, and what was not done is told.</summary>
public sealed class TimeBoxTests : IDisposable
{
    private const int Inconclusive = 2;

    private static readonly string[] s_steps = ["lint", "handshake", "knee", "replay"];

    private readonly string _folder = Directory.CreateTempSubdirectory("seawall-box").FullName;
    private readonly SimulatedClock _clock = new();
    private readonly List<string> _done = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_step_that_takes_too_long_leaves_the_others_their_time()
    {
        // 1 s of 40; then 13 s for each of three, of which one wants more; what the knee leaves, the replay has.
        var (status, told) = await Run(40, ("lint", 1), ("handshake", 14), ("knee", 2), ("replay", 23));

        Assert.Equal(Inconclusive, status);
        Assert.Equal(["lint", "knee", "replay"], _done);
        Assert.Contains("the rest of handshake: it was ended after 13 s, its part of the 40 s of --time-box", told);
    }

    [Fact]
    public async Task What_there_is_no_time_left_for_is_not_begun_and_told()
    {
        var (status, told) = await Run(40, ("lint", 1), ("handshake", 2), ("knee", 3), ("replay", 35));
        Assert.Equal(Inconclusive, status);
        Assert.Contains("the rest of replay: it was ended after 34 s, its part of the 40 s of --time-box", told);

        // What cannot be ended, as it is dropping its accounts, may go on beyond its part.
        (status, told) = await Run(40, (step, _) => _clock.LeapBy(step == "lint" ? 1_000 : 60_000));
        Assert.Equal(Inconclusive, status);
        Assert.Contains("knee: it was not begun, as the 40 s of --time-box were over", told);
        Assert.Contains("replay: it was not begun, as the 40 s of --time-box were over", told);
    }

    [Fact]
    public void A_replay_takes_as_much_of_the_capture_as_there_is_time_for_on_both_servers()
    {
        var traffic = new Traffic { Connections = [], Seconds = 100 };
        var plan = new ReplayPlan { Passes = 2, Speed = 0.5 };

        Assert.Equal(30, plan.Within(TimeSpan.FromSeconds(240), traffic).SecondsMax);
        Assert.Equal(double.PositiveInfinity, plan.Within(TimeSpan.FromSeconds(800), traffic).SecondsMax);
    }

    private Task<(int Status, string[] Told)> Run(int box, params (string Step, int Seconds)[] takes) =>
        Run(box, (step, token) => Pass(takes.Single(one => one.Step == step).Seconds, token));

    private async Task<(int Status, string[] Told)> Run(int box, Action<string, CancellationToken> take)
    {
        using var output = new StringWriter();
        var json = Path.Combine(_folder, "verdict.json");
        var dsn = new Dsn { User = "dba", Host = "127.0.0.1" };
        var order = new RehearsalOrder(new Target("old", dsn), new Target("new", dsn))
        {
            TimeBox = TimeSpan.FromSeconds(box),
            JsonFile = json,
            Screen = new RehearsalScreen(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }), isQuiet: true),
        };
        var status = await new Seawall.Rehearsals.Rehearsal(order, _clock).Run(s_steps, (step, _, token) =>
        {
            take(step, token);
            _done.Add(step);
            return Task.CompletedTask;
        }, CancellationToken.None);
        using var verdict = JsonDocument.Parse(await File.ReadAllBytesAsync(json, TestContext.Current.CancellationToken));
        Assert.True(verdict.RootElement.GetProperty("partial").GetBoolean());
        return (status, [.. verdict.RootElement.GetProperty("not_tested").EnumerateArray().Select(one => one.GetString()!)]);
    }

    // Second by second: whoever is to be ended meanwhile is.
    private void Pass(int seconds, CancellationToken token)
    {
        for (var second = 0; second < seconds; second++)
        {
            _clock.LeapBy(1_000);
            while (_clock.FireOne())
            {
                // Until no timer is due.
            }
            token.ThrowIfCancellationRequested();
        }
    }
}
