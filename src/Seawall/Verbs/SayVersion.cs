using System.CommandLine;
using System.CommandLine.Invocation;
using Seawall.Control;

namespace Seawall.Verbs;

/// <summary>Prints the version, and nothing else: scripts read it.</summary>
internal sealed class SayVersion : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine($"seawall {SeawallVersion.Text}");
        return ExitCodes.Done;
    }
}
