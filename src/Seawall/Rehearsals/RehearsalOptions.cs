using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Knees;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Replays;
using Seawall.Rehearsal.Reports;
using Seawall.Rehearsal.Targets;
using Seawall.Rehearsal.Traffics;
using Spectre.Console;

namespace Seawall.Rehearsals;

/// <summary>What every kind of rehearsal is told on its command line.</summary>
internal sealed class RehearsalOptions
{
    // Longer than any password (MAX_PLAINTEXT_LENGTH); a file that is longer is another file.
    private const int PasswordMax = 1024;

    private readonly Option<string> _old = new("--old") { Description = "The server as it is: mysql://user@host:port", HelpName = "DSN", Required = true };
    private readonly Option<string> _new = new("--new") { Description = "The server as it is to be", HelpName = "DSN", Required = true };
    private readonly Option<string?> _oldPassword = Of<string?>(
        "--old-password-file", "FILE", "File with the password; else SEAWALL_OLD_PASSWORD, else asked for");
    private readonly Option<string?> _newPassword = Of<string?>(
        "--new-password-file", "FILE", "File with the password; else SEAWALL_NEW_PASSWORD, else asked for");
    private readonly Option<string[]> _drivers = Of<string[]>(
        "--driver", "NAME", "A driver's profile (docs/rehearsal.md), or OLD=NEW when it is replaced too; can be repeated");
    private readonly Option<string[]> _accounts = Of<string[]>(
        "--account", "USER=OLD:NEW", "An account for the forecast when mysql.user may not be read: its plugins on both servers");
    private readonly Option<string?> _budgets = Of<string?>("--budgets", "FILE", "TOML file with what the new server may be worse by");
    private readonly Option<string?> _html = Of<string?>("--html", "FILE", "Write the report as a page");
    private readonly Option<string?> _json = Of<string?>("--json", "FILE", "Write the verdict as JSON");
    private readonly Option<string?> _key = Of<string?>("--sign-key", "FILE", "Sign the JSON with an ECDSA key (PEM), into FILE.sig beside it");
    private readonly Option<string[]> _meant = Of<string[]>(
        "--i-mean", "NAME", "The name under which a server is marked as a rehearsal target; can be repeated");
    private readonly Option<bool> _makesAccounts = new("--make-accounts")
    {
        Description = "Make an account of each kind on both servers, which must be marked, and drop it afterwards",
    };
    private readonly Option<int?> _oldPid = Of<int?>(
        "--old-pid", "PID", "The old server's process on this machine, where it is not found by its port (a container, another user's)");
    private readonly Option<int?> _newPid = Of<int?>("--new-pid", "PID", "The new server's process");
    private readonly Option<int> _samples = Of<int>("--samples", "N", "Logins of each kind on each server", usual: 20);
    private readonly Option<double?> _peak = Of<double?>("--peak", "N", "The highest rate of connects a second that there is");
    private readonly Option<double> _from = Of<double>("--from", "N", "The rate to begin with", usual: 100);
    private readonly Option<double> _rateMax = Of<double>("--rate-max", "N", "The highest rate that is tried", usual: 20_000);
    private readonly Option<double> _stepSeconds = Of<double>("--step-seconds", "N", "How long each rate lasts", usual: 3);
    private readonly Option<string?> _capture = Of<string?>("--capture", "FILE", "A capture of traffic (docs/captures.md): its file or its folder");
    private readonly Option<string?> _captureKey = Of<string?>("--capture-key", "FILE", "The key that the capture is encrypted with");
    private readonly Option<double> _speed = Of<double>("--speed", "X", "How many times as fast as it was captured, 0.1 to 10", usual: 1);
    private readonly Option<int?> _passes = Of<int?>(
        "--passes", "N", "How often it is replayed on each server; 2, of what takes less than 30 s 3, with --write 1");
    private readonly Option<double?> _timeBox = Of<double?>(
        "--time-box", "SECONDS", "How long the replay may take in all; the beginning of the capture is replayed then");
    private readonly Option<bool> _write = new("--write")
    {
        Description = "Send writes too, in the order of their commits: to marked servers, on data that may be thrown away",
    };
    private readonly Option<bool> _examine = new("--examine")
    {
        Description = "Explain a sample of each digest on both servers, and run it once more to count the rows that it reads",
    };
    private readonly Option<string?> _accountsFile = Of<string?>(
        "--accounts", "FILE", "File with lines USER=PASSWORD of captured users; else SEAWALL_ACCOUNT_USER");
    private readonly Option<bool> _quiet = new("--quiet") { Description = "No progress" };

    private static Option<T> Of<T>(string name, string value, string words) => new(name) { Description = words, HelpName = value };

    private static Option<T> Of<T>(string name, string value, string words, T usual) =>
        new(name) { Description = words, HelpName = value, DefaultValueFactory = _ => usual };

    /// <summary>Adds them to a command, those that its steps look at.</summary>
    internal void AddTo(Command command, bool measures, bool loads, bool replays)
    {
        foreach (var option in (Option[])[_capture, _captureKey])
            command.Options.Add(option);
        foreach (var option in replays ? (Option[])[_speed, _passes, _timeBox, _write, _examine, _accountsFile] : [])
            command.Options.Add(option);
        foreach (var option in loads ? (Option[])[_peak, _from, _rateMax, _stepSeconds] : [])
            command.Options.Add(option);
        foreach (var option in measures ? (Option[])[_meant, _makesAccounts, _samples, _oldPid, _newPid] : [])
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
        var traffic = ReadCapture(parsed, inputs);
        var passwords = parsed.GetValue(_accountsFile) is { } accountsFile ? Passwords(await ReadFile(accountsFile, cancel)) : [];
        var key = parsed.GetValue(_key) is { } keyFile ? await ReadFile(keyFile, cancel) : null;
        return new RehearsalOrder(
            new Target("old", await Dsn(parsed.GetValue(_old)!, "OLD", parsed.GetValue(_oldPassword), cancel)) { Pid = parsed.GetValue(_oldPid) },
            new Target("new", await Dsn(parsed.GetValue(_new)!, "NEW", parsed.GetValue(_newPassword), cancel)) { Pid = parsed.GetValue(_newPid) })
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
            Traffic = traffic,
            Replay = ReplayOf(parsed, traffic),
            PasswordOf = user => passwords.GetValueOrDefault(user) ?? Environment.GetEnvironmentVariable(VariableOf(user)),
            Samples = Math.Clamp(parsed.GetValue(_samples), 1, 10_000),
            HtmlFile = parsed.GetValue(_html),
            JsonFile = parsed.GetValue(_json),
            SignKey = key,
            Inputs = inputs,
            Screen = new RehearsalScreen(AnsiConsole.Console, parsed.GetValue(_quiet)),
        };
    }

    private Traffic? ReadCapture(ParseResult parsed, Dictionary<string, string> inputs)
    {
        if (parsed.GetValue(_capture) is not { } path)
            return null;
        var traffic = CapturedTraffic.Read(path, parsed.GetValue(_captureKey), out var hash);
        inputs["capture"] = hash;
        return traffic;
    }

    // All passes together have the time that there is: each replays the same beginning of the capture.
    private ReplayPlan ReplayOf(ParseResult parsed, Traffic? traffic)
    {
        var isWriting = parsed.GetValue(_write);
        var speed = Math.Clamp(parsed.GetValue(_speed), 0.1, 10);
        var usual = traffic?.Seconds / speed < ReplayPlan.ShortSeconds ? 3 : 2;
        var passes = isWriting ? 1 : Math.Clamp(parsed.GetValue(_passes) ?? usual, 1, 100);
        if (isWriting && parsed.GetValue(_passes) is > 1)
            throw new RehearsalException("--write replays once on each server: the second time, the data would be other data");
        var seconds = parsed.GetValue(_timeBox) is > 0 and var box ? box * speed / (2 * passes) : double.PositiveInfinity;
        var secondsMax = seconds < traffic?.Seconds ? seconds : double.PositiveInfinity;
        return new ReplayPlan
        {
            Speed = speed,
            Passes = passes,
            IsWriting = isWriting,
            SecondsMax = secondsMax,
            Examines = parsed.GetValue(_examine),
        };
    }

    private static Dictionary<string, string> Passwords(string text) => text.Split('\n').Select(line => line.TrimEnd('\r'))
        .Where(line => line.Length > 0 && line[0] != '#' && line.Contains('=', StringComparison.Ordinal))
        .GroupBy(line => line[..line.IndexOf('=', StringComparison.Ordinal)])
        .ToDictionary(group => group.Key, group => group.Last()[(group.Key.Length + 1)..]);

    private static string VariableOf(string user) =>
        $"SEAWALL_ACCOUNT_{new string([.. user.Select(one => char.IsAsciiLetterOrDigit(one) ? char.ToUpperInvariant(one) : '_')])}";

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

    internal Traffic? Traffic { get; init; }

    internal ReplayPlan Replay { get; init; } = new();

    internal Func<string, string?> PasswordOf { get; init; } = _ => null;

    internal int Samples { get; init; }

    internal KneePlan Knee { get; init; } = new();

    internal string? HtmlFile { get; init; }

    internal string? JsonFile { get; init; }

    internal string? SignKey { get; init; }

    internal IReadOnlyDictionary<string, string> Inputs { get; init; } = new Dictionary<string, string>();

    internal required RehearsalScreen Screen { get; init; }
}
