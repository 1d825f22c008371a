using System.Globalization;
using MySqlConnector;

namespace Seawall.LabTests.Lab;

/// <summary>
/// A primary and its replicas, and what can happen to them. Every member begins read-only, as careful operators have it, so that one
/// that comes back after a crash is not written to by accident. <c>app</c>/<c>app</c> may do anything in the schema <c>app</c> and
/// heeds read_only, which <c>seawall</c> and <c>root</c> may pass over on MariaDB. Only <see cref="LabKind.MariaDb"/> and
/// <see cref="LabKind.MySql97"/>: 5.6 has no super_read_only.
/// </summary>
public sealed class ReplicaSet : IAsyncDisposable
{
    private static readonly TimeSpan CatchUpTimeMax = TimeSpan.FromSeconds(180);

    /// <summary>On a busy machine an answer may take as long.</summary>
    private const int ClockSlackSeconds = 60;

    private readonly List<LabServer> _members = [];
    private readonly Dictionary<int, string> _clocks = [];

    private ReplicaSet(LabKind kind) => Kind = kind;

    public LabKind Kind { get; }

    /// <summary>In the order in which they were started; the first was the first primary.</summary>
    public IReadOnlyList<LabServer> Members => _members;

    /// <summary>The member that was promoted last, running or not.</summary>
    public LabServer Primary { get; private set; } = null!;

    /// <summary>All others, running or not.</summary>
    public IEnumerable<LabServer> Replicas => _members.Where(member => member != Primary);

    /// <summary>Starts a primary and its replicas, with the schema <c>app</c> and its account on all of them.</summary>
    public static Task<ReplicaSet> StartAsync(LabServers lab, LabKind kind, int replicas, CancellationToken cancel, params string[] options) =>
        StartAsync(lab, kind, replicas, hasClocks: false, cancel, options);

    /// <summary>The same, with clocks that <see cref="SetClockAsync"/> sets.</summary>
    public static async Task<ReplicaSet> StartWithClocksAsync(LabServers lab, LabKind kind, int replicas, CancellationToken cancel)
    {
        await lab.RequireAsync("tools", cancel);
        return await StartAsync(lab, kind, replicas, hasClocks: true, cancel);
    }

    private static async Task<ReplicaSet> StartAsync(
        LabServers lab, LabKind kind, int replicas, bool hasClocks, CancellationToken cancel, params string[] options)
    {
        var set = new ReplicaSet(kind);
        try
        {
            for (var i = 0; i <= replicas; i++)
            {
                var clock = hasClocks ? Path.Combine(lab.NewFolder(), "clock") : null;
                if (clock is not null)
                    set.WriteClock(i, clock, 0);
                set._members.Add(await lab.StartAsync(kind, new() { Options = [.. set.MemberOptions(), .. options], Clock = clock }, cancel));
            }
            set.Primary = set._members[0];
            await set.AllowWritesAsync(set.Primary, cancel);
            await set.Primary.ExecuteAsync(
                "create database app; create user app@'%' identified by 'app'; grant all on app.* to app@'%'", cancel);
            foreach (var replica in set.Replicas)
                await set.FollowAsync(replica, set.Primary, cancel);
            await set.CaughtUpAsync(cancel);
            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection as <c>app</c>, straight to a member.</summary>
    public static async Task<MySqlConnection> ConnectAsync(LabServer member, CancellationToken cancel)
    {
        var connection = new MySqlConnection(member.ConnectionString("app", "app").ConnectionString);
        try
        {
            await connection.OpenAsync(cancel);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>A member's clock is wrong by so many seconds from now on; returns when it says so itself.</summary>
    public async Task SetClockAsync(int member, int seconds, CancellationToken cancel)
    {
        WriteClock(member, _clocks[member], seconds);
        await Eventually.TrueAsync(
            async () => Math.Abs(long.Parse((await _members[member].AskAsync("select unix_timestamp()", cancel))!, CultureInfo.InvariantCulture)
                - DateTimeOffset.UtcNow.ToUnixTimeSeconds() - seconds) < ClockSlackSeconds,
            CatchUpTimeMax, cancel, () => $"the clock of {_members[member]} is not wrong by {seconds} s");
    }

    /// <summary>Waits until a replica has applied all that the primary has committed by now.</summary>
    public async Task CaughtUpAsync(LabServer replica, CancellationToken cancel)
    {
        var position = await PositionAsync(Primary, cancel);
        await Eventually.TrueAsync(
            () => HasAsync(replica, position, cancel), CatchUpTimeMax, cancel, () => $"{replica} does not reach {position}");
    }

    /// <summary>Waits until every replica that runs has.</summary>
    public async Task CaughtUpAsync(CancellationToken cancel)
    {
        foreach (var replica in Replicas.Where(replica => replica.IsRunning))
            await CaughtUpAsync(replica, cancel);
    }

    /// <summary>What a member has committed, as a set (MySQL) or a position (MariaDB) of GTIDs.</summary>
    public async Task<string> PositionAsync(LabServer member, CancellationToken cancel) =>
        await member.AskAsync(IsMaria ? "select @@global.gtid_binlog_pos" : "select @@global.gtid_executed", cancel) ?? "";

    /// <summary>Whether a member has applied a position.</summary>
    public async Task<bool> HasAsync(LabServer member, string position, CancellationToken cancel) => IsMaria
        ? await member.AskAsync($"select master_gtid_wait('{position}', 0)", cancel) == "0"
        : await member.AskAsync($"select gtid_subset('{position}', @@global.gtid_executed)", cancel) == "1";

    /// <summary>The replica goes on receiving, and applies nothing, until <see cref="ResumeAsync"/>.</summary>
    public Task PauseAsync(LabServer replica, CancellationToken cancel) =>
        replica.ExecuteAsync($"stop {Word} sql_thread", cancel);

    /// <summary>The replica applies what it has, and receives nothing new, until <see cref="ResumeAsync"/>.</summary>
    public Task DeafenAsync(LabServer replica, CancellationToken cancel) =>
        replica.ExecuteAsync($"stop {Word} io_thread", cancel);

    /// <summary>Both threads of a replica run again, without a delay.</summary>
    public async Task ResumeAsync(LabServer replica, CancellationToken cancel)
    {
        await replica.ExecuteAsync($"stop {Word}; {Change} {Of}_delay = 0; start {Word}", cancel);
        await ReplicatesAsync(replica, cancel);
    }

    /// <summary>The replica applies everything that many seconds late (0: at once).</summary>
    public Task LagAsync(LabServer replica, int seconds, CancellationToken cancel) => replica.ExecuteAsync(
        $"stop {Word}; {Change} {Of}_delay = {seconds}; start {Word}", cancel);

    /// <summary>
    /// The replica meets what it cannot apply: its SQL thread stops with an error (1062), and its lag is NULL. Returns when that is so.
    /// </summary>
    public async Task BreakAsync(LabServer replica, CancellationToken cancel)
    {
        await Primary.ExecuteAsync("create database in_the_way; create table in_the_way.t (a int primary key)", cancel);
        await CaughtUpAsync(replica, cancel);
        await WithoutLogAsync(replica, "insert into in_the_way.t values (1)", cancel);
        await Primary.ExecuteAsync("insert into in_the_way.t values (1)", cancel);

        // The error can be read a moment before the applier has stopped. MySQL has several appliers: it tells of the last one that
        // stopped, which may be one (3030) that gave up because the one before it had met the row.
        await Eventually.TrueAsync(
            async () => await StatusAsync(replica, "Last_SQL_Errno", cancel) is not (null or "0")
                && await StatusAsync(replica, "Slave_SQL_Running", cancel) == "No",
            CatchUpTimeMax,
            cancel,
            () => $"{replica} goes on applying");
    }

    /// <summary>Takes away what <see cref="BreakAsync"/> put in its way, and waits until it has caught up.</summary>
    public async Task MendAsync(LabServer replica, CancellationToken cancel)
    {
        await WithoutLogAsync(replica, "delete from in_the_way.t", cancel);
        await ResumeAsync(replica, cancel);
        await Primary.ExecuteAsync("drop database in_the_way", cancel);
        await CaughtUpAsync(replica, cancel);
    }

    /// <summary>A column of the replica's own account of its replication, by MariaDB's and MySQL 5.6's name; null when it is NULL.</summary>
    public async Task<string?> StatusAsync(LabServer replica, string column, CancellationToken cancel)
    {
        await using var connection = await replica.ConnectAsRootAsync(cancel);
        await using var command = new MySqlCommand($"show {Word} status", connection);
        await using var row = await command.ExecuteReaderAsync(cancel);
        if (!await row.ReadAsync(cancel))
            return null;
        var name = IsMaria
            ? column
            : column.Replace("Master", "Source", StringComparison.Ordinal).Replace("Slave", "Replica", StringComparison.Ordinal);
        var value = row.GetValue(row.GetOrdinal(name));
        return value is DBNull ? null : Convert.ToString(value, CultureInfo.InvariantCulture);
    }

    /// <summary>Nobody may write to a member, whatever his rights are on MySQL, whoever has not all rights on MariaDB.</summary>
    public Task ForbidWritesAsync(LabServer member, CancellationToken cancel) =>
        member.ExecuteAsync(IsMaria ? "set global read_only = 1" : "set global super_read_only = 1", cancel);

    public Task AllowWritesAsync(LabServer member, CancellationToken cancel) => member.ExecuteAsync(
        IsMaria ? "set global read_only = 0" : "set global super_read_only = 0; set global read_only = 0", cancel);

    /// <summary>A member, read-only from now on, follows another and both its threads run.</summary>
    public async Task FollowAsync(LabServer member, LabServer source, CancellationToken cancel)
    {
        // MySQL 9 gives up after ten tries, which a slow machine needs for one start.
        var how = IsMaria ? "master_use_gtid = slave_pos, master_demote_to_slave = 1"
            : "source_auto_position = 1, get_source_public_key = 1, source_retry_count = 86400";
        await ForbidWritesAsync(member, cancel);
        await member.ExecuteAsync(
            $"stop {Word}; {Change} {Of}_host = '127.0.0.1', {Of}_port = {source.Port}, {Of}_user = 'repl', {Of}_password = 'repl', "
            + $"{Of}_connect_retry = 1, {how}; start {Word}", cancel);
        await ReplicatesAsync(member, cancel);
    }

    /// <summary>
    /// Somebody makes a replica the primary, whatever state the old one is in: it follows nobody any more and takes writes. The other
    /// members that run (and are not frozen: <paramref name="without"/>) follow it. What the old primary had not sent is lost; to lose
    /// nothing, wait for <see cref="CaughtUpAsync(LabServer, CancellationToken)"/> first.
    /// </summary>
    public async Task PromoteAsync(LabServer replica, CancellationToken cancel, params LabServer[] without)
    {
        await replica.ExecuteAsync($"stop {Word}; reset {Word} all", cancel);
        await AllowWritesAsync(replica, cancel);
        Primary = replica;
        foreach (var other in Replicas.Where(other => other.IsRunning && !without.Contains(other)))
            await FollowAsync(other, replica, cancel);
    }

    /// <summary>A planned change as tools do it: no writes at the old one, the new one has everything, and takes over.</summary>
    public async Task SwitchOverAsync(LabServer replica, CancellationToken cancel, params LabServer[] without)
    {
        await ForbidWritesAsync(Primary, cancel);
        await CaughtUpAsync(replica, cancel);
        await PromoteAsync(replica, cancel, without);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members)
            await member.DisposeAsync();
    }

    private void WriteClock(int member, string file, int seconds)
    {
        _clocks[member] = file;
        var next = file + ".next"; // Never half of it: the server reads it at any time.
        File.WriteAllText(next, seconds.ToString("+0;-0;+0", CultureInfo.InvariantCulture));
        File.Move(next, file, overwrite: true);
    }

    private bool IsMaria => Kind == LabKind.MariaDb;

    private string Word => IsMaria ? "slave" : "replica";

    private string Of => IsMaria ? "master" : "source";

    private string Change => IsMaria ? "change master to" : "change replication source to";

    private string[] MemberOptions() => IsMaria ? ["--read-only=1"] : ["--super-read-only=1"];

    /// <summary>As a local accident would do it: not in the binary log.</summary>
    private async Task WithoutLogAsync(LabServer member, string sql, CancellationToken cancel)
    {
        await AllowWritesAsync(member, cancel);
        await member.ExecuteAsync($"set sql_log_bin = 0; {sql}", cancel);
        await ForbidWritesAsync(member, cancel);
    }

    private Task ReplicatesAsync(LabServer member, CancellationToken cancel) => Eventually.TrueAsync(
        async () => await StatusAsync(member, "Slave_IO_Running", cancel) == "Yes"
            && await StatusAsync(member, "Slave_SQL_Running", cancel) == "Yes",
        CatchUpTimeMax, cancel, () => $"{member} does not replicate; see {member.ErrorLog}");
}
