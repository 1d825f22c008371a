using Seawall.Engine.Facts.Topology;

namespace Seawall.Engine.Flow;

/// <summary>What a collation's number at login means for a session's variables.</summary>
internal static class CollationTable
{
    /// <summary>utf8mb4_general_ci: the collation that Seawall logs in with; every server from 5.5.3 knows it.</summary>
    internal const byte Dial = 45;

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
            .With("collation_connection", known.Name);
    }
}
