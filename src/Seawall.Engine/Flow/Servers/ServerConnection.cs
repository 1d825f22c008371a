using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Loops;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;

namespace Seawall.Engine.Flow.Servers;

/// <summary>
/// One logged-in connection to one server, and what is known of its state. It belongs to the loop that its wire is on.
/// </summary>
internal class ServerConnection
{
    private ServerStatements? _statements;

    internal ServerConnection(Wire wire, ServerVersion version, Capabilities capabilities, SessionSettings login)
    {
        Wire = wire;
        wire.GoesFirst = true;
        Version = version;
        Capabilities = capabilities;
        LoginSettings = Applied = login;
        NeedsTracking = TracksSession;
    }

    /// <summary>The way to the server.</summary>
    internal Wire Wire { get; }

    /// <summary>What has arrived and was not taken.</summary>
    internal Inbox Inbox;


    /// <summary>What the server is.</summary>
    internal ServerVersion Version { get; }

    /// <summary>What was agreed on at login.</summary>
    internal Capabilities Capabilities { get; }

    /// <summary>The server's number for the connection.</summary>
    internal uint ThreadId { get; init; }

    /// <summary>The nonce of its greeting, which COM_CHANGE_USER uses again.</summary>
    internal Nonce Nonce { get; init; }

    /// <summary>What the server is asked to report changes of.</summary>
    internal string TrackedVariables { get; init; } = "*";

    /// <summary>Whether the server is asked to tell of the numbers of transactions, where that takes asking (MySQL).</summary>
    internal bool TracksGtids { get; init; }

    /// <summary>The settings of a fresh login on this connection.</summary>
    internal SessionSettings LoginSettings { get; }

    /// <summary>The settings that it has after COM_RESET_CONNECTION, besides its schema.</summary>
    internal SessionSettings SettingsAfterReset => Version.ResetKeepsCharset ? LoginSettings : LoginSettings.Table.Fresh;

    /// <summary>
    /// The global values that it has what it was not told otherwise from, by their number: those of its login or last reset, or
    /// of a moment before.
    /// </summary>
    internal int GlobalsEpoch { get; set; }

    /// <summary>The settings that it has now.</summary>
    internal SessionSettings Applied { get; set; }

    /// <summary>What LAST_INSERT_ID() would say now; null when nobody knows.</summary>
    internal ulong? LastInsertId { get; set; } = 0;

    /// <summary>Whether <c>WHERE id IS NULL</c> would find that number for certain, whoever has made one there; no statement can say so.</summary>
    internal bool HasNullMark { get; set; }

    /// <summary>Whether somebody's warnings or error may still be asked for on it.</summary>
    internal bool HoldsDiagnostics { get; set; }

    /// <summary>
    /// Whose statements since the last reset may have left something that no text shows (<see cref="Leftovers"/>); 0 as long as none
    /// could.
    /// </summary>
    internal ulong LeftBy { get; set; }

    /// <summary>Whether the server must be told (again) to report what changes in the session.</summary>
    internal bool NeedsTracking { get; set; }

    /// <summary>Whether it has state of a session that nobody else may see: it must be reset before anybody else uses it.</summary>
    internal bool IsDirty { get; set; }

    /// <summary>Whether bytes may be missing or in the way: it cannot be used any more.</summary>
    internal bool IsBroken { get; set; }

    /// <summary>What is prepared on it.</summary>
    internal ServerStatements Statements => _statements ??= new ServerStatements();

    /// <summary>Whether results end with OK packets.</summary>
    internal bool DeprecatesEof => Capabilities.HasFlag(Capabilities.DeprecateEof);

    /// <summary>Whether the server wants to hear of each statement which attributes it has, if only that it has none.</summary>
    internal bool TakesAttributes => Capabilities.HasFlag(Capabilities.QueryAttributes);

    /// <summary>Whether results say that column definitions follow, or that they do not.</summary>
    internal bool MayOmitMetadata => Capabilities.HasFlag(Capabilities.OptionalMetadata);

    /// <summary>Whether OK packets carry what changed in the session.</summary>
    internal bool TracksSession => Capabilities.HasFlag(Capabilities.SessionTrack);

    /// <summary>
    /// Whether it is at rest: nothing unsent, nothing unread. A server that says more than it was asked cannot be followed.
    /// </summary>
    internal bool IsQuiet()
    {
        if (IsBroken || Wire.IsClosed || Wire.HasUnsent || Inbox.HasHeld)
            return false;
        // A read that filled the buffer to the brim leaves it open whether more is there.
        return !Wire.ReadReady || Wire.Receive(Wire.Loop.Buffer) == WireResult.Later;
    }

    /// <summary>Everything that a reset makes the server forget.</summary>
    internal void ForgetState(SessionSettings settings)
    {
        Applied = settings;
        IsDirty = false;
        NeedsTracking = TracksSession;
        LastInsertId = 0;
        HasNullMark = false;
        HoldsDiagnostics = false;
        LeftBy = 0;
        _statements?.Clear();
    }

    /// <summary>Closes it. Servers do not mind a missing COM_QUIT, but some count it as an aborted client.</summary>
    internal void Close()
    {
        if (!IsBroken && !Wire.IsClosed)
            Wire.Send([1, 0, 0, 0, (byte)MySql.Commands.CommandKind.Quit]);
        _statements?.Clear();
        Inbox.Clear();
        Wire.Close();
    }
}
