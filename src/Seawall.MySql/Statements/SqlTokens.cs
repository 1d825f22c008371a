using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Seawall.MySql.Statements;

/// <summary>What a token is.</summary>
internal enum SqlTokenKind : byte
{
    /// <summary>A keyword, or a name without quotes.</summary>
    Word,

    /// <summary>A name in quotes.</summary>
    Name,

    /// <summary>A string.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A sign.</summary>
    Symbol,

    /// <summary><c>:=</c>.</summary>
    Assign,

    /// <summary><c>@</c> and its name.</summary>
    UserVariable,

    /// <summary><c>@@</c>.</summary>
    SystemVariable,
}

/// <summary>A token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">
/// The word, name, string or sign, a character for each byte; null where it cannot be told exactly, as in a string with
/// escapes.
/// </param>
internal readonly record struct SqlToken(SqlTokenKind Kind, string? Value)
{
    /// <summary>Of a string what stands between its quotes, escapes and all.</summary>
    internal string? Escaped { get; init; }
}

/// <summary>
/// The tokens of one statement, read one after the other. For the few statements whose names matter: this allocates.
/// </summary>
internal sealed class SqlTokens
{
    private static readonly SqlToken s_end = new(SqlTokenKind.Symbol, "");
    private static readonly SqlToken s_semicolon = new(SqlTokenKind.Symbol, ";");

    private readonly List<SqlToken> _tokens;
    private int _at;

    private SqlTokens(List<SqlToken> tokens) => _tokens = tokens;

    /// <summary>The tokens of a text that is one statement; false when it is more, or cannot be read.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> text, in SqlDialect dialect, [NotNullWhen(true)] out SqlTokens? tokens)
    {
        if (TryReadAll(text, dialect, out tokens) && tokens._tokens.Contains(s_semicolon))
            tokens = null;
        return tokens is not null;
    }

    /// <summary>The tokens of a text, of however many statements; false when it cannot be read.</summary>
    internal static bool TryReadAll(ReadOnlySpan<byte> text, in SqlDialect dialect, [NotNullWhen(true)] out SqlTokens? tokens)
    {
        var scanner = new TokenScanner<Collector>(dialect, new Collector([], dialect.NoBackslashEscapes));
        scanner.Read(text);
        var list = scanner.Reader.Tokens;
        while (list.Count > 0 && list[^1].Value == ";")
            list.RemoveAt(list.Count - 1);
        tokens = scanner.Reader.GaveUp ? null : new SqlTokens(list);
        return tokens is not null;
    }

    /// <summary>The next token; an empty sign after the last.</summary>
    internal SqlToken Next => _at < _tokens.Count ? _tokens[_at] : s_end;

    /// <summary>Whether all have been taken.</summary>
    internal bool IsAtEnd => _at >= _tokens.Count;

    /// <summary>Takes a token, whatever it is.</summary>
    internal SqlToken Take()
    {
        var token = Next;
        _at++;
        return token;
    }

    /// <summary>Takes a keyword if it is next.</summary>
    internal bool Take(Word word) => Take(WordTable.Spell(word));

    /// <summary>Takes a word if it is next.</summary>
    internal bool Take(string word)
    {
        if (!IsNext(word))
            return false;
        _at++;
        return true;
    }

    /// <summary>Whether a keyword is next.</summary>
    internal bool IsNext(Word word) => IsNext(WordTable.Spell(word));

    /// <summary>Takes a sign if it is next.</summary>
    internal bool Take(char symbol)
    {
        if (Next.Kind != SqlTokenKind.Symbol || Next.Value is not [var next] || next != symbol)
            return false;
        _at++;
        return true;
    }

    /// <summary>Takes <c>:=</c> if it is next.</summary>
    internal bool TakeAssign()
    {
        if (Next.Kind != SqlTokenKind.Assign)
            return false;
        _at++;
        return true;
    }

    /// <summary>Whether a word or a quoted name is among them.</summary>
    internal bool Names(string name) => _tokens.Exists(token =>
        token.Kind is SqlTokenKind.Word or SqlTokenKind.Name && string.Equals(token.Value, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether these two words stand one behind the other.</summary>
    internal bool Says(string first, string second)
    {
        for (var i = 1; i < _tokens.Count; i++)
        {
            if (IsWord(_tokens[i - 1], first) && IsWord(_tokens[i], second))
                return true;
        }
        return false;
    }

    /// <summary>
    /// Where a name is seen, in order, also inside of longer names and strings: whether it is a call without arguments or, if
    /// <paramref name="isCall"/> is false, a system variable of the session; and whether it is in the first statement.
    /// </summary>
    internal List<(bool IsQuestion, bool IsFirst)> Sightings(string name, bool isCall)
    {
        var sightings = new List<(bool, bool)>();
        var isFirst = true;
        for (var i = 0; i < _tokens.Count; i++)
        {
            isFirst &= _tokens[i] != s_semicolon;
            if (_tokens[i].Kind is not (SqlTokenKind.Word or SqlTokenKind.Name or SqlTokenKind.Text) || _tokens[i].Value is not { } value)
                continue;
            var isWhole = _tokens[i].Kind == SqlTokenKind.Word && value.Equals(name, StringComparison.OrdinalIgnoreCase);
            for (var at = 0; (at = value.IndexOf(name, at, StringComparison.OrdinalIgnoreCase)) >= 0; at += name.Length)
                sightings.Add((isWhole && (isCall ? IsCall(i) : IsVariable(i)), isFirst));
        }
        return sightings;
    }

    private bool IsCall(int at) => !IsSymbol(at - 1, ".") && IsSymbol(at + 1, "(") && IsSymbol(at + 2, ")");

    private bool IsVariable(int at) => IsSystem(at - 1)
        || (IsSymbol(at - 1, ".") && IsSystem(at - 3) && _tokens[at - 2].Value?.ToLowerInvariant() is "session" or "local");

    private bool IsSystem(int at) => at >= 0 && _tokens[at].Kind == SqlTokenKind.SystemVariable;

    private bool IsSymbol(int at, string symbol) =>
        at >= 0 && at < _tokens.Count && _tokens[at].Kind == SqlTokenKind.Symbol && _tokens[at].Value == symbol;

    /// <summary>Takes a name, with or without quotes.</summary>
    internal bool TryTakeName([NotNullWhen(true)] out string? name)
    {
        name = Next.Kind is SqlTokenKind.Word or SqlTokenKind.Name ? Next.Value : null;
        if (name is null)
            return false;
        _at++;
        return true;
    }

    private bool IsNext(string word) => IsWord(Next, word);

    private static bool IsWord(SqlToken token, string word) =>
        token.Kind == SqlTokenKind.Word && string.Equals(token.Value, word, StringComparison.OrdinalIgnoreCase);

    private struct Collector(List<SqlToken> tokens, bool noBackslashEscapes) : ITokenReader
    {
        internal readonly List<SqlToken> Tokens => tokens;

        internal bool GaveUp { get; private set; }

        public readonly DialectDoubt Doubt => DialectDoubt.None;

        public readonly void Word(ReadOnlySpan<byte> word, in WordEntry entry) =>
            Add(SqlTokenKind.Word, Encoding.Latin1.GetString(word));

        // A byte that is not ASCII, by itself, may be a part of a word and no name at all.
        public readonly void Name(ReadOnlySpan<byte> name) => Add(SqlTokenKind.Name,
            name.ContainsAny((byte)'`', (byte)'"') || name is [>= 0x80] ? null : Encoding.Latin1.GetString(name));

        public readonly void Text(ReadOnlySpan<byte> content)
        {
            var written = Encoding.Latin1.GetString(content);
            var isEscaped = content.ContainsAny((byte)'\'', (byte)'"') || (!noBackslashEscapes && content.Contains((byte)'\\'));
            tokens.Add(new SqlToken(SqlTokenKind.Text, isEscaped ? null : written) { Escaped = written });
        }

        public readonly void Number(ReadOnlySpan<byte> digits) =>
            Add(SqlTokenKind.Number, digits.IsEmpty ? null : Encoding.Latin1.GetString(digits));

        public readonly void Symbol(byte symbol, TokenGap gap) => Add(SqlTokenKind.Symbol, ((char)symbol).ToString());

        public readonly void Assign() => Add(SqlTokenKind.Assign, null);

        public readonly void UserVariable() => Add(SqlTokenKind.UserVariable, null);

        public readonly void SystemVariable() => Add(SqlTokenKind.SystemVariable, null);

        public readonly void Hints()
        {
        }

        public void GiveUp() => GaveUp = true;

        private readonly void Add(SqlTokenKind kind, string? value) => tokens.Add(new SqlToken(kind, value));
    }
}
