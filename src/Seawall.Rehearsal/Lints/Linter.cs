using System.Globalization;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Reports;
using Seawall.Rehearsal.Targets;

namespace Seawall.Rehearsal.Lints;

/// <summary>What an upgrade does, as far as it is known without any load: two servers' facts in, a part of the report out.</summary>
internal sealed class Linter(
    TargetFacts old, TargetFacts @new, AccountClasses accounts, DriverChoice drivers, Budgets budgets)
{
    private const int NamesMax = 8;

    private readonly LoginMatrix _matrix = LoginMatrix.Of(old, @new, accounts.Classes, drivers.Weights);

    /// <summary>Its part of the report.</summary>
    public Section NewConnections(string basis)
    {
        if (_matrix.Cells.Count == 0)
        {
            const string why = "no account is known: give the account SELECT on mysql.user, or name accounts with --account";
            return new("NEW CONNECTIONS, FORECAST",
                [new("round trips of a login", "?", "?", "", Limit(budgets.RoundTripsPercent), Grade.Unknown, why)], []);
        }
        var failing = _matrix.Share(cell => cell.Breaks);
        return new("NEW CONNECTIONS, FORECAST",
        [
            Mean("round trips of a login, cache warm", forecast => forecast.RoundTrips, budgets.RoundTripsPercent, basis),
            Mean("packets of a login, cache warm", forecast => forecast.ServerPackets + forecast.ClientPackets, budgets.PacketsPercent, basis),
            Mean("round trips of a login, after a restart", forecast => forecast.RoundTrips, null, basis, isCold: true),
            new("logins that succeed on the old server and fail on the new one", "0 %", Percent(failing), "", $"{Number(budgets.FailingLoginsPercent)} %",
                failing * 100 > budgets.FailingLoginsPercent ? Broken : Grade.Pass, basis),
            new("logins that take more exchanges", "", Percent(_matrix.Share(cell => cell.PaysMore)), "", "", Grade.Note, basis),
        ], [.. Exchanges()]);
    }

    /// <summary>What else differs.</summary>
    public IEnumerable<Section> Others()
    {
        yield return new Section("ACCOUNTS AND TLS", [], [.. Accounts(), .. Tls()]);
        yield return new Section("DRIVERS' START-UP STATEMENTS AND CHARACTER SETS", [], [.. Statements(), .. Collations()]);
        yield return new Section("CHANGED DEFAULTS", [], [.. WatchedVariables.Of(old, @new)]);
    }

    // Nobody said which drivers there are: that one of them fails is then a question, and no answer.
    private Grade Broken => drivers.IsKnown ? Grade.Fail : Grade.Unknown;

    private string If => drivers.IsKnown ? "" : "if it is used: ";

    private IEnumerable<Finding> Exchanges()
    {
        foreach (var cell in _matrix.Cells.Where(cell => cell.Breaks))
        {
            yield return new(Broken,
                $"{If}every login of {cell.Profile.Title} to accounts of {cell.Accounts.Title} fails on the new server: "
                + $"{new Logins.LoginOutcome(cell.New.End, 0, cell.Accounts.NewPlugin)} ({Percent(cell.Weight)} of logins)",
                $"upgrade {cell.Profile.Name}, or keep the accounts' plugin where the new server still has it");
        }
        foreach (var cell in _matrix.Cells.Where(cell => cell.PaysMore))
        {
            var more = cell.New.RoundTrips - cell.Old.RoundTrips;
            yield return new(Grade.Note,
                $"every login of {cell.Profile.Title} to accounts of {cell.Accounts.Title} takes {Times(more)} more "
                + $"({cell.Old.RoundTrips} to {cell.New.RoundTrips} round trips, {Percent(cell.Weight)} of logins): {LoginMatrix.CauseOf(cell, old, @new)}",
                cell.New.IsSwitched && !cell.Old.IsSwitched ? FixOf(cell) : "");
        }
        foreach (var cell in _matrix.Cells.Where(cell => cell.BreaksCold))
        {
            yield return new(Broken,
                $"{If}{cell.Profile.Title} cannot log in to accounts of {cell.Accounts.Title} after each restart of the new server, until somebody else has: "
                + "its cache of passwords is empty, and the driver does not ask for the server's key without TLS",
                $"use TLS, or allow the key to be asked for (in {cell.Profile.Name}: allowPublicKeyRetrieval, get-server-public-key or the like)");
        }
        if (_matrix.Cells.Any(cell => cell.PaysMore && cell.New.IsSwitched && !cell.Old.IsSwitched))
        {
            yield return new(Grade.Note, "an extra exchange on every login is what an overload of new connections is made of: "
                + "the peak rate of connects decides, see `seawall rehearse knee`");
        }
    }

    private string FixOf(LoginCell cell) => cell.Profile.OnNew.Begins(@new.Greeted) != @new.Greeted
        ? $"let {cell.Profile.OnNew.Name} begin with the accounts' plugin (its default-auth or the like)"
        : $"let the new server greet with {LoginForecast.WireName(cell.Accounts.NewPlugin)} (MySQL 8.0: default_authentication_plugin, at its next start), "
            + $"or change the accounts to {@new.Greeted}";

    private IEnumerable<Finding> Accounts()
    {
        foreach (var group in accounts.Missing.GroupBy(one => one.Plugin))
        {
            yield return new(Grade.Fail, $"{group.Count()} accounts are not on the new server: {Some(group)}", "copy the accounts to the new server");
        }
        foreach (var account in accounts.Classes.Where(one => @new.Plugins is { } plugins && !plugins.Contains(one.NewPlugin)))
        {
            yield return new(Grade.Fail, $"{account.Accounts} accounts have the plugin {account.NewPlugin}, which is not active on the new server",
                $"INSTALL PLUGIN {account.NewPlugin} where there is one, or ALTER USER to another");
        }
        foreach (var plugin in old.Plugins?.Except(@new.Plugins ?? old.Plugins, StringComparer.OrdinalIgnoreCase) ?? [])
            yield return new(Grade.Note, $"the plugin {plugin} is active on the old server and not on the new one");
        if (old.Greeted != @new.Greeted)
        {
            yield return new(Grade.Note, $"the old server greets with {old.Greeted}, the new one with {@new.Greeted}: "
                + "logins to accounts of any other plugin take an exchange more");
        }
    }

    private IEnumerable<Finding> Tls()
    {
        if (old.OffersTls && !@new.OffersTls)
            yield return new(Grade.Fail, "the old server offers TLS, the new one does not: drivers that require it fail", "give the new server certificates");
        if (@new.OffersTls && @new.Tls is null)
            yield return new(Grade.Note, $"no TLS could be agreed on with the new server: {@new.TlsProblem}");
        if (old.OffersTls && old.Tls is null)
            yield return new(Grade.Note, $"no TLS could be agreed on with the old server: {old.TlsProblem}");
        if (old.Tls is { } before && @new.Tls is { } after && before.Version != after.Version)
            yield return new(Grade.Note, $"{before} becomes {after}");
        var versions = Words(old, "tls_version").Except(Words(@new, "tls_version")).ToArray();
        if (versions.Length > 0 && Words(@new, "tls_version").Length > 0)
            yield return new(Grade.Note, $"the new server no longer speaks {string.Join(", ", versions)}: clients that know nothing newer fail");
        foreach (var name in (string[])["ssl_cipher", "tls_ciphersuites"])
        {
            var (was, becomes) = (old.Variables.GetValueOrDefault(name, ""), @new.Variables.GetValueOrDefault(name, ""));
            if (was != becomes)
                yield return new(Grade.Note, $"{name}: '{was}' becomes '{becomes}'");
        }
        if (IsOn(@new, "require_secure_transport") && !IsOn(old, "require_secure_transport"))
        {
            yield return new(Grade.Fail,
                $"require_secure_transport is ON on the new server: drivers that use no TLS by themselves are refused (3159): "
                + string.Join(", ", drivers.Weights.Keys.Where(one => one.Tls == DriverTls.Off).Select(one => one.Name)),
                "SET GLOBAL require_secure_transport = OFF, or configure TLS in the drivers first");
        }
    }

    private IEnumerable<Finding> Statements()
    {
        foreach (var profile in drivers.Weights.Keys)
        {
            foreach (var statement in profile.OnNew.StartUp)
            {
                if (@new.FailedStatements.GetValueOrDefault(statement.Text) is { } words && !old.FailedStatements.ContainsKey(statement.Text))
                {
                    yield return new(Broken, $"{If}{profile.Title} begins each connection with a statement that the new server refuses: {words} "
                        + $"({statement.Text[..Math.Min(statement.Text.Length, 60)]}{(statement.When.Length > 0 ? $"; {statement.When}" : "")})",
                        $"upgrade {profile.Name} before the server");
                }
            }
        }
    }

    private IEnumerable<Finding> Collations()
    {
        foreach (var profile in drivers.Weights.Keys.Where(one => one.Collation != 0))
        {
            var (was, becomes) = (old.Collations.GetValueOrDefault(profile.Collation), @new.Collations.GetValueOrDefault(profile.Collation));
            if (was is not null && becomes is null)
            {
                yield return new(Grade.Note, $"{profile.Title} logs in with collation {profile.Collation} ({was}), "
                    + "which the new server does not know: it takes its own default");
            }
            else if (was is not null && !IsSame(was, becomes!))
                yield return new(Grade.Note, $"{profile.Title} logs in with collation {profile.Collation}: {was} becomes {becomes}");
        }
        var names = @new.Collations.Values.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var gone = old.UsedCollations?.Where(one => names.Count > 0 && !names.Contains(one) && !names.Any(known => IsSame(one, known))).ToArray() ?? [];
        if (gone.Length > 0)
        {
            yield return new(Grade.Fail, $"columns have collations that the new server does not know: {string.Join(", ", gone.Take(NamesMax))}",
                "convert the columns before the upgrade");
        }
    }

    // MySQL 8.0.30 and MariaDB 10.6 call utf8 what it is, utf8mb3, and know the old names as well; so do older servers the new ones.
    private static bool IsSame(string one, string other)
    {
        return string.Equals(Of(one), Of(other), StringComparison.OrdinalIgnoreCase);

        static string Of(string name) => name.StartsWith("utf8_", StringComparison.OrdinalIgnoreCase) ? $"utf8mb3_{name["utf8_".Length..]}" : name;
    }

    private Measure Mean(string name, Func<LoginForecast, int> count, double? percent, string basis, bool isCold = false)
    {
        var (was, becomes) = _matrix.Mean(count, isCold);
        if (double.IsNaN(was))
        {
            return new(name, "?", "?", "", percent is { } limit ? Limit(limit) : "", percent is null ? Grade.Note : Grade.Unknown,
                "no login succeeds on both servers");
        }
        var change = (becomes / was - 1) * 100;
        return new(name, Number(was), Number(becomes), $"{change.ToString("+0.#;-0.#;0", CultureInfo.InvariantCulture)} %",
            percent is { } allowed ? Limit(allowed) : "", percent is { } most ? (change > most ? Grade.Fail : Grade.Pass) : Grade.Note, basis);
    }

    private static string Times(int exchanges) => exchanges == 1 ? "one exchange" : $"{exchanges} exchanges";

    private static string Some(IEnumerable<AccountFacts> all)
    {
        var names = all.Take(NamesMax + 1).Select(one => one.ToString()).ToArray();
        return string.Join(", ", names.Take(NamesMax)) + (names.Length > NamesMax ? ", …" : "");
    }

    private static string[] Words(TargetFacts server, string name) =>
        server.Variables.GetValueOrDefault(name, "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool IsOn(TargetFacts server, string name) => server.Variables.GetValueOrDefault(name) is "ON" or "1";

    private static string Percent(double share) => share.ToString("0.# %", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Limit(double percent) => string.Create(CultureInfo.InvariantCulture, $"+{percent:0.#} %");
}
