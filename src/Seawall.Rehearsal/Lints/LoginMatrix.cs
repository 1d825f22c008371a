using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Targets;

namespace Seawall.Rehearsal.Lints;

/// <summary>Accounts that are alike: the same plugin on the old server, and the same on the new one.</summary>
/// <param name="OldPlugin">The plugin there.</param>
/// <param name="NewPlugin">The plugin here.</param>
/// <param name="NeedsTls">Whether they are let in under TLS only, on either.</param>
/// <param name="Accounts">How many there are.</param>
/// <param name="Weight">Their part of all connects, of 1.</param>
internal sealed record AccountClass(string OldPlugin, string NewPlugin, bool NeedsTls, int Accounts, double Weight)
{
    /// <summary>For people.</summary>
    public string Title => (OldPlugin == NewPlugin ? OldPlugin : $"{OldPlugin} becoming {NewPlugin}") + (NeedsTls ? " (TLS only)" : "");
}

/// <summary>What logins of one driver to one class of accounts will take, on both servers.</summary>
/// <param name="Profile">The driver.</param>
/// <param name="Accounts">The accounts.</param>
/// <param name="Weight">Its part of all logins, of 1.</param>
/// <param name="Old">On the old server, its cache warm.</param>
/// <param name="New">On the new server, its cache warm.</param>
/// <param name="OldCold">On the old server after a restart.</param>
/// <param name="NewCold">On the new server after a restart.</param>
internal sealed record LoginCell(
    DriverProfile Profile, AccountClass Accounts, double Weight, LoginForecast Old, LoginForecast New, LoginForecast OldCold, LoginForecast NewCold)
{
    /// <summary>Whether it gets in on the old server, and not on the new one.</summary>
    public bool Breaks => Old.IsIn && !New.IsIn;

    /// <summary>Whether it gets in as long as the cache is warm, and not after a restart; and did on the old one.</summary>
    public bool BreaksCold => New.IsIn && OldCold.IsIn && !NewCold.IsIn;

    /// <summary>Whether it pays more exchanges than before.</summary>
    public bool PaysMore => Old.IsIn && New.IsIn && New.RoundTrips > Old.RoundTrips;
}

/// <summary>Greeting plugin × account plugin × driver, for two servers: what logins will take.</summary>
internal sealed record LoginMatrix(IReadOnlyList<LoginCell> Cells)
{
    /// <summary>Works it out. Weights of drivers and accounts are taken as independent of each other.</summary>
    public static LoginMatrix Of(
        TargetFacts old, TargetFacts @new, IReadOnlyList<AccountClass> classes, IReadOnlyDictionary<DriverProfile, double> drivers)
    {
        var cells = new List<LoginCell>();
        foreach (var accounts in classes)
        {
            foreach (var (profile, weight) in drivers)
            {
                LoginForecast Forecast(TargetFacts server, string plugin, bool isWarm)
                {
                    var driver = ReferenceEquals(server, @new) ? profile.OnNew : profile;
                    var usesTls = server.Tls is not null && (driver.Tls == DriverTls.Preferred || accounts.NeedsTls);
                    return LoginForecast.Of(driver, new LoginConditions(
                        server.Greeted, plugin, isWarm, usesTls, usesTls ? server.TlsTurns : 0));
                }
                cells.Add(new LoginCell(
                    profile, accounts, accounts.Weight * weight,
                    Forecast(old, accounts.OldPlugin, true), Forecast(@new, accounts.NewPlugin, true),
                    Forecast(old, accounts.OldPlugin, false), Forecast(@new, accounts.NewPlugin, false)));
            }
        }
        return new LoginMatrix(cells);
    }

    /// <summary>The weighted mean of those logins that succeed on both servers.</summary>
    public (double Old, double New) Mean(Func<LoginForecast, int> count, bool isCold = false)
    {
        var both = Cells.Where(cell => isCold ? cell.OldCold.IsIn && cell.NewCold.IsIn : cell.Old.IsIn && cell.New.IsIn).ToArray();
        var weight = both.Sum(cell => cell.Weight);
        return weight <= 0 ? (double.NaN, double.NaN)
            : (both.Sum(cell => cell.Weight * count(isCold ? cell.OldCold : cell.Old)) / weight,
                both.Sum(cell => cell.Weight * count(isCold ? cell.NewCold : cell.New)) / weight);
    }

    /// <summary>The part of all logins for which something holds.</summary>
    public double Share(Func<LoginCell, bool> holds) => Cells.Where(holds).Sum(cell => cell.Weight);

    /// <summary>Why a login takes more exchanges than it did, in words.</summary>
    public static string CauseOf(LoginCell cell, TargetFacts old, TargetFacts @new)
    {
        var causes = new List<string>();
        if (cell.New.IsSwitched && !cell.Old.IsSwitched)
        {
            var plugin = LoginForecast.WireName(cell.Accounts.NewPlugin);
            var began = cell.Profile.OnNew.Begins(@new.Greeted);
            causes.Add(began != @new.Greeted
                ? $"the driver begins with {began}, the account has {plugin}: the server asks for it (AuthSwitch)"
                : $"the server greets with {@new.Greeted}, the account has {plugin}: the server asks for it (AuthSwitch)");
        }
        var usesTls = cell.Profile.OnNew.Tls == DriverTls.Preferred || cell.Accounts.NeedsTls;
        if (usesTls && @new.TlsTurns > old.TlsTurns)
            causes.Add(old.Tls is null ? "the driver uses TLS, which the old server does not have" : "the TLS handshake takes an exchange more");
        return causes.Count > 0 ? string.Join("; ", causes) : "the plugin's own exchange is longer";
    }
}
