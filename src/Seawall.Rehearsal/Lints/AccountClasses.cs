using Seawall.Rehearsal.Targets;

namespace Seawall.Rehearsal.Lints;

/// <summary>Which accounts there are, and how they are matched between two servers.</summary>
internal sealed record AccountClasses(IReadOnlyList<AccountClass> Classes, IReadOnlyList<AccountFacts> Missing, bool IsWeighted, string Basis)
{
    private const string Native = "mysql_native_password";

    /// <summary>
    /// Pairs accounts by user and host. <paramref name="named"/> are accounts that the user named (user, old plugin, new plugin): they stand in
    /// for those that may not be read.
    /// </summary>
    public static AccountClasses Of(TargetFacts old, TargetFacts @new, IReadOnlyList<(string User, string Old, string New)> named)
    {
        var missing = new List<AccountFacts>();
        var pairs = new List<(string User, string Old, string New, bool NeedsTls)>();
        if (named.Count > 0)
        {
            pairs.AddRange(named.Select(one => (one.User, Name(one.Old), Name(one.New), false)));
        }
        else if (old.Accounts is { } before && @new.Accounts is { } after)
        {
            foreach (var account in before)
            {
                if (after.FirstOrDefault(one => one.User == account.User && one.Host == account.Host) is { } same)
                    pairs.Add((account.User, Name(account.Plugin), Name(same.Plugin), account.NeedsTls || same.NeedsTls));
                else
                    missing.Add(account);
            }
        }
        var weights = Weights(pairs.Select(pair => pair.User), old.Connects);
        var classes = pairs.Select((pair, index) => (pair, weight: weights[index]))
            .GroupBy(one => (one.pair.Old, one.pair.New, one.pair.NeedsTls))
            .Select(group => new AccountClass(
                group.Key.Old, group.Key.New, group.Key.NeedsTls, group.Count(), group.Sum(one => one.weight)))
            .OrderByDescending(one => one.Weight).ToArray();
        var isWeighted = old.Connects is { } connects && pairs.Any(pair => connects.GetValueOrDefault(pair.User) > 0);
        if (named.Count == 0 && (old.Accounts is null || @new.Accounts is null))
            return new([], [], false, "no accounts: mysql.user may not be read on both servers, and none was named (--account)");
        var basis = named.Count > 0 ? "accounts named on the command line" : "accounts of mysql.user on both servers";
        return new(classes, missing, isWeighted, $"{basis}, {(isWeighted ? $"by the connects that {old.CountedBy} counted" : "each the same weight")}");
    }

    private static string Name(string plugin) => plugin.Length == 0 ? Native : plugin;

    private static double[] Weights(IEnumerable<string> users, IReadOnlyDictionary<string, long>? connects)
    {
        var all = users.ToArray();
        var sameUser = all.CountBy(user => user).ToDictionary();
        var weights = all.Select(user => connects is null ? 1.0 : connects.GetValueOrDefault(user) / (double)sameUser[user]).ToArray();
        if (weights.Sum() <= 0)
            Array.Fill(weights, 1);
        var sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }
}
