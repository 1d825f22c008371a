using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Seawall.Control;
using Seawall.Control.Logs;
using Seawall.Control.Processes;
using Seawall.Control.Settings;
using Seawall.Demos;
using Spectre.Console;

namespace Seawall.Verbs;

/// <summary>
/// <c>seawall demo</c>: a storm of connections on a server of its own, without and with Seawall; <c>seawall demo overload</c>: more than a
/// server can do, through a plain forwarder and through Seawall; <c>seawall demo rehearsal</c>: an upgrade that makes logins dearer, found
/// before it is done; <c>seawall demo replicas</c>: replicas that fall behind, and where their reads go.
/// </summary>
internal static class DemoVerb
{
    private static readonly Option<int> s_port = Number(
        "--port", "Where Seawall listens; the admin port and the metrics take the two ports above", 6033, 65_533);

    private static readonly Option<int> s_connections = Number("--connections", "Connections in each storm", 10_000, 10_000_000);

    private static readonly Option<int> s_atOnce = Number("--at-once", "Connections at one time", 200, 10_000);

    private static readonly Option<int> s_seconds = Number("--seconds", "How long the load takes, each of the two times", 20, 600, min: 10);

    private static readonly Option<int> s_phase = Number("--seconds", "How long each of the four phases lasts", 5, 600, min: 2);

    private static readonly Option<string?> s_html = new("--html") { Description = "Write the report as a page", HelpName = "FILE" };

    private static readonly Option<bool> s_noWait = new("--no-wait") { Description = "End when the table has been shown" };
    private static readonly Option<bool> s_keepData = new("--keep-data") { Description = "Leave the servers' data where it is" };

    internal static Command Make(TimeProvider time)
    {
        var command = new Command("demo",
            "Show a storm of connections without and with Seawall, on a MariaDB of its own on loopback.")
        {
            s_port, s_connections, s_atOnce, s_noWait, s_keepData,
        };
        command.SetAction((parsed, _) => Run(OptionsOf(parsed), LogLevel.Warning, time, (options, start, cancel) =>
            new StormDemo(options, new DemoScreen(AnsiConsole.Console), time).Run(start, cancel)));
        command.Add(MakeOverload(time));
        command.Add(MakeRehearsal(time));
        command.Add(MakeReplicas(time));
        return command;
    }

    private static Command MakeOverload(TimeProvider time)
    {
        var command = new Command("overload",
            "Show four times what a server can do, through a plain forwarder and through Seawall; about a minute.")
        {
            s_port, s_seconds, s_noWait, s_keepData,
        };
        command.SetAction((parsed, _) => Run(OptionsOf(parsed), LogLevel.Error, time, (options, start, cancel) => // That it refuses is what is shown.
            new OverloadDemo(options, new OverloadScreen(AnsiConsole.Console), time).Run(start, cancel)));
        return command;
    }

    private static Command MakeRehearsal(TimeProvider time)
    {
        var command = new Command("rehearsal",
            "Rehearse the upgrade from MySQL 5.6 to 9.x on servers of its own: what it does to new connections; some minutes.")
        {
            s_html, s_noWait, s_keepData,
        };
        command.SetAction((parsed, _) => Run(OptionsOf(parsed), LogLevel.Warning, time, (options, _, cancel) =>
            new RehearsalDemo(options, AnsiConsole.Console, time).Run(parsed.GetValue(s_html), cancel)));
        return command;
    }

    private static Command MakeReplicas(TimeProvider time)
    {
        var command = new Command("replicas",
            "Show where reads go while one replica falls behind, then both, and when they are back; half a minute.")
        {
            s_port, s_phase, s_noWait, s_keepData,
        };
        command.SetAction((parsed, _) => Run(OptionsOf(parsed) with { Seconds = parsed.GetValue(s_phase) }, LogLevel.Error, time,
            (options, start, cancel) => new ReplicasDemo(options, new ReplicasScreen(AnsiConsole.Console), time).Run(start, cancel)));
        return command;
    }

    private static DemoOptions OptionsOf(ParseResult parsed) => new(
        parsed.GetValue(s_port), parsed.GetValue(s_connections), parsed.GetValue(s_atOnce), parsed.GetValue(s_seconds),
        IsBrief: parsed.GetValue(s_noWait), KeepsData: parsed.GetValue(s_keepData));

    private static Option<int> Number(string name, string description, int byDefault, int max, int min = 1)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => byDefault };
        option.Validators.Add(result =>
        {
            // A value that is no number at all is the parser's to refuse.
            if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out var value)
                && (value < min || value > max))
            {
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} must be from {min} to {max}; it is {value}"));
            }
        });
        return option;
    }

    private static async Task<int> Run(
        DemoOptions options, LogLevel level, TimeProvider time,
        Func<DemoOptions, Func<DemoTarget, Task<SeawallProcess>>, CancellationToken, Task> demo)
    {
        using var end = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        using var logs = new SeawallLoggers(
            new LogOptions(level, IsJson: false), Console.OpenStandardError(),
            isTerminal: !Console.IsErrorRedirected, time);
        // A second signal is not heard: cleaning up takes a second or two, and what it stopped would lie around for ever.
        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            if (!end.IsCancellationRequested)
                Console.Error.WriteLine("\nCleaning up: stopping the servers, removing their data.");
            end.Cancel();
        }
        try
        {
            await demo(options, target => StartSeawall(target, logs, time), end.Token);
            return ExitCodes.Done;
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return ExitCodes.OfSignal(2);
        }
        catch (Exception failure) when (failure is DemoException or ControlServiceException)
        {
            await Console.Error.WriteLineAsync($"seawall: {failure.Message}");
            return ExitCodes.Failed;
        }
    }

    private static async Task<SeawallProcess> StartSeawall(DemoTarget target, SeawallLoggers logs, TimeProvider time)
    {
        var source = SettingsSource.File(await target.WriteSettings());
        var reader = new SettingsReader(time);
        var reading = await reader.Read(source, CancellationToken.None);
        if (reading.Settings is not { } settings)
            throw new DemoException(reading.Problems[0].Message);
        var process = new SeawallProcess(source, reader, settings, logs, time);
        try
        {
            await process.Start(CancellationToken.None);
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }
}
