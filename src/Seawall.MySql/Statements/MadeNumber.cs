using Seawall.MySql.Framing;

namespace Seawall.MySql.Statements;

/// <summary>
/// Whether the number that a server tells of an INSERT was made by it, and is LAST_INSERT_ID() from now on. The same packet
/// tells a number that the client has chosen, which leaves LAST_INSERT_ID() as it was; but then the number stands in
/// the statement, as one of its values. What is no plain value may be the number: then nobody knows.
/// </summary>
public static class MadeNumber
{
    // Servers put these in place of larger numbers, when they are not strict.
    private static readonly ulong[] s_limits =
        [127, 255, 32767, 65535, 8388607, 16777215, int.MaxValue, uint.MaxValue, long.MaxValue];

    /// <summary>A moment as a number is larger: 19700101000000.</summary>
    private const ulong MomentMin = 10_000_000_000_000;

    /// <summary>A day as a number is larger: 0000-01-01 would be 101, but nobody is born before 1000-01-01.</summary>
    private const ulong DayMin = 10_000_101;

    /// <summary>Whether a text of INSERT or REPLACE has only plain values, and the number is none of them.</summary>
    public static bool IsSure(ReadOnlySpan<byte> text, ulong number)
    {
        if (number > long.MaxValue || s_limits.AsSpan().Contains(number))
            return false;
        var at = EndOfValues(text);
        if (at < 0)
            return false;
        while (at < text.Length)
        {
            var sign = text[at];
            if (sign is (byte)'\'' or (byte)'"')
            {
                if (!TrySkipText(text, ref at, number))
                    return false;
            }
            else if (char.IsAsciiDigit((char)sign))
            {
                if (!TrySkipNumber(text, ref at, number))
                    return false;
            }
            else if (char.IsAsciiLetter((char)sign))
            {
                if (!TrySkipWord(text, ref at, number))
                    return false;
            }
            else if (sign is (byte)' ' or (byte)',' or (byte)'(' or (byte)')' or (byte)'?' or (byte)';' or (byte)'\n' or (byte)'\r' or (byte)'\t')
                at++;
            else
                return false;
        }
        return true;
    }

    /// <summary>Whether a text of INSERT or REPLACE has one row of values; false as well when that is hard to tell.</summary>
    public static bool IsOneRow(ReadOnlySpan<byte> text)
    {
        var at = EndOfValues(text);
        if (at < 0)
            return false;
        var (depth, rows) = (0, 0);
        for (; at < text.Length; at++)
        {
            switch (text[at])
            {
                case (byte)'\'' or (byte)'"':
                    var length = text[(at + 1)..].IndexOf(text[at]);
                    // With a backslash it depends on the session where the string ends.
                    if (length < 0 || text.Slice(at + 1, length).Contains((byte)'\\'))
                        return false;
                    at += length + 1;
                    break;
                case (byte)'(':
                    rows += depth++ == 0 ? 1 : 0;
                    break;
                case (byte)')':
                    depth--;
                    break;
                case (byte)'/' or (byte)'#' or (byte)'`':
                    return false;
            }
        }
        return rows == 1 && depth == 0;
    }

    /// <summary>
    /// Whether the number is none of the parameters of an execution: <paramref name="values"/> is what follows the types.
    /// </summary>
    public static bool IsSure(ReadOnlySpan<byte> nulls, ReadOnlySpan<byte> types, ReadOnlySpan<byte> values, ulong number)
    {
        var reader = new FieldReader(values);
        for (var i = 0; i < types.Length / 2; i++)
        {
            if ((nulls[i / 8] >> (i % 8) & 1) != 0)
                continue;
            if (!IsOther(types[i * 2], ref reader, number) || !reader.IsValid)
                return false;
        }
        return reader.IsAtEnd;
    }

    private static bool IsOther(byte type, ref FieldReader reader, ulong number)
    {
        const byte tiny = 1, small = 2, medium = 9, whole = 3, single = 4, real = 5, none = 6, stamp = 7, big = 8, date = 10, time = 11,
            moment = 12, year = 13, varchar = 15, number10 = 246;
        switch (type)
        {
            case none:
                return true;
            case tiny:
                return reader.Int1() != number;
            case small or year:
                return reader.Int2() != number;
            case whole or medium:
                return reader.Int4() != number;
            case big:
                return reader.Int8() != number;
            case single:
                return IsFar(BitConverter.UInt32BitsToSingle(reader.Int4()), number);
            case real:
                return IsFar(BitConverter.UInt64BitsToDouble(reader.Int8()), number);
            case stamp or moment or date:
                _ = reader.Bytes(reader.Int1());
                return number < DayMin;
            case time:
                _ = reader.Bytes(reader.Int1());
                return false;
            case 0 or varchar or (>= number10 and not (247 or 248)):
                return IsOtherText(reader.LengthEncodedBytes(), number);
            default:
                return false;
        }
    }

    private static bool IsFar(double value, ulong number) => Math.Abs(value - number) > 1;

    // The values begin after the word that says so, when only names stand before it.
    private static int EndOfValues(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (at < text.Length)
        {
            var sign = text[at];
            if (sign is (byte)'`')
            {
                var length = text[(at + 1)..].IndexOf((byte)'`');
                if (length < 0)
                    return -1;
                at += length + 2;
            }
            else if (IsWord(sign))
            {
                var start = at;
                while (at < text.Length && IsWord(text[at]))
                    at++;
                if (Is(text[start..at], "values"u8) || Is(text[start..at], "value"u8))
                    return at;
            }
            else if (sign is (byte)' ' or (byte)',' or (byte)'(' or (byte)')' or (byte)'.' or (byte)'\n' or (byte)'\r' or (byte)'\t')
                at++;
            else
                return -1;
        }
        return -1;
    }

    private static bool TrySkipText(ReadOnlySpan<byte> text, ref int at, ulong number)
    {
        var rest = text[(at + 1)..];
        var length = rest.IndexOf(text[at]);
        // With a backslash it depends on the session where the string ends.
        if (length < 0 || rest[..length].Contains((byte)'\\') || !IsOtherText(rest[..length], number))
            return false;
        at += length + 2;
        return at >= text.Length || !IsWord(text[at]);
    }

    // A string is as a number what it begins with.
    private static bool IsOtherText(ReadOnlySpan<byte> text, ulong number)
    {
        text = text.TrimStart(" \t\r\n\v\f"u8);
        if (text.IsEmpty || !char.IsAsciiDigit((char)text[0]))
            return text.IsEmpty || text[0] is not ((byte)'+' or (byte)'.');
        var end = 0;
        return TrySkipNumber(text, ref end, number, isText: true);
    }

    private static bool TrySkipNumber(ReadOnlySpan<byte> text, ref int at, ulong number, bool isText = false)
    {
        ulong value = 0;
        var start = at;
        for (; at < text.Length && char.IsAsciiDigit((char)text[at]); at++)
        {
            if (at - start >= 19)
                return false;
            value = value * 10 + text[at] - '0';
        }
        if (value == number)
            return false;
        if (at < text.Length && text[at] == '.')
        {
            if (value + 1 == number)
                return false; // It may be rounded.
            for (at++; at < text.Length && char.IsAsciiDigit((char)text[at]); at++)
            {
            }
        }
        if (at >= text.Length)
            return true;
        return isText ? text[at] is not ((byte)'e' or (byte)'E') : !IsWord(text[at]);
    }

    private static bool TrySkipWord(ReadOnlySpan<byte> text, ref int at, ulong number)
    {
        var start = at;
        while (at < text.Length && IsWord(text[at]))
            at++;
        var word = text[start..at];
        if (Is(word, "null"u8) || Is(word, "default"u8) || Is(word, "false"u8))
            return true;
        if (Is(word, "true"u8))
            return number != 1;
        return (Is(word, "now"u8) || Is(word, "current_timestamp"u8) || Is(word, "utc_timestamp"u8)) && number < MomentMin;
    }

    private static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> known) =>
        word.Length == known.Length && System.Text.Ascii.EqualsIgnoreCase(word, known);

    private static bool IsWord(byte sign) => char.IsAsciiLetterOrDigit((char)sign) || sign is (byte)'_' or (byte)'$' or >= 0x80;
}
