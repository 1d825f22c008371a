using System.Collections.Immutable;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>Whether statements are held back at all.</summary>
public enum OverloadMode : byte
{
    /// <summary>Nothing is limited and nothing counted.</summary>
    Off,

    /// <summary>Everything passes, and what would have been held back or refused is counted.</summary>
    Observe,

    /// <summary>Statements wait their turn, and are refused when it does not come in time.</summary>
    Enforce,
}

/// <summary>Where the limit of each server comes from.</summary>
public enum LimitMode : byte
{
    /// <summary>The settings.</summary>
    Fixed,

    /// <summary>What the server's answers show, between the least and the most that the settings say.</summary>
    Adaptive,
}

/// <summary>Who takes turns, where those of one class wait for one server.</summary>
public enum TenantKind : byte
{
    /// <summary>Nobody: who came first goes first.</summary>
    None,

    /// <summary>Accounts.</summary>
    Account,

    /// <summary>Schemas that sessions are in.</summary>
    Schema,

    /// <summary>What statements say in their comments or attributes; accounts, where they say nothing.</summary>
    Tag,
}

/// <summary>The error that a statement is refused with.</summary>
public enum ShedError : byte
{
    /// <summary>1205, "Lock wait timeout exceeded": most programs try again, and none gives up its connection.</summary>
    LockWait,

    /// <summary>1041, "Out of memory": nobody tries again by himself.</summary>
    OutOfResources,

    /// <summary>3024, or MariaDB's 1969: taken for a statement that took too long.</summary>
    QueryTimeout,
}

/// <summary>How the statements of one class wait.</summary>
public sealed record ClassLimits
{
    /// <summary>How long one waits at most. Far below what clients wait for an answer: whoever has given up is served for nothing.</summary>
    public required int WaitMsMax { get; init; }

    /// <summary>
    /// The same, once the queue has not been empty for <see cref="WaitMsMax"/>: it stands, and a long wait in it helps nobody.
    /// </summary>
    public required int StandingMsMax { get; init; }

    /// <summary>
    /// The hundredths of the running statements that the class gets before any other, while it has some waiting; when
    /// that is less than one, one now and then. Those of the lower classes are small: together they are what the highest cannot have.
    /// </summary>
    public required int ShareMin { get; init; }

    /// <summary>The hundredths that it may have while others wait.</summary>
    public required int ShareMax { get; init; }

    /// <summary>
    /// The hundredths of the logins that may be under way, and of their cryptography that may wait, below which one of this class may begin.
    /// </summary>
    public int LoginShare { get; init; } = 100;

    /// <summary>What a statement is refused with.</summary>
    public ShedError Error { get; init; } = ShedError.LockWait;

    /// <summary>What the classes have when nobody says otherwise: the overload design's numbers, from its model.</summary>
    public static ClassLimits DefaultOf(StatementClass which) => which switch
    {
        StatementClass.System or StatementClass.Critical => new() { WaitMsMax = 500, StandingMsMax = 50, ShareMin = 60, ShareMax = 100 },
        StatementClass.Normal => new() { WaitMsMax = 500, StandingMsMax = 20, ShareMin = 8, ShareMax = 100, LoginShare = 90 },
        StatementClass.Low => new() { WaitMsMax = 250, StandingMsMax = 10, ShareMin = 5, ShareMax = 70, LoginShare = 60 },
        StatementClass.Background => new()
        {
            WaitMsMax = 250,
            StandingMsMax = 10,
            ShareMin = 1,
            ShareMax = 30,
            LoginShare = 30,
            Error = ShedError.OutOfResources,
        },
    };
}

/// <summary>Which statements are of a class: those for which everything holds that is said.</summary>
/// <param name="Class">The class.</param>
/// <param name="User">The account's name; null for all.</param>
/// <param name="Schema">The session's schema; null for all.</param>
/// <param name="From">Where the client comes from; null for everywhere.</param>
/// <param name="MayRaise">Whether what a statement says of itself may make it more important than this.</param>
public sealed record ClassRule(StatementClass Class, string? User, string? Schema, PeerNetworks? From, bool MayRaise)
{
    /// <summary>Its name, in messages.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where the client has come in, as <c>clients.listen</c> has it; null for everywhere.</summary>
    public string? Listener { get; init; }

    /// <summary>How fast its statements may begin; null when they may as they like.</summary>
    public PaceLimits? Pace { get; init; }

    /// <summary>How long its statements may be deferred; 0 for not at all; null: as those of their class.</summary>
    public int? DeferMsMax { get; init; }

    /// <summary>The groups that it belongs to, see <see cref="BrownoutGroup"/>.</summary>
    public ImmutableArray<string> Groups { get; init; } = [];

    /// <summary>The digests of its statements; none for all.</summary>
    public ImmutableArray<ulong> Digests { get; init; } = [];

    /// <summary>Whether everything holds that it says of a session.</summary>
    internal bool Fits(string? user, string? schema, PeerAddress peer, string? listener) =>
        (User is null || User == user) && (Schema is null || Schema == schema)
        && (From is null || From.Contains(peer)) && (Listener is null || Listener == listener);
}

/// <summary>What is done when a server has more to do than it can. Immutable.</summary>
public sealed record OverloadOptions
{
    /// <summary>Whether anything is.</summary>
    public OverloadMode Mode { get; init; }

    /// <summary>Where the limit of each server comes from.</summary>
    public LimitMode Limit { get; init; }

    /// <summary>Who takes turns.</summary>
    public TenantKind Tenants { get; init; } = TenantKind.Account;

    /// <summary>
    /// Statements of which others like them run longer than this in an idle hour are long: ten of them in a row are longer than anybody
    /// waits.
    /// </summary>
    public int LongMs { get; init; } = 250;

    /// <summary>
    /// The hundredths of the limit that long statements may have: half, so that those that are not long find a place at once in the
    /// other half, and two long ones of a hundred, which are half of the work, still get all that they need.
    /// </summary>
    public int LongShareMax { get; init; } = 50;

    /// <summary>
    /// Statements of one class that may wait, for each that may run: 4, so that nobody who is served in turn has waited
    /// more than about four times what a statement takes.
    /// </summary>
    public int QueueMaxPerRunning { get; init; } = 4;

    /// <summary>Bytes of statements of one class that may wait.</summary>
    public int QueueBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>How long a statement of the background is deferred at most; 0 for not at all. Below what its program waits for an answer.</summary>
    public int DeferMsMax { get; init; } = 10_000;

    /// <summary>
    /// The hundredths of the statements that may run, below which deferred ones may: 60, so that they never take the last places of a
    /// server that others are about to use.
    /// </summary>
    public int DeferRoom { get; init; } = 60;

    /// <summary>Statements that are deferred in front of one server at one time: each keeps a client waiting, and nothing else.</summary>
    public int DeferCountMax { get; init; } = 20_000;

    /// <summary>Bytes of statements that are.</summary>
    public int DeferBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Replicas that are further behind than this slow the writes of low classes; 0: none do.</summary>
    public int LagMs { get; init; }

    /// <summary>Replicas that are further behind than this do so twice as fast.</summary>
    public int LagMsMax { get; init; } = 10_000;

    /// <summary>The classes whose writes are slowed: this one and those below.</summary>
    public StatementClass LagClass { get; init; } = StatementClass.Low;

    /// <summary>How long one waits at most because of it: below what its program waits for an answer.</summary>
    public int LagWaitMsMax { get; init; } = 1_000;

    /// <summary>Clients that wait a little before they hear that they were refused, at one time; 0 for none.</summary>
    public int TarpitMax { get; init; } = 5_000;

    /// <summary>
    /// Whether statements are among them, and not logins alone. A program with a pool has other uses for the connection meanwhile: at ten
    /// times the load, measured, its own statements waited for connections until they had no time left.
    /// </summary>
    public bool TarpitsStatements { get; init; }

    /// <summary>What can be switched off, thinned out or slowed down for a while.</summary>
    public ImmutableArray<BrownoutGroup> Brownouts { get; init; } = [];

    /// <summary>Bytes of answers that are kept for brown-outs; 0: none are.</summary>
    public long KeptBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>How each class waits, by the class's number.</summary>
    public ImmutableArray<ClassLimits> Classes { get; init; } =
        [.. Enum.GetValues<StatementClass>().Select(ClassLimits.DefaultOf)];

    /// <summary>Whose statements have another class than normal; the first that fits counts.</summary>
    public ImmutableArray<ClassRule> Rules { get; init; } = [];

    /// <summary>How the statements of a class wait.</summary>
    public ClassLimits Of(StatementClass which) => Classes[(int)which];

    /// <summary>How long a statement of a class may be deferred, by the rule that it has its class from; 0 for not at all.</summary>
    public int DeferMsOf(ClassRule? rule, StatementClass which) =>
        rule?.DeferMsMax ?? (which == StatementClass.Background ? DeferMsMax : 0);
}
