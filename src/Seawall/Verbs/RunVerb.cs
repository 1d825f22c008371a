using System.CommandLine;
using System.Runtime.InteropServices;
using Seawall.Control;
using Seawall.Control.Logs;
using Seawall.Control.Processes;
using Seawall.Control.Settings;

namespace Seawall.Verbs;

/// <summary><c>seawall run</c>: the front door, until a signal ends it.</summary>
internal static class RunVerb
{
    /// <summary>What its help ends with.</summary>
    internal const string More =
        """
        Signals: SIGHUP reloads the settings; SIGTERM or Ctrl-C ends in order, a second one at once.

        Exit status: 0 everybody had finished; 1 the settings are wrong, or an address cannot be had; 2 wrong usage;
        4 somebody was cut off (process.shutdown_ms_max); 130 or 143 a second signal; 70 a bug.

        Examples:
          seawall run -c /etc/seawall/seawall.toml
          seawall run --server db1:3306 --listen 0.0.0.0:6033 --monitor seawall --monitor-password-file monitor.password
        """;

    internal static Command Make(TimeProvider time)
    {
        var options = new SettingsOptions();
        var command = new Command("run", "Run the front door.");
        var takeOver = new Option<bool>("--take-over")
        {
            Description = "Take over from the Seawall that runs now (process.handover), without refusing anybody; start as usual when none does",
        };
        options.AddTo(command);
        command.Options.Add(takeOver);
        command.SetAction(async (parsed, cancel) => options.ProblemOf(parsed) is { } problem
            ? ExitCodes.SayUsage(problem)
            : await Run(options.SourceOf(parsed), parsed.GetValue(takeOver), time, cancel));
        return command;
    }

    /// <summary>How long the word that it is up waits for the servers: they may come up later as well.</summary>
    private static readonly TimeSpan s_readyMax = TimeSpan.FromSeconds(1);

    private static async Task<int> Run(SettingsSource source, bool takesOver, TimeProvider time, CancellationToken cancel)
    {
        var reader = new SettingsReader(time);
        var reading = await reader.Read(source, cancel);
        foreach (var problem in reading.Problems.Where(problem => problem.IsError || reading.Settings is null))
            await Say(Console.Error, $"seawall: {problem}");
        if (reading.Settings is not { } settings)
            return ExitCodes.Failed;

        using var logs = new SeawallLoggers(
            settings.Log, Console.OpenStandardError(), isTerminal: !Console.IsErrorRedirected, time);
        foreach (var warning in reading.Problems)
            ControlLog.SettingsWarning(logs.CreateLogger("seawall"), warning.ToString());
        var process = new SeawallProcess(source, reader, settings, logs, time);
        await using (process)
        {
            using var signals = new ProcessSignals(process);
            try
            {
                await process.Start(cancel, takesOver);
            }
            catch (ControlServiceException failure)
            {
                await Say(Console.Error, $"seawall: {failure.Message}");
                return ExitCodes.Failed;
            }
            await process.WaitUntilReady(s_readyMax, cancel);
            Supervisor.SayReady($"clients come in at {string.Join(", ", process.Engine.Bound)}");
            await Say(Console.Out, $"seawall {SeawallVersion.Text} is up: {string.Join(", ", process.Engine.Bound)}");
            var end = await process.RunToEnd();
            return signals.EndedBy is { } signal ? ExitCodes.OfSignal(signal)
                : end == ProcessEnd.EverybodyLeft ? ExitCodes.Done : ExitCodes.SomebodyCutOff;
        }
    }

    // A disk that is full must not end what would run without a word to say.
    private static async Task Say(TextWriter to, string line)
    {
        try
        {
            await to.WriteLineAsync(line);
        }
        catch (IOException)
        {
            // Clients are what matters.
        }
    }

    /// <summary>Signals, as an operator means them.</summary>
    private sealed class ProcessSignals : IDisposable
    {
        private readonly SeawallProcess _process;
        private readonly PosixSignalRegistration[] _registrations;
        private int _asked;

        internal ProcessSignals(SeawallProcess process)
        {
            _process = process;
            _registrations =
            [
                PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnHangup),
                PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => OnEnd(signal, 2, "SIGINT")),
                PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => OnEnd(signal, 15, "SIGTERM")),
            ];
        }

        /// <summary>The number of the second signal, when there was one.</summary>
        internal int? EndedBy { get; private set; }

        public void Dispose()
        {
            foreach (var registration in _registrations)
                registration.Dispose();
        }

        private void OnHangup(PosixSignalContext signal)
        {
            signal.Cancel = true;
            _ = Reload();
        }

        // What comes of it is in the log; what nobody expected must not get lost.
        private async Task Reload()
        {
            try
            {
                await _process.Reload(CancellationToken.None);
            }
            catch (Exception bug)
            {
                await Say(Console.Error, $"seawall: a bug in Seawall {SeawallVersion.Text}; the settings in use stay:\n{bug}");
            }
        }

        private void OnEnd(PosixSignalContext signal, int number, string name)
        {
            signal.Cancel = true;
            switch (Interlocked.Increment(ref _asked))
            {
                case 1:
                    Supervisor.SayStopping();
                    _process.RequestShutdown(now: false, name);
                    break;
                case 2:
                    EndedBy = number;
                    _process.RequestShutdown(now: true, name);
                    break;
                default:
                    Environment.Exit(ExitCodes.OfSignal(number)); // Even the end hangs; nothing is worth waiting for.
                    break;
            }
        }
    }
}
