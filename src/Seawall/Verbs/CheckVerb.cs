using System.CommandLine;
using Seawall.Control.Processes;
using Seawall.Control.Settings;

namespace Seawall.Verbs;

/// <summary><c>seawall check</c>: what settings would do, and what is wrong with them.</summary>
internal static class CheckVerb
{
    /// <summary>What its help ends with.</summary>
    internal const string More =
        """
        Reads the settings as run would, and opens no connection unless told to --connect.

        Exit status: 0 they can be used; 1 they cannot; 2 wrong usage.
        """;

    internal static Command Make(TimeProvider time)
    {
        var options = new SettingsOptions();
        var command = new Command("check", "Say what settings would do, and what is wrong with them.");
        var explain = new Option<bool>("--explain") { Description = "Print every key that there is, with its meaning, and read nothing" };
        var connect = new Option<bool>("--connect") { Description = "Try each server as well: is it there, may the monitor do its work?" };
        options.AddTo(command);
        command.Options.Add(explain);
        command.Options.Add(connect);
        command.SetAction(async (parsed, cancel) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            if (!parsed.GetValue(explain) && options.ProblemOf(parsed) is { } problem)
                return ExitCodes.SayUsage(problem);
            if (!parsed.GetValue(explain))
                return await Check(options.SourceOf(parsed), parsed.GetValue(connect), output, time, cancel);
            await output.WriteAsync(SettingsReference.Markdown());
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task<int> Check(
        SettingsSource source, bool connects, TextWriter output, TimeProvider time, CancellationToken cancel)
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
        return !connects || await Connect(settings, output, time) ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static async Task<bool> Connect(SeawallSettings settings, TextWriter output, TimeProvider time)
    {
        using var trial = new ServerTrial(settings, time);
        var results = await trial.Run();
        await output.WriteLineAsync();
        foreach (var result in results)
            await output.WriteLineAsync($"  {(result.Succeeded ? "ok   " : "error")} {result.Line}");
        return results.All(result => result.Succeeded);
    }
}
