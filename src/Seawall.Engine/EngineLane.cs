using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;

namespace Seawall.Engine;

/// <summary>One loop with its front door and rooms.</summary>
internal sealed class EngineLane(Loop loop, LoopMeter meter, FrontDoor door, ConversationRooms rooms)
{
    private readonly Conversation _conversation = new(door, rooms);

    /// <summary>The loop.</summary>
    internal Loop Loop { get; } = loop;

    /// <summary>What it has counted.</summary>
    internal LoopMeter Meter { get; } = meter;

    /// <summary>Ends sessions.</summary>
    internal KillDesk Kills { get; } = rooms.Kills;

    /// <summary>Its front door.</summary>
    internal FrontDoor Door { get; } = door;

    /// <summary>
    /// Opens the door at an endpoint, which settings call <paramref name="name"/>, and returns where it is now. Those who come there are
    /// served by each of <paramref name="lanes"/> in turn; by this one alone where the kernel spreads them itself. From any thread; waits for
    /// the loop, or throws what the system said.
    /// </summary>
    internal Endpoint Open(Endpoint endpoint, string name, IReadOnlyList<EngineLane>? lanes = null, int inherited = -1)
    {
        var next = 0;
        void Accepted(Wire wire)
        {
            if (lanes is null)
                Take(wire, name);
            else
                lanes[next++ % lanes.Count].TakeFrom(Loop, wire, name);
        }
        if (Loop.IsCurrent)
            return Door.Open(endpoint, Accepted, inherited).Endpoint; // Waiting for it here would be waiting for ourselves.
        var opened = new TaskCompletionSource<Endpoint>(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(LoopJob.From(_ =>
        {
            try
            {
                opened.SetResult(Door.Open(endpoint, Accepted, inherited).Endpoint);
            }
            catch (System.Net.Sockets.SocketException failure)
            {
                opened.SetException(failure);
            }
        }));
        return opened.Task.GetAwaiter().GetResult();
    }

    /// <summary>Wants something of every session. Loop thread only.</summary>
    internal void Wish(SessionWishes wish, bool stopListening)
    {
        if (stopListening)
            Door.CloseListeners();
        foreach (var session in Door.Sessions.ToArray())
            session.Wish(wish);
    }

    /// <summary>Has sessions give back connections to a server that they keep only in case they are asked. Loop thread only.</summary>
    internal void LetGo(ServerId server)
    {
        foreach (var session in Door.Sessions.ToArray())
        {
            if (session.Lease?.Pool?.Key.Server == server)
                session.Wish(SessionWishes.GiveUpSoftHold);
        }
    }

    /// <summary>
    /// Closes the connections that sessions have to a server: those with a statement under way there, or with <paramref name="all"/>
    /// also those that are kept between two. How many that was. Loop thread only.
    /// </summary>
    internal int CutOff(ServerId server, bool all)
    {
        var cut = 0;
        foreach (var session in Door.Sessions.ToArray())
        {
            if (session.Lease is not { Pool: { } pool } lease || pool.Key.Server != server || !(all || session.Current is { IsAtServer: true }))
                continue;
            lease.Connection.Wire.Close();
            cut++;
        }
        return cut;
    }

    /// <summary>Ends every conversation at once. Loop thread only.</summary>
    internal void CutOff()
    {
        foreach (var session in Door.Sessions.ToArray())
            session.Wire.Close();
    }

    private void Take(Wire wire, string listener) => Door.Receive(wire, listener, Serve);

    private void TakeFrom(Loop other, Wire wire, string listener)
    {
        if (other == Loop)
        {
            Take(wire, listener);
            return;
        }
        wire.LetGo();
        Loop.Post(LoopJob.From(loop =>
        {
            try
            {
                loop.Adopt(wire);
            }
            catch
            {
                wire.Close(); // Nobody else knows of it.
                throw;
            }
            Take(wire, listener);
        }));
    }

    private void Serve(Session session) => _conversation.Serve(session).Forget(Loop.Report);
}
