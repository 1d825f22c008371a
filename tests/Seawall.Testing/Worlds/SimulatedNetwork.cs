using System.Net;
using System.Net.Sockets;
using Seawall.Engine.Loops;

namespace Seawall.Testing.Worlds;

/// <summary>
/// Connections between loops of one <see cref="World"/>. Everything that a real network does to a proxy can be asked for:
/// see <see cref="Link"/> and <see cref="Pipe"/>.
/// </summary>
public sealed class SimulatedNetwork
{
    private readonly World _world;
    private readonly Dictionary<string, List<Listener>> _listeners = [];
    private readonly PriorityQueue<Action, (long DueTicks, long Order)> _deliveries = new();
    private readonly HashSet<string> _blackHoles = [];
    private readonly List<Link> _links = [];
    private long _order;
    private int _lastPort = 40_000;
    private int _next;

    internal SimulatedNetwork(World world) => _world = world;

    /// <summary>How many of the bytes that are left go in one piece.</summary>
    public Func<int, int> Chunk { get; set; } = left => left;

    /// <summary>Hears of each connection before its first byte.</summary>
    public Action<Link>? Connecting { get; set; }

    /// <summary>Every connection that there ever was.</summary>
    public IReadOnlyList<Link> Links => _links;

    /// <summary>Lets go of connections that have ended.</summary>
    public void ForgetThePast() => _links.RemoveAll(link => link.IsOver);

    /// <summary>Whether something is under way.</summary>
    public bool HasDeliveries => _deliveries.Count > 0;

    internal long NowTicks => _world.Clock.Ticks;

    internal long? NextDue => _deliveries.TryPeek(out _, out var at) ? at.DueTicks : null;

    /// <summary>Connections to an endpoint are neither accepted nor refused from now on.</summary>
    public void MakeBlackHole(Endpoint endpoint) => _blackHoles.Add(endpoint.Text);

    /// <summary>Takes <see cref="MakeBlackHole"/> back.</summary>
    public void FillBlackHole(Endpoint endpoint) => _blackHoles.Remove(endpoint.Text);

    /// <summary>Connects from an address, as <see cref="Loop.Connect"/> does from the loopback address.</summary>
    public SimulatedWire Connect(SimulatedLoop loop, Endpoint to, PeerAddress address)
    {
        var link = new Link(this, to, _links.Count + 1);
        _links.Add(link);
        Connecting?.Invoke(link);
        var wire = new SimulatedWire(loop, link, isClient: true, to.IsUnix ? PeerAddress.Unix : AddressOf(to));
        link.ClientWire = wire;
        var source = to.IsUnix ? PeerAddress.Unix : address with { Port = address.Port == 0 ? NextPort() : address.Port };
        if (!_blackHoles.Contains(to.Text))
            Later(link.LatencyUs, () => Knock(link, source));
        return wire;
    }

    internal Listener Listen(SimulatedLoop loop, Endpoint endpoint, Action<Wire> accepted)
    {
        if (!endpoint.IsUnix && AddressOf(endpoint) is { Port: 0 } any)
            endpoint = Endpoint.Tcp(any.ToIPAddress(), NextPort());
        if (!_listeners.TryGetValue(endpoint.Text, out var listeners))
            _listeners.Add(endpoint.Text, listeners = []);
        else if (endpoint.IsUnix && listeners.Count > 0)
            throw new SocketException((int)SocketError.AddressAlreadyInUse);
        var listener = new Listener(this, loop, endpoint, accepted);
        listeners.Add(listener);
        return listener;
    }

    internal void Deliver(Pipe pipe, byte[]? bytes, Ending ending, long dueTicks) =>
        _deliveries.Enqueue(() => pipe.Arrive(bytes, ending), (dueTicks, _order++));

    internal void DeliverOne() => _deliveries.Dequeue()();

    private void Knock(Link link, PeerAddress source)
    {
        var client = link.ClientWire!;
        if (!_listeners.TryGetValue(link.To.Text, out var listeners) || listeners.Count == 0)
        {
            Later(link.LatencyUs, client.Refused);
            return;
        }
        var listener = listeners[_next++ % listeners.Count];
        Later(link.LatencyUs, client.Connected);
        link.ServerWire = new SimulatedWire(listener.Loop, link, isClient: false, source);
        link.ServerWire.Raise(); // Its end may have been here before it.
        listener.Loop.Post(LoopJob.From(_ => listener.Accept(link.ServerWire)));
    }

    private void Later(long microseconds, Action action) =>
        _deliveries.Enqueue(action, (NowTicks + (microseconds * TimeSpan.TicksPerMicrosecond), _order++));

    private ushort NextPort() => (ushort)++_lastPort;

    private static PeerAddress AddressOf(Endpoint endpoint)
    {
        var parsed = IPEndPoint.Parse(endpoint.Text);
        return PeerAddress.From(parsed.Address, parsed.Port);
    }

    internal sealed class Listener(SimulatedNetwork network, SimulatedLoop loop, Endpoint endpoint, Action<Wire> accepted)
        : IWireListener
    {
        private bool _isClosed;

        public Endpoint Endpoint { get; } = endpoint;

        public Action<Wire>? TurnAway { get; set; }

        internal SimulatedLoop Loop { get; } = loop;

        public void Close(bool isHandedOver = false)
        {
            _isClosed = true;
            network._listeners[Endpoint.Text].Remove(this);
        }

        public int Share() => throw new NotSupportedException("There is one process in a simulated world.");

        internal void Accept(SimulatedWire wire)
        {
            if (_isClosed)
                wire.Close();
            else
                accepted(wire);
        }
    }
}
