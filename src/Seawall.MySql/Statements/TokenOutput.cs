namespace Seawall.MySql.Statements;

/// <summary>Hands tokens to a reader, and remembers what the scanner must know of the last one.</summary>
internal struct TokenOutput<TReader>(TReader reader) where TReader : struct, ITokenReader
{
    /// <summary>Who takes the tokens.</summary>
    internal TReader Reader = reader;

    /// <summary>Where the next token stands.</summary>
    internal PrefixPlace Place { get; set; }

    /// <summary>White space: the next token does not touch the last.</summary>
    internal void Gap() => Place &= ~PrefixPlace.AfterName;

    /// <summary>A comment, or one end of one that is executed: the same.</summary>
    internal void Comment() => Place = (Place & ~PrefixPlace.AfterName) | PrefixPlace.AfterComment;

    /// <summary>A word.</summary>
    internal void Word(ReadOnlySpan<byte> word)
    {
        ref readonly var entry = ref WordTable.Find(word);
        Begin(entry.Word is Statements.Word.Select or Statements.Word.Insert or Statements.Word.Replace
            or Statements.Word.Update or Statements.Word.Delete
            ? PrefixPlace.AfterName | PrefixPlace.AfterVerb
            : PrefixPlace.AfterName);
        Reader.Word(word, entry);
    }

    /// <summary>A quoted name.</summary>
    internal void Name(ReadOnlySpan<byte> name)
    {
        Begin(PrefixPlace.AfterName);
        Reader.Name(name);
    }

    /// <summary>A string.</summary>
    internal void Text(ReadOnlySpan<byte> content)
    {
        Begin(PrefixPlace.None);
        Reader.Text(content);
    }

    /// <summary>A number.</summary>
    internal void Number(ReadOnlySpan<byte> digits)
    {
        Begin(PrefixPlace.None);
        Reader.Number(digits);
    }

    /// <summary>A sign.</summary>
    internal void Symbol(byte value)
    {
        if (value == (byte)';' && (Place & PrefixPlace.InExecutable) != 0)
            Reader.GiveUp(); // What is left of the comment is read as if it were none.
        var gap = (Place & PrefixPlace.AfterName) != 0 ? TokenGap.None
            : (Place & PrefixPlace.AfterComment) != 0 ? TokenGap.Comment : TokenGap.Space;
        Begin(value == (byte)'.' ? PrefixPlace.AfterDot : PrefixPlace.None);
        Reader.Symbol(value, gap);
    }

    /// <summary>What a <see cref="PrefixToken"/> is, as far as it is a token.</summary>
    internal void Prefix(PrefixToken token, byte first)
    {
        if (token.IsDoubtful)
            Reader.GiveUp();
        switch (token.Kind)
        {
            case PrefixKind.Symbol:
                Symbol(first);
                break;
            case PrefixKind.Assign:
                Begin(PrefixPlace.None);
                Reader.Assign();
                break;
            case PrefixKind.SystemVariable:
                Begin(PrefixPlace.AfterSystem);
                Reader.SystemVariable();
                break;
            case PrefixKind.UserVariable or PrefixKind.QuotedUserVariable:
                Begin(PrefixPlace.None);
                Reader.UserVariable();
                break;
            case PrefixKind.Hints:
                Reader.Hints();
                break;
            case PrefixKind.BeginExecutable:
                Comment();
                Place |= PrefixPlace.InExecutable;
                break;
            case PrefixKind.EndExecutable:
                Comment();
                Place &= ~PrefixPlace.InExecutable;
                break;
        }
    }

    /// <summary>
    /// A statement before may have changed how this is to be read. Most texts look the same either way.
    /// </summary>
    internal void CheckDoubt(ReadOnlySpan<byte> rest)
    {
        if (((Reader.Doubt & DialectDoubt.Charset) != 0 && rest.ContainsAnyInRange((byte)0x80, (byte)0xFF))
            || ((Reader.Doubt & DialectDoubt.Quotes) != 0 && rest.ContainsAny((byte)'"', (byte)'\\')))
        {
            Reader.GiveUp();
        }
    }

    private void Begin(PrefixPlace next) => Place = (Place & PrefixPlace.InExecutable) | next;
}
