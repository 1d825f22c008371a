namespace Seawall.MySql.Statements;

/// <summary>
/// Cuts a text into tokens as the servers do, and hands them to a reader. The text may come in pieces, cut anywhere. Nothing
/// is allocated, and no bytes make it fail.
/// </summary>
/// <remarks>
/// The rules are those of MySQL 5.6 to 9.x and MariaDB 10.x, put to servers of all three kinds by <c>LexerTruthTests</c>.
/// </remarks>
internal struct TokenScanner<TReader> where TReader : struct, ITokenReader
{
    // MySQL has warned of names that begin with a dollar sign since 8.0.32, because strings were to begin so from 9.0 on.
    private const int DollarWarned = 80032;
    private const int DollarStrings = 90000;

    /// <summary>Who takes the tokens.</summary>
    internal TReader Reader;

    private readonly SqlDialect _dialect;
    private readonly byte _nameKinds;
    private readonly bool _hasCharacters;
    private Mode _mode;
    private PrefixPlace _place;
    private bool _isLast;
    private bool _beganHere;
    private byte _lead;
    private QuoteScan _quote;
    private CommentScan _comment;
    private NumberScan _number;
    private DollarScan _dollar;
    private TokenBuffer _kept;

    internal TokenScanner(in SqlDialect dialect, TReader reader)
    {
        Reader = reader;
        _dialect = dialect;
        _hasCharacters = Bytes.HasLeads(dialect.Charset);
        _nameKinds = _hasCharacters || dialect.Charset == ClientCharset.SingleByte
            ? Bytes.AsciiName
            : (byte)(Bytes.AsciiName | Bytes.HighName);
        if (dialect.Charset == ClientCharset.Unreadable)
            Reader.GiveUp();
    }

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
            CheckDoubt(chunk);
        var at = 0;
        while (at < chunk.Length)
            at = _mode == Mode.Between ? Next(chunk, at) : Continue(chunk, at);
    }

    /// <summary>There are no more pieces.</summary>
    internal void Finish()
    {
        _isLast = true;
        while (_mode != Mode.Between)
            FinishToken();
        if ((_place & PrefixPlace.InExecutable) != 0)
            Reader.GiveUp();
    }

    private void FinishToken()
    {
        switch (_mode)
        {
            case Mode.Prefix:
                Span<byte> rest = stackalloc byte[TokenBuffer.Size];
                rest = rest[.._kept.Length];
                _kept.Bytes.CopyTo(rest);
                _mode = Mode.Between;
                Feed(rest);
                return;
            case Mode.Word or Mode.DollarTag:
                EndWord();
                return;
            case Mode.Number:
                EndNumber();
                return;
            case Mode.Name or Mode.Text or Mode.Variable when _quote.MayBeOver:
                EndQuote(_kept.Bytes, _kept.Length);
                return;
            case Mode.VariableName:
            case Mode.Comment when _comment.EndsWithText:
                break;
            default:
                Reader.GiveUp(); // It has no end.
                break;
        }
        _mode = Mode.Between;
    }

    private int Next(ReadOnlySpan<byte> chunk, int at)
    {
        var value = chunk[at];
        switch (Bytes.Class(value))
        {
            case ByteClass.Space:
                _place &= ~PrefixPlace.AfterName;
                return at + 1;
            case ByteClass.Letter:
            case ByteClass.Digit or ByteClass.Dollar when (_place & PrefixPlace.AfterDot) != 0:
                return ReadWord(chunk, at);
            case ByteClass.Digit:
                return ReadNumber(chunk, at);
            case ByteClass.Dollar when !_dialect.MariaDb && _dialect.Version >= DollarWarned:
                Begin(Mode.DollarTag, value);
                return at + 1;
            case ByteClass.Dollar:
                return ReadWord(chunk, at);
            case ByteClass.High:
                return ReadHigh(chunk, at);
            case ByteClass.Quote:
                BeginQuote(value, IsNameQuote(value) ? Mode.Name : Mode.Text);
                return at + 1;
            case ByteClass.Hash:
                BeginComment(CommentScan.Line);
                return at + 1;
            case ByteClass.Prefix:
                return at + ReadPrefix(chunk[at..]);
            case ByteClass.Symbol:
                Symbol(value);
                if (value == (byte)';' && Reader.Doubt != DialectDoubt.None)
                    CheckDoubt(chunk[at..]);
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
            case Mode.Prefix:
                return at + Stitch(chunk[at..]);
            case Mode.Word:
                return ContinueWord(chunk, at);
            case Mode.Number:
                return ContinueNumber(chunk, at);
            case Mode.VariableName:
                return SkipVariable(chunk, at);
            case Mode.Comment:
                return ContinueComment(chunk, at);
            case Mode.DollarTag:
                return ContinueDollarTag(chunk, at);
            case Mode.DollarText:
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
        _mode = Mode.Between;
        var token = PrefixToken.Read(joined, _isLast, _place, _dialect);
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
        var token = PrefixToken.Read(rest, _isLast, _place, _dialect);
        if (token.Kind != PrefixKind.Short)
        {
            Apply(token, rest);
            return token.Length;
        }
        _mode = Mode.Prefix;
        _kept.Clear();
        _kept.Add(rest);
        return rest.Length;
    }

    private void Apply(PrefixToken token, ReadOnlySpan<byte> text)
    {
        if (token.IsDoubtful)
            Reader.GiveUp();
        switch (token.Kind)
        {
            case PrefixKind.Symbol:
                Symbol(text[0]);
                if (text[0] == (byte)'.')
                    _place |= PrefixPlace.AfterDot;
                break;
            case PrefixKind.Assign:
                BeginToken();
                Reader.Assign();
                break;
            case PrefixKind.LineComment:
                BeginComment(CommentScan.Line);
                break;
            case PrefixKind.PlainComment:
                BeginComment(CommentScan.Plain);
                break;
            case PrefixKind.Hints:
                BeginComment(CommentScan.Hints);
                break;
            case PrefixKind.SkippedComment:
                BeginComment(CommentScan.Skipped);
                break;
            case PrefixKind.BeginExecutable:
                _place |= PrefixPlace.InExecutable;
                break;
            case PrefixKind.EndExecutable:
                _place &= ~PrefixPlace.InExecutable;
                break;
            case PrefixKind.SystemVariable:
                BeginToken();
                _place |= PrefixPlace.AfterSystem;
                Reader.SystemVariable();
                break;
            case PrefixKind.UserVariable:
                BeginToken();
                Reader.UserVariable();
                _mode = Mode.VariableName;
                break;
            case PrefixKind.QuotedUserVariable:
                BeginToken();
                Reader.UserVariable();
                BeginQuote(text[1], Mode.Variable);
                break;
            case PrefixKind.Fraction:
                Begin(Mode.Number, (byte)'.');
                _number = NumberScan.Fraction;
                break;
            case PrefixKind.Short:
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
            _mode = Mode.Between;
        return at;
    }

    private int ContinueComment(ReadOnlySpan<byte> chunk, int at)
    {
        var end = _comment.Skip(chunk, at);
        if (end < 0)
            return chunk.Length;
        if (_comment.IsDoubtful)
            Reader.GiveUp();
        _mode = Mode.Between;
        return end;
    }

    private int ReadWord(ReadOnlySpan<byte> chunk, int at)
    {
        var end = at + 1;
        while (end < chunk.Length && Bytes.IsName(chunk[end], _nameKinds))
            end++;
        if (end < chunk.Length ? !_hasCharacters || chunk[end] < 0x80 : _isLast)
        {
            Word(chunk[at..end]);
            return end;
        }
        _mode = Mode.Word;
        _kept.Clear();
        _kept.Add(chunk[at..end]);
        return end;
    }

    private int ReadHigh(ReadOnlySpan<byte> chunk, int at)
    {
        if (_dialect.Charset == ClientCharset.SingleByte)
        {
            // A letter, white space or nothing. Words beside it may be more than they seem, or less.
            BeginToken();
            Reader.Name(chunk.Slice(at, 1));
            _place |= PrefixPlace.AfterName;
            return at + 1;
        }
        if (!_hasCharacters)
            return ReadWord(chunk, at);
        _mode = Mode.Word;
        _kept.Clear();
        return ContinueWord(chunk, at);
    }

    // Byte by byte: the word was cut, or has characters of two bytes, of which the second may look like anything.
    private int ContinueWord(ReadOnlySpan<byte> chunk, int at)
    {
        for (; at < chunk.Length; at++)
        {
            var value = chunk[at];
            var isTrail = _lead != 0 && Bytes.IsTrail(value, _dialect.Charset);
            if (_lead != 0 && !isTrail)
                Reader.GiveUp();
            _lead = 0;
            if (!isTrail && !Bytes.IsName(value, _nameKinds))
            {
                if (!_hasCharacters || value < 0x80)
                {
                    EndWord();
                    return at;
                }
                if (Bytes.IsLead(value, _dialect.Charset) && (_place & PrefixPlace.AfterSystem) == 0)
                    _lead = value;
                else if (!Bytes.IsKana(value, _dialect.Charset))
                    Reader.GiveUp();
            }
            _kept.Add(value);
        }
        return at;
    }

    private void EndWord()
    {
        if (_lead != 0)
            Reader.GiveUp();
        _lead = 0;
        _mode = Mode.Between;
        Word(_kept.Bytes);
    }

    private int ReadNumber(ReadOnlySpan<byte> chunk, int at)
    {
        // Most are digits and nothing else.
        var end = at + 1;
        while (end < chunk.Length && Bytes.IsDigit(chunk[end]))
            end++;
        if (end < chunk.Length ? chunk[end] != (byte)'.' && !Bytes.IsName(chunk[end], Bytes.AsciiName | Bytes.HighName) : _isLast)
        {
            BeginToken();
            Reader.Number();
            return end;
        }
        Begin(Mode.Number, chunk[at]);
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
        _mode = Mode.Between;
        if (_number.IsName)
        {
            var word = _kept.Bytes;
            Word(_number.Sign != 0 && _kept.Length == word.Length ? word[..^1] : word);
            if (_number.Sign == 0)
                return;
            // "1e-" is a name and a minus, and the minus may begin a comment.
            _mode = Mode.Prefix;
            _kept.Clear();
            _kept.Add(_number.Sign);
            return;
        }
        if (_number.IsBroken)
            Reader.GiveUp();
        BeginToken();
        Reader.Number();
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
            _mode = Mode.DollarText;
            _dollar = default;
            return at + 1;
        }
        return at;
    }

    private void BeginQuote(byte quote, Mode mode)
    {
        _mode = mode;
        _quote = new QuoteScan(quote, IsNameQuote(quote), !_dialect.NoBackslashEscapes, _dialect.Charset);
        _kept.Clear();
        _beganHere = true;
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
        if (isOver && _beganHere && _kept.Length == 0)
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
            case Mode.Name:
                BeginToken();
                _mode = Mode.Between;
                _place |= PrefixPlace.AfterName;
                Reader.Name(content);
                break;
            case Mode.Text:
                BeginToken();
                _mode = Mode.Between;
                Reader.Text(isWhole ? content : default);
                break;
            default:
                _mode = Mode.Between;
                break;
        }
    }

    private void EndText()
    {
        _mode = Mode.Text;
        EndQuote(default, 1);
    }

    private void Word(ReadOnlySpan<byte> word)
    {
        ref readonly var entry = ref WordTable.Find(word);
        BeginToken();
        _place |= entry.Word is Statements.Word.Select or Statements.Word.Insert or Statements.Word.Replace
            or Statements.Word.Update or Statements.Word.Delete
            ? PrefixPlace.AfterName | PrefixPlace.AfterVerb
            : PrefixPlace.AfterName;
        Reader.Word(word, entry);
    }

    private void Symbol(byte value)
    {
        BeginToken();
        if (value == (byte)';' && (_place & PrefixPlace.InExecutable) != 0)
            Reader.GiveUp(); // What is left of the comment is read as if it were none.
        Reader.Symbol(value);
    }

    private void BeginToken()
    {
        _place &= PrefixPlace.InExecutable;
    }

    private void Begin(Mode mode, byte first)
    {
        _mode = mode;
        _kept.Clear();
        _kept.Add(first);
    }

    private void BeginComment(CommentScan comment)
    {
        _mode = Mode.Comment;
        _comment = comment;
        _place &= ~PrefixPlace.AfterName;
    }

    private readonly bool IsNameQuote(byte quote) => quote == (byte)'`' || (quote == (byte)'"' && _dialect.AnsiQuotes);

    // A statement before may have changed how the rest is to be read. Most texts look the same either way.
    private void CheckDoubt(ReadOnlySpan<byte> rest)
    {
        if (((Reader.Doubt & DialectDoubt.Charset) != 0 && rest.ContainsAnyInRange((byte)0x80, (byte)0xFF))
            || ((Reader.Doubt & DialectDoubt.Quotes) != 0 && rest.ContainsAny((byte)'"', (byte)'\\')))
        {
            Reader.GiveUp();
        }
    }

    private enum Mode : byte
    {
        Between,
        Prefix,
        Word,
        Number,
        Name,
        Text,
        Variable,
        VariableName,
        Comment,
        DollarTag,
        DollarText,
    }
}
