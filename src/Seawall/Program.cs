using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Seawall;
using Seawall.Control;
using Seawall.Verbs;

const string Examples =
    """
    Examples:
      seawall run --server 127.0.0.1:3306   in front of one server, without a settings file
      seawall check -c seawall.toml         what a settings file would do, and what is wrong with it
      seawall run -c seawall.toml           run by a settings file; SIGHUP reloads it, SIGTERM ends in order
      seawall rehearse lint --old DSN --new DSN   what an upgrade does to every login, without any load
      seawall demo                          a storm of connections, without Seawall and with it
      seawall demo overload                 more than a server can do, without Seawall and with it
    """;

var root = new RootCommand("A front door for MySQL and MariaDB: clients log in to Seawall, servers see a small, warm, gated pool.")
{
    RunVerb.Make(TimeProvider.System), CheckVerb.Make(TimeProvider.System), RehearseVerb.Make(TimeProvider.System),
    CaptureVerb.Make(), DemoVerb.Make(TimeProvider.System),
};
var more = new Dictionary<string, string>
{
    [""] = Examples,
    ["run"] = RunVerb.More,
    ["check"] = CheckVerb.More,
    ["rehearse"] = RehearseVerb.More,
    ["capture"] = CaptureVerb.More,
};
foreach (var option in root.Options)
{
    option.Action = option switch
    {
        HelpOption { Action: SynchronousCommandLineAction plain } => new Help(plain, more),
        VersionOption => new SayVersion(),
        _ => option.Action,
    };
}

var parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
if (parsed.Errors.Count > 0)
    return ExitCodes.SayUsage(parsed.Errors.Select(error => WithoutTypes(error.Message)));
try
{
    // Signals are the verbs' own: one ends in order, another at once.
    return await parsed.InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null
    });
}
catch (Exception bug)
{
    await Console.Error.WriteLineAsync($"seawall: a bug in Seawall {SeawallVersion.Text}; please report it:\n{bug}");
    return ExitCodes.Bug;
}

// All values that are not words are numbers; what the parser calls them ("System.Nullable`1[...]") says nothing to people.
static string WithoutTypes(string message) =>
    message.IndexOf(" as expected type '", StringComparison.Ordinal) is > 0 and var at ? $"{message[..at]}: it has to be a number" : message;
