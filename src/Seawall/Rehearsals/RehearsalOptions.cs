using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Knees;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Reports;
using Seawall.Rehearsal.Targets;
using Spectre.Console;

namespace Seawall.Rehearsals;

/// <summary>What every kind of rehearsal is told on its command line.</summary>
internal sealed class RehearsalOptions
{
    // Longer than any password (MAX_PLAINTEXT_LENGTH); a file that is longer is another file.
    private const int PasswordMax = 1024;

    private readonly Option<string> _old = new("--old") { Description = "The server as it is: mysql://user@host:port", HelpName = "DSN", Required = true };
    private readonly Option<string> _new = new("--new") { Description = "The server as it is to be", HelpName = "DSN", Required = true };
    private readonly Option<string?> _oldPassword = new("--old-password-file")
    {
        Description = "File with the password; else SEAWALL_OLD_PASSWORD, else asked for",
        HelpName = "FILE",
    };
    private readonly Option<string?> _newPassword = new("--new-password-file")
    {
        Description = "File with the password; else SEAWALL_NEW_PASSWORD, else asked for",
        HelpName = "FILE",
    };
    private readonly Option<string[]> _drivers = new("--driver")
    {
        Description = "A driver's profile (docs/rehearsal.md), or OLD=NEW when it is replaced too; can be repeated",
        HelpName = "NAME",
    };
    private readonly Option<string[]> _accounts = new("--account")
    {
        Description = "An account for the forecast when mysql.user may not be read: its plugins on both servers",
        HelpName = "USER=OLD:NEW",
    };
    private readonly Option<string?> _budgets = new("--budgets") { Description = "TOML file with what the new server may be worse by", HelpName = "FILE" };
    private readonly Option<string?> _html = new("--html") { Description = "Write the report as a page", HelpName = "FILE" };
    private readonly Option<string?> _json = new("--json") { Description = "Write the verdict as JSON", HelpName = "FILE" };
    private readonly Option<string?> _key = new("--sign-key")
    {
        Description = "Sign the JSON with an ECDSA key (PEM), into FILE.sig beside it",
        HelpName = "FILE",
    };
    private readonly Option<string[]> _meant = new("--i-mean")
    {
        Description = "The name under which a server is marked as a rehearsal target; can be repeated",
        HelpName = "NAME",
    };
    private readonly Option<bool> _makesAccounts = new("--make-accounts")
    {
        Description = "Make an account of each kind on both servers, which must be marked, and drop it afterwards",
    };
    private readonly Option<int> _samples = new("--samples")
    {
        Description = "Logins of each kind on each server",
        HelpName = "N",
        DefaultValueFactory = _ => 20,
    };
    private readonly Option<double?> _peak = new("--peak") { Description = "The highest rate of connects a second that there is", HelpName = "N" };
    private readonly Option<double> _from = new("--from")
    {
        Description = "The rate to begin with",
        HelpName = "N",
        DefaultValueFactory = _ => 100,
    };
    private readonly Option<double> _rateMax = new("--rate-max")
    {
        Description = "The highest rate that is tried",
        HelpName = "N",
        DefaultValueFactory = _ => 20_000,
    };
    private readonly Option<double> _stepSeconds = new("--step-seconds")
    {
        Description = "How long each rate lasts",
        HelpName = "N",
        DefaultValueFactory = _ => 3,
    };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "No progress" };

    /// <summary>Adds them to a command, those that its steps look at.</summary>
    internal void AddTo(Command command, bool measures, bool loads)
    {
        foreach (var option in loads ? (Option[])[_peak, _from, _rateMax, _stepSeconds] : [])
            command.Options.Add(option);
        foreach (var option in measures ? (Option[])[_meant, _makesAccounts, _samples] : [])
            command.Options.Add(option);
        foreach (var option in (Option[])[_old, _new, _oldPassword, _newPassword, _drivers, _accounts, _budgets, _html, _json, _key, _quiet])
            command.Options.Add(option);
    }

    /// <summary>What was said, read; or why it makes no sense.</summary>
    internal async Task<RehearsalOrder> Read(ParseResult parsed, CancellationToken cancel)
    {
        var inputs = new Dictionary<string, string>();
        var budgets = new Budgets();
        if (parsed.GetValue(_budgets) is { } file)
        {
            var text = await ReadFile(file, cancel);
            inputs["budgets"] = Hash(Encoding.UTF8.GetBytes(text));
            budgets = Budgets.Read(text, out var problem) ?? throw new RehearsalException($"{file}: {problem}");
        }
        if (parsed.GetValue(_key) is not null && parsed.GetValue(_json) is null)
            throw new RehearsalException("--sign-key signs the JSON: name a file for it with --json");
        var key = parsed.GetValue(_key) is { } keyFile ? await ReadFile(keyFile, cancel) : null;
        return new RehearsalOrder(
            new Target("old", await Dsn(parsed.GetValue(_old)!, "OLD", parsed.GetValue(_oldPassword), cancel)),
            new Target("new", await Dsn(parsed.GetValue(_new)!, "NEW", parsed.GetValue(_newPassword), cancel)))
        {
            Drivers = [.. (parsed.GetValue(_drivers) ?? []).Select(Driver)],
            Accounts = [.. (parsed.GetValue(_accounts) ?? []).Select(Account)],
            Budgets = budgets,
            Meant = parsed.GetValue(_meant) ?? [],
            MakesAccounts = parsed.GetValue(_makesAccounts),
            Knee = new KneePlan
            {
                Peak = parsed.GetValue(_peak) is > 0 and var peak ? peak : null,
                From = Math.Clamp(parsed.GetValue(_from), 1, 1_000_000),
                RateMax = Math.Clamp(parsed.GetValue(_rateMax), 1, 1_000_000),
                StepSeconds = Math.Clamp(parsed.GetValue(_stepSeconds), 1, 600),
            },
            Samples = Math.Clamp(parsed.GetValue(_samples), 1, 10_000),
            HtmlFile = parsed.GetValue(_html),
            JsonFile = parsed.GetValue(_json),
            SignKey = key,
            Inputs = inputs,
            Screen = new RehearsalScreen(AnsiConsole.Console, parsed.GetValue(_quiet)),
        };
    }

    private static DriverProfile Driver(string text) => text.Split('=') switch
    {
        [var name] => Find(name),
        [var old, var @new] => Find(old) with { Becomes = Find(@new) },
        _ => throw new RehearsalException($"--driver has the form NAME or OLD=NEW; '{text}' has not"),
    };

    private static DriverProfile Find(string name) => DriverProfiles.Find(name)
        ?? throw new RehearsalException($"there is no driver '{name}'; there are {string.Join(", ", DriverProfiles.All)}");

    internal static string Hash(ReadOnlySpan<byte> bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    private static (string, string, string) Account(string text) => text.Split('=', ':') is [var user, var old, var @new]
        ? (user, old, @new)
        : throw new RehearsalException($"--account has the form USER=OLDPLUGIN:NEWPLUGIN; '{text}' has not");

    private static async Task<Dsn> Dsn(string text, string name, string? file, CancellationToken cancel)
    {
        var dsn = Seawall.Rehearsal.Targets.Dsn.Parse(text, out var problem) ?? throw new RehearsalException($"--{name.ToLowerInvariant()}: {problem}");
        if (file is not null)
            return dsn with { Password = Password((await ReadFile(file, cancel)).TrimEnd('\r', '\n')) };
        if (dsn.Password is not null)
            return dsn;
        if (Environment.GetEnvironmentVariable($"SEAWALL_{name}_PASSWORD") is { } known)
            return dsn with { Password = Password(known) };
        if (Console.IsInputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
            return dsn with { Password = Password("") };
        var prompt = new TextPrompt<string>($"Password of '{dsn.User}' on the {name.ToLowerInvariant()} server ({dsn}):").Secret(null).AllowEmpty();
        return dsn with { Password = Password(await AnsiConsole.PromptAsync(prompt, cancel)) };
    }

    private static LoginPassword Password(string text) => text.Length <= PasswordMax
        ? new LoginPassword(Encoding.UTF8.GetBytes(text))
        : throw new RehearsalException("a password is not as long as that");

    private static async Task<string> ReadFile(string file, CancellationToken cancel)
    {
        try
        {
            return await File.ReadAllTextAsync(file, cancel);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new RehearsalException($"{file}: {problem.Message}");
        }
    }
}

/// <summary>A rehearsal as it was ordered.</summary>
internal sealed record RehearsalOrder(Target Old, Target New)
{
    internal IReadOnlyList<DriverProfile> Drivers { get; init; } = [];

    internal IReadOnlyList<(string User, string Old, string New)> Accounts { get; init; } = [];

    internal Budgets Budgets { get; init; } = new();

    internal IReadOnlyList<string> Meant { get; init; } = [];

    internal bool MakesAccounts { get; init; }

    internal int Samples { get; init; }

    internal KneePlan Knee { get; init; } = new();

    internal string? HtmlFile { get; init; }

    internal string? JsonFile { get; init; }

    internal string? SignKey { get; init; }

    internal IReadOnlyDictionary<string, string> Inputs { get; init; } = new Dictionary<string, string>();

    internal required RehearsalScreen Screen { get; init; }
}
