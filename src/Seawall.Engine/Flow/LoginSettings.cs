using System.Globalization;
using Seawall.Engine.Facts.Topology;
using Seawall.MySql.Handshakes;

namespace Seawall.Engine.Flow;

/// <summary>What a login sets in a session besides its schema: character sets, and what the flags of the client stand for.</summary>
internal static class LoginSettings
{
    private const string IgnoreSpace = "IGNORE_SPACE";

    /// <summary>The settings that a session begins with.</summary>
    internal static SessionSettings Of(SessionSettings fresh, ServerFacts? server, int collation, Capabilities capabilities)
    {
        var settings = CollationTable.Settings(fresh, server, collation)
            .WithMultiStatements(capabilities.HasFlag(Capabilities.MultiStatements));
        return server is null ? settings : WithFlags(settings, server, capabilities);
    }

    /// <summary>
    /// The settings that a session has after COM_RESET_CONNECTION, besides its schema: MySQL brings back what the flags stand
    /// for and not the rest, MariaDB the rest and not those.
    /// </summary>
    internal static SessionSettings AfterReset(
        SessionSettings fresh, SessionSettings login, ServerFacts? server, Capabilities capabilities)
    {
        if (server is null or { Version.ResetKeepsCharset: false })
            return server is null ? login : WithFlags(fresh, server, capabilities);
        foreach (var variable in login.Variables)
        {
            if (variable.Name is not ("sql_mode" or "wait_timeout"))
                fresh = fresh.With(variable.Name, variable.Value);
        }
        return fresh;
    }

    private static SessionSettings WithFlags(SessionSettings settings, ServerFacts server, Capabilities capabilities)
    {
        if (capabilities.HasFlag(Capabilities.IgnoreSpace))
            settings = settings.With("sql_mode", WithIgnoreSpace(server.SqlMode));
        // Where both limits are the same there is nothing to set, and nothing to move connections for.
        if (capabilities.HasFlag(Capabilities.Interactive) && server.InteractiveTimeoutMs > 0
            && server.InteractiveTimeoutMs != server.WaitTimeoutMs)
        {
            settings = settings.With("wait_timeout", (server.InteractiveTimeoutMs / 1000).ToString(CultureInfo.InvariantCulture));
        }
        return settings;
    }

    // Servers tell the parts of a mode in the order of their bits; equal modes are one value.
    private static string WithIgnoreSpace(string mode)
    {
        var parts = mode.Split(',', StringSplitOptions.RemoveEmptyEntries).ToList();
        if (!parts.Contains(IgnoreSpace))
        {
            var at = parts.FindIndex(part => part is not ("REAL_AS_FLOAT" or "PIPES_AS_CONCAT" or "ANSI_QUOTES"));
            parts.Insert(at < 0 ? parts.Count : at, IgnoreSpace);
        }
        return string.Join(',', parts);
    }
}
