using Seawall.MySql.Statements;
using Seawall.Rehearsal.Logins;

namespace Seawall.Rehearsal.Targets;

/// <summary>An account of a server, without anything of its password.</summary>
/// <param name="User">Its name.</param>
/// <param name="Host">The hosts that it is for.</param>
/// <param name="Plugin">Its plugin; empty means native.</param>
/// <param name="NeedsTls">Whether it is let in under TLS only.</param>
internal sealed record AccountFacts(string User, string Host, string Plugin, bool NeedsTls)
{
    /// <inheritdoc/>
    public override string ToString() => $"'{User}'@'{Host}'";
}

/// <summary>What was read of a server. Pure data: what follows from two of them is worked out without a server.</summary>
internal sealed record TargetFacts
{
    /// <summary>The version, as it greets.</summary>
    public required string Version { get; init; }

    /// <summary>The plugin that it greets with.</summary>
    public required string Greeted { get; init; }

    /// <summary>The plugin of the account that Seawall itself logs in with, as it goes over the wire.</summary>
    public string OwnPlugin { get; init; } = "";

    /// <summary>Global variables.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Accounts that can log in; null when they may not be read.</summary>
    public IReadOnlyList<AccountFacts>? Accounts { get; init; }

    /// <summary>Authentication plugins that are active; null when they could not be read.</summary>
    public IReadOnlySet<string>? Plugins { get; init; }

    /// <summary>Collations by number.</summary>
    public IReadOnlyDictionary<int, string> Collations { get; init; } = new Dictionary<int, string>();

    /// <summary>Collations of columns; null when they could not be read.</summary>
    public IReadOnlyList<string>? UsedCollations { get; init; }

    /// <summary>Connections of each user since the server started; null when it does not count them.</summary>
    public IReadOnlyDictionary<string, long>? Connects { get; init; }

    /// <summary>Who has counted those.</summary>
    public string CountedBy { get; init; } = "the old server";

    /// <summary>Names that drivers give themselves now, with how many connections each; null when it is not known.</summary>
    public IReadOnlyDictionary<string, long>? Drivers { get; init; }

    /// <summary>Whether TLS is offered.</summary>
    public bool OffersTls { get; init; }

    /// <summary>What was agreed on; null when nothing could be.</summary>
    public TlsFacts? Tls { get; init; }

    /// <summary>Why not.</summary>
    public string TlsProblem { get; init; } = "";

    /// <summary>Statements that drivers begin with and that failed here, with the error.</summary>
    public IReadOnlyDictionary<string, string> FailedStatements { get; init; } = new Dictionary<string, string>();

    /// <summary>The version as drivers compute it, 80400 for 8.4.0; MariaDB says 5.5.5 in front of its own.</summary>
    public int VersionNumber
    {
        get
        {
            var parts = Version.Split('.', '-').Take(3).Select(part => int.TryParse(part, out var number) ? number : 0).ToArray();
            return parts.Length < 3 ? 0 : (parts[0] * 10_000) + (parts[1] * 100) + parts[2];
        }
    }

    /// <summary>How statements for it are read.</summary>
    public SqlDialect Dialect => new(
        Mode.Contains("ANSI_QUOTES", StringComparison.Ordinal), Mode.Contains("NO_BACKSLASH_ESCAPES", StringComparison.Ordinal),
        Version.Contains("MariaDB", StringComparison.OrdinalIgnoreCase), CommentVersion, ClientCharset.Transparent);

    /// <summary>Whether it is the same server as another, by the names that each has of its own; false where it shows none.</summary>
    public bool IsSameServer(TargetFacts other)
    {
        // MariaDB has no number of its own; a copy elsewhere has another host, and one on the same host another port or folder.
        string[] names = Variables.ContainsKey("server_uuid") ? ["server_uuid"] : ["hostname", "port", "datadir", "pid_file"];
        return names.All(name => Variables.TryGetValue(name, out var own) && own.Length > 0 && other.Variables.GetValueOrDefault(name) == own);
    }

    private string Mode => Variables.GetValueOrDefault("sql_mode", "");

    // As versioned comments have it; MariaDB greets with 5.5.5 in front of its own.
    private int CommentVersion
    {
        get
        {
            var own = Version.StartsWith("5.5.5-", StringComparison.Ordinal) ? Version["5.5.5-".Length..] : Version;
            var parts = own.Split('.', '-').Take(3).Select(part => int.TryParse(part, out var number) ? number : 0).ToArray();
            return parts.Length < 3 ? 0 : (parts[0] * 10_000) + (parts[1] * 100) + parts[2];
        }
    }

    /// <summary>The round trips of a TLS handshake: 0 when there is none.</summary>
    public int TlsTurns => Tls is { } tls ? (tls.Version < 0x0304 ? 2 : 1) + (tls.IsAskedAgain ? 1 : 0) : 0;

    /// <summary>For people: MariaDB without the version in front of its own.</summary>
    public string Title => Version.StartsWith("5.5.5-", StringComparison.Ordinal) ? Version["5.5.5-".Length..] : Version;
}
