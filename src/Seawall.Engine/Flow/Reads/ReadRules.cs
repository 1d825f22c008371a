using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Loops;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow.Reads;

/// <summary>The rule that was found for a session, and what it was found by.</summary>
internal struct KnownRule
{
    /// <summary>The options then.</summary>
    internal ReadOptions? Options;

    /// <summary>The session's settings then: its schema is one of them.</summary>
    internal SessionSettings? Settings;

    /// <summary>The account then.</summary>
    internal object? Account;

    /// <summary>The first rule that is for all statements of the session.</summary>
    internal ReadRule? Rule;

    /// <summary>Whether a rule before that is for some of them.</summary>
    internal bool DependsOnStatement;
}

/// <summary>Finds the rule for a read: of the session once, of each statement only when there is a rule that asks for more.</summary>
internal static class ReadRules
{
    // "bounded:3600000,stale_ok:3600000" has 32 bytes.
    private const int FreshnessBytesMax = 64;

    /// <summary>The rule for a statement; null when there is none.</summary>
    internal static ReadRule? Find(Statement statement, ReadOptions options, ref KnownRule known, DigestScratch scratch)
    {
        var session = statement.Session;
        if (!ReferenceEquals(known.Options, options) || !ReferenceEquals(known.Settings, session.Settings)
            || !ReferenceEquals(known.Account, session.Account))
        {
            LookUp(session, options, ref known);
        }
        if (!known.DependsOnStatement)
            return known.Rule;
        var needsDigest = false;
        foreach (var rule in options.Rules)
            needsDigest |= !rule.Digests.IsEmpty;
        return Find(options, session.Account!.User, session.Settings.Schema, session.Wire.Peer, session.Listener,
            needsDigest ? StatementText.DigestNumberOf(statement, scratch) : null, statement.Words.Route(statement));
    }

    /// <summary>The first rule that fits; null when none does.</summary>
    internal static ReadRule? Find(
        ReadOptions options, string? user, string? schema, PeerAddress peer, string? listener, ulong? digest, ReadOnlySpan<byte> tag)
    {
        foreach (var rule in options.Rules)
        {
            if (rule.Fits(user, schema, peer, listener) && rule.FitsStatement(digest, tag))
                return rule;
        }
        return null;
    }

    /// <summary>What is settled for a read, out of all that was said.</summary>
    internal static ReadWish WishOf(Statement statement, ReadOptions options, ReadRule? rule)
    {
        var written = statement.Words.Freshness(statement);
        return ReadWish.Settle(options, rule, statement.Session.ClassOrNull?.SaidOfReads ?? default, written.IsEmpty ? default : WordOf(written));
    }

    /// <summary>What the tag of a statement says of freshness.</summary>
    internal static ReadWord WordOf(ReadOnlySpan<byte> written)
    {
        Span<byte> room = stackalloc byte[FreshnessBytesMax];
        // What is no such word says nothing, as with the other tags: the comment may have been meant for somebody else.
        return FreshnessWord.TryRead(StatementTags.Unescape(written, room), out var said) ? said : default;
    }

    private static void LookUp(Session session, ReadOptions options, ref KnownRule known)
    {
        (known.Options, known.Settings, known.Account) = (options, session.Settings, session.Account);
        (known.Rule, known.DependsOnStatement) = (null, false);
        foreach (var rule in options.Rules)
        {
            if (!rule.Fits(session.Account!.User, session.Settings.Schema, session.Wire.Peer, session.Listener))
                continue;
            if (rule.AsksForStatement)
            {
                known.DependsOnStatement = true;
                continue;
            }
            known.Rule = rule;
            return;
        }
    }
}
