using Seawall.Engine.Flow.Clients;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// What a client that gives no files has prepared as text on MariaDB: to EXECUTE a <c>LOAD DATA LOCAL</c> is refused before the server asks for
/// the file, for whatever it were told then would be taken for one.
/// </summary>
internal static class TextsOfFiles
{
    /// <summary>Texts of one session that are kept account of; of more than that nothing is known any more.</summary>
    private const int CountMax = 64;

    private const StatementTraits Texts = StatementTraits.PreparesText | StatementTraits.DeallocatesText;

    // A procedure may prepare and let go of texts, and so may one that a text calls.
    private const StatementTraits Unseen = StatementTraits.CallsProcedure | StatementTraits.Compound | StatementTraits.ExecutesText
        | StatementTraits.Anything;

    /// <summary>Whether the statement executes a text that is known to ask for a file.</summary>
    internal static bool Asks(Statement statement)
    {
        var session = statement.Session;
        if (statement.Facts is not { Kind: StatementKind.Execute, Statements: 1 } || !Matters(statement) || session.PinReasons.HasFlag(PinReasons.Xa))
            return false;
        var text = StatementText.Of(statement);
        if (text.IsMissing)
            return false;
        return TryReadImmediate(text, out var traits) ? LoadsFile(traits)
            : session.TextTraits is { } known && StatementNames.TryReadExecuted(text.Bytes, text.Dialect, out var name)
                && known.TryGetValue(name, out traits) && LoadsFile(traits);
    }

    /// <summary>Takes note of a statement that has been answered.</summary>
    internal static void Note(Statement statement, AnswerFacts facts)
    {
        if ((statement.Facts.Traits & (Texts | Unseen)) == 0 || statement.Kind == CommandKind.StatementPrepare || !Matters(statement))
            return;
        var session = statement.Session;
        var text = StatementText.Of(statement);
        if (statement.Facts.Statements != 1 || text.IsMissing)
            session.TextTraits = null;
        else if (statement.Facts.Kind == StatementKind.Prepare && StatementNames.TryReadPrepared(text.Bytes, text.Dialect, out var name))
            NotePrepared(session, text, name, facts.IsError);
        else if (statement.Facts.Kind == StatementKind.Deallocate && StatementNames.TryReadPrepared(text.Bytes, text.Dialect, out name))
            session.TextTraits?.Remove(name);
        else if (!IsHarmless(session, text))
            session.TextTraits = null;
    }

    private static bool Matters(Statement statement) =>
        statement.Server.Version is { IsMariaDb: true } && !statement.Session.Capabilities.HasFlag(Capabilities.LocalFiles);

    private static bool LoadsFile(StatementTraits traits) => (traits & StatementTraits.LoadsLocalFile) != 0;

    // What is prepared anew is let go of first, also where the new text is refused.
    private static void NotePrepared(Session session, in StatementText text, string name, bool isError)
    {
        session.TextTraits?.Remove(name);
        if (isError)
            return;
        if (!StatementNames.TryReadWrittenText(text.Bytes, text.Dialect, out var written, out var isPlain))
            return;
        if (session.TextTraits is { Count: >= CountMax })
            session.TextTraits = null;
        else
            (session.TextTraits ??= [])[name] = TraitsOf(written, isPlain, text.Dialect);
    }

    // Of one with quotes no more is known than what its beginning says. With parameters it may be refused for want of values first.
    private static StatementTraits TraitsOf(byte[] written, bool isPlain, in SqlDialect dialect)
    {
        if (isPlain)
            return StatementLexer.Read(written, dialect).Traits;
        var head = written.AsSpan();
        head = head[..head.IndexOfAny((byte)'\'', (byte)'"', (byte)'\\')];
        return LoadsFile(StatementLexer.Read(head, dialect).Traits) && !written.Contains((byte)'?')
            ? StatementTraits.LoadsLocalFile : StatementTraits.Anything;
    }

    private static bool TryReadImmediate(in StatementText text, out StatementTraits traits)
    {
        var isRead = StatementNames.TryReadWrittenText(text.Bytes, text.Dialect, out var written, out var isPlain);
        traits = isRead ? TraitsOf(written!, isPlain, text.Dialect) : StatementTraits.Anything;
        return isRead;
    }

    // Executed was a text that is known, and that runs nothing unseen.
    private static bool IsHarmless(Session session, in StatementText text) =>
        TryReadImmediate(text, out var traits)
            ? (traits & Unseen) == 0
            : StatementNames.TryReadExecuted(text.Bytes, text.Dialect, out var name) && session.TextTraits is { } known
                && known.TryGetValue(name, out traits) && (traits & Unseen) == 0;
}
