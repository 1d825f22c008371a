using Seawall.MySql.Commands;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// What a statement says of itself, in a comment or in query attributes: where each word stands in it. Read once, for all who want to
/// know; nothing is copied, so that it holds as long as the statement's bytes do, wherever they are moved to as a whole.
/// </summary>
internal readonly struct StatementWords
{
    private readonly Place _priority, _trace, _tenant, _deadline, _deferKey, _route, _freshness, _minGtid;

    private StatementWords(Statement statement)
    {
        var all = BytesOf(statement);
        if (all.IsEmpty)
            return;
        var tags = StatementTags.Read(statement.Prepared is null ? statement.Text : all);
        _priority = Place.Of(all, tags.Priority);
        _tenant = Place.Of(all, tags.Tenant);
        _trace = tags.Trace.IsEmpty ? _tenant : Place.Of(all, tags.Trace);
        _deadline = Place.Of(all, tags.Deadline);
        _deferKey = Place.Of(all, tags.DeferKey);
        _route = Place.Of(all, tags.Route);
        _freshness = Place.Of(all, tags.Freshness);
        _minGtid = Place.Of(all, tags.MinGtid);
        if (!statement.Session.SendsAttributes || statement.Kind != CommandKind.Query || statement.Attributes.Length <= 2)
            return;
        // An attribute counts more than a comment, which may have been written by somebody further away.
        var reader = new QueryAttributeReader(statement.Attributes);
        while (reader.MoveNext())
        {
            var name = reader.Name;
            var place = Place.Of(all, reader.Value);
            if (name.SequenceEqual("traceparent"u8))
                _trace = place;
            else if (!name.StartsWith("seawall."u8))
                continue;
            else if (name.SequenceEqual("seawall.priority"u8))
                _priority = place;
            else if (name.SequenceEqual("seawall.deadline_ms"u8))
                _deadline = place;
            else if (name.SequenceEqual("seawall.tenant"u8))
                _trace = _tenant = place;
            else if (name.SequenceEqual("seawall.defer_key"u8))
                _deferKey = place;
            else if (name.SequenceEqual("seawall.route"u8))
                _route = place;
            else if (name.SequenceEqual("seawall.freshness"u8))
                _freshness = place;
            else if (name.SequenceEqual("seawall.min_gtid"u8))
                _minGtid = place;
        }
    }

    /// <summary>Whether it says anything of where it is to be answered.</summary>
    internal bool SaysOfReads => (_route.Length | _freshness.Length | _minGtid.Length) != 0;

    /// <summary>Reads a statement's words.</summary>
    internal static StatementWords Read(Statement statement) => new(statement);

    /// <summary>How much it matters.</summary>
    internal ReadOnlySpan<byte> Priority(Statement statement) => _priority.In(statement);

    /// <summary>The trace that it is part of, or else its tenant.</summary>
    internal ReadOnlySpan<byte> Trace(Statement statement) => _trace.In(statement);

    /// <summary>Whose work it is.</summary>
    internal ReadOnlySpan<byte> Tenant(Statement statement) => _tenant.In(statement);

    /// <summary>How many milliseconds its program waits for it.</summary>
    internal ReadOnlySpan<byte> Deadline(Statement statement) => _deadline.In(statement);

    /// <summary>That nobody waits for its result.</summary>
    internal ReadOnlySpan<byte> DeferKey(Statement statement) => _deferKey.In(statement);

    /// <summary>What rules for reads look for.</summary>
    internal ReadOnlySpan<byte> Route(Statement statement) => _route.In(statement);

    /// <summary>What a replica must have to answer it.</summary>
    internal ReadOnlySpan<byte> Freshness(Statement statement) => _freshness.In(statement);

    /// <summary>The transactions that whoever answers it must have.</summary>
    internal ReadOnlySpan<byte> MinGtid(Statement statement) => _minGtid.In(statement);

    private static ReadOnlySpan<byte> BytesOf(Statement statement) => statement switch
    {
        { Prepared: { } prepared } => prepared.Text.Text,
        { Kind: CommandKind.Query or CommandKind.StatementPrepare } => statement.Packet.Payload,
        _ => default,
    };

    private readonly record struct Place(int Start, int Length)
    {
        internal static Place Of(ReadOnlySpan<byte> all, ReadOnlySpan<byte> word) =>
            !word.IsEmpty && all.Overlaps(word, out var start) ? new(start, word.Length) : default;

        internal ReadOnlySpan<byte> In(Statement statement) => Length == 0 ? default : BytesOf(statement).Slice(Start, Length);
    }
}
