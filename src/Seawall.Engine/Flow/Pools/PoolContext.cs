using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.MySql.Handshakes;

namespace Seawall.Engine.Flow.Pools;

/// <summary>Whose connections a pool holds, to what, logged in how.</summary>
/// <param name="Server">The server.</param>
/// <param name="User">The account's name.</param>
/// <param name="Form">What was agreed on at login of <see cref="LoginForm.All"/>.</param>
internal readonly record struct PoolKey(ServerId Server, string User, Capabilities Form)
{
    /// <inheritdoc/>
    public override string ToString() => Form == Capabilities.None ? $"{User}@{Server}" : $"{User}@{Server} ({LoginForm.Words(Form)})";
}

/// <summary>A server as pools see it: the way to it, and how many may go.</summary>
internal sealed class PoolServer
{
    private readonly FactsBoard _facts;

    internal PoolServer(
        ServerId id, DialGate gate, ServerSlots slots, PoolDialer dialer, FactsBoard facts, Loop control, Func<CancelLimits> cancels,
        ServerPulse pulse)
    {
        Pulse = pulse;
        _facts = facts;
        Id = id;
        Gate = gate;
        Slots = slots;
        Dialer = dialer;
        Cancels = new CancelDesk(this, control, cancels);
    }

    /// <summary>Its name.</summary>
    internal ServerId Id { get; }

    /// <summary>The one way to a new connection.</summary>
    internal DialGate Gate { get; }

    /// <summary>How many there may be.</summary>
    internal ServerSlots Slots { get; }

    /// <summary>How a connection is opened.</summary>
    internal PoolDialer Dialer { get; }

    /// <summary>What is in flight there.</summary>
    internal ServerPulse Pulse { get; }

    /// <summary>Ends statements from outside.</summary>
    internal CancelDesk Cancels { get; }

    /// <summary>What is known of it now; null when it is no longer named in the settings.</summary>
    internal ServerFacts? Facts => _facts.Current.Find(Id);
}

/// <summary>What a pool needs from around it.</summary>
internal sealed class PoolContext(
    IReadOnlyList<Loop> loops, PoolServer server, Func<PoolLimits> limits, Func<bool> isClosing, PoolTelemetry telemetry)
{
    /// <summary>The loops that statements run on.</summary>
    internal IReadOnlyList<Loop> Loops { get; } = loops;

    /// <summary>The server.</summary>
    internal PoolServer Server { get; } = server;

    /// <summary>The present limits.</summary>
    internal Func<PoolLimits> Limits { get; } = limits;

    /// <summary>Whether Seawall is going down.</summary>
    internal Func<bool> IsClosing { get; } = isClosing;

    /// <summary>Who is told what happens.</summary>
    internal PoolTelemetry Telemetry { get; } = telemetry;
}
