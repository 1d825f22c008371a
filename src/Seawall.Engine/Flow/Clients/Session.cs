using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Loops;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// One client: its wire, who it is, and everything a server would remember of it. It belongs to one loop. Kept small,
/// because idle clients are many: what few of them need hangs below in objects that are made when they are needed.
/// </summary>
internal sealed class Session
{
    private PreparedStatements? _prepared;

    internal Session(Wire wire, uint id, long nowMs)
    {
        Wire = wire;
        Id = id;
        SinceMs = nowMs;
    }

    /// <summary>The way to the client.</summary>
    internal Wire Wire { get; set; }

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

    /// <summary>What it began with, to which COM_RESET_CONNECTION returns.</summary>
    internal SessionSettings LoginSettings { get; set; } = null!;

    /// <summary>The flags of the last result.</summary>
    internal ServerStatus Status { get; set; } = ServerStatus.Autocommit;

    /// <summary>LAST_INSERT_ID() as the session would see it.</summary>
    internal ulong LastInsertId { get; set; }

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

    /// <summary>The warnings of the statement before, as packets, when the connection that had them was given away.</summary>
    internal byte[]? KeptDiagnostics { get; set; }

    /// <summary>When it came, in the loop's milliseconds.</summary>
    internal long SinceMs { get; }

    /// <summary>When its last statement began or ended.</summary>
    internal long ActiveMs { get; set; }

    /// <summary>Its prepared statements.</summary>
    internal PreparedStatements Prepared => _prepared ??= new PreparedStatements();

    /// <summary>Its prepared statements, when it has ever had any.</summary>
    internal PreparedStatements? PreparedOrNull => _prepared;

    /// <summary>Whether a transaction is open.</summary>
    internal bool InTransaction => Status.HasFlag(ServerStatus.InTransaction);

    /// <summary>Whether the client expects EOF packets.</summary>
    internal bool WantsEof => !Capabilities.HasFlag(Capabilities.DeprecateEof);

    /// <summary>Whether the client wants to hear what changed in its session.</summary>
    internal bool TracksSession => Capabilities.HasFlag(Capabilities.SessionTrack);

    /// <summary>Why it keeps its server connection.</summary>
    internal PinReasons PinReasons => Pins?.Reasons ?? PinReasons.None;

    /// <summary>Forgets what a server forgets at COM_RESET_CONNECTION and COM_CHANGE_USER.</summary>
    internal void ForgetState()
    {
        Pins = null;
        _prepared?.Clear();
        _prepared = null;
        LastInsertId = 0;
        LastResult = default;
        KeptDiagnostics = null;
        Status &= ServerStatus.Autocommit;
        Status |= ServerStatus.Autocommit;
    }
}

/// <summary>What a statement left behind besides its rows: the next statement may ask for it.</summary>
/// <param name="RowCount">What ROW_COUNT() would say.</param>
/// <param name="FoundRows">What FOUND_ROWS() would say.</param>
/// <param name="Warnings">How many warnings there were, an error counted.</param>
internal readonly record struct LastResult(long RowCount, ulong FoundRows, ushort Warnings);
