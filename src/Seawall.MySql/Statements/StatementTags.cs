namespace Seawall.MySql.Statements;

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

    private StatementTags(ReadOnlySpan<byte> comment)
    {
        while (!comment.IsEmpty)
        {
            // name='value', and a comma behind it when there is another.
            var equals = comment.IndexOf("='"u8);
            if (equals < 0)
                return;
            var name = comment[..equals].Trim((byte)' ');
            comment = comment[(equals + 2)..];
            var end = comment.IndexOf((byte)'\'');
            if (end < 0)
                return;
            var value = comment[..end];
            if (name.SequenceEqual("priority"u8))
                Priority = value;
            else if (name.SequenceEqual("traceparent"u8))
                Trace = value;
            else if (name.SequenceEqual("tenant"u8))
                Tenant = value;
            else if (name.SequenceEqual("deadline_ms"u8))
                Deadline = value;
            else if (name.SequenceEqual("defer_key"u8))
                DeferKey = value;
            else if (name.SequenceEqual("route"u8))
                Route = value;
            else if (name.SequenceEqual("freshness"u8))
                Freshness = value;
            else if (name.SequenceEqual("min_gtid"u8))
                MinGtid = value;
            comment = comment[(end + 1)..].TrimStart(", "u8);
        }
    }

    /// <summary>How much it matters; nothing when it does not say.</summary>
    public ReadOnlySpan<byte> Priority { get; }

    /// <summary>The trace that it is part of, as W3C's <c>traceparent</c>.</summary>
    public ReadOnlySpan<byte> Trace { get; }

    /// <summary>Whose work it is.</summary>
    public ReadOnlySpan<byte> Tenant { get; }

    /// <summary>How many milliseconds its program waits for it; nothing when it does not say.</summary>
    public ReadOnlySpan<byte> Deadline { get; }

    /// <summary>
    /// That nobody waits for its result, and that it must run after those before it that have the same; nothing when it does not say.
    /// </summary>
    public ReadOnlySpan<byte> DeferKey { get; }

    /// <summary>A word that rules for reads look for; nothing when it does not say.</summary>
    public ReadOnlySpan<byte> Route { get; }

    /// <summary>What a replica must have to answer it; nothing when it does not say.</summary>
    public ReadOnlySpan<byte> Freshness { get; }

    /// <summary>The transactions that whoever answers it must have; nothing when it does not say.</summary>
    public ReadOnlySpan<byte> MinGtid { get; }

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
}
