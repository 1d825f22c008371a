using System.CommandLine;
using System.CommandLine.Invocation;

namespace Seawall.Verbs;

/// <summary>Help that ends with what does not fit into a list of options: examples, exit statuses.</summary>
internal sealed class Help(SynchronousCommandLineAction plain, IReadOnlyDictionary<string, string> moreByCommand)
    : SynchronousCommandLineAction
{
    /// <summary>Whoever asks for help need not have the rest right.</summary>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var command = parseResult.CommandResult.Command;
        var configuration = parseResult.InvocationConfiguration;
        var output = configuration.Output;
        using var text = new StringWriter();
        configuration.Output = text;
        plain.Invoke(parseResult);
        configuration.Output = output;
        // The assembly is called Seawall; what people type is not.
        output.WriteLine(text.ToString().Replace("\n  Seawall ", "\n  seawall ", StringComparison.Ordinal).TrimEnd());
        if (moreByCommand.GetValueOrDefault(command is RootCommand ? "" : command.Name) is { } more)
        {
            output.WriteLine();
            output.WriteLine(more);
        }
        return ExitCodes.Done;
    }
}
