using System.Collections.Concurrent;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>
/// Whether an account may enter a schema is the server's to say, at login as well: it is asked on a connection of the pool,
/// and its yes is remembered for a moment, so that a storm of logins asks once.
/// </summary>
internal sealed class SchemaCheck(FrontDoor door, PoolBook pools, SchemaMemory memory, Func<Measures> measures)
{
    /// <summary>Puts the session into the schema; false when the server says no, and the client has been told so.</summary>
    internal async LoopTask<bool> Enter(Session session, string schema, LoginExchange exchange)
    {
        if (door.Facts.Primary is not { } server)
            return false;
        session.Pool = pools.Find(server.Id, session.Account!, session.Form);
        // While no server takes writes nobody is asked: the first statement hears what the server says.
        if (door.Facts.Topology.TakesWrites && !memory.Knows(session.Pool.Key, schema, door.Loop.NowMs))
        {
            var refusal = await Ask(session, schema);
            if (!refusal.IsOk)
            {
                door.Refused(session, session.Account!.User, $"schema: {refusal.Message}");
                exchange.SendError(new SqlError(refusal.Code, refusal.State), refusal.Message);
                await session.Wire.Flushed();
                return false;
            }
            memory.Note(session.Pool.Key, schema, door.Loop.NowMs);
        }
        session.LoginSettings = session.LoginSettings.WithSchema(schema);
        session.Settings = session.LoginSettings.WithMultiStatements(session.Settings.MultiStatements);
        return true;
    }

    private async LoopTask<ServerReply> Ask(Session session, string schema)
    {
        var pool = session.Pool!;
        var wanted = session.Settings.WithSchema(schema);
        var connection = pool.TryTake(door.Loop, wanted, null);
        if (connection is null)
        {
            var waiter = new PoolWaiter(door.Loop);
            await pool.Wait(waiter, session.Attributes, session.Wire, RankOf(session, schema));
            if (waiter is { Connection: null, Failure: LeaseFailure.Moved })
                return new ServerReply(ServerReplyKind.Ok);
            if (waiter.Connection is null)
                return NoConnection(pool, waiter.Failure);
            connection = waiter.Connection;
        }
        var lease = Lease.Begin(connection, pool);
        var reply = await InitDb(connection, schema, session.LoginSettings["character_set_results"]);
        if (reply.IsOk)
            connection.Applied = connection.Applied.Entering(schema);
        lease.Return();
        return reply;
    }

    // As its statements will.
    private int RankOf(Session session, string schema)
    {
        var now = measures().Options;
        return now.Mode != OverloadMode.Enforce ? WaitList.UsualRank
            : (int)LoginGate.ClassOf(now, new(session.Wire.Peer, session.Listener, session.Account!.User, schema));
    }

    // An error has its words in the character set of results, which is another session's on the connection: with some it has none.
    private static async LoopTask<ServerReply> InitDb(ServerConnection connection, string schema, string? results)
    {
        const string name = "character_set_results";
        var writer = connection.Wire.Loop.Writer.Clear();
        var settings = connection.Applied;
        var answers = 0;
        if (results is not null && settings[name] != results)
        {
            ServerQuery.Begin(writer, connection).Raw("SET character_set_results='"u8).Text(results).Raw("'"u8).End();
            settings = settings.With(name, results).Without(CollationTable.OfResults);
            answers++;
        }
        answers += SettingsMove.WriteSchema(writer, connection, schema, ref settings);
        if (!connection.Wire.Send(writer.Bytes))
            connection.IsBroken = true;
        var reply = await ServerReplies.Read(connection, answers);
        connection.Applied = settings;
        return reply.Kind == ServerReplyKind.Lost
            ? new ServerReply(ServerReplyKind.Lost, SqlError.ServerLost.Code, SqlError.ServerLost.State,
                "Lost connection to the server while it was asked for the schema")
            : reply;
    }

    private static ServerReply NoConnection(Pool pool, LeaseFailure failure)
    {
        var error = failure == LeaseFailure.Refused ? SqlError.AccessDenied : SqlError.ServerNotAvailable;
        return new ServerReply(ServerReplyKind.Error, error.Code, error.State,
            $"no connection to server '{pool.Key.Server}' to look for the schema: {pool.LastFailure?.Text ?? failure.ToString()}");
    }
}

/// <summary>Which accounts a server has lately let into which schemas. Thread-safe.</summary>
internal sealed class SchemaMemory
{
    /// <summary>As long as anything else about accounts takes to be noticed.</summary>
    private const int KnownMs = 5_000;

    /// <summary>Pairs that are remembered; beyond them everything is asked anew.</summary>
    private const int CountMax = 10_000;

    private readonly ConcurrentDictionary<(PoolKey Pool, string Schema), long> _known = new();

    /// <summary>Whether the server let the account in a moment ago.</summary>
    internal bool Knows(PoolKey pool, string schema, long nowMs) =>
        _known.TryGetValue((pool, schema), out var atMs) && nowMs - atMs < KnownMs;

    /// <summary>The server has let the account in.</summary>
    internal void Note(PoolKey pool, string schema, long nowMs)
    {
        if (_known.Count >= CountMax)
            _known.Clear();
        _known[(pool, schema)] = nowMs;
    }
}
