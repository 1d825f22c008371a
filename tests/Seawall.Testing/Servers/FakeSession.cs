using Seawall.Engine.Loops;
using Seawall.MySql.Results;

namespace Seawall.Testing.Servers;

/// <summary>What one connection of a <see cref="FakeServer"/> has set and open: what a proxy must not mix up.</summary>
public sealed class FakeSession
{
    private readonly FakeServer _server;
    private readonly Dictionary<string, string?> _variables = [];
    private Dictionary<string, string?> _begunWith;

    internal FakeSession(FakeServer server, uint id)
    {
        _server = server;
        _begunWith = new(server.Globals);
        Id = id;
    }

    /// <summary>The connection's number.</summary>
    public uint Id { get; }

    /// <summary>Who logged in.</summary>
    public string User { get; internal set; } = "";

    /// <summary>The current schema.</summary>
    public string? Schema { get; internal set; }

    /// <summary>Whether a transaction is open.</summary>
    public bool InTransaction { get; internal set; }

    /// <summary>Whether a text may hold several statements.</summary>
    public bool MultiStatements { get; internal set; }

    /// <summary>The number made last.</summary>
    public ulong LastInsertId { get; internal set; }

    /// <summary>What ROW_COUNT() says.</summary>
    public long RowCount { get; private set; }

    /// <summary>What FOUND_ROWS() says.</summary>
    public long FoundRows { get; set; }

    /// <summary>Warnings of the last statement.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>User variables.</summary>
    public Dictionary<string, string?> UserVariables { get; } = [];

    /// <summary>Temporary tables.</summary>
    public HashSet<string> TemporaryTables { get; } = [];

    /// <summary>What the statement that runs now waits for.</summary>
    internal Sleep? Sleeping { get; set; }

    /// <summary>Whether a statement runs that takes its time.</summary>
    public bool IsBusy => Sleeping is not null;

    /// <summary>Whether the statement that runs now was ended.</summary>
    internal bool IsInterrupted { get; set; }

    /// <summary>The collation of all schemas.</summary>
    internal const string SchemaCollation = "utf8mb4_general_ci";

    private bool _hasPendingKill;

    /// <summary>
    /// Ends the statement that runs. Where none does, a MySQL of before 5.7 ends the next one instead; others forget it.
    /// </summary>
    internal void Interrupt()
    {
        if (Sleeping is { } sleep)
        {
            IsInterrupted = true;
            sleep.Wake();
        }
        else
        {
            _hasPendingKill = _server.Kind is { IsMariaDb: false, Number: < 50700 };
        }
    }

    /// <summary>Whether a statement was ended before it began. It is told once.</summary>
    internal bool TakePendingKill()
    {
        var was = _hasPendingKill;
        _hasPendingKill = false;
        return was;
    }

    /// <summary>What an answer must report.</summary>
    internal List<(SessionChangeKind Kind, string Name, string Value)> Changes { get; } = [];

    /// <summary>Whether autocommit is on.</summary>
    public bool Autocommit => this["autocommit"] == "ON";

    /// <summary>A variable's value.</summary>
    public string? this[string name] => _variables.GetValueOrDefault(name, _begunWith.GetValueOrDefault(name));

    /// <summary>The flags of the next answer.</summary>
    internal ServerStatus Status =>
        (InTransaction ? ServerStatus.InTransaction : 0) | (Autocommit ? ServerStatus.Autocommit : 0);

    /// <summary>
    /// Nothing set, nothing open. What COM_SET_OPTION has said stays, as on all servers, and so does the schema; but its
    /// collation is forgotten (measured on 10.11 and 9.7).
    /// </summary>
    internal void Reset(int collation)
    {
        _variables.Clear();
        _begunWith = new(_server.Globals);
        UserVariables.Clear();
        TemporaryTables.Clear();
        Changes.Clear();
        InTransaction = false;
        // MySQL before 5.7.3 has a change of user only, which leaves these.
        if (_server.Kind.CanReset)
        {
            Warnings.Clear();
            LastInsertId = 0;
        }
        var (name, charset) = _server.Collations.GetValueOrDefault(collation, _server.Collations[45]);
        SetNames(charset, name, reports: false);
    }

    /// <summary>The number of the collation that columns are described with.</summary>
    internal int CollationOfResults { get; private set; } = 45;

    /// <summary>A routine sets a variable, and the end of the answer tells of it.</summary>
    public void SetInRoutine(string name, string? value) => Set(name, value);

    internal void SetNames(string charset, string collation, bool reports)
    {
        Set("character_set_client", charset, reports);
        Set("character_set_connection", charset, reports);
        Set("character_set_results", charset, reports);
        Set("collation_connection", collation, reports: false); // Reported by no server (measured on 9.7 and 10.11).
        CollationOfResults = _server.Collations.FirstOrDefault(known => known.Value.Name == collation).Key;
    }

    internal void Set(string name, string? value, bool reports = true)
    {
        _variables[name] = value;
        if (name == "autocommit" && value == "ON")
            InTransaction = false;
        if (name == "max_join_size")
            _variables["sql_big_selects"] = value == _server.Globals[name] ? "ON" : "OFF"; // And it is not reported.
        if (name == "character_set_results")
            CollationOfResults = _server.Collations.FirstOrDefault(known => known.Value.Charset == value).Key;
        if (reports && Tracks(name))
            Changes.Add((SessionChangeKind.SystemVariables, name, value ?? ""));
        if (reports)
            NoteChange();
    }

    /// <summary>A transaction of its own was committed.</summary>
    internal void Commit()
    {
        if (_server.Transactions is not { } before)
            return;
        _server.Transactions = before + 1;
        if (this["session_track_gtids"] is "OWN_GTID")
            Changes.Add((SessionChangeKind.Gtids, "", FakeServer.GtidsUpTo(before + 1).Replace(":1-", ":", StringComparison.Ordinal)));
    }

    internal void Enter(string schema)
    {
        Schema = schema;
        _variables["collation_database"] = SchemaCollation;
        if (this["session_track_schema"] == "1")
            Changes.Add((SessionChangeKind.Schema, "", schema));
        NoteChange();
    }

    /// <summary>The statement has been answered: what may be asked about it.</summary>
    internal void NoteAnswer(FakeAnswer answer)
    {
        RowCount = answer is FakeOk ok ? (long)ok.AffectedRows : -1;
        if (answer is FakeRows { Rows: ICollection<IReadOnlyList<string?>> rows, IsPart: false })
            FoundRows = rows.Count;
    }

    internal void NoteChange()
    {
        if (this["session_track_state_change"] == "1" && !Changes.Exists(change => change.Kind == SessionChangeKind.State))
            Changes.Add((SessionChangeKind.State, "", "1"));
    }

    private bool Tracks(string name)
    {
        var list = this["session_track_system_variables"] ?? "";
        return list == "*" || list.Split(',').Contains(name);
    }
}
