using System.CommandLine;
using Seawall.Control.Settings;

namespace Seawall.Verbs;

/// <summary><c>seawall check</c>: what settings would do, and what is wrong with them.</summary>
internal static class CheckVerb
{
    /// <summary>What its help ends with.</summary>
    internal const string More =
        """
        Reads the settings as run would, and opens no connection.

        Exit status: 0 they can be used; 1 they cannot; 2 wrong usage.
        """;

    internal static Command Make(TimeProvider time)
    {
        var options = new SettingsOptions();
        var command = new Command("check", "Say what settings would do, and what is wrong with them.");
        options.AddTo(command);
        command.SetAction((parsed, cancel) => Check(options.SourceOf(parsed), parsed.InvocationConfiguration.Output, time, cancel));
        return command;
    }

    private static async Task<int> Check(SettingsSource source, TextWriter output, TimeProvider time, CancellationToken cancel)
    {
        var reading = await new SettingsReader(time).Read(source, cancel);
        foreach (var problem in reading.Problems)
            await output.WriteLineAsync(problem.ToString());
        if (reading.Settings is not { } settings)
        {
            await output.WriteLineAsync($"{source.Name}: cannot be used ({reading.Problems.Count(problem => problem.IsError)} errors)");
            return ExitCodes.Failed;
        }
        foreach (var line in SettingsSummary.Of(settings, source))
            await output.WriteLineAsync(line);
        return ExitCodes.Done;
    }
}
