using System.Numerics;

namespace Seawall.MySql.Statements;

/// <summary>
/// A number that is the same for statements that look alike but for their values, comments and white space: what to count statements
/// by. For every statement, so it allocates nothing and costs about a nanosecond for each byte. It is no <see cref="StatementDigest"/>:
/// it follows no dialect, and where it errs, two statements are counted as one.
/// </summary>
public static class StatementShape
{
    /// <summary>So much of the text counts, as with <see cref="StatementDigest.LengthMax"/>.</summary>
    public const int LengthMax = 1024;

    private const ulong Prime = 1099511628211;
    private const ulong ValueMark = '?';

    /// <summary>The number of a text.</summary>
    public static ulong Of(ReadOnlySpan<byte> text)
    {
        text = text[..Math.Min(text.Length, LengthMax)];
        var shape = new Shape();
        var at = 0;
        while (at < text.Length)
        {
            var first = text[at];
            if (IsName(first))
                at = Name(text, at, ref shape);
            else if (first <= (byte)' ')
                at++;
            else if (first is (byte)'\'' or (byte)'"')
            {
                at = AfterQuote(text, at + 1, first);
                shape.Value();
            }
            else if (CommentAt(text, at))
                at = AfterComment(text, at);
            else
            {
                shape.Symbol(first);
                at++;
            }
        }
        return shape.Hash;
    }

    private static bool IsName(byte value) => (uint)((value | 0x20) - 'a') < 26 || value is (byte)'_' or (byte)'$' or >= 0x80
        || (uint)(value - '0') < 10;

    // Letters are turned into one word, so that what takes long, the multiplication, is done once for each name.
    private static int Name(ReadOnlySpan<byte> text, int at, ref Shape shape)
    {
        if (text[at] is >= (byte)'0' and <= (byte)'9')
        {
            while (++at < text.Length && (IsName(text[at]) || text[at] == (byte)'.'))
                continue;
            shape.Value();
            return at;
        }
        var word = 0UL;
        do
            word = BitOperations.RotateLeft(word, 7) ^ (ulong)(text[at] | 0x20);
        while (++at < text.Length && IsName(text[at]));
        shape.Word(word);
        return at;
    }

    private static int AfterQuote(ReadOnlySpan<byte> text, int at, byte quote)
    {
        for (; at < text.Length; at++)
        {
            if (text[at] == (byte)'\\')
                at++;
            else if (text[at] == quote)
            {
                if (at + 1 >= text.Length || text[at + 1] != quote)
                    return at + 1;
                at++;
            }
        }
        return text.Length;
    }

    // Hints and code for some versions are for the server.
    private static bool CommentAt(ReadOnlySpan<byte> text, int at) => text[at] switch
    {
        (byte)'#' => true,
        (byte)'-' => at + 1 < text.Length && text[at + 1] == (byte)'-' && (at + 2 == text.Length || text[at + 2] <= (byte)' '),
        (byte)'/' => at + 1 < text.Length && text[at + 1] == (byte)'*' && (at + 2 == text.Length || text[at + 2] is not ((byte)'!' or (byte)'+')),
        _ => false,
    };

    private static int AfterComment(ReadOnlySpan<byte> text, int at)
    {
        var rest = text[at..];
        var isBlock = rest[0] == (byte)'/';
        var length = isBlock ? rest[2..].IndexOf("*/"u8) : rest.IndexOf((byte)'\n');
        return length < 0 ? text.Length : at + length + (isBlock ? 4 : 1);
    }

    private struct Shape()
    {
        private ulong _atParenthesis;
        private ulong _beforeComma;
        private bool _onlyValues;
        private bool _endsWithValue;
        private bool _endsWithComma;
        private ulong _beforeRow;
        private bool _followsRow;

        internal ulong Hash { get; private set; } = Fnv1A.Basis;

        internal void Word(ulong word)
        {
            Hash = (Hash ^ word) * Prime;
            _endsWithValue = _endsWithComma = _onlyValues = false;
        }

        // One behind another and a comma is the same list of values.
        internal void Value()
        {
            Hash = _endsWithComma ? _beforeComma : (Hash ^ ValueMark) * Prime;
            _endsWithComma = false;
            _endsWithValue = true;
        }

        internal void Symbol(byte symbol)
        {
            switch (symbol)
            {
                case (byte)'?':
                    Value();
                    return;
                case (byte)')' when _onlyValues && _endsWithValue:
                    // Values in parentheses are one value: the rows of an INSERT are a list as well.
                    Hash = _atParenthesis;
                    _endsWithComma = _followsRow;
                    _beforeComma = _beforeRow;
                    _onlyValues = false;
                    Value();
                    return;
                case (byte)'(':
                    (_onlyValues, _atParenthesis) = (true, Hash);
                    (_followsRow, _beforeRow) = (_endsWithComma, _beforeComma);
                    _endsWithComma = false;
                    break;
                case (byte)',' when _endsWithValue:
                    (_endsWithComma, _beforeComma) = (true, Hash);
                    break;
                default:
                    _endsWithComma = _onlyValues = false;
                    break;
            }
            _endsWithValue = false;
            Hash = (Hash ^ symbol) * Prime;
        }
    }
}
