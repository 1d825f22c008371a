using System.Globalization;

namespace Seawall.Testing.Servers;

/// <summary>KILL, as a <see cref="FakeServer"/> understands it.</summary>
internal static class FakeKill
{
    internal static FakeError Interrupted { get; } = new(1317, "Query execution was interrupted", "70100");

    internal static FakeAnswer Run(FakeServer server, FakeSession session, string sql)
    {
        var words = sql.Split(' ');
        var id = uint.Parse(words[^1], CultureInfo.InvariantCulture);
        if (server.Live.FirstOrDefault(connection => connection.Session.Id == id) is not { } target)
            return new FakeError(1094, $"Unknown thread id: {id}");
        if (target.Session.User != session.User)
            return new FakeError(1095, $"You are not owner of thread {id}");
        server.Kills++;
        if (server.KillsLateMs > 0)
            server.Later(server.KillsLateMs, target.Session.Interrupt).Forget(bug => throw bug);
        else if (words[1] == "QUERY")
            target.Session.Interrupt();
        else
            target.Cut();
        return new FakeOk();
    }
}
