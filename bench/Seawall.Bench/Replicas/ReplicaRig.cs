using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Seawall.Bench.Run;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Loops;
using Seawall.Rehearsal.Floods;
using Seawall.Rehearsal.Sessions;

namespace Seawall.Bench.Replicas;

/// <summary>
/// A primary and three replicas of one kind on the first processor. What each can do in the cascade is known: so many statements at a time as it
/// has locks, each for so long; or the work of a share of the processor.
/// </summary>
internal sealed class ReplicaRig : IDisposable
{
    /// <summary>The lab's servers come with this account (lab/README.md).</summary>
    internal const string User = "seawall";

    /// <summary>What each server has of the processor, when it is a matter of what it can do.</summary>
    internal const double Share = 0.2;

    /// <summary>What each server has in the place of processors: statements that go on at the same time.</summary>
    private const int Locks = 8;

    /// <summary>A lock that is never to be had.</summary>
    private const string Never = "never";

    private const string Schema = "flood";
    private const int Rows = 20_000;

    /// <summary>What is sorted to see what the processor does: some milliseconds.</summary>
    private const int SortedRows = 5_000;

    private readonly string _lab;
    private readonly string _folder;
    private readonly List<Member> _members = [];

    private readonly AtEnd _atEnd;
    private Bottleneck _bottleneck;
    private double _heldMs;

    private ReplicaRig(string kind, string lab, string folder) => (Kind, _lab, _folder, _atEnd) = (kind, lab, folder, AtEnd.Do(Stop));

    internal string Kind { get; }

    internal Member Primary => _members[0];

    internal IReadOnlyList<Member> Replicas => _members[1..];

    /// <summary>A read of the cascade.</summary>
    internal FloodStatement Read { get; private set; } = null!;

    /// <summary>The same, which only the primary may answer.</summary>
    internal FloodStatement Own { get; private set; } = null!;

    /// <summary>How many reads a server does in a second.</summary>
    internal double Capacity => 1_000 / Read.WorkMs * Processors;

    /// <summary>How many of its own statements the primary does.</summary>
    internal double OwnCapacity => 1_000 / Own.WorkMs * Processors;

    /// <summary>As docs/overload.md has it for a server whose processors are known: twice as many, and one.</summary>
    internal int RunningMax => HasQuotas ? 3 : (2 * Locks) + 1;

    /// <summary>What a server is, in words.</summary>
    internal string Describe() => string.Create(CultureInfo.InvariantCulture, $"a read takes {Read.WorkMs:F2} ms, and an own statement {Own.WorkMs:F2}; "
        + $"in the cascade each server has {(HasQuotas ? $"{Share:P0} of a processor"
            : $"{Locks} locks, one for each statement that goes on{(_bottleneck == Bottleneck.AnyLock ? ", whichever is free" : "")}")}, "
        + $"and does {Capacity:F0} reads in a second");

    private double Processors => HasQuotas ? Share : Locks;

    private bool HasQuotas => _bottleneck == Bottleneck.Quota;

    /// <summary>Starts them; what they hold is on all of them when this returns.</summary>
    internal static async Task<ReplicaRig> Start(string kind, string folder)
    {
        var lab = Environment.GetEnvironmentVariable("SEAWALL_BENCH_LAB")
            ?? throw new InvalidOperationException("run it by bench/replicas, which says where the lab's servers are");
        var rig = new ReplicaRig(kind, lab, folder);
        try
        {
            for (var i = 0; i < 4; i++)
                rig._members.Add(rig.Launch(i));
            using var session = await Session(rig.Primary.Port);
            await rig.Prepare(session);
            return rig;
        }
        catch
        {
            rig.Dispose();
            throw;
        }
    }

    internal static Task<ServerSession> Session(int port) =>
        ServerSession.Open(Endpoint.Tcp(IPAddress.Loopback, port), AccountOf(User), TimeProvider.System);

    internal static Account AccountOf(string user)
    {
        var account = new Account(user, "%", [], AccountSource.Settings);
        account.Secrets.LearnPassword(Encoding.UTF8.GetBytes(user)); // Passwords are names here.
        return account;
    }

    /// <summary>Makes the statements of the cascade, and finds out what they take. With locks each goes on for so long.</summary>
    internal async Task HaveCapacity(Bottleneck bottleneck, double heldMs)
    {
        (_bottleneck, _heldMs) = (bottleneck, heldMs);
        using var session = await Session(Primary.Port);
        var (text, keys) = ("", Rows);
        if (HasQuotas)
        {
            var rows = Math.Clamp((int)(SortedRows / await SortingMs()), 10, Rows - 1);
            (text, keys) = (Sorting(rows), Rows - rows);
        }
        else
        {
            await Task.WhenAll(_members.Select(KeepNever));
            // Whoever reads it holds a lock for so long, as another would a processor. From the outside it is a table like any other.
            await session.Query($"CREATE VIEW {Schema}.work AS SELECT id, {(bottleneck == Bottleneck.AnyLock ? TakeAnyLock : TakeLockOfRow)} AS took "
                + $"FROM {Schema}.orders");
            text = $"SELECT took FROM {Schema}.work WHERE id = 1 + {{0}}";
        }
        var own = $"{text} LOCK IN SHARE MODE";
        Func<double> spent = HasQuotas ? ProcessorMs : () => Stopwatch.GetTimestamp() * 1_000.0 / Stopwatch.Frequency;
        Read = new FloodStatement(text, await FloodGround.WorkMs(session, text, spent), 1, keys);
        Own = new FloodStatement(own, await FloodGround.WorkMs(session, own, spent), 1, keys);
        await CatchUp();
    }

    /// <summary>
    /// What the primary's processor takes for one and the same work, in milliseconds: the same processor of a shared machine does now more of it,
    /// now less.
    /// </summary>
    internal async Task<double> SortingMs()
    {
        using var session = await Session(Primary.Port);
        return await FloodGround.WorkMs(session, Sorting(SortedRows), ProcessorMs);
    }

    // Whoever had it before is gone: who gets it by chance in between gives it back at once.
    private async Task KeepNever(Member member)
    {
        if (!IsMaria || HasQuotas)
            return;
        member.Keeper?.Dispose();
        member.Keeper = await Session(member.Port);
        await member.Keeper.Query($"SELECT GET_LOCK('{Never}', 60)");
    }

    private string TakeLockOfRow => Held($"CONCAT('processor', id % {Locks})", "60");

    // The first that is free, from that of the row on; when none is, it waits for that.
    private string TakeAnyLock => string.Concat(Enumerable.Range(0, Locks)
        .Select(tried => $"CONCAT('processor', (id + {tried}) % {Locks})")
        .Select(name => $"IF(GET_LOCK({name}, 0), {Release(name)}, ")) + TakeLockOfRow + new string(')', Locks);

    private string Held(string name, string seconds) => $"GET_LOCK({name}, {seconds}) + {Release(name)}";

    private string Release(string name) => $"{Pause} + RELEASE_LOCK({name})";

    // On MariaDB it waits for a lock that nobody gives: KILL QUERY of one SLEEP() stops all others for two seconds now and then (decision 153). MySQL's
    // locks are waited for in whole seconds.
    private string Pause => IsMaria
        ? string.Create(CultureInfo.InvariantCulture, $"GET_LOCK('{Never}', {_heldMs / 1_000}) + RELEASE_LOCK('{Never}')")
        : string.Create(CultureInfo.InvariantCulture, $"SLEEP({_heldMs / 1_000})");

    private double ProcessorMs() => Overload.FloodServer.CpuSeconds(Primary.Pid) * 1_000;

    /// <summary>From now on each server has its share of the processor, and no more; not if it has locks.</summary>
    internal void Limit()
    {
        if (!HasQuotas)
            return;
        foreach (var member in _members)
        {
            member.Share ??= ProcessorShare.Make($"{Kind}-{member.Number}", Share);
            member.Share.Hold(member.Pid);
        }
    }

    /// <summary>Kills replicas: <c>kill -9</c>.</summary>
    internal void Lose(int replicas)
    {
        foreach (var member in Replicas.Take(replicas))
        {
            using var process = Process.GetProcessById(member.Pid);
            process.Kill();
            process.WaitForExit(2_000);
            member.Pid = 0;
        }
    }

    /// <summary>Starts those that were killed, all at once; it returns when they replicate.</summary>
    internal Task Return() => Task.WhenAll(_members.Where(member => member.Pid == 0).Select(member => Task.Run(async () =>
    {
        member.Pid = Launch(member.Number, member.Port).Pid;
        member.Share?.Hold(member.Pid);
        await KeepNever(member);
    })));

    /// <summary>Waits until all replicas have what the primary has.</summary>
    internal async Task CatchUp()
    {
        using var primary = await Session(Primary.Port);
        var position = (await primary.Query(Position))[0][0];
        foreach (var replica in Replicas)
        {
            using var session = await Session(replica.Port);
            await session.Query(Wait(position!, seconds: 60));
        }
    }

    /// <summary>Waits until the servers have done what the run before has left behind, and no longer than ten seconds.</summary>
    internal async Task BeQuiet()
    {
        foreach (var member in _members)
        {
            using var session = await Session(member.Port);
            for (var left = 100; left > 0; left--)
            {
                // The second column is the user, the fifth what he does.
                var rows = await session.Query("SHOW PROCESSLIST");
                if (!rows.Any(row => row[1] is "own" or "reads" && row[4] is "Query" or "Execute"))
                    break;
                await Task.Delay(100);
            }
        }
    }

    /// <summary>Asks a replica to wait for a position.</summary>
    internal string Wait(string position, int seconds)
    {
        var (function, set) = (IsMaria ? "MASTER_GTID_WAIT" : "WAIT_FOR_EXECUTED_GTID_SET", position.Replace("\n", "", StringComparison.Ordinal));
        return string.Create(CultureInfo.InvariantCulture, $"SELECT {function}('{set}', {seconds})");
    }

    /// <summary>Asks a replica how its replication is.</summary>
    internal string Status => IsMaria ? "SHOW SLAVE STATUS" : "SHOW REPLICA STATUS";

    /// <summary>What the primary has by now.</summary>
    internal string Position => IsMaria ? "SELECT @@global.gtid_binlog_pos" : "SELECT @@global.gtid_executed";

    /// <summary>The threads of a server that belong to connections of this account and program, as the system numbers them.</summary>
    internal async Task<int[]> ThreadsOf(ServerSession session, string user)
    {
        var rows = await session.Query(IsMaria
            ? $"SELECT tid FROM information_schema.processlist WHERE user = '{user}'"
            : $"SELECT thread_os_id FROM performance_schema.threads WHERE processlist_user = '{user}'");
        return [.. rows.Select(row => int.Parse(row[0]!, CultureInfo.InvariantCulture))];
    }

    public void Dispose() => _atEnd.Dispose();

    private void Stop()
    {
        foreach (var member in Enumerable.Reverse(_members))
        {
            member.Keeper?.Dispose();
            Child.Run(Path.Combine(_lab, "server"), "stop", Data(member.Number));
            member.Share?.Dispose();
        }
    }

    private bool IsMaria => Kind == "mariadb";

    private string Data(int number) => Path.Combine(_folder, $"{Kind}-{number}");

    private Member Launch(int number, int? port = null)
    {
        var at = port ?? Contestant.FreePort();
        string[] follows = number == 0 ? [] : ["--replica-of", $"{_members[0].Port}"];
        // On the first processor from its first moment: a start must not take away from the load.
        var said = Child.Run("taskset", ["-c", "0", Path.Combine(_lab, "server"), Kind, Data(number), $"{at}", $"{number + 1}", .. follows]);
        return new Member(number, at, int.Parse(said.Split(' ')[2], CultureInfo.InvariantCulture));
    }

    private async Task Prepare(ServerSession session)
    {
        foreach (var user in (string[])["own", "reads", "monitor"])
        {
            await session.Query($"CREATE USER '{user}'@'%' IDENTIFIED BY '{user}'");
            await session.Query($"GRANT ALL ON *.* TO '{user}'@'%'");
        }
        await session.Query($"CREATE DATABASE {Schema}");
        await session.Query($"USE {Schema}"); // MySQL names the tables of a WITH by the schema that is in use.
        await session.Query($"CREATE TABLE {Schema}.orders (id INT PRIMARY KEY, amount INT NOT NULL, note CHAR(64) NOT NULL)");
        await session.Query($"CREATE TABLE {Schema}.beats (id INT PRIMARY KEY, n INT NOT NULL)");
        await session.Query($"INSERT INTO {Schema}.beats VALUES (1, 0)");
        await session.Query("SET SESSION " + (IsMaria ? "max_recursive_iterations" : "cte_max_recursion_depth") + " = 1000000");
        await session.Query($"INSERT INTO {Schema}.orders WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {Rows}) "
            + "SELECT i, CRC32(i) % 1000, SHA2(i, 256) FROM n");
        await CatchUp();
    }

    /// <summary>One more write on the primary.</summary>
    internal static string Beat => $"UPDATE {Schema}.beats SET n = n + 1 WHERE id = 1";

    /// <summary>A read of one row.</summary>
    internal static string Point(int id) => string.Create(CultureInfo.InvariantCulture, $"SELECT amount FROM {Schema}.orders WHERE id = {1 + (id % Rows)}");

    private static string Sorting(int rows) => string.Create(CultureInfo.InvariantCulture,
        $"SELECT id FROM {Schema}.orders WHERE id BETWEEN {{0}} AND {{0}} + {rows} ORDER BY SHA2(note, 256) LIMIT 1");

    /// <summary>One server.</summary>
    internal sealed class Member(int number, int port, int pid)
    {
        internal int Number { get; } = number;

        internal int Port { get; } = port;

        internal int Pid { get; set; } = pid;

        internal ProcessorShare? Share { get; set; }

        /// <summary>Who has the lock that is never to be had.</summary>
        internal ServerSession? Keeper { get; set; }
    }
}
