using System.Collections.Frozen;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Clients;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>What a collation's number at login means for a session's variables.</summary>
internal static class CollationTable
{
    /// <summary>utf8mb4_general_ci: the collation that Seawall logs in with; every server from 5.5.3 knows it.</summary>
    internal const byte Dial = 45;

    /// <summary>
    /// Not a variable of any server, but kept as one: the collation that columns of text are described with. It comes from the login
    /// or SET NAMES, belongs to <c>character_set_results</c>, and is lost when that is set by itself.
    /// </summary>
    internal const string OfResults = "character_set_results collation";

    // Their characters are never one byte long, so that no parser finds its way in a statement.
    private static readonly FrozenSet<string> s_notForClients = FrozenSet.ToFrozenSet(["ucs2", "utf16", "utf16le", "utf32"]);

    /// <summary>Whether a client may speak it, and SET NAMES name it.</summary>
    internal static bool IsForClients(string charset) => !s_notForClients.Contains(charset);

    /// <summary>Why no session can begin with a collation, as servers refuse it before they look at the password.</summary>
    internal static Refusal? Refusal(ServerFacts? server, int collation) =>
        server is not null && server.Collations.TryGetValue(collation, out var known) && s_notForClients.Contains(known.CharacterSet)
            ? new Refusal(SqlError.WrongValue, $"Variable 'character_set_client' can't be set to the value of '{known.CharacterSet}'",
                $"no client may speak {known.CharacterSet}")
            : null;

    /// <summary>
    /// The settings of a session that begins with a collation: the server sets three character sets and one collation. A
    /// number that the server does not know leaves all four at their defaults, as at the server.
    /// </summary>
    internal static SessionSettings Settings(SessionSettings fresh, ServerFacts? server, int collation)
    {
        if (server is null || !server.Collations.TryGetValue(collation, out var known))
            return fresh;
        return fresh.With("character_set_client", known.CharacterSet)
            .With("character_set_connection", known.CharacterSet)
            .With("character_set_results", known.CharacterSet)
            .With(OfResults, known.Name)
            .With("collation_connection", known.Name);
    }
}
