using Seawall.Engine.Loops;
using Seawall.MySql.Passwords;

namespace Seawall.Testing.Servers;

/// <summary>
/// A MySQL or MariaDB server for tests: it speaks the packets of a real one, understands a little SQL (see
/// <see cref="FakeSql"/>), says what a test wants it to say, and notes everything that reaches it.
/// </summary>
public sealed class FakeServer
{
    private readonly Loop _loop;
    private readonly List<FakeConnection> _connections = [];
    private readonly List<(string Start, Func<FakeSession, string, FakeAnswer?> Answer)> _scripts = [];
    private IWireListener? _listener;
    private uint _lastId;
    private ulong _lastInsertId;

    /// <summary>A server that does not listen yet.</summary>
    public FakeServer(Loop loop, Endpoint endpoint, FakeServerKind kind)
    {
        _loop = loop;
        Endpoint = endpoint;
        Kind = kind;
        foreach (var (name, value) in s_globals)
            Globals.Add(name, value);
        Globals.Add("server_id", $"{endpoint.Text.GetHashCode(StringComparison.Ordinal) & 0x7FFF_FFFF}");
        if (!kind.IsMariaDb && kind.Number >= 80000)
        {
            Globals.Add("statement_id", "1");
            Globals.Add("session_track_gtids", "OFF");
        }
    }

    /// <summary>Where it listens.</summary>
    public Endpoint Endpoint { get; private set; }

    /// <summary>What it pretends to be.</summary>
    public FakeServerKind Kind { get; set; }

    /// <summary>Its accounts; change the list to change them.</summary>
    public List<FakeAccount> Accounts { get; } = [];

    /// <summary>Its schemas.</summary>
    public HashSet<string> Schemas { get; } = ["shop", "mail", "test"];

    /// <summary>Its global variables.</summary>
    public SortedDictionary<string, string?> Globals { get; } = new(StringComparer.Ordinal);

    /// <summary>Its collations by number.</summary>
    public Dictionary<int, (string Name, string Charset)> Collations { get; } = new()
    {
        [8] = ("latin1_swedish_ci", "latin1"),
        [35] = ("ucs2_general_ci", "ucs2"),
        [33] = ("utf8mb3_general_ci", "utf8mb3"),
        [45] = ("utf8mb4_general_ci", "utf8mb4"),
        [46] = ("utf8mb4_bin", "utf8mb4"),
        [63] = ("binary", "binary"),
    };

    /// <summary>The server that it follows; null when it follows nobody.</summary>
    public FakeServer? Source { get; set; }

    /// <summary>What it says of the thread that receives: Yes, No or Connecting.</summary>
    public string Receives { get; set; } = "Yes";

    /// <summary>What it says of the thread that applies: Yes or No.</summary>
    public string Applies { get; set; } = "Yes";

    /// <summary>
    /// How many transactions it has, all of one source; a replica has what a test says that it has. Null: it does not number them.
    /// </summary>
    public long? Transactions { get; set; }

    /// <summary>The numbers of its transactions up to one, as a MySQL writes them.</summary>
    internal static string GtidsUpTo(long last) => last == 0 ? "" : $"3e11fa47-71ca-11e1-9e33-c80aa9429562:1-{last}";

    /// <summary>Whether it refuses writes.</summary>
    public bool IsReadOnly
    {
        get => Globals["read_only"] == "ON";
        set => Globals["read_only"] = value ? "ON" : "OFF";
    }

    /// <summary>Connections beyond this are refused with 1040.</summary>
    public int ConnectionsMax { get; set; } = 1_000;

    /// <summary>How long it waits before it greets.</summary>
    public long GreetingMs { get; set; }

    /// <summary>How long it thinks about each login.</summary>
    public long LoginMs { get; set; }

    /// <summary>Accounts whose SHA-256 it remembers: they need no full exchange.</summary>
    public HashSet<string> RememberedSha2 { get; } = [];

    /// <summary>Every connection that it ever had.</summary>
    public IReadOnlyList<FakeConnection> Connections => _connections;

    /// <summary>Connections that are there now, logged in or not.</summary>
    public IEnumerable<FakeConnection> Live => _connections.Where(connection => connection.IsLive);

    /// <summary>Live connections of one account.</summary>
    public IEnumerable<FakeConnection> LiveOf(string user) => Live.Where(connection => connection.Session.User == user);

    /// <summary>Connections that are not logged in yet.</summary>
    public int LoggingIn => Live.Count(connection => !connection.IsLoggedIn);

    /// <summary>The most that were logging in at one time.</summary>
    public int LoggingInMax { get; internal set; }

    /// <summary>What it says in place of what it should: null lets it go on as a server does.</summary>
    public Func<FakeConnection, FakeMoment, FakeSabotage?>? Sabotage { get; set; }

    /// <summary>Texts that it prepares no more, and what it says to them: somebody has dropped a table.</summary>
    public Dictionary<string, FakeError> Unpreparable { get; } = [];

    /// <summary>
    /// Whether commands that it cannot read are answered with an error, as servers do; otherwise such a command is a bug of the
    /// test, and the test hears of it.
    /// </summary>
    public bool IsPatient { get; set; }

    /// <summary>What no client may do to a server, and somebody did.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>How often somebody has ended a statement or a connection.</summary>
    public int Kills { get; internal set; }

    /// <summary>How long after its answer a KILL takes effect: not at all, at a server that is one.</summary>
    public long KillsLateMs { get; set; }

    /// <summary>Runs something a little later.</summary>
    internal async LoopTask Later(long milliseconds, Action action)
    {
        await new Sleep(_loop).For(milliseconds);
        action();
    }

    /// <summary>Says what the next login takes, when they do not all take the same; null for <see cref="LoginMs"/>.</summary>
    public Func<long>? LoginTakes { get; set; }

    /// <summary>Connections that it has refused because it had too many.</summary>
    public int Refused { get; private set; }

    /// <summary>Its public key as it hands it out.</summary>
    public static ReadOnlySpan<byte> PublicKeyPem => RsaKey.Value.PublicKeyPem;

    /// <summary>Its key for passwords without TLS.</summary>
    internal static Lazy<ServerRsaKey> RsaKey { get; } = new(ServerRsaKey.Generate);

    /// <summary>Begins to listen.</summary>
    public void Open()
    {
        _listener = _loop.Listen(Endpoint, Accept);
        Endpoint = _listener.Endpoint;
    }

    /// <summary>SIGSTOP: its connections stay and come about, and it says nothing.</summary>
    public void Freeze() => ((Worlds.SimulatedLoop)_loop).IsFrozen = true;

    /// <summary>Takes <see cref="Freeze"/> back.</summary>
    public void Thaw() => ((Worlds.SimulatedLoop)_loop).IsFrozen = false;

    /// <summary>Stops to listen; connections stay.</summary>
    public void StopListening() => _listener?.Close();

    /// <summary>Stops to listen and drops every connection without a word, as a crash does.</summary>
    public void Crash()
    {
        StopListening();
        foreach (var connection in Live.ToArray())
            connection.Cut();
    }

    /// <summary>Answers statements that begin with these words in this way, unless it says null; the latest rule wins.</summary>
    public void When(string start, Func<FakeSession, string, FakeAnswer?> answer) => _scripts.Insert(0, (start, answer));

    /// <summary>Answers statements that begin with these words in this way.</summary>
    public void When(string start, FakeAnswer answer) => When(start, (_, _) => answer);

    /// <summary>Lets go of connections that have ended, and of what was said on the others.</summary>
    internal void ForgetThePast()
    {
        _connections.RemoveAll(connection => !connection.IsLive);
        foreach (var connection in _connections)
            connection.Commands.Clear();
    }

    internal FakeAnswer Run(FakeSession session, string sql)
    {
        var answer = Find(session, sql);
        session.NoteAnswer(answer);
        return answer;
    }

    private FakeAnswer Find(FakeSession session, string sql)
    {
        // DO with a constant has nothing to interrupt (5.6.24 was asked).
        if (session.TakePendingKill() && !sql.StartsWith("DO ", StringComparison.Ordinal))
            return FakeKill.Interrupted;
        foreach (var (start, answer) in _scripts)
        {
            if (sql.StartsWith(start, StringComparison.Ordinal) && answer(session, sql) is { } scripted)
                return scripted;
        }
        return FakeCatalog.Answer(this, session, sql) ?? FakeSql.Run(this, session, sql);
    }

    internal ulong NextInsertId() => ++_lastInsertId;

    private void Accept(Wire wire)
    {
        var connection = new FakeConnection(this, wire, ++_lastId);
        var isFull = Live.Count() >= ConnectionsMax;
        Refused += isFull ? 1 : 0;
        _connections.Add(connection);
        LoggingInMax = Math.Max(LoggingInMax, LoggingIn);
        connection.Serve(isFull).Forget(_loop.Report);
    }

    private static readonly (string Name, string? Value)[] s_globals =
    [
        ("autocommit", "ON"), ("character_set_client", "utf8mb4"), ("character_set_connection", "utf8mb4"),
        ("character_set_results", "utf8mb4"), ("collation_connection", "utf8mb4_general_ci"),
        ("collation_database", "latin1_swedish_ci"),
        ("group_concat_max_len", "1024"), ("max_join_size", "18446744073709551615"), ("sql_big_selects", "ON"),
        ("lc_time_names", "en_US"), ("max_execution_time", "0"), ("read_only", "OFF"),
        ("session_track_schema", "1"), ("session_track_state_change", "0"),
        ("session_track_system_variables", "time_zone,autocommit,character_set_client"), ("sql_mode", "STRICT_TRANS_TABLES"),
        ("sql_select_limit", "18446744073709551615"), ("time_zone", "SYSTEM"), ("timestamp", "0"), ("wait_timeout", "28800"),
    ];
}
