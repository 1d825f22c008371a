using Microsoft.Extensions.Logging;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Compression;
using Seawall.Engine.Telemetry;
using Seawall.MySql.Compression;

namespace Seawall.Engine.Flow;

/// <summary>Lets a client in: who it is, then whether the schema it asks for is there for it.</summary>
internal sealed class Reception(FrontDoor door, SchemaCheck schemas, Interruptions interruptions, Scribe scribe, ILogger logger)
{
    /// <summary>Runs the login; false when the client is not let in, and has been told so.</summary>
    internal async LoopTask<bool> LogIn(Session session)
    {
        var started = door.Loop.Timestamp();
        var login = new ClientLogin(session, door);
        if (!await login.Run())
        {
            scribe.LoggedIn(session, login, isIn: false, started);
            await session.Wire.Flushed();
            return false;
        }
        if (login.Schema is { } schema && !await schemas.Enter(session, schema, login.Exchange))
        {
            scribe.LoggedIn(session, login, isIn: false, started);
            return false;
        }
        login.Exchange.SendOk();
        scribe.LoggedIn(session, login, isIn: true, started);
        // The OK is the last packet that is not compressed; the wire that follows must not get ahead of it.
        if (login.Compression != CompressionKind.None && !await Compress(session, login))
            return false;
        session.ActiveMs = door.Loop.NowMs;
        interruptions.StartClock(session);
        door.Meter.LoginsSucceeded++;
        door.Meter.LoginExchanges += login.Exchange.Exchanges;
        door.Meter.Login.Record(door.Loop.MicrosecondsSince(started));
        if (logger.IsEnabled(LogLevel.Debug))
            EngineLog.LoggedIn(logger, session.Id, session.Account!.User, session.Wire.Peer, login.Exchange.Exchanges);
        return true;
    }

    private static async LoopTask<bool> Compress(Session session, ClientLogin login)
    {
        if (session.Wire.HasUnsent && !await Relay.FlushPatiently(session))
            return false;
        var ahead = new byte[session.Inbox.HeldLength];
        session.Inbox.TakeHeld(ahead);
        session.Wire = CompressedWire.ToClient(session.Wire, login.Compression, login.ZstdLevel, ahead);
        return true;
    }
}
