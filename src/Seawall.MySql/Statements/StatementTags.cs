using System.Runtime.CompilerServices;

namespace Seawall.MySql.Statements;

/// <summary>What a program may say of a statement.</summary>
public enum StatementTag : byte
{
    /// <summary>How much it matters.</summary>
    Priority,

    /// <summary>The trace that it is part of.</summary>
    Trace,

    /// <summary>Whose work it is.</summary>
    Tenant,

    /// <summary>How long its program waits for it.</summary>
    Deadline,

    /// <summary>That nobody waits for its result.</summary>
    DeferKey,

    /// <summary>A word that rules for reads look for.</summary>
    Route,

    /// <summary>What a replica must have to answer it.</summary>
    Freshness,

    /// <summary>The transactions that whoever answers it must have.</summary>
    MinGtid,
}

/// <summary>
/// What a program says of a statement in a comment at its end or its beginning, as sqlcommenter writes it:
/// <c>/*priority='low',traceparent='00-…'*/</c>. Nothing is decoded here: most of what is looked for needs no escapes, and what may have
/// some is decoded by <see cref="Unescape"/>.
/// </summary>
/// <remarks>https://google.github.io/sqlcommenter/spec/</remarks>
public readonly ref struct StatementTags
{
    /// <summary>The longest comment that is read; those that tools write have some hundred bytes.</summary>
    public const int LengthMax = 1024;

    /// <summary>How many there are.</summary>
    public const int Count = (int)StatementTag.MinGtid + 1;

    private readonly ReadOnlySpan<byte> _comment;
    private readonly Spots _spots;

    private StatementTags(ReadOnlySpan<byte> comment)
    {
        _comment = comment;
        for (var at = 0; at < comment.Length;)
        {
            // name='value', and a comma behind it when there is another.
            var equals = comment[at..].IndexOf("='"u8);
            if (equals < 0)
                return;
            var name = comment.Slice(at, equals).Trim((byte)' ');
            at += equals + 2;
            var length = comment[at..].IndexOf((byte)'\'');
            if (length < 0)
                return;
            if (TryFind(name, out var tag))
                _spots[(int)tag] = (at, length);
            at = comment.Length - comment[(at + length + 1)..].TrimStart(", "u8).Length;
        }
    }

    /// <summary>What one of them says; nothing when it is not there.</summary>
    public ReadOnlySpan<byte> this[StatementTag tag] => _comment.Slice(_spots[(int)tag].Start, _spots[(int)tag].Length);

    /// <summary>How much it matters; nothing when it does not say.</summary>
    public ReadOnlySpan<byte> Priority => this[StatementTag.Priority];

    /// <summary>The trace that it is part of, as W3C's <c>traceparent</c>.</summary>
    public ReadOnlySpan<byte> Trace => this[StatementTag.Trace];

    /// <summary>Whose work it is.</summary>
    public ReadOnlySpan<byte> Tenant => this[StatementTag.Tenant];

    /// <summary>How many milliseconds its program waits for it; nothing when it does not say.</summary>
    public ReadOnlySpan<byte> Deadline => this[StatementTag.Deadline];

    /// <summary>
    /// That nobody waits for its result, and that it must run after those before it that have the same; nothing when it does not say.
    /// </summary>
    public ReadOnlySpan<byte> DeferKey => this[StatementTag.DeferKey];

    /// <summary>A word that rules for reads look for; nothing when it does not say.</summary>
    public ReadOnlySpan<byte> Route => this[StatementTag.Route];

    /// <summary>What a replica must have to answer it; nothing when it does not say.</summary>
    public ReadOnlySpan<byte> Freshness => this[StatementTag.Freshness];

    /// <summary>The transactions that whoever answers it must have; nothing when it does not say.</summary>
    public ReadOnlySpan<byte> MinGtid => this[StatementTag.MinGtid];

    /// <summary>Which of them a name is; false when it is none. The one list of names, for comments and for attributes.</summary>
    public static bool TryFind(ReadOnlySpan<byte> name, out StatementTag tag)
    {
        StatementTag? found = name switch
        {
            _ when name.SequenceEqual("priority"u8) => StatementTag.Priority,
            _ when name.SequenceEqual("traceparent"u8) => StatementTag.Trace,
            _ when name.SequenceEqual("tenant"u8) => StatementTag.Tenant,
            _ when name.SequenceEqual("deadline_ms"u8) => StatementTag.Deadline,
            _ when name.SequenceEqual("defer_key"u8) => StatementTag.DeferKey,
            _ when name.SequenceEqual("route"u8) => StatementTag.Route,
            _ when name.SequenceEqual("freshness"u8) => StatementTag.Freshness,
            _ when name.SequenceEqual("min_gtid"u8) => StatementTag.MinGtid,
            _ => null,
        };
        tag = found.GetValueOrDefault();
        return found is not null;
    }

    /// <summary>Reads a statement's text; a statement without such a comment costs a look at its ends.</summary>
    public static StatementTags Read(ReadOnlySpan<byte> text)
    {
        text = text.TrimEnd(" \t\r\n;"u8);
        if (text is [.., (byte)'*', (byte)'/'])
        {
            var end = text[..^2];
            var begin = end[Math.Max(0, end.Length - LengthMax)..];
            var at = begin.LastIndexOf("/*"u8);
            return at < 0 ? default : new StatementTags(begin[(at + 2)..]);
        }
        text = text.TrimStart(" \t\r\n"u8);
        // Hints and conditional code are for the server.
        if (text is not [(byte)'/', (byte)'*', not ((byte)'!' or (byte)'+' or (byte)'M'), ..])
            return default;
        var head = text[2..Math.Min(text.Length, LengthMax)];
        var close = head.IndexOf("*/"u8);
        return close < 0 ? default : new StatementTags(head[..close]);
    }

    /// <summary>
    /// A value without the escapes (<c>%3A</c>) that sqlcommenter writes, in <paramref name="room"/>; nothing when it does not fit there.
    /// </summary>
    public static ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> value, Span<byte> room)
    {
        if (!value.Contains((byte)'%'))
            return value;
        var length = 0;
        for (var at = 0; at < value.Length; at++)
        {
            if (length == room.Length)
                return default;
            var isEscape = value[at] == (byte)'%' && at + 2 < value.Length
                && char.IsAsciiHexDigit((char)value[at + 1]) && char.IsAsciiHexDigit((char)value[at + 2]);
            room[length++] = isEscape ? (byte)((Digit(value[at + 1]) << 4) | Digit(value[at + 2])) : value[at];
            at += isEscape ? 2 : 0;
        }
        return room[..length];
    }

    private static int Digit(byte sign) => sign <= '9' ? sign - '0' : (sign | 0x20) - 'a' + 10;

    // Where in the comment the value of each begins, and how long it is.
    [InlineArray(Count)]
    private struct Spots
    {
        private (int Start, int Length) _first;
    }
}
