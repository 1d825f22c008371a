using System.Collections.Frozen;
using Seawall.MySql.Statements;

namespace Seawall.Rehearsal.Answers;

/// <summary>Something that rows are ordered by: a column by name, or by its place among the columns from 1.</summary>
internal readonly record struct OrderKey(string? Name, int Place)
{
    /// <summary>Which column it is, from 0; -1 when it is none of them, or not certainly one.</summary>
    public int In(IReadOnlyList<AnswerColumn> columns)
    {
        if (Name is null)
            return Place >= 1 && Place <= columns.Count ? Place - 1 : -1;
        var found = -1;
        for (var i = 0; i < columns.Count; i++)
        {
            if (!string.Equals(columns[i].Name, Name, StringComparison.OrdinalIgnoreCase))
                continue;
            if (found >= 0)
                return -1;
            found = i;
        }
        return found;
    }
}

/// <summary>What may be done with a statement in a replay.</summary>
internal enum ReplayUse
{
    /// <summary>It only reads.</summary>
    Read,

    /// <summary>It changes the session and nothing else.</summary>
    Session,

    /// <summary>It begins or ends a transaction.</summary>
    Transaction,

    /// <summary>It writes, or may.</summary>
    Write,

    /// <summary>It is sent to no server: it would change more than data, or nobody knows what it does.</summary>
    Never,
}

/// <summary>What the text of a statement says of its answer: whether it is the same each time, and in which order its rows are.</summary>
internal sealed record StatementNature
{
    // What gives another answer each time, or on each server; called with parentheses.
    private static readonly FrozenSet<string> s_unsteady = """
        now sysdate curdate curtime current_timestamp current_date current_time localtime localtimestamp utc_date utc_time utc_timestamp
        rand uuid uuid_short uuid_v4 uuid_v7 sys_guid random_bytes connection_id current_user user session_user system_user version
        current_role sleep benchmark last_insert_id found_rows row_count is_free_lock is_used_lock get_lock release_lock release_all_locks
        load_file gtid_subset gtid_subtract wait_for_executed_gtid_set master_pos_wait master_gtid_wait ps_current_thread_id ps_thread_id
        """.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // The same without parentheses.
    private static readonly FrozenSet<string> s_unsteadyWords = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "current_timestamp", "current_date", "current_time", "localtime", "localtimestamp", "utc_date", "utc_time", "utc_timestamp", "current_user",
        "current_role", "sysdate");

    private static readonly FrozenSet<string> s_afterOrder = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "limit", "for", "lock", "into", "procedure", "offset", "fetch", "rows", "union", "except", "intersect");

    private const StatementTraits Unsteady = StatementFacts.PreviousStatement | StatementTraits.ReadsConnectionId | StatementTraits.SessionStatus
        | StatementTraits.UsesSequence | StatementTraits.UserVariableRead | StatementTraits.UserVariableWrite | StatementTraits.NamesConnection
        | StatementTraits.Waits;

    // What a SELECT or SET may do and still change nothing but its session.
    private const StatementTraits OfSession = StatementTraits.Harmless | StatementTraits.UserVariableRead | StatementTraits.UserVariableWrite
        | StatementTraits.SetsSystemVariable | StatementTraits.SetsNames | StatementTraits.SetsAutocommit | StatementTraits.SetsNextTransaction
        | StatementTraits.SetsSessionTracking | StatementTraits.CalculatesFoundRows | StatementTraits.SessionStatus | StatementTraits.ReadsConnectionId
        | StatementTraits.Waits | StatementFacts.PreviousStatement | StatementTraits.Use | StatementTraits.BeginsTransaction
        | StatementTraits.EndsTransaction | StatementTraits.ChainsTransaction | StatementTraits.ImplicitCommit;

    private const StatementTraits Forbidden = StatementTraits.Anything | StatementTraits.Kills | StatementTraits.SetsGlobal | StatementTraits.SetsPassword
        | StatementTraits.IntoOutfile | StatementTraits.LoadsLocalFile | StatementTraits.LocksInstance | StatementTraits.LocksBackup
        | StatementTraits.FlushesWithReadLock | StatementTraits.NamesConnection | StatementTraits.ReleasesConnection | StatementTraits.SetsOneShot;

    /// <summary>What may be done with it.</summary>
    public required ReplayUse Use { get; init; }

    /// <summary>Why its values are not compared; empty when they are.</summary>
    public string Unfit { get; init; } = "";

    /// <summary>Whether its rows are ordered.</summary>
    public bool IsOrdered { get; init; }

    /// <summary>What they are ordered by; null when that is not all names and places of columns.</summary>
    public IReadOnlyList<OrderKey>? Keys { get; init; }

    /// <summary>Whether a part of its rows is asked for.</summary>
    public bool IsLimited { get; init; }

    /// <summary>Whether it, or a query inside of it, asks for a part of rows without an order: which, nobody says.</summary>
    public bool LetsChoose { get; init; }

    /// <summary>Whether it asks for transactions that write: one that only reads is not to have them.</summary>
    public bool AsksToWrite { get; init; }

    /// <summary>Whether it reads a file of the client's, which no capture has.</summary>
    public bool LoadsLocalFile { get; init; }

    /// <summary>Whether it asks for something of the statement before.</summary>
    public bool AsksForPrevious { get; init; }

    /// <summary>Whether it ends a transaction when it succeeds, or is one by itself.</summary>
    public bool Commits { get; init; }

    /// <summary>What the text says.</summary>
    public static StatementNature Of(ReadOnlySpan<byte> text, in SqlDialect dialect)
    {
        var facts = StatementLexer.Read(text, dialect);
        var use = UseOf(facts);
        if (!SqlTokens.TryReadAll(text, dialect, out var read))
            return new StatementNature { Use = ReplayUse.Never, Unfit = "the text cannot be read" };
        var tokens = new List<SqlToken>();
        while (!read.IsAtEnd)
            tokens.Add(read.Take());
        var order = OrderAt(tokens);
        var (isLimited, letsChoose) = Limits(tokens);
        return new StatementNature
        {
            Use = use,
            Unfit = UnfitBy(facts, tokens),
            IsOrdered = order >= 0,
            Keys = order >= 0 ? KeysAt(tokens, order) : null,
            IsLimited = isLimited,
            LetsChoose = letsChoose,
            AsksToWrite = use is ReplayUse.Session or ReplayUse.Transaction && AsksForWrites(read, tokens),
            LoadsLocalFile = facts.Traits.HasFlag(StatementTraits.LoadsLocalFile),
            AsksForPrevious = facts.ReadsPreviousStatement,
            Commits = (facts.Traits & (StatementTraits.EndsTransaction | StatementTraits.ImplicitCommit)) != 0,
        };
    }

    private static ReplayUse UseOf(in StatementFacts facts)
    {
        if ((facts.Traits & Forbidden) != 0 || facts.Kind is StatementKind.Kill or StatementKind.Replication or StatementKind.Server
            or StatementKind.Grant or StatementKind.Flush or StatementKind.Reset or StatementKind.Empty)
        {
            return ReplayUse.Never;
        }
        if (facts.IsHarmless)
            return ReplayUse.Read;
        if (facts.Statements != 1 || (facts.Traits & ~OfSession) != 0)
            return ReplayUse.Write;
        return facts.Kind switch
        {
            StatementKind.Begin or StatementKind.Commit or StatementKind.Rollback or StatementKind.Savepoint or StatementKind.ReleaseSavepoint
                => ReplayUse.Transaction,
            StatementKind.Set when facts.Traits.HasFlag(StatementTraits.SetsAutocommit) => ReplayUse.Transaction,
            StatementKind.Set or StatementKind.Use => ReplayUse.Session,
            StatementKind.Select or StatementKind.Values or StatementKind.Show => ReplayUse.Read,
            _ => ReplayUse.Write,
        };
    }

    // A replay that only reads has its sessions read-only: a statement of the capture must not take that away.
    private static bool AsksForWrites(SqlTokens read, List<SqlToken> tokens) =>
        read.Names("transaction_read_only") || read.Names("tx_read_only")
        || tokens.Where((token, at) => IsWord(token, "write") && at > 0 && IsWord(tokens[at - 1], "read")).Any();

    private static string UnfitBy(in StatementFacts facts, List<SqlToken> tokens)
    {
        if (facts.Kind is StatementKind.Explain or StatementKind.Analyze or StatementKind.Show && !facts.Hints.HasFlag(StatementHints.ShowsSchema))
            return "it shows plans or states, which differ by nature";
        if (facts.Hints.HasFlag(StatementHints.OfServer) || tokens.Exists(token => token.Kind == SqlTokenKind.SystemVariable))
            return "it asks for what each server has for itself";
        for (var at = 0; at < tokens.Count; at++)
        {
            if (tokens[at] is not { Kind: SqlTokenKind.Word, Value: { } word } || (at > 0 && IsSymbol(tokens, at - 1, ".")))
                continue;
            if (s_unsteadyWords.Contains(word) || (s_unsteady.Contains(word) && IsSymbol(tokens, at + 1, "("))
                || (word.Equals("unix_timestamp", StringComparison.OrdinalIgnoreCase) && IsSymbol(tokens, at + 1, "(") && IsSymbol(tokens, at + 2, ")")))
            {
                return $"{word.ToUpperInvariant()} gives another answer each time";
            }
        }
        return (facts.Traits & Unsteady) != 0 ? "it asks for what belongs to its session" : "";
    }

    // The last ORDER BY that is in no parentheses: those of window functions, of GROUP_CONCAT and of queries inside order nothing here.
    private static int OrderAt(List<SqlToken> tokens)
    {
        var (depth, found) = (0, -1);
        for (var at = 0; at < tokens.Count - 1; at++)
        {
            depth += IsSymbol(tokens, at, "(") ? 1 : IsSymbol(tokens, at, ")") ? -1 : 0;
            if (depth == 0 && IsWord(tokens[at], "order") && IsWord(tokens[at + 1], "by"))
                found = at + 2;
        }
        return found;
    }

    // A LIMIT inside says nothing of the rows outside but where its own query, in its own parentheses, has no order.
    private static (bool IsLimited, bool LetsChoose) Limits(List<SqlToken> tokens)
    {
        var outside = new Stack<(bool HasLimit, bool HasOrder)>();
        var (here, letsChoose) = ((HasLimit: false, HasOrder: false), false);
        for (var at = 0; at < tokens.Count; at++)
        {
            if (IsSymbol(tokens, at, "("))
            {
                outside.Push(here);
                here = default;
            }
            else if (IsSymbol(tokens, at, ")") && outside.TryPop(out var before))
            {
                letsChoose |= here is { HasLimit: true, HasOrder: false };
                here = before;
            }
            here.HasLimit |= IsWord(tokens[at], "limit") || IsWord(tokens[at], "fetch");
            here.HasOrder |= IsWord(tokens[at], "order") && at + 1 < tokens.Count && IsWord(tokens[at + 1], "by");
        }
        return (here.HasLimit, letsChoose || here is { HasLimit: true, HasOrder: false });
    }

    private static List<OrderKey>? KeysAt(List<SqlToken> tokens, int at)
    {
        var keys = new List<OrderKey>();
        while (true)
        {
            OrderKey key;
            if (at >= tokens.Count)
                return null;
            if (tokens[at] is { Kind: SqlTokenKind.Number, Value: { } digits })
            {
                if (!int.TryParse(digits, System.Globalization.CultureInfo.InvariantCulture, out var place))
                    return null;
                key = new OrderKey(null, place);
                at++;
            }
            else if (tokens[at] is { Kind: SqlTokenKind.Word or SqlTokenKind.Name, Value: { } name })
            {
                for (at++; IsSymbol(tokens, at, ".") && at + 1 < tokens.Count && tokens[at + 1].Value is { } inner; at += 2)
                    name = inner;
                key = new OrderKey(name, 0);
            }
            else
            {
                return null;
            }
            keys.Add(key);
            if (at < tokens.Count && (IsWord(tokens[at], "asc") || IsWord(tokens[at], "desc")))
                at++;
            if (at >= tokens.Count || IsSymbol(tokens, at, ";") || (tokens[at] is { Kind: SqlTokenKind.Word, Value: { } end } && s_afterOrder.Contains(end)))
                return keys;
            if (!IsSymbol(tokens, at, ","))
                return null;
            at++;
        }
    }

    private static bool IsWord(SqlToken token, string word) =>
        token.Kind == SqlTokenKind.Word && string.Equals(token.Value, word, StringComparison.OrdinalIgnoreCase);

    private static bool IsSymbol(List<SqlToken> tokens, int at, string symbol) =>
        at >= 0 && at < tokens.Count && tokens[at].Kind == SqlTokenKind.Symbol && tokens[at].Value == symbol;
}
