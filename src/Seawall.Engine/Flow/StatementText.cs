using Seawall.MySql.Commands;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>The text of a statement, and how it was read: of a prepared one, as it was when it was prepared.</summary>
internal readonly ref struct StatementText
{
    /// <summary>Whether it is not here as a whole.</summary>
    internal bool IsMissing { get; private init; }

    /// <summary>It.</summary>
    internal ReadOnlySpan<byte> Bytes { get; private init; }

    /// <summary>How it is read.</summary>
    internal SqlDialect Dialect { get; private init; }

    /// <summary>The schema of names that have none.</summary>
    internal string? Schema { get; private init; }

    /// <summary>
    /// What the statement looks like without its values, when its text is still there and can be read for certain. Not for the
    /// way of every statement: only for those that pin.
    /// </summary>
    internal static StatementDigest? DigestOf(Statement statement)
    {
        if (statement is { Prepared: null, IsHeld: false })
            return null;
        var text = Of(statement);
        var words = (statement.Prepared is { } prepared ? prepared.Traces : statement.Traces)?.TakeOut(text.Bytes) ?? text.Bytes;
        return text.IsMissing
            ? null
            : StatementDigest.Of(words, text.Dialect, IsCut(statement.Facts));
    }

    private static bool IsCut(in StatementFacts facts) => facts.Statements > 1 && (facts.Traits & ChangesReading) != 0;

    /// <summary>The number of that digest, without keeping anything: for rules that name digests.</summary>
    internal static ulong? DigestNumberOf(Statement statement, DigestScratch scratch)
    {
        if (statement.Prepared is { } prepared)
        {
            if (!prepared.IsDigested)
                (prepared.Digest, prepared.IsDigested) = (DigestOf(statement)?.Hash, true);
            return prepared.Digest;
        }
        if (statement.Traces is not null)
            return DigestOf(statement)?.Hash;
        var text = Of(statement);
        return text.IsMissing ? null : scratch.HashOf(text.Bytes, text.Dialect, IsCut(statement.Facts));
    }

    // What may change how the statements behind it are read.
    private const StatementTraits ChangesReading = StatementTraits.SetsNames | StatementTraits.SetsSystemVariable
        | StatementTraits.CallsProcedure | StatementTraits.CallsUnknownFunction | StatementTraits.ExecutesText
        | StatementTraits.Compound | StatementTraits.Anything;

    /// <summary>The text of a statement.</summary>
    internal static StatementText Of(Statement statement)
    {
        if (statement.Prepared is { } prepared)
        {
            return new()
            {
                Bytes = prepared.Text.Text,
                Dialect = SessionDialect.Of(prepared.Text.Settings, statement.Server),
                Schema = prepared.Text.Settings.Schema,
            };
        }
        if (statement.Kind is not (CommandKind.Query or CommandKind.StatementPrepare) || !statement.IsWhole)
            return new() { IsMissing = true };
        return new()
        {
            Bytes = statement.Text,
            Dialect = statement.Session.Dialect, // As it was read; the settings may be others by now.
            Schema = statement.SettingsBefore.Schema,
        };
    }
}
