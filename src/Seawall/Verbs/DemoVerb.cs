using System.CommandLine;
using System.Globalization;
using Seawall.Control;
using Seawall.Control.Logs;
using Seawall.Control.Processes;
using Seawall.Control.Settings;
using Seawall.Demos;
using Spectre.Console;

namespace Seawall.Verbs;

/// <summary><c>seawall demo</c>: a storm of connections on a server of its own, without and with Seawall.</summary>
internal static class DemoVerb
{
    private static readonly Option<int> s_port = new("--port")
    {
        Description = "Where Seawall listens; the admin port and the metrics take the two ports above", HelpName = "N",
        DefaultValueFactory = _ => 6033,
    };

    private static readonly Option<int> s_connections = new("--connections")
    {
        Description = "Connections in each storm", HelpName = "N", DefaultValueFactory = _ => 10_000,
    };

    private static readonly Option<int> s_atOnce = new("--at-once")
    {
        Description = "Connections at one time", HelpName = "N", DefaultValueFactory = _ => 200,
    };

    private static readonly Option<bool> s_noWait = new("--no-wait") { Description = "End when the table has been shown" };
    private static readonly Option<bool> s_keepData = new("--keep-data") { Description = "Leave the servers' data where it is" };

    internal static Command Make(TimeProvider time)
    {
        var command = new Command("demo",
            "Show a storm of connections without and with Seawall, on a MariaDB of its own on loopback.")
        {
            s_port, s_connections, s_atOnce, s_noWait, s_keepData,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(s_port) is < 1 or > 65_533)
                result.AddError("--port must be from 1 to 65533");
            if (result.GetValue(s_connections) is < 1 or > 10_000_000 || result.GetValue(s_atOnce) is < 1 or > 10_000)
                result.AddError("--connections must be from 1 to 10000000, --at-once from 1 to 10000");
        });
        command.SetAction((parsed, _) => Run(
            new DemoOptions(parsed.GetValue(s_port), parsed.GetValue(s_connections), parsed.GetValue(s_atOnce),
                IsBrief: parsed.GetValue(s_noWait), KeepsData: parsed.GetValue(s_keepData)),
            time));
        return command;
    }

    private static async Task<int> Run(DemoOptions options, TimeProvider time)
    {
        using var end = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = !end.IsCancellationRequested; // The second one means it.
            end.Cancel();
        };
        using var logs = new SeawallLoggers(
            new LogOptions(Microsoft.Extensions.Logging.LogLevel.Warning, IsJson: false), Console.OpenStandardError(),
            isTerminal: !Console.IsErrorRedirected, time);
        try
        {
            await new StormDemo(options, new DemoScreen(AnsiConsole.Console), time)
                .Run(target => StartSeawall(target, logs, time), end.Token);
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

    private static async Task<IAsyncDisposable> StartSeawall(DemoTarget target, SeawallLoggers logs, TimeProvider time)
    {
        var source = SettingsSource.CommandLine(
        [
            ("clients", "listen", At(target.Port)), ("admin", "listen", At(target.Port + 1)), ("metrics", "listen", At(target.Port + 2)),
            ("servers", "name", "primary"), ("servers", "address", At(target.PrimaryPort)),
            ("monitor", "user", target.MonitorUser), ("monitor", "password", target.MonitorPassword),
        ]);
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

    private static string At(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
}
