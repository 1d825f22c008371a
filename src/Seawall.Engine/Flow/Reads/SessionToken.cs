using Seawall.Engine.Facts.Freshness;
using Seawall.MySql.Gtids;

namespace Seawall.Engine.Flow.Reads;

/// <summary>What became of a token that somebody brought.</summary>
internal enum TokenResult : byte
{
    /// <summary>The session must have it from now on.</summary>
    Taken,

    /// <summary>It is no set of transactions as its server writes it.</summary>
    Malformed,

    /// <summary>It names more sources than anybody has, or is longer than that takes.</summary>
    TooMany,

    /// <summary>No server here has shown a transaction of one of its sources yet.</summary>
    Unknown,
}

/// <summary>
/// What a session has seen and written as text, in the servers' own notation, and back: so that another session, here or at another
/// Seawall before the same servers, reads it as well.
/// </summary>
internal static class SessionToken
{
    /// <summary>Sources in one token: each is a server that has once been the primary, or a domain.</summary>
    internal const int SourcesMax = 64;

    /// <summary>Its length: <see cref="SourcesMax"/> of MySQL's without tags.</summary>
    internal const int BytesMax = 64 * 64;

    /// <summary>Reads a token into what a session must have. One that cannot be taken changes nothing.</summary>
    internal static TokenResult Take(ReadOnlySpan<byte> text, bool isMariaDb, GtidSources sources, ReadMemory memory, long tick)
    {
        if (text.Length > BytesMax)
            return TokenResult.TooMany;
        Span<GtidToken> tokens = stackalloc GtidToken[SourcesMax];
        var result = Read(text, isMariaDb, sources, tokens, out var count);
        if (result != TokenResult.Taken)
            return result;
        foreach (var token in tokens[..count])
            memory.Import(token, tick);
        return result;
    }

    /// <summary>Whether a text could be a token, whatever servers there are.</summary>
    internal static TokenResult Check(ReadOnlySpan<byte> text, bool isMariaDb)
    {
        if (text.Length > BytesMax)
            return TokenResult.TooMany;
        Span<GtidToken> tokens = stackalloc GtidToken[SourcesMax];
        var result = Read(text, isMariaDb, null, tokens, out _);
        return result == TokenResult.Unknown ? TokenResult.Taken : result;
    }

    /// <summary>Writes what a server must have: for MySQL as a set, for MariaDB as a position.</summary>
    internal static string Write(IReadOnlyList<GtidToken> tokens, GtidSources sources) => string.Join(',', tokens.Select(sources.SpellAllUpTo));

    private static TokenResult Read(
        ReadOnlySpan<byte> text, bool isMariaDb, GtidSources? sources, Span<GtidToken> tokens, out int count)
    {
        count = 0;
        var isUnknown = false;
        if (isMariaDb)
        {
            var domains = new MariaDbGtidReader(text);
            while (domains.MoveNext())
            {
                if (count == tokens.Length)
                    return TokenResult.TooMany;
                var source = sources?.FindKnown(domains.Current.Domain) ?? -1;
                isUnknown |= source < 0;
                tokens[count++] = new(source, (long)Math.Min(domains.Current.Sequence, long.MaxValue));
            }
            return !domains.IsValid ? TokenResult.Malformed : isUnknown ? TokenResult.Unknown : TokenResult.Taken;
        }
        var set = new GtidSetReader(text);
        while (set.MoveNext())
        {
            var source = sources?.FindKnown(set.Current.Uuid, set.Current.Tag) ?? -1;
            isUnknown |= source < 0;
            // Intervals of one source follow one another: the last one says how far it goes.
            if (count > 0 && source >= 0 && tokens[count - 1].Source == source)
                tokens[count - 1] = new(source, Math.Max(tokens[count - 1].Sequence, set.Current.Last));
            else if (count == tokens.Length)
                return TokenResult.TooMany;
            else
                tokens[count++] = new(source, set.Current.Last);
        }
        return !set.IsValid ? TokenResult.Malformed : isUnknown ? TokenResult.Unknown : TokenResult.Taken;
    }
}
