using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// Where clients come in, on one loop: the listeners, everybody who is in, and what a login needs. What all loops share is in
/// <see cref="HouseRules"/>.
/// </summary>
internal sealed class FrontDoor
{
    private readonly HouseRules _house;
    private readonly List<IWireListener> _listeners = [];
    private readonly Dictionary<uint, Session> _sessions = [];
    private readonly Dictionary<int, WeakReference<byte[]>> _attributes = [];
    private long _lastNumber;

    internal FrontDoor(Loop loop, LoopMeter meter, HouseRules house)
    {
        Loop = loop;
        Meter = meter;
        _house = house;
        Nonces = new NonceBatch(house.Entropy);
        _lastNumber = house.NumbersFrom - (house.NumbersFrom % house.Loops) + loop.Index;
        Room = new LoginRoom(loop, meter, house);
    }

    /// <summary>The loop.</summary>
    internal Loop Loop { get; }

    /// <summary>How many loops receive clients.</summary>
    internal int LoopCount => _house.Loops;

    /// <summary>Hears of those who are turned away before the greeting; null: nobody does.</summary>
    internal Action<Wire, string>? Turned { get; set; }

    /// <summary>What the loop counts.</summary>
    internal LoopMeter Meter { get; }

    /// <summary>Who is not logged in yet.</summary>
    internal LoginRoom Room { get; }

    /// <summary>Nonces for greetings.</summary>
    internal NonceBatch Nonces { get; }

    /// <summary>Makes guessing slow.</summary>
    internal GuessBrake Brake => _house.Brake;

    /// <summary>Chooses the plugin of the greeting.</summary>
    internal Greeter Greeter => _house.Greeter;

    /// <summary>What is known now.</summary>
    internal FactsSnapshot Facts => _house.Facts.Current;

    /// <summary>How clients are received now.</summary>
    internal ClientOptions Options => _house.Clients;

    /// <summary>What Seawall itself runs short of.</summary>
    internal Strain Strain => _house.Strain;

    /// <summary>Who may log in while there is not room for all.</summary>
    internal ILoginGate Gate => _house.Gate;

    /// <summary>Where those wait who were refused, before they hear it.</summary>
    internal Tarpit Tarpit => _house.Tarpit;

    /// <summary>Whether it is just being found out what global variables are now: a session that begins waits for that.</summary>
    internal bool AreGlobalsChanging => _house.GlobalsChanging > 0;

    /// <summary>One more, or one less, finds that out.</summary>
    internal void GlobalsChanging(int change) => _house.NoteGlobalsChanging(change);

    /// <summary>Global variables of a server as they are now.</summary>
    internal void Tell(ServerId server, IReadOnlyCollection<KeyValuePair<string, string>> globals) =>
        _house.Facts.Publish(snapshot => snapshot.With(server, facts => facts.WithGlobals(globals)));

    /// <summary>Has a server looked at soon, because a statement has met something there. Where roles are found out: it costs nothing elsewhere.</summary>
    internal void LookSoon(ServerId server)
    {
        if (Facts.Topology.IsFound)
            _house.LookSoon(server);
    }

    /// <summary>Settings of sessions.</summary>
    internal SettingsTable Settings => _house.Settings;

    /// <summary>Accounts, asked of the servers once more.</summary>
    internal IAccountSource Accounts => _house.Accounts;

    /// <summary>Accounts that are learnt from the servers' yes or no.</summary>
    internal ILearntAccounts Learnt => _house.Learnt;

    /// <summary>Where cryptography runs.</summary>
    internal Workers Workers => _house.Workers;

    /// <summary>Whether <see cref="RsaKey"/> is there already.</summary>
    internal bool HasRsaKey => _house.RsaKey.IsValueCreated;

    /// <summary>
    /// Seawall's own key, for passwords over connections that are not encrypted. Whoever asks first makes it: a worker, not
    /// a loop.
    /// </summary>
    internal ServerRsaKey RsaKey => _house.RsaKey.Value;

    /// <summary>Everybody who is in. Loop thread only.</summary>
    internal IReadOnlyCollection<Session> Sessions => _sessions.Values;

    /// <summary>A client by its number, or null. Loop thread only.</summary>
    internal Session? Find(uint id) => _sessions.GetValueOrDefault(id);

    /// <summary>Starts to listen, handing over each connection that comes.</summary>
    internal IWireListener Open(Endpoint endpoint, Action<Wire> accepted, int inherited = -1)
    {
        var listener = Loop.Listen(endpoint, accepted, inherited);
        listener.TurnAway = TurnAway;
        _listeners.Add(listener);
        return listener;
    }

    /// <summary>One more descriptor of each listener, for another process.</summary>
    internal IReadOnlyList<InheritedListener> ShareListeners() =>
        [.. _listeners.Select(listener => new InheritedListener(listener.Endpoint.Text, listener.Share()))];

    /// <summary>Stops to listen; who is in stays in.</summary>
    internal void CloseListeners(bool areHandedOver = false)
    {
        foreach (var listener in _listeners)
            listener.Close(areHandedOver);
        _listeners.Clear();
    }

    /// <summary>A client has left.</summary>
    internal void Leave(Session session)
    {
        _sessions.Remove(session.Id);
        _house.ClientLeft();
        Meter.ClientsClosed++;
        session.Inbox.Clear();
        session.Wire.Close();
        EngineLog.ClientLeft(_house.Logger, session.Id);
    }

    /// <summary>A client was not let in; it has been told.</summary>
    internal void Refused(Session session, string user, string reason)
    {
        Meter.LoginsFailed++;
        EngineLog.LoginRefused(_house.Logger, user, session.Wire.Peer, reason);
    }

    /// <summary>A password was wrong once more than costs nothing: said once for an account and a source.</summary>
    internal void Slowed(GuessKey key, int wrong, int pauseMs) =>
        EngineLog.GuessingSlowed(_house.Logger, wrong, key.User, key.Source.ToString(), pauseMs, Options.WrongPasswordMsMax);

    /// <summary>A proxy did not say in a way that makes sense whom it speaks for; it hears nothing.</summary>
    internal void BadProxy(Session session, string problem)
    {
        Meter.ProxyHeadersRefused++;
        EngineLog.ProxyRefused(_house.Logger, session.Wire.Peer, problem);
    }

    /// <summary>Why nobody can be let in: no server has ever answered.</summary>
    internal string NoServerMessage() => Facts.Primary is { } server
        ? $"Seawall has not reached server '{server.Id}' at {server.Endpoint} yet: {server.Problem ?? "no answer so far"}"
        : Facts.Topology.IsFound ? $"There is no server for writes: {Facts.Topology.Cause}; trying again is safe"
        : "Seawall knows of no server; see [[servers]]";

    /// <summary>Why nobody can be let in: the accounts have not been read, and a wrong "access denied" would mislead.</summary>
    internal string NoAccountsMessage() => Facts.Accounts.Problem is { } problem
        ? $"Seawall cannot read the accounts of server '{Facts.Primary?.Id}' with its monitoring account: {problem}; see [monitor]"
        : $"Seawall has not read the accounts of server '{Facts.Primary?.Id}' yet; trying again is safe";

    /// <summary>One array for all clients that sent the same attributes: there are many clients and few programs.</summary>
    internal byte[] Share(byte[] attributes)
    {
        if (attributes.Length == 0)
            return [];
        var hash = new HashCode();
        hash.AddBytes(attributes);
        var key = hash.ToHashCode();
        if (_attributes.TryGetValue(key, out var kept) && kept.TryGetTarget(out var same)
            && same.AsSpan().SequenceEqual(attributes))
        {
            return same;
        }
        if (_attributes.Count >= SharedAttributesMax)
            _attributes.Clear();
        _attributes[key] = new(attributes);
        return attributes;
    }

    /// <summary>Programs with different attributes at one time; some put a process number in, which cannot be shared.</summary>
    private const int SharedAttributesMax = 1024;

    // Nobody has a descriptor for him but the one that is kept for this word.
    private void TurnAway(Wire wire)
    {
        Meter.ClientsAccepted++;
        Meter.ClientsRefused++;
        Meter.ClientsClosed++;
        ClientReplies.SendInPlaceOfGreeting(wire, SqlError.TooManyConnections,
            "Too many connections: Seawall has no file descriptor left (see its log); trying again is safe");
        wire.Close();
    }

    /// <summary>
    /// Takes a connection that is on this loop and has come in at <paramref name="listener"/>, and hands the client to
    /// <paramref name="serve"/> if it may come in.
    /// </summary>
    internal void Receive(Wire wire, string listener, Action<Session> serve)
    {
        Meter.ClientsAccepted++;
        if (Strain.Level == StrainLevel.Closed)
        {
            Meter.ClientsRefusedByStrain++;
            if (Strain.IsEnforced)
            {
                Turned?.Invoke(wire, listener);
                Meter.ClientsRefused++;
                Meter.ClientsClosed++;
                ClientReplies.SendInPlaceOfGreeting(wire, SqlError.TooManyConnections,
                    $"Too many connections: Seawall runs short of {Strain.Cause}; trying again is safe");
                wire.Close();
                return;
            }
        }
        if (!_house.TryEnter() && !(Room.MakePlace() && _house.TryEnter()))
        {
            Turned?.Invoke(wire, listener);
            Meter.ClientsRefused++;
            Meter.ClientsClosed++;
            ClientReplies.SendInPlaceOfGreeting(wire, SqlError.TooManyConnections,
                $"Too many connections (clients.max = {Options.CountMax})");
            wire.Close();
            return;
        }
        var session = new Session(wire, NextId(), Loop.NowMs) { Listener = listener };
        _sessions.Add(session.Id, session);
        serve(session);
    }

    // Numbers of this loop leave the same rest when they are divided by how many loops there are, so that whoever names a client
    // names its loop. After two thousand million clients they begin again; who is still in keeps his.
    private uint NextId()
    {
        do
        {
            _lastNumber += _house.Loops;
            if (_lastNumber >= HouseRules.FirstId)
                _lastNumber = Loop.Index;
        }
        while (_sessions.ContainsKey(HouseRules.FirstId | (uint)_lastNumber));
        return HouseRules.FirstId | (uint)_lastNumber;
    }
}
