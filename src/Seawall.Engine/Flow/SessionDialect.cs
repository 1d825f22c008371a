using System.Text;
using Seawall.Engine.Facts.Topology;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>How a session's text is to be read: from what it has set, and from the server's defaults for what it has not.</summary>
internal static class SessionDialect
{
    /// <summary>The dialect of these settings on this server.</summary>
    internal static SqlDialect Of(SessionSettings settings, ServerFacts server)
    {
        var version = server.Version!;
        var mode = settings["sql_mode"] ?? server.SqlMode;
        var charset = settings["character_set_client"] ?? server.ClientCharacterSet;
        Span<byte> name = stackalloc byte[32];
        var length = Encoding.ASCII.TryGetBytes(charset, name, out var written) ? written : 0;
        return new SqlDialect(Has(mode, "ANSI_QUOTES"), Has(mode, "NO_BACKSLASH_ESCAPES"), version.IsMariaDb, version.Number,
            SqlDialect.CharsetNamed(name[..length]))
        {
            IgnoreSpace = Has(mode, "IGNORE_SPACE"),
        };
    }

    private static bool Has(string mode, ReadOnlySpan<char> flag)
    {
        foreach (var part in mode.AsSpan().Split(','))
        {
            if (mode.AsSpan(part).Equals(flag, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }
}
