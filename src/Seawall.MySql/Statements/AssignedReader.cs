namespace Seawall.MySql.Statements;

/// <summary>Reads which variables a SET assigns: of the session, and, for those who ask, of everybody.</summary>
internal readonly struct AssignedReader(SqlTokens tokens, SqlDialect dialect, List<string> names, List<string>? globals = null)
{
    /// <summary>Reads them all; false when a part of the statement is not understood.</summary>
    internal bool TryRead()
    {
        var isGlobal = false;
        do
        {
            if (tokens.Next.Kind == SqlTokenKind.UserVariable)
                tokens.Take();
            else if (tokens.Next.Kind == SqlTokenKind.SystemVariable)
            {
                if (!TryReadSystem())
                    return false;
            }
            else if (IsForm())
                return true; // The last thing in a SET.
            else if (IsNames())
            {
                SkipValue();
                continue;
            }
            else if (!TryReadPlain(ref isGlobal, out var isOver))
                return false;
            else if (isOver)
                return true;
            if (!tokens.Take('=') && tokens.Next.Kind != SqlTokenKind.Assign)
                return false;
            SkipValue();
        }
        while (tokens.Take(','));
        return tokens.IsAtEnd;
    }

    private bool IsForm() => tokens.Take(Word.Password) || tokens.Take(Word.Role) || tokens.Take(Word.Default)
        || tokens.Take(Word.Resource) || tokens.Take(Word.Transaction);

    private bool IsNames() => tokens.Take(Word.Names) || tokens.Take(Word.Character) || tokens.Take(Word.Char)
        || tokens.Take(Word.Charset);

    // @@x, @@session.x, @@global.x.
    private bool TryReadSystem()
    {
        tokens.Take();
        var isSession = tokens.Take(Word.Session) || tokens.Take(Word.Local);
        var isGlobal = !isSession && TakeGlobal();
        if ((isSession || isGlobal) && !tokens.Take('.'))
            return false;
        if (!tokens.TryTakeName(out var name))
            return false;
        if (tokens.Take('.'))
            return isGlobal && tokens.TryTakeName(out _);
        var isNext = !isSession && name.ToLowerInvariant() is "transaction_isolation" or "transaction_read_only"
            or "tx_isolation" or "tx_read_only";
        if (isGlobal)
            Add(globals, name);
        else if (!isNext)
            Add(names, name);
        return true;
    }

    // x, session x, global x, session transaction ...
    private bool TryReadPlain(ref bool isGlobal, out bool isOver)
    {
        isOver = false;
        if (tokens.Take(Word.Session) || tokens.Take(Word.Local))
            isGlobal = false;
        else if (TakeGlobal())
            isGlobal = true; // It holds for what follows as well.
        if (tokens.Take(Word.Transaction))
        {
            isOver = true;
            AddTransaction(isGlobal ? globals : names);
            return true;
        }
        if (dialect.MariaDb && tokens.Next.Kind == SqlTokenKind.Word && tokens.Take(Word.Statement))
            return false;
        if (!tokens.TryTakeName(out var name))
            return false;
        if (tokens.Take('.'))
            return isGlobal && tokens.TryTakeName(out _);
        Add(isGlobal ? globals : names, name);
        return true;
    }

    private bool TakeGlobal() => tokens.Take(Word.Global) || tokens.Take(Word.Persist) || tokens.Take(Word.PersistOnly);

    // MySQL renamed them in 5.7.20, MariaDB in 11.1.1.
    private void AddTransaction(List<string>? to)
    {
        var isRenamed = dialect.MariaDb ? dialect.Version >= 110101 : dialect.Version >= 50720;
        Add(to, isRenamed ? "transaction_isolation" : "tx_isolation");
        Add(to, isRenamed ? "transaction_read_only" : "tx_read_only");
    }

    private static void Add(List<string>? to, string name)
    {
        name = name.ToLowerInvariant();
        if (to?.Contains(name) == false)
            to.Add(name);
    }

    private void SkipValue()
    {
        for (var depth = 0; !tokens.IsAtEnd; tokens.Take())
        {
            if (tokens.Next.Kind != SqlTokenKind.Symbol)
                continue;
            if (tokens.Next.Value == "(")
                depth++;
            else if (tokens.Next.Value == ")")
                depth--;
            else if (tokens.Next.Value == "," && depth == 0)
                return;
        }
    }
}
