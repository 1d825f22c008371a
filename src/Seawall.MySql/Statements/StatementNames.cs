using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Seawall.MySql.Statements;

/// <summary>
/// Reads the names of what a statement makes or ends. Each method takes the text of one statement of its kind and says
/// false when the names cannot be told exactly: whoever keeps account must then assume the worse.
/// </summary>
/// <remarks>
/// Names are compared as they are written. Servers compare some without regard to case (locks, handlers, on some
/// systems tables), so a thing that is made as <c>A</c> and ended as <c>a</c> is kept on the account, which is safe.
/// The other way is not possible: where <c>A</c> and <c>a</c> are two things, they are two names here.
/// </remarks>
public static class StatementNames
{
    /// <summary>The table or sequence of CREATE TEMPORARY, with its schema.</summary>
    public static bool TryReadCreatedTable(
        ReadOnlySpan<byte> text, in SqlDialect dialect, string? schema, [NotNullWhen(true)] out string? name)
    {
        name = null;
        if (!SqlTokens.TryRead(text, dialect, out var tokens) || !tokens.Take(Word.Create))
            return false;
        if (tokens.Take(Word.Or) && !tokens.Take(Word.Replace))
            return false;
        if (!tokens.Take(Word.Temporary) || !(tokens.Take(Word.Table) || tokens.Take(Word.Sequence)))
            return false;
        return (!tokens.Take(Word.If) || (tokens.Take(Word.Not) && tokens.Take(Word.Exists)))
            && TryTakeTable(tokens, schema, out name) && tokens.Next.Kind is SqlTokenKind.Word or SqlTokenKind.Symbol;
    }

    /// <summary>The tables or sequences of DROP, with or without TEMPORARY, with their schemas.</summary>
    public static bool TryReadDroppedTables(
        ReadOnlySpan<byte> text, in SqlDialect dialect, string? schema, List<string> names)
    {
        if (!SqlTokens.TryRead(text, dialect, out var tokens) || !tokens.Take(Word.Drop))
            return false;
        tokens.Take(Word.Temporary);
        if (!tokens.Take(Word.Table) && !tokens.Take(Word.Tables) && !tokens.Take(Word.Sequence))
            return false;
        if (tokens.Take(Word.If) && !tokens.Take(Word.Exists))
            return false;
        do
        {
            if (!TryTakeTable(tokens, schema, out var name))
                return false;
            names.Add(name);
        }
        while (tokens.Take(','));
        return tokens.IsAtEnd || tokens.Next.Kind == SqlTokenKind.Word; // RESTRICT, WAIT 5, ...
    }

    /// <summary>
    /// The lock of a SELECT or DO that calls GET_LOCK or RELEASE_LOCK exactly once, with the name written out, and does
    /// nothing else: with a table or a condition, it might be called often, or never.
    /// </summary>
    public static bool TryReadLock(ReadOnlySpan<byte> text, in SqlDialect dialect, [NotNullWhen(true)] out string? name)
    {
        name = null;
        if (!SqlTokens.TryRead(text, dialect, out var tokens) || !(tokens.Take(Word.Select) || tokens.Take(Word.Do)))
            return false;
        if (tokens.Take("get_lock"))
        {
            if (!tokens.Take('(') || tokens.Next is not { Kind: SqlTokenKind.Text, Value: { } taken })
                return false;
            tokens.Take();
            // The time may be a number, a sign and a number, or a placeholder; not an expression that takes another
            // lock.
            if (!tokens.Take(','))
                return false;
            tokens.Take('-');
            if (tokens.Next.Kind != SqlTokenKind.Number && tokens.Next.Value != "?")
                return false;
            tokens.Take();
            return EndsCall(tokens) && (name = taken) is not null;
        }
        if (!tokens.Take("release_lock") || !tokens.Take('(')
            || tokens.Next is not { Kind: SqlTokenKind.Text, Value: { } released })
        {
            return false;
        }
        tokens.Take();
        return EndsCall(tokens) && (name = released) is not null;
    }

    /// <summary>Whether a SELECT or DO calls RELEASE_ALL_LOCKS once, and does nothing else.</summary>
    public static bool IsReleaseOfAllLocks(ReadOnlySpan<byte> text, in SqlDialect dialect) =>
        SqlTokens.TryRead(text, dialect, out var tokens) && (tokens.Take(Word.Select) || tokens.Take(Word.Do))
        && tokens.Take("release_all_locks") && tokens.Take('(') && EndsCall(tokens);

    /// <summary>The name under which HANDLER opens or closes a table.</summary>
    public static bool TryReadHandler(ReadOnlySpan<byte> text, in SqlDialect dialect, [NotNullWhen(true)] out string? name)
    {
        name = null;
        if (!SqlTokens.TryRead(text, dialect, out var tokens) || !tokens.Take(Word.Handler)
            || !TryTakeTable(tokens, null, out _, out name))
        {
            return false;
        }
        if (tokens.Take(Word.Close))
            return tokens.IsAtEnd;
        if (!tokens.Take(Word.Open))
            return false;
        if (tokens.IsAtEnd)
            return true;
        tokens.Take(Word.As);
        return tokens.TryTakeName(out name) && tokens.IsAtEnd;
    }

    /// <summary>
    /// The name of PREPARE, DEALLOCATE PREPARE or DROP PREPARE; case does not matter, so it is in lower case.
    /// </summary>
    public static bool TryReadPrepared(ReadOnlySpan<byte> text, in SqlDialect dialect, [NotNullWhen(true)] out string? name)
    {
        name = null;
        if (!SqlTokens.TryRead(text, dialect, out var tokens))
            return false;
        var isMade = tokens.Take(Word.Prepare);
        if (!isMade && !((tokens.Take(Word.Deallocate) || tokens.Take(Word.Drop)) && tokens.Take(Word.Prepare)))
            return false;
        if (!tokens.TryTakeName(out var written) || !(isMade ? tokens.Take(Word.From) : tokens.IsAtEnd))
            return false;
        name = written.ToLowerInvariant();
        return true;
    }

    /// <summary>
    /// The text that PREPARE or EXECUTE IMMEDIATE has written out as one string, as it stands between the quotes; and whether it has neither quotes
    /// nor escapes, which nobody has taken out.
    /// </summary>
    public static bool TryReadWrittenText(
        ReadOnlySpan<byte> text, in SqlDialect dialect, [NotNullWhen(true)] out byte[]? written, out bool isPlain)
    {
        (written, isPlain) = (null, false);
        if (!SqlTokens.TryRead(text, dialect, out var tokens))
            return false;
        var isRead = tokens.Take(Word.Prepare) ? tokens.TryTakeName(out _) && tokens.Take(Word.From)
            : tokens.Take(Word.Execute) && tokens.Take("immediate");
        if (!isRead || tokens.Take() is not { Kind: SqlTokenKind.Text, Escaped: { } escaped } token || !tokens.IsAtEnd)
            return false;
        written = Encoding.Latin1.GetBytes(escaped);
        isPlain = token.Value is not null;
        return true;
    }

    /// <summary>The name of an EXECUTE without values, in lower case.</summary>
    public static bool TryReadExecuted(ReadOnlySpan<byte> text, in SqlDialect dialect, [NotNullWhen(true)] out string? name)
    {
        name = null;
        if (!SqlTokens.TryRead(text, dialect, out var tokens) || !tokens.Take(Word.Execute) || !tokens.TryTakeName(out var written)
            || !tokens.IsAtEnd)
        {
            return false;
        }
        name = written.ToLowerInvariant();
        return true;
    }

    /// <summary>
    /// Which of MariaDB's two kinds of backup locks a BACKUP is about: the stages of the server, or a table.
    /// </summary>
    public static bool TryReadBackup(ReadOnlySpan<byte> text, in SqlDialect dialect, out bool isStage)
    {
        isStage = false;
        if (!SqlTokens.TryRead(text, dialect, out var tokens) || !tokens.Take(Word.Backup))
            return false;
        isStage = tokens.Take(Word.Stage);
        return isStage || tokens.Take(Word.Lock) || tokens.Take(Word.Unlock);
    }

    /// <summary>Whether CREATE or ALTER is about a view: what stands in it is not run now.</summary>
    public static bool IsView(ReadOnlySpan<byte> text, in SqlDialect dialect)
    {
        if (!SqlTokens.TryRead(text, dialect, out var tokens) || !(tokens.Take(Word.Create) || tokens.Take(Word.Alter)))
            return false;
        while (!tokens.IsAtEnd && !tokens.IsNext(Word.Table) && !tokens.IsNext(Word.As))
        {
            if (tokens.Take(Word.View))
                return true;
            tokens.Take();
        }
        return false;
    }

    /// <summary>
    /// The sequences that a text asks for a value or for their last one, with their schemas: NEXTVAL(s), NEXT VALUE FOR s, and their like.
    /// </summary>
    public static bool TryReadSequences(ReadOnlySpan<byte> text, in SqlDialect dialect, string? schema, List<string> names)
    {
        if (!SqlTokens.TryRead(text, dialect, out var tokens))
            return false;
        while (!tokens.IsAtEnd)
        {
            var isNext = tokens.Take("nextval") || tokens.Take("lastval") || tokens.Take("setval") ? tokens.Take('(')
                : (tokens.Take("next") || tokens.Take("previous")) && tokens.Take(Word.Value) && tokens.Take(Word.For);
            if (!isNext)
                tokens.Take();
            else if (TryTakeTable(tokens, schema, out var name))
                names.Add(name);
            else
                return false;
        }
        return names.Count > 0;
    }

    /// <summary>
    /// Whether a text sets the session's TIMESTAMP, to a value written out, and nothing else; and whether it goes on with the clock.
    /// </summary>
    public static bool TryReadTimestamp(ReadOnlySpan<byte> text, in SqlDialect dialect, out bool isClock)
    {
        isClock = false;
        if (!SqlTokens.TryRead(text, dialect, out var tokens) || !tokens.Take(Word.Set))
            return false;
        var isSystem = tokens.Next.Kind == SqlTokenKind.SystemVariable;
        if (isSystem)
            tokens.Take();
        if ((tokens.Take(Word.Session) || tokens.Take(Word.Local)) && isSystem && !tokens.Take('.'))
            return false;
        if (!tokens.Take(Word.Timestamp) || !(tokens.Take('=') || tokens.TakeAssign()))
            return false;
        isClock = tokens.IsNext(Word.Default) || tokens.Next is { Kind: SqlTokenKind.Number, Value: "0" };
        return tokens.Take().Kind is SqlTokenKind.Word or SqlTokenKind.Number && tokens.IsAtEnd;
    }

    /// <summary>Whether a text is SET ROLE, and whether of no role (NONE), or of those that the account begins with (DEFAULT).</summary>
    public static bool TryReadRole(ReadOnlySpan<byte> text, in SqlDialect dialect, out bool isNone, out bool isDefault)
    {
        isNone = isDefault = false;
        if (!SqlTokens.TryRead(text, dialect, out var tokens) || !tokens.Take(Word.Set) || !tokens.Take(Word.Role))
            return false;
        isNone = tokens.Take("none") && tokens.IsAtEnd;
        isDefault = tokens.Take(Word.Default) && tokens.IsAtEnd;
        return true;
    }

    /// <summary>Whether a text is SHOW WARNINGS, without a limit.</summary>
    public static bool IsShowWarnings(ReadOnlySpan<byte> text, in SqlDialect dialect) =>
        SqlTokens.TryRead(text, dialect, out var tokens) && tokens.Take(Word.Show) && tokens.Take(Word.Warnings)
        && tokens.IsAtEnd;

    /// <summary>
    /// The session's system variables that SET assigns, in lower case, added to those that are there already. What is
    /// set for everybody, or for the next transaction, is left out.
    /// </summary>
    public static bool TryReadAssigned(ReadOnlySpan<byte> text, in SqlDialect dialect, List<string> names)
    {
        if (!SqlTokens.TryRead(text, dialect, out var tokens) || !tokens.Take(Word.Set))
            return false;
        return new AssignedReader(tokens, dialect, names).TryRead();
    }

    /// <summary>The variables that SET assigns for everybody, in lower case, added to those that are there already.</summary>
    public static bool TryReadGlobals(ReadOnlySpan<byte> text, in SqlDialect dialect, List<string> names)
    {
        if (!SqlTokens.TryRead(text, dialect, out var tokens) || !tokens.Take(Word.Set))
            return false;
        return new AssignedReader(tokens, dialect, [], names).TryRead();
    }

    private static bool TryTakeTable(SqlTokens tokens, string? schema, [NotNullWhen(true)] out string? name)
    {
        if (!TryTakeTable(tokens, schema, out var found, out var table))
        {
            name = null;
            return false;
        }
        // A dot in a name would make two names of one.
        name = $"{found?.Replace(".", "..", StringComparison.Ordinal)}.{table}";
        return true;
    }

    private static bool TryTakeTable(
        SqlTokens tokens, string? schema, out string? found, [NotNullWhen(true)] out string? table)
    {
        found = schema;
        if (!tokens.TryTakeName(out table))
            return false;
        if (!tokens.Take('.'))
            return true;
        found = table;
        return tokens.TryTakeName(out table);
    }

    // The closing parenthesis, and a name for the column at most.
    private static bool EndsCall(SqlTokens tokens)
    {
        if (!tokens.Take(')'))
            return false;
        if (tokens.Take(Word.As) || tokens.Next.Kind is SqlTokenKind.Name or SqlTokenKind.Text)
            tokens.Take();
        else if (tokens.Next.Kind == SqlTokenKind.Word)
            tokens.Take();
        return tokens.IsAtEnd;
    }
}
