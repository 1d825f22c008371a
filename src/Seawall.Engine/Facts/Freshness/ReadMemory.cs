using System.Runtime.CompilerServices;

namespace Seawall.Engine.Facts.Freshness;

/// <summary>
/// What a session has seen and written, as far as a server must have it to go on with the session: its own writes by their numbers, and
/// where it was last when nobody knows a number. One session's, on one loop.
/// </summary>
/// <remarks>
/// A session that has seen a server at a moment has seen no more than what the server says of itself later. So a replica may answer it when
/// it has what that server had at any time since; until somebody has asked, the server itself may, or the primary.
/// </remarks>
internal sealed class ReadMemory
{
    /// <summary>More are kept as a moment of the primary.</summary>
    internal const int TokensMax = 4;

    private OwnTokens _tokens;
    private int _count;
    private ServerPosition? _atLeast;
    private FreshnessSlot? _seen;
    private long _seenAt;
    private int _seenLife;
    private long _requiredAt;
    private long[]? _brought;
    private long _broughtAt;

    /// <summary>Its own transactions that a server must have.</summary>
    internal IEnumerable<GtidToken> Tokens => Enumerable.Range(0, _count).Select(i => _tokens[i]);

    /// <summary>Whether it was somewhere since, and nobody has asked that server what it had.</summary>
    internal bool IsOpen => _seen is not null;

    /// <summary>One of its transactions. <paramref name="endsAll"/>: everything it has seen before is older.</summary>
    internal void NoteWrite(GtidToken token, bool endsAll, FreshnessSlot primary, long tick)
    {
        if (endsAll)
        {
            _atLeast = null;
            _seen = null;
            _count = 0;
        }
        Require(token, primary, tick);
    }

    /// <summary>It must not be answered by who lacks this transaction.</summary>
    internal void Require(GtidToken token, FreshnessSlot primary, long tick)
    {
        _requiredAt = tick;
        for (var i = 0; i < _count; i++)
        {
            ref var known = ref _tokens[i];
            if (known.Source != token.Source)
                continue;
            if (token.Sequence > known.Sequence)
                known = token;
            return;
        }
        if (_count < TokensMax && token.Source >= 0)
            _tokens[_count++] = token;
        else
            NoteSeen(primary, tick); // Whatever it was, the primary has it.
    }

    /// <summary>
    /// It has seen what a server has. <paramref name="tick"/> is of afterwards. What it had to have before, this server has: it was chosen
    /// for that, or is the primary.
    /// </summary>
    internal void NoteSeen(FreshnessSlot server, long tick)
    {
        _seen = server;
        _seenAt = tick;
        _seenLife = server.Life;
    }

    /// <summary>
    /// Somebody has told it of a transaction that others have seen: it must not be answered by who lacks that, from now on. Not one of its
    /// own: that nobody has it proves nothing lost.
    /// </summary>
    internal void Import(GtidToken token, long tick)
    {
        if (_brought is null || token.Source >= _brought.Length)
            Array.Resize(ref _brought, token.Source + 1);
        if (token.Sequence <= _brought[token.Source])
            return;
        _brought[token.Source] = token.Sequence;
        _broughtAt = tick;
    }

    /// <summary>What it was told does not count any more.</summary>
    internal void ForgetImported() => _brought = null;

    /// <summary>Whether a server has everything that the session was told of.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool HasImported(ServerPosition? position) => _brought is null || (position is not null && FirstNotBrought(position) is null);

    /// <summary>What it was told of and the primary lacks, by a question that was asked since; null when that is not known of any.</summary>
    internal GtidToken? MissingAtPrimary(FreshnessSlot primary) =>
        _brought is not null && primary.Position is { } position && position.Begun > _broughtAt ? FirstNotBrought(position) : null;

    /// <summary>
    /// Everything that a server must have, by numbers; false when the session has seen a server of which nobody has asked since what it
    /// had then.
    /// </summary>
    internal bool TryList(FreshnessSlot primary, List<GtidToken> tokens)
    {
        if (_seen is not null && !TryResolve(primary))
            return false;
        for (var i = 0; i < _count; i++)
            AddTo(tokens, _tokens[i]);
        foreach (var token in _atLeast?.Tokens ?? [])
            AddTo(tokens, token);
        for (var source = 0; source < (_brought?.Length ?? 0); source++)
        {
            if (_brought![source] > 0)
                AddTo(tokens, new(source, _brought[source]));
        }
        return true;
    }

    /// <summary>Whether a server may answer it: it has everything that the session has seen or written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool MayReadFrom(FreshnessSlot server, FreshnessSlot primary) =>
        server.Position is { } position
        && (_count == 0 || HasTokens(position))
        && (_atLeast is null || position.Covers(_atLeast))
        && (_brought is null || FirstNotBrought(position) is null)
        && (_seen is null || HasSeen(server, position, primary));

    /// <summary>
    /// What a server must come to have before it may answer, when that is a transaction: for whoever can wait for it.
    /// </summary>
    internal GtidToken? FirstMissing(ServerPosition position)
    {
        for (var i = 0; i < _count; i++)
        {
            if (!position.Has(_tokens[i]))
                return _tokens[i];
        }
        if (FirstNotBrought(position) is { } brought)
            return brought;
        if (_atLeast is null)
            return null;
        foreach (var token in _atLeast.Tokens)
        {
            if (!position.Has(token))
                return token;
        }
        return null;
    }

    /// <summary>
    /// Whether the primary lacks what the session has written, by a question that was asked since: it is lost, and no replica will ever
    /// have it.
    /// </summary>
    internal bool IsLost(FreshnessSlot primary) =>
        primary.Position is { } position && _count > 0 && position.Begun > _requiredAt && !HasTokens(position);

    private bool HasTokens(ServerPosition position)
    {
        foreach (ref readonly var token in ((ReadOnlySpan<GtidToken>)_tokens)[.._count])
        {
            if (!position.Has(token))
                return false;
        }
        return true;
    }

    private bool HasSeen(FreshnessSlot server, ServerPosition position, FreshnessSlot primary)
    {
        if (_seen == server && _seenLife == server.Life && server != primary)
            return true;
        return TryResolve(primary) && position.Covers(_atLeast!);
    }

    // What a server says of a time since then is at least what was seen there; the primary has at least what any replica has.
    private bool TryResolve(FreshnessSlot primary)
    {
        var bound = _seen!.Position is { } own && own.Begun > _seenAt && _seenLife == _seen.Life ? own
            : primary.Position is { } its && its.Begun > _seenAt ? its : null;
        if (bound is null)
            return false;
        _atLeast = bound;
        _seen = null;
        return true;
    }

    private GtidToken? FirstNotBrought(ServerPosition position)
    {
        for (var source = 0; source < (_brought?.Length ?? 0); source++)
        {
            if (position.Of(source) < _brought![source])
                return new(source, _brought[source]);
        }
        return null;
    }

    private static void AddTo(List<GtidToken> tokens, GtidToken token)
    {
        var at = tokens.FindIndex(other => other.Source == token.Source);
        if (at < 0)
            tokens.Add(token);
        else if (tokens[at].Sequence < token.Sequence)
            tokens[at] = token;
    }

    // Beside each other, to be gone through without a question of which it is.
    [InlineArray(TokensMax)]
    private struct OwnTokens
    {
        private GtidToken _first;
    }
}
