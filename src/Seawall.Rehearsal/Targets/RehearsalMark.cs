using Seawall.Rehearsal.Logins;

namespace Seawall.Rehearsal.Targets;

/// <summary>
/// What says that a server may be loaded: a row that somebody put there on purpose, with a name that the command line repeats. The row has the
/// server's own host name and port, so that a copy of it elsewhere (a replica, a restored snapshot) says nothing.
/// </summary>
internal static class RehearsalMark
{
    private const int NameMax = 64;

    /// <summary>The statements that put it there.</summary>
    public static string Statements(string name) =>
        "CREATE DATABASE seawall_rehearsal; CREATE TABLE seawall_rehearsal.target (name VARCHAR(64) NOT NULL, host VARCHAR(255) NOT NULL, port INT NOT NULL); "
        + $"INSERT INTO seawall_rehearsal.target SELECT '{name}', @@hostname, @@port;";

    /// <summary>Whether a server has the mark of one of these names; why not, if it has not.</summary>
    public static async Task<(bool IsMarked, string Reason)> Check(
        ProbeSession session, Target target, IReadOnlyList<string> names, CancellationToken cancel)
    {
        var answer = await session.Ask(
            "SELECT name FROM seawall_rehearsal.target WHERE host = @@hostname AND port = @@port", cancel);
        var marks = answer.Rows.Select(row => row[0]).OfType<string>().ToArray();
        if (marks.Any(mark => mark.Length <= NameMax && names.Contains(mark, StringComparer.Ordinal)))
            return (true, "");
        return (false, marks.Length > 0
            ? $"the {target.Name} server ({target.Dsn}) is marked under another name than those of --i-mean"
            : $"the {target.Name} server ({target.Dsn}) is not marked as a rehearsal target. Mark it if it is one, on it, and repeat the name with "
                + $"--i-mean: {Statements("NAME")}");
    }
}
