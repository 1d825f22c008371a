using System.Runtime.CompilerServices;
using Seawall.MySql.Commands;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// What a statement says of itself, in a comment or in query attributes: where each word stands in it. Read once, for all who want to
/// know; nothing is copied, so that it holds as long as the statement's bytes do, wherever they are moved to as a whole.
/// </summary>
internal readonly struct StatementWords
{
    private readonly Places _places;

    private StatementWords(Statement statement)
    {
        var all = BytesOf(statement);
        if (all.IsEmpty)
            return;
        var tags = StatementTags.Read(statement.Prepared is null ? statement.Text : all);
        for (var tag = 0; tag < StatementTags.Count; tag++)
            _places[tag] = Place.Of(all, tags[(StatementTag)tag]);
        if (tags.Trace.IsEmpty)
            _places[(int)StatementTag.Trace] = _places[(int)StatementTag.Tenant];
        // An attribute counts more than a comment, which may have been written by somebody further away.
        if (!statement.Session.SendsAttributes)
            return;
        if (statement.Kind == CommandKind.Query && statement.Attributes.Length > 2)
        {
            var reader = new QueryAttributeReader(statement.Attributes);
            while (reader.MoveNext())
                Take(ref _places, statement, reader.Name, reader.Value);
        }
        else if (statement is { Kind: CommandKind.StatementExecute, Prepared: { } prepared })
        {
            var reader = ExecutionPacket.AttributesOf(statement, prepared);
            while (reader.MoveNext())
                Take(ref _places, statement, reader.Name, reader.Value);
        }
    }

    private static void Take(ref Places places, Statement statement, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var isOwn = name.StartsWith(Prefix);
        // A trace is not Seawall's alone, and goes by its own name; all others have the prefix.
        if (!StatementTags.TryFind(isOwn ? name[Prefix.Length..] : name, out var tag) || isOwn == (tag == StatementTag.Trace))
            return;
        var place = Place.Of(statement.Packet.Payload, value) with { IsSaid = true };
        places[(int)tag] = place;
        if (tag == StatementTag.Tenant)
            places[(int)StatementTag.Trace] = place;
    }

    private static ReadOnlySpan<byte> Prefix => "seawall."u8;

    /// <summary>Reads a statement's words.</summary>
    internal static StatementWords Read(Statement statement) => new(statement);

    /// <summary>How much it matters.</summary>
    internal ReadOnlySpan<byte> Priority(Statement statement) => _places[(int)StatementTag.Priority].In(statement);

    /// <summary>The trace that it is part of, or else its tenant.</summary>
    internal ReadOnlySpan<byte> Trace(Statement statement) => _places[(int)StatementTag.Trace].In(statement);

    /// <summary>Whose work it is.</summary>
    internal ReadOnlySpan<byte> Tenant(Statement statement) => _places[(int)StatementTag.Tenant].In(statement);

    /// <summary>How many milliseconds its program waits for it.</summary>
    internal ReadOnlySpan<byte> Deadline(Statement statement) => _places[(int)StatementTag.Deadline].In(statement);

    /// <summary>That nobody waits for its result.</summary>
    internal ReadOnlySpan<byte> DeferKey(Statement statement) => _places[(int)StatementTag.DeferKey].In(statement);

    /// <summary>What rules for reads look for.</summary>
    internal ReadOnlySpan<byte> Route(Statement statement) => _places[(int)StatementTag.Route].In(statement);

    /// <summary>What a replica must have to answer it.</summary>
    internal ReadOnlySpan<byte> Freshness(Statement statement) => _places[(int)StatementTag.Freshness].In(statement);

    /// <summary>The transactions that whoever answers it must have.</summary>
    internal ReadOnlySpan<byte> MinGtid(Statement statement) => _places[(int)StatementTag.MinGtid].In(statement);

    private static ReadOnlySpan<byte> BytesOf(Statement statement) => statement switch
    {
        { Prepared: { } prepared } => prepared.Text.Text,
        { Kind: CommandKind.Query or CommandKind.StatementPrepare } => statement.Packet.Payload,
        _ => default,
    };

    private readonly record struct Place(int Start, int Length)
    {
        /// <summary>Whether it is in the command itself, and not in the text that was prepared before.</summary>
        internal bool IsSaid { get; init; }

        internal static Place Of(ReadOnlySpan<byte> all, ReadOnlySpan<byte> word) =>
            !word.IsEmpty && all.Overlaps(word, out var start) ? new(start, word.Length) : default;

        internal ReadOnlySpan<byte> In(Statement statement) =>
            Length == 0 ? default : (IsSaid ? statement.Packet.Payload : BytesOf(statement)).Slice(Start, Length);
    }

    [InlineArray(StatementTags.Count)]
    private struct Places
    {
        private Place _first;
    }
}
