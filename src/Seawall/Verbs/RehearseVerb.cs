using System.CommandLine;
using Seawall.Rehearsal.Targets;
using Seawall.Rehearsal.Xrays;
using Seawall.Rehearsals;

namespace Seawall.Verbs;

/// <summary><c>seawall rehearse</c>: what an upgrade does to new connections, known before it is done.</summary>
internal static class RehearseVerb
{
    /// <summary>What its help ends with.</summary>
    internal const string More =
        """
        Exit status: 0 within all budgets; 1 not; 2 it cannot be told, or was not done. docs/rehearsal.md says what is looked at and which rights it takes.

        Examples:
          seawall rehearse lint --old mysql://dba@db-old --new mysql://dba@db-new --html report.html
          SEAWALL_OLD_PASSWORD=... SEAWALL_NEW_PASSWORD=... seawall rehearse lint --old ... --new ... --json verdict.json --sign-key key.pem
        """;

    internal static Command Make(TimeProvider time)
    {
        var command = new Command("rehearse", "Compare two servers before an upgrade: new connections first.");
        command.Add(Step("lint", "What is known without any load: exchanges of every login, accounts, TLS, start-up statements, defaults.", ["lint"], time));
        command.Add(Step("handshake", "The X-ray: logins of every kind, measured on both servers in turns.", ["handshake"], time));
        command.Add(Step("knee", "Raise the rate of connects until they break; marked servers only.", ["knee", "restart"], time));
        command.Add(Step("restart", "Restart servers by commands that are named, and let everybody connect again; marked servers only.", ["restart"], time));
        command.Add(Step("replay", "Captured traffic, sent to both servers again: errors, results, latency. Reads only by itself.", ["replay"], time));
        command.Add(Step("run", "All of it: lint, handshake, knee, replay where a capture is named, and restarts by commands that are named.",
            ["lint", "handshake", "knee", "replay", "restart"], time));
        return command;
    }

    private static Command Step(string name, string description, string[] steps, TimeProvider time)
    {
        var options = new RehearsalOptions();
        var command = new Command(name, description);
        options.AddTo(command, measures: steps is not ["lint"], probes: steps is not (["lint"] or ["restart"]), loads: steps.Contains("knee"),
            restarts: steps.Contains("restart"), replays: steps.Contains("replay"));
        command.SetAction(async (parsed, cancel) =>
        {
            var made = new MadeAccounts();
            return await Run(made, async end =>
            {
                var order = await Read(options, parsed, steps, end) with { Made = made };
                string[] now = [.. steps.Where(one => one switch { "replay" => order.Traffic is not null, "restart" => order.Restart.IsAsked, _ => true })];
                var isAlone = !steps.Contains("lint");
                return await new Rehearsals.Rehearsal(order, time).Run(now, (step, rehearsal, token) => Do(step, rehearsal, isAlone, token), end);
            }, cancel);
        });
        return command;
    }

    private static async Task<RehearsalOrder> Read(RehearsalOptions options, ParseResult parsed, string[] steps, CancellationToken cancel)
    {
        try
        {
            var order = await options.Read(parsed, isReplay: steps is ["replay"], cancel);
            return steps switch
            {
                ["replay"] when order.Traffic is null => throw new RehearsalException("there is nothing to replay: name a capture with --capture"),
                ["restart"] when !order.Restart.IsAsked =>
                    throw new RehearsalException("there is nothing to restart: name what does it with --old-restart and --new-restart"),
                _ => order,
            };
        }
        catch (RehearsalException problem)
        {
            throw new RehearsalException($"{problem.Message}. Nothing was asked of a server yet");
        }
    }

    private static Task Do(string step, Rehearsals.Rehearsal rehearsal, bool isAlone, CancellationToken cancel) => step switch
    {
        "knee" => rehearsal.Knee(isAlone, cancel),
        "handshake" => rehearsal.Handshake(cancel),
        "replay" => rehearsal.Replay(cancel),
        "restart" => rehearsal.Restart(cancel),
        _ => rehearsal.Lint(cancel),
    };

    private static async Task<int> Run(MadeAccounts made, Func<CancellationToken, Task<int>> rehearse, CancellationToken cancel)
    {
        using var end = new RehearsalEnd(made, cancel);
        try
        {
            return await rehearse(end.Token);
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Inconclusive;
        }
        catch (RehearsalException problem)
        {
            await Console.Error.WriteLineAsync($"seawall: {problem.Message}");
            return ExitCodes.Inconclusive;
        }
    }
}
