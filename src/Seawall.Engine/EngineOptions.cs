using System.Collections.Immutable;
using Seawall.Engine.Captures;
using Seawall.Engine.Deferrals;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Seawall.MySql.Compression;
using Seawall.MySql.Passwords;

namespace Seawall.Engine;

/// <summary>One server, as the settings name it.</summary>
public sealed record ServerOptions
{
    /// <summary>Its name.</summary>
    public required ServerId Id { get; init; }

    /// <summary>Where it is, looked up.</summary>
    public required Endpoint Endpoint { get; init; }

    /// <summary>What it is for; null: that is found out, and changes when the servers change it.</summary>
    public ServerRole? Role { get; init; } = ServerRole.Primary;

    /// <summary>Whether it is the primary only because nobody has said anything, and there was no other that might be.</summary>
    public bool IsPrimaryByDefault { get; init; }

    /// <summary>Whether it is drained: it finishes what it has, and gets nothing new. Not while it is the primary.</summary>
    public bool IsDrained { get; init; }

    /// <summary>The name that its certificate must have, when identities are verified.</summary>
    public string HostName { get; init; } = "";

    /// <summary>Connections that Seawall may have to it, over all accounts.</summary>
    public int ConnectionsMax { get; init; } = 200;

    /// <summary>
    /// Statements that may run there at one time, when <see cref="OverloadOptions.Mode"/> says that this is limited: twice the cores
    /// of a server of 8. More get nothing done sooner, and each of them takes longer.
    /// </summary>
    public int RunningMax { get; init; } = 16;

    /// <summary>The least that may run there while that finds itself (<see cref="OverloadOptions.Limit"/>): 4, which no server is slow with.</summary>
    public int RunningMin { get; init; } = 4;

    /// <summary>How fast connections may be opened.</summary>
    public DialLimits Dial { get; init; } = new();

    /// <summary>How much may be done to end statements early.</summary>
    public CancelLimits Cancels { get; init; } = new();

    /// <summary>Whether to encrypt.</summary>
    public ServerTls Tls { get; init; } = ServerTls.Preferred;

    /// <summary>Certificates, and what to verify; null when TLS is off.</summary>
    public TlsClientContext? TlsContext { get; init; }

    /// <summary>How to compress what goes to it and comes from it, when it offers that; otherwise nothing is.</summary>
    public CompressionKind Compression { get; init; }

    /// <summary>Whether it may send its public key over a connection that is not encrypted.</summary>
    public bool AllowsPublicKeyRetrieval { get; init; }

    /// <summary>The version of the PROXY header that connections to it begin with; 0 for none.</summary>
    public int ProxyVersion { get; init; }

    /// <summary>Its public key, when an operator has brought it along: no other one is believed then.</summary>
    public PublicKeyOfServer? PublicKey { get; init; }

    /// <summary>How long a connection to it may take to open.</summary>
    public int ConnectMsMax { get; init; } = 3_000;

    /// <summary>How long a login may take after that.</summary>
    public int LoginMsMax { get; init; } = 10_000;

    /// <summary>
    /// How long it may answer nothing at all while statements are in flight, before it is taken to hang and its connections are closed: two
    /// seconds, which is the overload design's; 0 for as long as it likes.
    /// </summary>
    public int HangMsMax { get; init; } = 2_000;
}

/// <summary>All that the engine is told. Replaced whole by <see cref="SeawallEngine.Apply"/>.</summary>
public sealed record EngineOptions
{
    /// <summary>Where clients come in.</summary>
    public ImmutableArray<Endpoint> Listen { get; init; } = [];

    /// <summary>The servers; the first primary takes every statement, or the one that is found to be it.</summary>
    public ImmutableArray<ServerOptions> Servers { get; init; } = [];

    /// <summary>How statements wait while no server takes writes.</summary>
    public TopologyOptions Topology { get; init; } = new();

    /// <summary>How clients are received.</summary>
    public ClientOptions Clients { get; init; } = new();

    /// <summary>The limits of each pool.</summary>
    public PoolLimits Pools { get; init; } = new();

    /// <summary>What is read from where.</summary>
    public ReadOptions Reads { get; init; } = new();

    /// <summary>What is done when a server has more to do than it can.</summary>
    public OverloadOptions Overload { get; init; } = new();

    /// <summary>Which statements are acknowledged before they run, and what keeps them until then.</summary>
    public DeferralOptions Deferral { get; init; } = new();

    /// <summary>How what clients do is captured.</summary>
    public CaptureOptions Capture { get; init; } = new();

    /// <summary>How Seawall protects itself.</summary>
    public ProtectionOptions Protection { get; init; } = new();

    /// <summary>The monitoring account, with its password; without one, accounts are learnt from the servers' yes or no.</summary>
    public Account? Monitor { get; init; }

    /// <summary>Accounts of the settings file, with their passwords.</summary>
    public ImmutableArray<Account> Accounts { get; init; } = [];

    /// <summary>Loops, and so threads that move bytes; 0 is one for each processor. Only at the start.</summary>
    public int Loops { get; init; }

    /// <summary>Where the numbers of clients begin, less than 2^30. Only at the start.</summary>
    public uint NumbersFrom { get; init; }

    /// <summary>
    /// What is not tracked of sessions. For the control of the equivalence test alone, which must notice each of them.
    /// </summary>
    internal UntrackedState Untracked { get; init; }
}
