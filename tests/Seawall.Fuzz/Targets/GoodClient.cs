using Seawall.Fuzz.Run;
using Seawall.Testing;
using Seawall.Testing.Clients;

namespace Seawall.Fuzz.Targets;

/// <summary>
/// A client that does nothing wrong, with something set and an account of its own, next to whoever does: what it asks must be
/// answered rightly whatever the others do.
/// </summary>
internal sealed class GoodClient
{
    private readonly EngineWorld _world;
    private readonly FakeClient _client;
    private int _asked;

    internal GoodClient(EngineWorld world)
    {
        _world = world;
        _client = world.Client();
        Rule.Holds(_client.Query("SET time_zone='+03:00'").IsOk, "the good client cannot set anything");
        Check();
    }

    internal void Check()
    {
        var token = $"good {++_asked}";
        var reply = _client.Query($"SELECT '{token}'");
        Rule.Holds(!reply.IsCut && reply.Scalar == token, $"the good client asked for '{token}' and got {reply}");
        reply = _client.Query("SELECT @@time_zone");
        Rule.Holds(!reply.IsCut && reply.Scalar == "+03:00", $"the good client's time zone has become {reply}");
    }

    /// <summary>Asks again when the others have gone; then nothing of them may be left.</summary>
    internal void CheckAfterwards(string hostile)
    {
        Check();
        var others = _world.Server.Connections.Where(connection => connection.Session.User == hostile)
            .Select(connection => $"connection {connection.Session.Id}").ToArray();
        // What a hostile client says is handed on as it is; a server says what it thinks of it.
        _world.Server.Violations.RemoveAll(violation => others.Any(other => violation.StartsWith(other, StringComparison.Ordinal)
            || violation.StartsWith("a change of user", StringComparison.Ordinal)));
        // As long as limits may take that were set for what is under way: a login, a command, an answer.
        _client.Cut();
        _world.World.RunUntil(() => _world.Engine.ClientCount == 0
            && _world.Engine.Pools.All.All(pool => pool is { Waiting: 0, Dialing: 0 } && pool.Idle == pool.Total), 120_000);
        _world.CheckAfterwards();
    }
}
