using System.Diagnostics.CodeAnalysis;

namespace Seawall.MySql.Statements;

/// <summary>
/// Cuts a text into tokens as the servers do, and hands them to a reader. The text may come in pieces, cut anywhere.
/// Nothing is allocated, and no bytes make it fail.
/// </summary>
/// <remarks>
/// The rules are those of MySQL 5.6 to 9.x and MariaDB 10.x, put to servers of all three kinds by
/// <c>LexerTruthTests</c>.
/// </remarks>
internal struct TokenScanner<TReader> where TReader : struct, ITokenReader
{
    // MySQL has warned of names that begin with a dollar sign since 8.0.32, because strings were to begin so from 9.0
    // on.
    private const int DollarWarned = 80032;
    private const int DollarStrings = 90000;

    private readonly SqlDialect _dialect;
    private readonly byte _nameKinds;
    private readonly bool _hasCharacters;
    private ScanMode _mode;
    private TokenOutput<TReader> _out;
    private bool _isLast;
    private WordScan _word;
    private QuoteScan _quote;
    private CommentScan _comment;
    private NumberScan _number;
    private DollarScan _dollar;
    private TokenBuffer _kept;

    internal TokenScanner(in SqlDialect dialect, TReader reader)
    {
        _out = new TokenOutput<TReader>(reader);
        _dialect = dialect;
        _hasCharacters = Bytes.HasLeads(dialect.Charset);
        _nameKinds = _hasCharacters || dialect.Charset == ClientCharset.SingleByte
            ? Bytes.AsciiName
            : (byte)(Bytes.AsciiName | Bytes.HighName);
        if (dialect.Charset == ClientCharset.Unreadable)
            Reader.GiveUp();
    }

    /// <summary>Who takes the tokens.</summary>
    [UnscopedRef]
    internal ref TReader Reader => ref _out.Reader;

    /// <summary>The whole text, at once.</summary>
    internal void Read(ReadOnlySpan<byte> text)
    {
        _isLast = true;
        Feed(text);
        Finish();
    }

    /// <summary>The next piece of the text.</summary>
    internal void Feed(ReadOnlySpan<byte> chunk)
    {
        if (Reader.Doubt != DialectDoubt.None)
            _out.CheckDoubt(chunk);
        var at = 0;
        while (at < chunk.Length)
            at = _mode == ScanMode.Between ? Next(chunk, at) : Continue(chunk, at);
    }

    /// <summary>There are no more pieces.</summary>
    internal void Finish()
    {
        _isLast = true;
        while (_mode != ScanMode.Between)
            FinishToken();
        if ((_out.Place & PrefixPlace.InExecutable) != 0)
            Reader.GiveUp();
    }

    private void FinishToken()
    {
        switch (_mode)
        {
            case ScanMode.Prefix:
                Span<byte> rest = stackalloc byte[TokenBuffer.Size];
                rest = rest[.._kept.Length];
                _kept.Bytes.CopyTo(rest);
                _mode = ScanMode.Between;
                Feed(rest);
                return;
            case ScanMode.Word or ScanMode.DollarTag:
                EndWord();
                return;
            case ScanMode.Number:
                EndNumber();
                return;
            case ScanMode.Name or ScanMode.Text or ScanMode.Variable when _quote.MayBeOver:
                EndQuote(_kept.Bytes, _kept.Length);
                return;
            case ScanMode.VariableName:
            case ScanMode.Comment when _comment.EndsWithText:
                break;
            default:
                Reader.GiveUp(); // It has no end.
                break;
        }
        _mode = ScanMode.Between;
    }

    private int Next(ReadOnlySpan<byte> chunk, int at)
    {
        var value = chunk[at];
        switch (Bytes.Class(value))
        {
            case ByteClass.Space:
                _out.Gap();
                return at + 1;
            case ByteClass.Letter:
            case ByteClass.Digit or ByteClass.Dollar when (_out.Place & PrefixPlace.AfterDot) != 0:
                return ReadWord(chunk, at);
            case ByteClass.Digit:
                return ReadNumber(chunk, at);
            case ByteClass.Dollar when !_dialect.MariaDb && _dialect.Version >= DollarWarned:
                Begin(ScanMode.DollarTag, value);
                return at + 1;
            case ByteClass.Dollar:
                return ReadWord(chunk, at);
            case ByteClass.High:
                return ReadHigh(chunk, at);
            case ByteClass.Quote:
                BeginQuote(value, IsNameQuote(value) ? ScanMode.Name : ScanMode.Text);
                return at + 1;
            case ByteClass.Hash:
                BeginComment(PrefixKind.LineComment);
                return at + 1;
            case ByteClass.Prefix:
                return at + ReadPrefix(chunk[at..]);
            case ByteClass.Symbol:
                _out.Symbol(value);
                if (value == (byte)';' && Reader.Doubt != DialectDoubt.None)
                    _out.CheckDoubt(chunk[at..]);
                return at + 1;
            default:
                Reader.GiveUp();
                return at + 1;
        }
    }

    private int Continue(ReadOnlySpan<byte> chunk, int at)
    {
        switch (_mode)
        {
            case ScanMode.Prefix:
                return at + Stitch(chunk[at..]);
            case ScanMode.Word:
                return ContinueWord(chunk, at);
            case ScanMode.Number:
                return ContinueNumber(chunk, at);
            case ScanMode.VariableName:
                return SkipVariable(chunk, at);
            case ScanMode.Comment:
                return ContinueComment(chunk, at);
            case ScanMode.DollarTag:
                return ContinueDollarTag(chunk, at);
            case ScanMode.DollarText:
                at = _dollar.Skip(chunk, at, _kept.Bytes);
                if (_dollar.IsOver)
                    EndText();
                return at;
            default:
                return ContinueQuote(chunk, at);
        }
    }

    // A token that was cut before it was known what it is: joined with what follows. Returns how many of the new bytes
    // belonged to it.
    private int Stitch(ReadOnlySpan<byte> chunk)
    {
        Span<byte> joined = stackalloc byte[PrefixToken.LengthMax * 2];
        var kept = _kept.Length;
        _kept.Bytes.CopyTo(joined);
        var taken = Math.Min(chunk.Length, joined.Length - kept);
        chunk[..taken].CopyTo(joined[kept..]);
        joined = joined[..(kept + taken)];
        _mode = ScanMode.Between;
        var token = PrefixToken.Read(joined, _isLast, _out.Place, _dialect);
        if (token.Kind == PrefixKind.Short)
            return ReadPrefix(joined) - kept;
        Apply(token, joined);
        if (token.Length >= kept)
            return token.Length - kept;
        // What was kept is more than the token: the digits after "/*!" that are no version, the second of two dashes.
        Feed(joined[token.Length..kept]);
        return 0;
    }

    private int ReadPrefix(ReadOnlySpan<byte> rest)
    {
        var token = PrefixToken.Read(rest, _isLast, _out.Place, _dialect);
        if (token.Kind != PrefixKind.Short)
        {
            Apply(token, rest);
            return token.Length;
        }
        _mode = ScanMode.Prefix;
        _kept.Clear();
        _kept.Add(rest);
        return rest.Length;
    }

    private void Apply(PrefixToken token, ReadOnlySpan<byte> text)
    {
        _out.Prefix(token, text[0]);
        switch (token.Kind)
        {
            case PrefixKind.LineComment or PrefixKind.PlainComment or PrefixKind.Hints or PrefixKind.SkippedComment:
                BeginComment(token.Kind);
                break;
            case PrefixKind.UserVariable:
                _mode = ScanMode.VariableName;
                break;
            case PrefixKind.QuotedUserVariable:
                BeginQuote(text[1], ScanMode.Variable);
                break;
            case PrefixKind.Fraction:
                Begin(ScanMode.Number, (byte)'.');
                _number = NumberScan.Fraction;
                break;
        }
    }

    private int SkipVariable(ReadOnlySpan<byte> chunk, int at)
    {
        for (; at < chunk.Length; at++)
        {
            var value = chunk[at];
            if (value >= 0x80 && _dialect.Charset != ClientCharset.Transparent)
                Reader.GiveUp();
            else if (value != (byte)'.' && !Bytes.IsName(value, Bytes.AsciiName | Bytes.HighName))
                break;
        }
        if (at < chunk.Length)
            _mode = ScanMode.Between;
        return at;
    }

    private int ContinueComment(ReadOnlySpan<byte> chunk, int at)
    {
        var end = _comment.Skip(chunk, at);
        if (end < 0)
            return chunk.Length;
        if (_comment.IsDoubtful)
            Reader.GiveUp();
        _mode = ScanMode.Between;
        return end;
    }

    private int ReadWord(ReadOnlySpan<byte> chunk, int at)
    {
        var end = at + 1;
        while (end < chunk.Length && Bytes.IsName(chunk[end], _nameKinds))
            end++;
        if (end < chunk.Length ? !_hasCharacters || chunk[end] < 0x80 : _isLast)
        {
            _out.Word(chunk[at..end]);
            return end;
        }
        BeginWord();
        _kept.Add(chunk[at..end]);
        return end;
    }

    private int ReadHigh(ReadOnlySpan<byte> chunk, int at)
    {
        if (_dialect.Charset == ClientCharset.SingleByte)
        {
            // A letter, white space or nothing. Words beside it may be more than they seem, or less.
            _out.Name(chunk.Slice(at, 1));
            return at + 1;
        }
        if (!_hasCharacters)
            return ReadWord(chunk, at);
        BeginWord();
        return ContinueWord(chunk, at);
    }

    private void BeginWord()
    {
        _mode = ScanMode.Word;
        _word = new WordScan(_dialect.Charset, _nameKinds, (_out.Place & PrefixPlace.AfterSystem) != 0);
        _kept.Clear();
    }

    private int ContinueWord(ReadOnlySpan<byte> chunk, int at)
    {
        for (; at < chunk.Length; at++)
        {
            if (!_word.Take(chunk[at]))
            {
                EndWord();
                return at;
            }
            _kept.Add(chunk[at]);
        }
        return at;
    }

    private void EndWord()
    {
        if (_word.IsDoubtful || _word.IsCut)
            Reader.GiveUp();
        _word = default;
        _mode = ScanMode.Between;
        _out.Word(_kept.Bytes);
    }

    private int ReadNumber(ReadOnlySpan<byte> chunk, int at)
    {
        // Most are digits and nothing else.
        var end = at + 1;
        while (end < chunk.Length && Bytes.IsDigit(chunk[end]))
            end++;
        var isOver = end < chunk.Length
            ? chunk[end] != (byte)'.' && !Bytes.IsName(chunk[end], Bytes.AsciiName | Bytes.HighName)
            : _isLast;
        if (isOver)
        {
            _out.Number(chunk[at..end]);
            return end;
        }
        Begin(ScanMode.Number, chunk[at]);
        _number = NumberScan.Digit;
        return at + 1;
    }

    private int ContinueNumber(ReadOnlySpan<byte> chunk, int at)
    {
        var kinds = _hasCharacters ? (byte)(_nameKinds | Bytes.HighName) : _nameKinds;
        for (; at < chunk.Length; at++)
        {
            var value = chunk[at];
            if (!_number.Take(value, kinds))
            {
                EndNumber();
                return at;
            }
            if (_hasCharacters && value >= 0x80)
                Reader.GiveUp(); // A name that begins with digits, in characters of two bytes: nobody has one.
            _kept.Add(value);
        }
        return at;
    }

    private void EndNumber()
    {
        _mode = ScanMode.Between;
        if (_number.IsName)
        {
            var word = _kept.Bytes;
            _out.Word(_number.Sign != 0 && _kept.Length == word.Length ? word[..^1] : word);
            if (_number.Sign == 0)
                return;
            // "1e-" is a name and a minus, and the minus may begin a comment.
            _mode = ScanMode.Prefix;
            _kept.Clear();
            _kept.Add(_number.Sign);
            return;
        }
        if (_number.IsBroken)
            Reader.GiveUp();
        _out.Number(default);
    }

    private int ContinueDollarTag(ReadOnlySpan<byte> chunk, int at)
    {
        for (; at < chunk.Length; at++)
        {
            var value = chunk[at];
            if (!Bytes.IsName(value, Bytes.AsciiName | Bytes.HighName))
            {
                EndWord();
                return at;
            }
            _kept.Add(value);
            if (value != (byte)'$')
                continue;
            if (_dialect.Version < DollarStrings || _kept.Length > TokenBuffer.Size)
                Reader.GiveUp();
            _mode = ScanMode.DollarText;
            _dollar = default;
            return at + 1;
        }
        return at;
    }

    private void BeginQuote(byte quote, ScanMode mode)
    {
        _mode = mode;
        _quote = new QuoteScan(quote, IsNameQuote(quote), !_dialect.NoBackslashEscapes, _dialect.Charset);
        _kept.Clear();
    }

    private int ContinueQuote(ReadOnlySpan<byte> chunk, int at)
    {
        var end = _quote.Skip(chunk, at);
        var isOver = end >= 0 || (_isLast && _quote.MayBeOver);
        if (end < 0)
            end = chunk.Length;
        var piece = chunk[at..end];
        if (_quote.IsName && piece.Contains((byte)0))
            Reader.GiveUp();
        if (isOver && _kept.Length == 0)
        {
            EndQuote(piece, piece.Length);
            return end;
        }
        _kept.Add(piece);
        if (isOver)
            EndQuote(_kept.Bytes, _kept.Length);
        return end;
    }

    // With the closing quote, unless the token is so long that it was not kept.
    private void EndQuote(ReadOnlySpan<byte> content, int length)
    {
        var isWhole = content.Length == length;
        if (isWhole)
            content = content[..^1];
        switch (_mode)
        {
            case ScanMode.Name:
                _out.Name(content);
                break;
            case ScanMode.Text:
                _out.Text(isWhole ? content : default);
                break;
        }
        _mode = ScanMode.Between;
    }

    private void EndText()
    {
        _mode = ScanMode.Text;
        EndQuote(default, 1);
    }

    private void Begin(ScanMode mode, byte first)
    {
        _mode = mode;
        _kept.Clear();
        _kept.Add(first);
    }

    private void BeginComment(PrefixKind kind)
    {
        _mode = ScanMode.Comment;
        _comment = CommentScan.Of(kind);
        _out.Comment();
    }

    private readonly bool IsNameQuote(byte quote) => quote == (byte)'`' || (quote == (byte)'"' && _dialect.AnsiQuotes);
}
