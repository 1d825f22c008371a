using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Knees;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Replays;
using Seawall.Rehearsal.Reports;
using Seawall.Rehearsal.Restarts;
using Seawall.Rehearsal.Targets;
using Seawall.Rehearsal.Traffics;
using Seawall.Rehearsal.Xrays;
using Spectre.Console;

namespace Seawall.Rehearsals;

/// <summary>What every kind of rehearsal is told on its command line.</summary>
internal sealed class RehearsalOptions
{
    // Longer than any password (MAX_PLAINTEXT_LENGTH); a file that is longer is another file.
    private const int PasswordMax = 1024;

    // The highest number that a process can have (PID_MAX_LIMIT).
    private const int PidMax = 4 * 1024 * 1024;

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
    private readonly Option<int> _samples = Within(1, 10_000, Of<int>("--samples", "N", "Logins of each kind on each server", usual: 20));
    private readonly Option<double?> _peak = Within(0.001, 1_000_000, Of<double?>("--peak", "N", "The highest rate of connects a second that there is"));
    private readonly Option<double> _from = Within(1, 1_000_000, Of<double>("--from", "N", "The rate to begin with", usual: 100));
    private readonly Option<double> _rateMax = Within(1, 1_000_000, Of<double>("--rate-max", "N", "The highest rate that is tried", usual: 20_000));
    private readonly Option<double> _stepSeconds = Within(1, 600, Of<double>("--step-seconds", "N", "How long each rate lasts", usual: 3));
    private readonly Option<string?> _oldRestart = Of<string?>(
        "--old-restart", "COMMAND", "What restarts the old server (/bin/sh runs it, last of all): then everybody connects again; marked servers only");
    private readonly Option<string?> _newRestart = Of<string?>("--new-restart", "COMMAND", "What restarts the new server");
    private readonly Option<double> _restartSeconds = Within(1, 3600, Of<double>(
        "--restart-seconds", "N", "How long a restart may take, from the command until the server greets", usual: 300));
    private readonly Option<int?> _reconnects = Within(1, ConnectRain.UnderWayMax, Of<int?>(
        "--reconnects", "N", "Clients that connect again after a restart; else as many as the capture had at one time, or as --peak has in a second"));
    private readonly Option<string?> _capture = Of<string?>("--capture", "FILE", "A capture of traffic (docs/captures.md): its file or its folder");
    private readonly Option<string?> _captureKey = Of<string?>("--capture-key", "FILE", "The key that the capture is encrypted with");
    private readonly Option<double> _speed = Within(0.1, 10, Of<double>("--speed", "X", "How many times as fast as it was captured, 0.1 to 10", usual: 1));
    private readonly Option<int?> _passes = Within(1, 100, Of<int?>(
        "--passes", "N", "How often it is replayed on each server; 2, of what takes less than 30 s 3, with --write 1"));
    private readonly Option<double?> _timeBox = Within(1, 7 * 86_400, Of<double?>(
        "--time-box", "SECONDS", "How long it may take in all; what there is no time for is told, and a replay takes the beginning of its capture"));
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

    // A value beyond its limits is refused: one that is cut down in silence measures something else than what was asked for.
    private static Option<T> Within<T>(double min, double max, Option<T> option)
    {
        option.Validators.Add(result =>
        {
            // A value that is no number at all is the parser's to refuse.
            if (result.Tokens is [var token] && double.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && !(value >= min && value <= max))
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} must be from {min} to {max}; it is {value}"));
        });
        return option;
    }

    /// <summary>Adds them to a command, those that its steps look at.</summary>
    internal void AddTo(Command command, bool measures, bool probes, bool loads, bool restarts, bool replays)
    {
        foreach (var option in (Option[])[_capture, _captureKey])
            command.Options.Add(option);
        foreach (var option in replays ? (Option[])[_speed, _passes, _write, _examine, _accountsFile] : [])
            command.Options.Add(option);
        if (measures)
            command.Options.Add(_timeBox);
        foreach (var option in restarts ? (Option[])[_peak, _oldRestart, _newRestart, _restartSeconds, _reconnects] : [])
            command.Options.Add(option);
        foreach (var option in loads ? (Option[])[_from, _rateMax, _stepSeconds] : [])
            command.Options.Add(option);
        foreach (var option in measures ? (Option[])[_meant, _makesAccounts] : [])
            command.Options.Add(option);
        foreach (var option in probes ? (Option[])[_samples, _oldPid, _newPid] : [])
            command.Options.Add(option);
        foreach (var option in (Option[])[_old, _new, _oldPassword, _newPassword, _drivers, _accounts, _budgets, _html, _json, _key, _quiet])
            command.Options.Add(option);
    }

    /// <summary>What was said, read; or why it makes no sense. What is wrong with it is known before anything is asked of a server.</summary>
    internal async Task<RehearsalOrder> Read(ParseResult parsed, bool isReplay, CancellationToken cancel)
    {
        var inputs = new Dictionary<string, string>();
        var budgets = new Budgets();
        if (parsed.GetValue(_budgets) is { } file)
        {
            var text = await ReadFile(_budgets, file, cancel);
            inputs["budgets"] = Hash(Encoding.UTF8.GetBytes(text));
            budgets = Budgets.Read(text, out var problem) ?? throw new RehearsalException($"{_budgets.Name} {file}: {problem}");
        }
        var key = await ReportFiles(parsed, cancel);
        Check(parsed);
        var passwords = parsed.GetValue(_accountsFile) is { } accountsFile ? Passwords(accountsFile, await ReadFile(_accountsFile, accountsFile, cancel)) : [];
        var (old, @new) = (Parse(_old, parsed), Parse(_new, parsed));
        var traffic = ReadCapture(parsed, inputs, cancel);
        var box = parsed.GetValue(_timeBox) is { } seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
        var replay = ReplayOf(parsed, traffic);
        old = await WithPassword(old, "OLD", _oldPassword, parsed, cancel);
        @new = await WithPassword(@new, "NEW", _newPassword, parsed, cancel);
        return new RehearsalOrder(
            new Target("old", old) { Pid = parsed.GetValue(_oldPid) }, new Target("new", @new) { Pid = parsed.GetValue(_newPid) })
        {
            Drivers = [.. (parsed.GetValue(_drivers) ?? []).Select(Driver)],
            Accounts = [.. (parsed.GetValue(_accounts) ?? []).Select(Account)],
            Budgets = budgets,
            Meant = parsed.GetValue(_meant) ?? [],
            MakesAccounts = parsed.GetValue(_makesAccounts),
            Knee = new KneePlan
            {
                Peak = parsed.GetValue(_peak),
                From = parsed.GetValue(_from),
                RateMax = parsed.GetValue(_rateMax),
                StepSeconds = parsed.GetValue(_stepSeconds),
            },
            Restart = new RestartPlan
            {
                Old = parsed.GetValue(_oldRestart),
                New = parsed.GetValue(_newRestart),
                TimeMax = TimeSpan.FromSeconds(parsed.GetValue(_restartSeconds)),
                Clients = parsed.GetValue(_reconnects),
            },
            Traffic = traffic,
            // A replay alone is over in time by itself: it takes as much of the capture as there is time for.
            TimeBox = isReplay ? null : box,
            Replay = isReplay && box is { } all && traffic is not null ? replay.Within(all, traffic) : replay,
            PasswordOf = user => passwords.GetValueOrDefault(user) ?? Environment.GetEnvironmentVariable(VariableOf(user)),
            Samples = parsed.GetValue(_samples),
            HtmlFile = parsed.GetValue(_html),
            JsonFile = parsed.GetValue(_json),
            SignKey = key,
            Inputs = inputs,
            Screen = new RehearsalScreen(AnsiConsole.Console, parsed.GetValue(_quiet)),
        };
    }

    // What makes no sense together, or on this machine.
    private void Check(ParseResult parsed)
    {
        foreach (var option in (Option<int?>[])[_oldPid, _newPid])
        {
            if (parsed.GetValue(option) is { } pid && (pid is <= 0 or > PidMax || new ServerProcess(pid).Cpu is null))
                throw new RehearsalException($"{option.Name} {pid}: there is no such process on this machine");
        }
        if (parsed.GetValue(_rateMax) is var most && most < parsed.GetValue(_from))
            throw new RehearsalException($"{_rateMax.Name} {most:0.##} is below {_from.Name}: no rate is left to try");
        string?[] restarts = [parsed.GetValue(_oldRestart), parsed.GetValue(_newRestart)];
        if (restarts.Any(one => one is not null && string.IsNullOrWhiteSpace(one)))
            throw new RehearsalException($"{_oldRestart.Name} and {_newRestart.Name} name commands; '' is none");
        foreach (var option in restarts.All(one => one is null) ? (Option[])[_restartSeconds, _reconnects] : [])
        {
            if (parsed.GetResult(option) is { Implicit: false })
                throw new RehearsalException($"{option.Name} is about a restart: name what does it with {_oldRestart.Name} and {_newRestart.Name}");
        }
        if (parsed.GetValue(_capture) is null)
        {
            foreach (var option in (Option[])[_captureKey, _write, _examine, _accountsFile, _passes])
            {
                if (parsed.GetResult(option) is { Implicit: false })
                    throw new RehearsalException($"{option.Name} is about a capture: name one with {_capture.Name}");
            }
        }
    }

    // Minutes later it would be too late to learn that nothing can be written. The key, if there is one.
    private async Task<string?> ReportFiles(ParseResult parsed, CancellationToken cancel)
    {
        var (html, json, keyFile) = (parsed.GetValue(_html), parsed.GetValue(_json), parsed.GetValue(_key));
        if (keyFile is not null && json is null)
            throw new RehearsalException($"{_key.Name} signs the JSON: name a file for it with {_json.Name}");
        foreach (var (option, path) in ((Option, string?)[])[(_html, html), (_json, json), (_key, keyFile is null ? null : $"{json}.sig")])
        {
            if (path is not null && ReportFile.Problem(path) is { } problem)
                throw new RehearsalException($"{option.Name}: {(path.Length > 0 ? path : "''")} cannot be written: {problem}");
        }
        if (html is not null && json is not null && Path.GetFullPath(html) == Path.GetFullPath(json))
            throw new RehearsalException($"{_html.Name} and {_json.Name} name one file, {html}: one of the two would be lost");
        if (keyFile is null)
            return null;
        var key = await ReadFile(_key, keyFile, cancel);
        try
        {
            _ = ReportJson.Sign([], key);
        }
        catch (Exception problem) when (problem is CryptographicException or ArgumentException)
        {
            throw new RehearsalException($"{_key.Name} {keyFile}: it is no private ECDSA key (PEM, not encrypted) that can sign: {problem.Message}");
        }
        return key;
    }

    private Traffic? ReadCapture(ParseResult parsed, Dictionary<string, string> inputs, CancellationToken cancel)
    {
        if (parsed.GetValue(_capture) is not { } path)
            return null;
        var traffic = CapturedTraffic.Read(path, parsed.GetValue(_captureKey), out var hash, cancel);
        inputs["capture"] = hash;
        return traffic;
    }

    private ReplayPlan ReplayOf(ParseResult parsed, Traffic? traffic)
    {
        var isWriting = parsed.GetValue(_write);
        var speed = parsed.GetValue(_speed);
        var usual = traffic?.Seconds / speed < ReplayPlan.ShortSeconds ? 3 : 2;
        if (isWriting && parsed.GetValue(_passes) is > 1)
            throw new RehearsalException("--write replays once on each server: the second time, the data would be other data");
        return new ReplayPlan
        {
            Speed = speed,
            Passes = isWriting ? 1 : parsed.GetValue(_passes) ?? usual,
            IsWriting = isWriting,
            Examines = parsed.GetValue(_examine),
        };
    }

    private Dictionary<string, string> Passwords(string file, string text)
    {
        var passwords = new Dictionary<string, string>();
        foreach (var (number, line) in text.Split('\n').Select(line => line.TrimEnd('\r')).Index().Where(one => one.Item.Length > 0 && one.Item[0] != '#'))
        {
            var split = line.IndexOf('=', StringComparison.Ordinal);
            if (split <= 0)
                throw new RehearsalException($"{_accountsFile.Name} {file}: line {number + 1} has not the form USER=PASSWORD");
            passwords[line[..split]] = line[(split + 1)..];
        }
        return passwords;
    }

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

    private static Dsn Parse(Option<string> option, ParseResult parsed)
    {
        var dsn = Dsn.Parse(parsed.GetValue(option)!, out var problem) ?? throw new RehearsalException($"{option.Name}: {problem}");
        dsn = dsn with { Option = option.Name };
        dsn.Check();
        return dsn;
    }

    private static async Task<Dsn> WithPassword(Dsn dsn, string name, Option<string?> option, ParseResult parsed, CancellationToken cancel)
    {
        var variable = $"SEAWALL_{name}_PASSWORD";
        if (parsed.GetValue(option) is { } file)
            return With((await ReadFile(option, file, cancel)).TrimEnd('\r', '\n'), $"that of {option.Name} {file}");
        if (dsn.Password is not null)
            return dsn with { PasswordBasis = $"that in {dsn.Option}" };
        if (Environment.GetEnvironmentVariable(variable) is { } known)
            return With(known, $"that of {variable}");
        if (Console.IsInputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
            return With("", $"none was given ({option.Name} FILE, {variable})");
        var prompt = new TextPrompt<string>($"Password of '{dsn.User}' on the {name.ToLowerInvariant()} server ({dsn}):").Secret(null).AllowEmpty();
        return With(await AnsiConsole.PromptAsync(prompt, cancel), "the one that was typed");

        Dsn With(string password, string basis) => password.Length <= PasswordMax
            ? dsn with { Password = new LoginPassword(Encoding.UTF8.GetBytes(password)), PasswordBasis = password.Length > 0 ? basis : $"empty: {basis}" }
            : throw new RehearsalException($"{option.Name}: a password is not as long as that");
    }

    private static async Task<string> ReadFile(Option option, string file, CancellationToken cancel)
    {
        try
        {
            return await File.ReadAllTextAsync(file, cancel);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new RehearsalException($"{option.Name}: {problem.Message}");
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

    /// <summary>What it has made, for whoever ends it at once.</summary>
    internal MadeAccounts Made { get; init; } = new();

    internal Traffic? Traffic { get; init; }

    internal ReplayPlan Replay { get; init; } = new();

    /// <summary>How long all of it may take; null for as long as it takes.</summary>
    internal TimeSpan? TimeBox { get; init; }

    internal Func<string, string?> PasswordOf { get; init; } = _ => null;

    internal int Samples { get; init; }

    internal KneePlan Knee { get; init; } = new();

    internal RestartPlan Restart { get; init; } = new();

    internal string? HtmlFile { get; init; }

    internal string? JsonFile { get; init; }

    internal string? SignKey { get; init; }

    internal IReadOnlyDictionary<string, string> Inputs { get; init; } = new Dictionary<string, string>();

    internal required RehearsalScreen Screen { get; init; }
}
