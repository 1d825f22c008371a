using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Flow.Clients;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// Which things a statement adds to what pins its session, or takes away, by name. A name that cannot be told exactly
/// pins until the session is reset; it never unpins.
/// </summary>
internal static class PinNames
{
    private const string Tables = "tables";
    private const string Instance = "instance";
    private const string BackupStage = "stage";
    private const string BackupLock = "lock";
    private const string Timestamp = "timestamp";
    private const string Roles = "roles";

    // Before, a session had one lock at most, and taking another let go of it.
    private const int ManyLocksMySql = 50705;
    private const int ManyLocksMariaDb = 100002;

    /// <summary>The statement ran, at least in part: what it makes is there.</summary>
    internal static void Add(Statement statement, PinReasons named, StatementDigest? by)
    {
        var session = statement.Session;
        var text = StatementText.Of(statement);
        if (statement.Facts.Statements != 1 || text.IsMissing)
        {
            session.Pin(named, by);
            return;
        }
        if (named.HasFlag(PinReasons.TemporaryTable))
        {
            var isRead = StatementNames.TryReadCreatedTable(text.Bytes, text.Dialect, text.Schema, out var table);
            AddOnce(session, by, PinReasons.TemporaryTable, isRead ? table : null);
        }
        if (named.HasFlag(PinReasons.NamedLock))
            AddLock(session, by, text);
        if (named.HasFlag(PinReasons.Handler))
        {
            var isRead = StatementNames.TryReadHandler(text.Bytes, text.Dialect, out var handler);
            AddOnce(session, by, PinReasons.Handler, isRead ? handler : null);
        }
        if (named.HasFlag(PinReasons.TextPrepared))
        {
            var isRead = StatementNames.TryReadPrepared(text.Bytes, text.Dialect, out var prepared);
            AddOnce(session, by, PinReasons.TextPrepared, isRead ? prepared : null);
        }
        if (named.HasFlag(PinReasons.GlobalLock))
            AddOnce(session, by, PinReasons.GlobalLock, GlobalLock(statement, text));
        if (named.HasFlag(PinReasons.UnmovableVariable))
            AddVariable(session, by, text);
        if (named.HasFlag(PinReasons.Role))
            AddRole(statement, by, text);
    }

    /// <summary>Whether the variables that cannot be moved and that the server reports are told by the statement's own text.</summary>
    internal static bool TellsVariable(Statement statement)
    {
        if ((statement.Facts.Traits & StatementTraits.SetsOneShot) == 0 || statement.Facts.Statements != 1)
            return false;
        var text = StatementText.Of(statement);
        return !text.IsMissing && StatementNames.TryReadTimestamp(text.Bytes, text.Dialect, out _);
    }

    /// <summary>The statement succeeded: what it ends is gone.</summary>
    internal static void Remove(Statement statement, SessionPins pins, PinReasons named)
    {
        var text = StatementText.Of(statement);
        if (named.HasFlag(PinReasons.GlobalLock) && GlobalLock(statement, text) is { } global)
            pins.Remove(PinReasons.GlobalLock, global);
        if (text.IsMissing)
            return;
        if (named.HasFlag(PinReasons.TemporaryTable))
            RemoveTables(pins, text);
        if (named.HasFlag(PinReasons.NamedLock))
            RemoveLocks(statement, pins, text);
        if (named.HasFlag(PinReasons.Handler) && StatementNames.TryReadHandler(text.Bytes, text.Dialect, out var handler))
            pins.Remove(PinReasons.Handler, handler);
        if (named.HasFlag(PinReasons.TextPrepared) && StatementNames.TryReadPrepared(text.Bytes, text.Dialect, out var prepared))
            pins.Remove(PinReasons.TextPrepared, prepared);
    }

    /// <summary>A temporary table may have another name now: none of the names can be trusted any more.</summary>
    internal static void Rename(Statement statement, SessionPins pins)
    {
        if ((pins.Reasons & PinReasons.TemporaryTable) != 0)
            statement.Session.Pin(PinReasons.TemporaryTable, StatementText.DigestOf(statement));
    }

    private static void AddOnce(Session session, StatementDigest? by, PinReasons reason, string? name)
    {
        if (name is null)
        {
            session.Pin(reason, by);
            return;
        }
        // Made again, it is still one: CREATE OR REPLACE, IF NOT EXISTS, PREPARE.
        session.Pins?.Remove(reason, name);
        session.Pin(reason, name, by);
    }

    private static void AddVariable(Session session, StatementDigest? by, in StatementText text)
    {
        if (!StatementNames.TryReadTimestamp(text.Bytes, text.Dialect, out var isClock))
            session.Pin(PinReasons.UnmovableVariable, by);
        else if (!isClock)
            AddOnce(session, by, PinReasons.UnmovableVariable, Timestamp);
        else
            session.Pins?.Remove(PinReasons.UnmovableVariable, Timestamp);
    }

    // What was set or entered by the privileges of a role cannot be had again without it: the session must be as it was before.
    private static void AddRole(Statement statement, StatementDigest? by, in StatementText text)
    {
        var session = statement.Session;
        if (!StatementNames.TryReadRole(text.Bytes, text.Dialect, out var isNone, out var isDefault))
        {
            session.Pin(PinReasons.Role, by);
            return;
        }
        var begins = session.Account!.BeginsWith;
        var isAsAtLogin = (isNone && begins == LoginRoles.None) || (isDefault && begins is LoginRoles.None or LoginRoles.Default);
        if (!isAsAtLogin)
        {
            if (session.Pins?.Holds(PinReasons.Role, Roles) != true)
            {
                session.Pin(PinReasons.Role, Roles, by);
                session.Pins!.SettingsBeforeRole = statement.SettingsBefore;
            }
        }
        else if (session.Pins?.SettingsBeforeRole == statement.SettingsBefore)
            session.Pins.Remove(PinReasons.Role, Roles);
    }

    private static void AddLock(Session session, StatementDigest? by, in StatementText text)
    {
        if (!StatementNames.TryReadLock(text.Bytes, text.Dialect, out var name))
        {
            session.Pin(PinReasons.NamedLock, by);
            return;
        }
        if (text.Dialect.Version < (text.Dialect.MariaDb ? ManyLocksMariaDb : ManyLocksMySql))
            session.Pins?.Clear(PinReasons.NamedLock);
        // Whether it was taken is in the rows, which nobody reads. At worst the account shows more than there is.
        session.Pin(PinReasons.NamedLock, name, by);
    }

    private static void RemoveLocks(Statement statement, SessionPins pins, in StatementText text)
    {
        // One lock less on the account for each release that ran, and at the server likewise as long as it has one: the
        // account never shows less than there is.
        if ((statement.Facts.Traits & StatementTraits.TakesNamedLock) != 0)
            return;
        if (StatementNames.IsReleaseOfAllLocks(text.Bytes, text.Dialect))
            pins.Clear(PinReasons.NamedLock);
        else if (StatementNames.TryReadLock(text.Bytes, text.Dialect, out var name))
            pins.Remove(PinReasons.NamedLock, name);
    }

    private static void RemoveTables(SessionPins pins, in StatementText text)
    {
        var names = new List<string>();
        if (!StatementNames.TryReadDroppedTables(text.Bytes, text.Dialect, text.Schema, names))
            return;
        foreach (var name in names)
            pins.Remove(PinReasons.TemporaryTable, name);
    }

    private static string? GlobalLock(Statement statement, in StatementText text)
    {
        var traits = statement.Facts.Traits;
        if ((traits & (StatementTraits.FlushesWithReadLock | StatementTraits.UnlocksTables)) != 0)
            return Tables;
        if ((traits & (StatementTraits.LocksInstance | StatementTraits.UnlocksInstance)) != 0)
            return Instance;
        if (text.IsMissing || !StatementNames.TryReadBackup(text.Bytes, text.Dialect, out var isStage))
            return null;
        return isStage ? BackupStage : BackupLock;
    }
}
