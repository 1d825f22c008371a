using Seawall.Engine.Captures;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Reads;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// One client: its wire, who it is, and everything a server would remember of it. It belongs to one loop. Kept small,
/// because idle clients are many: what few of them need hangs below in objects that are made when they are needed.
/// </summary>
internal sealed class Session : TimerNode
{
    private PreparedStatements? _prepared;
    private SessionClass? _class;
    private RareState? _rare;
    private uint _resets;

    internal Session(Wire wire, uint id, long nowMs)
    {
        Wire = wire;
        Id = id;
        SinceMs = nowMs;
    }

    /// <summary>The way to the client.</summary>
    internal Wire Wire { get; set; }

    /// <summary>Where the client has come in, as <c>clients.listen</c> has it; null when that is not known.</summary>
    internal string? Listener { get; init; }

    /// <summary>What has arrived and was not taken.</summary>
    internal Inbox Inbox;

    /// <summary>The number that the client was greeted with.</summary>
    internal uint Id { get; }

    /// <summary>The nonce of the greeting, which COM_CHANGE_USER uses again.</summary>
    internal Nonce Nonce;

    /// <summary>What the two ends agreed on.</summary>
    internal Capabilities Capabilities { get; set; }

    /// <summary>Who it is; null until the login has succeeded.</summary>
    internal Account? Account { get; set; }

    /// <summary>The connection attributes as the client sent them; shared between clients that sent the same.</summary>
    internal byte[] Attributes { get; set; } = [];

    /// <summary>What it has set and what can be moved.</summary>
    internal SessionSettings Settings { get; set; } = null!;

    /// <summary>
    /// The global values that it began with, by their number: those of its present connection, unless it has settings of its own.
    /// </summary>
    internal int GlobalsEpoch { get; private set; }

    /// <summary>What it began with, to which COM_RESET_CONNECTION returns.</summary>
    internal SessionSettings LoginSettings { get; set; } = null!;

    /// <summary>When it may have written last, in the loops' milliseconds, or a while later; 0: never.</summary>
    internal long WroteMs { get; set; }

    /// <summary>The flags of the last result.</summary>
    internal ServerStatus Status { get; set; } = ServerStatus.Autocommit;

    /// <summary>Whether they may be other ones: an error, which came since, has none.</summary>
    internal bool HasStatusInDoubt { get; set; }

    /// <summary>LAST_INSERT_ID() as the session would see it, as far as that is known.</summary>
    internal ulong LastInsertId { get; set; }

    /// <summary>Whether LAST_INSERT_ID() may be another number by now, and where that can be asked.</summary>
    internal InsertIdDoubt InsertIdDoubt
    {
        get => _rare?.InsertIdDoubt ?? default;
        set
        {
            if (_rare is not null || value != default)
                Rare.InsertIdDoubt = value;
        }
    }

    /// <summary>Whether it began with <c>sql_auto_is_null</c> on; what it has said of it itself is among its settings.</summary>
    internal bool BeganAskingByNull { get; private set; }

    /// <summary>Whether <c>WHERE id IS NULL</c> would find that number for certain: an INSERT has made it, and nothing has found it since.</summary>
    internal bool HasNullMark { get; set; }

    /// <summary>The warnings that the last answer of a server spoke of; an error is one.</summary>
    internal ushort AnswerWarnings { get; set; }

    /// <summary>Whether that was an error: there may have been more warnings than are told of.</summary>
    internal bool HasUncountedWarnings { get; set; }

    /// <summary>What it has changed that cannot be moved; null as long as there is nothing.</summary>
    internal SessionPins? Pins { get; set; }

    /// <summary>The server connection that it uses or keeps; null between statements of a session that keeps none.</summary>
    internal Lease? Lease { get; set; }

    /// <summary>The pool of its account.</summary>
    internal Pool? Pool { get; set; }

    /// <summary>The server connection that it used last and when it did, to come back to it if nobody else had it since.</summary>
    internal LeaseMark LastLease { get; set; }

    /// <summary>What the statement before left to be asked for.</summary>
    internal LastResult LastResult;

    /// <summary>The facts of the statement before that its present connection, or the one that it used last, does not know.</summary>
    internal PreviousFacts Elsewhere { get; set; }

    /// <summary>The facts that its connection may know of others, because nothing of the session has overwritten them.</summary>
    internal PreviousFacts OfOthers { get; set; }

    /// <summary>Who it is to its connections: somebody else after each reset.</summary>
    internal ulong LeavingAs => ((ulong)Id << 32) | _resets;

    /// <summary>The warnings of the statement before, when the connection that had them was given away.</summary>
    internal KeptWarnings? KeptWarnings
    {
        get => _rare?.KeptWarnings;
        set
        {
            if (_rare is not null || value is not null)
                Rare.KeptWarnings = value;
        }
    }

    /// <summary>Whether it has given itself another number (<c>SET pseudo_thread_id</c>), which is its own to read.</summary>
    internal bool HasOwnNumber { get; set; }

    /// <summary>
    /// Whether it asked for a fact that could not be told any more: from then on it keeps its connection from one statement to the next.
    /// </summary>
    internal bool KeepsFacts { get; set; }

    /// <summary>The sequences whose last value its connection knows; null when there is none.</summary>
    internal List<string>? Sequences
    {
        get => _rare?.Sequences;
        set
        {
            if (_rare is not null || value is not null)
                Rare.Sequences = value;
        }
    }

    /// <summary>What the texts do that it has prepared by their names, where that matters; null when there is none.</summary>
    internal Dictionary<string, StatementTraits>? TextTraits
    {
        get => _rare?.TextTraits;
        set
        {
            if (_rare is not null || value is not null)
                Rare.TextTraits = value;
        }
    }

    /// <summary>What the client wants to hear of changes.</summary>
    internal ClientTracking Tracking { get; set; } = ClientTracking.Default;

    /// <summary>Changes that the server has told of, and the client has not heard yet; null as a rule.</summary>
    internal byte[]? Owed
    {
        get => _rare?.Owed;
        set
        {
            if (_rare is not null || value is not null)
                Rare.Owed = value;
        }
    }

    /// <summary>What has changed and the client was not told of yet; null as long as there was never anything.</summary>
    internal UntoldChanges? Untold
    {
        get => _rare?.Untold;
        set
        {
            if (_rare is not null || value is not null)
                Rare.Untold = value;
        }
    }

    /// <summary>What it has seen and written, and where its last statement went; null as long as nothing is read from replicas.</summary>
    internal SessionReads? Reads { get; set; }

    /// <summary>What it is about now; null between statements.</summary>
    internal Statement? Current { get; set; }

    /// <summary>The command before, and the verb of its text, for <c>SHOW CLIENTS</c>; nothing before the first.</summary>
    internal (CommandKind Command, StatementKind Kind) LastCommand { get; set; }

    /// <summary>What a capture knows of it; null as long as nothing has been captured.</summary>
    internal ConnectionNote? Note
    {
        get => _rare?.Note;
        set
        {
            if (_rare is not null || value is not null)
                Rare.Note = value;
        }
    }

    /// <summary>When it came, in the loop's milliseconds.</summary>
    internal long SinceMs { get; }

    /// <summary>When its last statement began or ended.</summary>
    internal long ActiveMs { get; set; }

    /// <summary>What somebody wants of it between two statements.</summary>
    internal SessionWishes Wishes { get; private set; }

    /// <summary>How its text is to be read; made anew when its settings change.</summary>
    internal SqlDialect Dialect { get; set; }

    /// <summary>The settings that <see cref="Dialect"/> was made from.</summary>
    internal SessionSettings? DialectOf { get; set; }

    /// <summary>It begins, or begins anew: with the global values of now.</summary>
    internal void BeginWithGlobals(ServerFacts? server)
    {
        GlobalsEpoch = server?.Globals.Epoch ?? 0;
        DialectOf = null;
        BeganAskingByNull = server?.BeginsAskingByNull == true;
        Status = server?.BeginsWithAutocommit == false ? ServerStatus.None : ServerStatus.Autocommit;
        HasStatusInDoubt = false;
    }

    /// <summary>
    /// It goes on to a connection that has the global values of now: what it had of before is a setting of its own from now on.
    /// </summary>
    internal void KeepOldGlobals(ServerFacts server)
    {
        Settings = SettingsWithOldGlobals(server);
        GlobalsEpoch = server.Globals.Epoch;
        DialectOf = null;
    }

    /// <summary>Its settings, and what it began with and is another value now.</summary>
    internal SessionSettings SettingsWithOldGlobals(ServerFacts server)
    {
        var settings = Settings;
        if (GlobalsEpoch == server.Globals.Epoch)
            return settings;
        foreach (var (name, value) in server.Globals.Since(GlobalsEpoch))
        {
            if (Settings[name] is null)
                settings = settings.With(name, value);
        }
        return settings;
    }

    /// <summary>The class of its statements, as long as nothing changes that it depends on.</summary>
    internal SessionClass Class => _class ??= new SessionClass();

    /// <summary>The same; null as long as nobody has asked for it.</summary>
    internal SessionClass? ClassOrNull => _class;

    private RareState Rare => _rare ??= new RareState();

    /// <summary>Its prepared statements.</summary>
    internal PreparedStatements Prepared => _prepared ??= new PreparedStatements();

    /// <summary>Its prepared statements, when it has ever had any.</summary>
    internal PreparedStatements? PreparedOrNull => _prepared;

    /// <summary>Changes of user that were refused, one after another.</summary>
    internal byte RefusedChanges { get; set; }

    /// <summary>What it has chosen at its login and no server connection of another choice can give.</summary>
    internal Capabilities Form => Capabilities & LoginForm.All;

    /// <summary>Whether a transaction is open.</summary>
    internal bool InTransaction => Status.HasFlag(ServerStatus.InTransaction);

    /// <summary>Whether it has ever begun a transaction that was to read only, or to write although others do not.</summary>
    internal bool HasMarkedTransactions { get; set; }

    /// <summary>Whether nobody in between can read what the client sends.</summary>
    internal bool IsProtected => Wire.IsEncrypted || Wire.Peer.IsUnix;

    /// <summary>Whether the client has shown a certificate, and it was accepted.</summary>
    internal bool HasCertificate => Wire.PeerCertificate is not null;

    /// <summary>Whether the client expects EOF packets.</summary>
    internal bool WantsEof => !Capabilities.HasFlag(Capabilities.DeprecateEof);

    /// <summary>Whether the client says of each statement which attributes it has, if only that it has none.</summary>
    internal bool SendsAttributes => Capabilities.HasFlag(Capabilities.QueryAttributes);

    /// <summary>Whether the client wants to hear how far its statement has come.</summary>
    internal bool WantsProgress => Capabilities.HasFlag(Capabilities.MariaDbProgress);

    /// <summary>Whether the client wants to hear what changed in its session.</summary>
    internal bool TracksSession => Capabilities.HasFlag(Capabilities.SessionTrack);

    /// <summary>Why it keeps its server connection.</summary>
    internal PinReasons PinReasons => Pins?.Reasons ?? PinReasons.None;

    /// <summary>Whether it is in the middle of something that only its present connection can finish.</summary>
    internal bool IsUnderWay => InTransaction || (PinReasons & ~PinReasons.Soft) != 0;

    /// <summary>Wants something of the session as soon as it is between two statements. Its loop only.</summary>
    internal void Wish(SessionWishes wish)
    {
        Wishes |= wish;
        Wire.Interrupt();
    }

    /// <summary>Takes note of all wishes.</summary>
    internal SessionWishes TakeWishes()
    {
        var wishes = Wishes;
        Wishes = SessionWishes.None;
        return wishes;
    }

    /// <summary>Pins the session for reasons without a name, because of this statement if it is known.</summary>
    internal void Pin(PinReasons reasons, StatementDigest? by = null) =>
        (Pins ??= new SessionPins()).Add(reasons, Wire.Loop.NowMs, by);

    /// <summary>Pins the session for a thing of that name.</summary>
    internal void Pin(PinReasons reason, string name, StatementDigest? by) =>
        (Pins ??= new SessionPins()).Add(reason, name, Wire.Loop.NowMs, by);

    /// <summary>Some reasons hold no more.</summary>
    internal void Unpin(PinReasons reasons)
    {
        Pins?.Clear(reasons);
        if (Pins is { Reasons: PinReasons.None })
            Pins = null;
    }

    /// <inheritdoc/>
    protected internal override void OnDue() => Wish(SessionWishes.LookAtClock);

    /// <summary>Forgets what a server forgets at COM_RESET_CONNECTION and COM_CHANGE_USER.</summary>
    internal void ForgetState(ServerFacts? server)
    {
        Pins = null;
        _resets++;
        BeginWithGlobals(server);
        _prepared?.Clear();
        _prepared = null;
        LastInsertId = 0;
        InsertIdDoubt = default;
        HasNullMark = false;
        LastLease = default;
        LastResult = default(LastResult) with { FoundRows = LastResult.FoundRows }; // No reset takes that away.
        Elsewhere = PreviousFacts.All;
        AnswerWarnings = 0;
        HasUncountedWarnings = false;
        KeptWarnings = null;
        HasOwnNumber = false;
        Sequences = null;
        TextTraits = null;
        Tracking = Tracking.AtBegin;
        Owed = null;
        Untold = null;
        _class?.Forget();
    }
}

/// <summary>What somebody wants of a session between two statements.</summary>
[Flags]
internal enum SessionWishes : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Time has passed: is the client silent for too long, or a connection held for too long?</summary>
    LookAtClock = 1,

    /// <summary>Others wait for a server connection: give up the one that is only held in case it is asked.</summary>
    GiveUpSoftHold = 2,

    /// <summary>Seawall is going down: look up.</summary>
    LookUp = 4,

    /// <summary>Go now.</summary>
    GoNow = 8,
}
