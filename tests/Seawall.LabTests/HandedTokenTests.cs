using System.Globalization;
using System.Text;
using MySqlConnector;
using Seawall.Engine.Flow.Decisions;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// One service writes through a Seawall of its own, and hands what it has written to another one, behind another Seawall before the same
/// servers: that one must read it, from replicas that are late and stopped. When nothing is handed over, it must be seen not to.
/// </summary>
public sealed class HandedTokenTests(LabServers lab)
{
    private const int Pairs = 8;

    // Tokens that each pair hands over, in each way. SEAWALL_TOKEN_ROUNDS=1000 in the long run.
    private static readonly int s_rounds = int.TryParse(Environment.GetEnvironmentVariable("SEAWALL_TOKEN_ROUNDS"), out var rounds) ? rounds : 60;

    private enum Handed
    {
        Nothing,
        Variable,
        Comment,
        Prepared,
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task What_was_handed_over_is_read_and_without_that_it_is_not(LabKind kind)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 2, cancel);
        await using var here = await StartAsync(set, cancel);
        await using var there = await StartAsync(set, cancel);
        await set.Primary.ExecuteAsync("create table app.handed (id int primary key, value bigint not null)", cancel);
        await set.CaughtUpAsync(cancel);

        Assert.NotEmpty(await RunAsync(set, here, there, Handed.Nothing, rounds: 60, cancel));
        Assert.Equal([], await RunAsync(set, here, there, Handed.Variable, s_rounds, cancel));
        Assert.Equal([], await RunAsync(set, here, there, Handed.Comment, s_rounds, cancel));
        Assert.Equal([], await RunAsync(set, here, there, Handed.Prepared, s_rounds, cancel));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{kind}: {3 * Pairs * s_rounds} tokens handed over, {there.Count(meter => meter.ReplicaReads)} reads from replicas");
        Assert.True(there.Count(meter => meter.ReplicaReads) > Pairs * s_rounds, $"{there.Count(meter => meter.ReplicaReads)} reads from replicas");
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_token_is_what_the_servers_understand_themselves(LabKind kind)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, cancel);
        await using var seawall = await StartAsync(set, cancel);
        using var client = RawClient.Connect(seawall.Port, "app", "app");
        Assert.Null(client.Query("create table app.t (id int primary key)").Error);
        Assert.Null(client.Query("insert into app.t values (1)").Error);
        var token = client.Query("select @@seawall_gtid").FirstValue!;

        await set.CaughtUpAsync(cancel);
        Assert.True(await set.HasAsync(set.Replicas.Single(), token, cancel), token);
        Assert.Null(client.Query($"set @seawall_min_gtid = '{token}'").Error);
        Assert.Equal("1", client.Query("select count(*) from app.t").FirstValue);
        Assert.Contains("nothing was set", client.Query("set @seawall_min_gtid = 'x'").Error?.Message, StringComparison.Ordinal);
        // What the text asks for is told to the servers as well, and they know nothing of it.
        Assert.NotNull(client.Query("select @@seawall_gtid, 1").Error);
    }

    // MySqlConnector prepares on the server when it is told to, PHP's PDO when it does not emulate. The former cannot prepare what names
    // a user variable: it takes it for a parameter.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Drivers_that_prepare_everything_bring_and_take_tokens(LabKind kind)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, cancel);
        await using var seawall = await StartAsync(set, cancel);
        await using var connection = await seawall.ConnectAppAsync(cancel);
        await PreparedAsync(connection, "create table app.t (id int primary key)", cancel);
        await PreparedAsync(connection, "insert into app.t values (1)", cancel);
        var token = await PreparedAsync(connection, "select @@seawall_gtid", cancel);
        Assert.Equal(await LabDriver.AskAsync(connection, "select @@seawall_gtid", cancel), token);

        await using var other = await seawall.ConnectAppAsync(cancel);
        Assert.Equal("1", await PreparedAsync(other, "select count(*) from app.t", cancel));
        Assert.Contains(await PreparedAsync(other, "show last route", cancel), (string[])["0", "1"]);
        if (kind == LabKind.MySql97)
            await AssertAttributesAsync(seawall, token!, cancel);

        await lab.RequireAsync("drivers", cancel);
        var php = new LabCommand("php", LabFolders.Script("drivers/token.php"), $"{seawall.Port}", token!);
        Assert.Equal($"{token}\n1\n11", (await LabProgram.RunAsync(php, TimeSpan.FromSeconds(60), cancel)).ShouldSucceed().Output.Trim());
    }

    // Whatever was agreed on at the login: definitions of columns may be left out, or say more than usual.
    [Theory]
    [InlineData(LabKind.MariaDb, Capabilities.MariaDbExtendedMetadata)]
    [InlineData(LabKind.MySql97, Capabilities.OptionalMetadata)]
    public async Task What_seawall_answers_itself_is_in_the_form_that_was_agreed_on(LabKind kind, Capabilities form)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, cancel);
        await using var seawall = await StartAsync(set, cancel);
        using var client = RawClient.Connect(seawall.Port, "app", "app", RawClient.Usual | form);
        Assert.True(client.Agreed.HasFlag(form), $"{client.Offered}");
        Assert.Null(client.Query("create table app.t (id int primary key)").Error);
        Assert.NotEmpty(client.Query("select @@seawall_gtid").FirstValue!);
        Assert.Equal("0", client.Query("show last route").FirstValue);
        Assert.Null(Execute(client, "set @seawall_freshness = ?", "primary").Error);
        Assert.Equal("0", client.Query("select count(*) from app.t").FirstValue);
        Assert.Null(client.Problem);
        if (kind != LabKind.MariaDb)
            return;
        // Its own program agrees on what its servers offer, and takes no other form for an answer.
        var program = new LabCommand("mariadb", "--no-defaults", "--skip-ssl", "-h127.0.0.1", $"-P{seawall.Port}", "-uapp", "-papp",
            "-N", "-B", "-e", "do 1; show last route; select @@seawall_gtid is null from (select 1) t");
        var said = await LabProgram.RunAsync(program, TimeSpan.FromSeconds(60), cancel);
        Assert.StartsWith("0\tprimary", said.Output, StringComparison.Ordinal);
    }

    private static async Task AssertAttributesAsync(SeawallUnderTest seawall, string token, CancellationToken cancel)
    {
        await using var connection = await seawall.ConnectAppAsync(cancel);
        await using var command = new MySqlCommand("select count(*) from app.t where id = @id", connection);
        command.Parameters.AddWithValue("@id", 1);
        command.Attributes.SetAttribute("seawall.min_gtid", token);
        command.Attributes.SetAttribute("seawall.freshness", "primary");
        await command.PrepareAsync(cancel);
        Assert.Equal("1", Convert.ToString(await command.ExecuteScalarAsync(cancel), CultureInfo.InvariantCulture));
        await using var route = new MySqlCommand("show last route", connection);
        await using (var row = await route.ExecuteReaderAsync(cancel))
        {
            Assert.True(await row.ReadAsync(cancel));
            Assert.Equal(("0", "primary", "asked"), (row.GetString(0), row.GetString(1), row.GetString(2)));
        }
        command.Attributes.Clear();
        command.Attributes.SetAttribute("seawall.min_gtid", "nonsense");
        Assert.Equal(1231, (await Assert.ThrowsAsync<MySqlException>(() => command.ExecuteScalarAsync(cancel))).Number);
    }

    private static async Task<string?> PreparedAsync(MySqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new MySqlCommand(sql, connection);
        await command.PrepareAsync(cancel);
        return Convert.ToString(await command.ExecuteScalarAsync(cancel), CultureInfo.InvariantCulture);
    }

    private static async Task<IReadOnlyList<string>> RunAsync(
        ReplicaSet set, SeawallUnderTest here, SeawallUnderTest there, Handed handed, int rounds, CancellationToken cancel)
    {
        var violations = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var isOver = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var faults = FaultsAsync(set, isOver.Token);
        await Task.WhenAll(Enumerable.Range(0, Pairs).Select(id => Task.Run(() => Converse(here.Port, there.Port, id, handed, rounds, violations), cancel)));
        await isOver.CancelAsync();
        await faults;
        foreach (var replica in set.Replicas)
            await set.ResumeAsync(replica, cancel);
        await set.CaughtUpAsync(cancel);
        return [.. violations];
    }

    private static void Converse(
        int here, int there, int id, Handed handed, int rounds, System.Collections.Concurrent.ConcurrentBag<string> violations)
    {
        using var writes = RawClient.Connect(here, "app", "app");
        for (var round = 1; round <= rounds; round++)
        {
            var value = ((long)handed * 1_000_000) + round;
            Assert.Null(writes.Query($"replace into app.handed values ({id}, {value})").Error);
            var token = writes.Query("select @@seawall_gtid").FirstValue!;
            // Another service each time, which has seen nothing itself.
            using var reads = RawClient.Connect(there, "app", "app");
            if (handed == Handed.Variable)
                Assert.Null(reads.Query($"set @seawall_min_gtid = '{token}'").Error);
            if (handed == Handed.Prepared)
                Assert.Null(Execute(reads, "set @seawall_min_gtid = ?", token).Error);
            var read = reads.Query($"select value from app.handed where id = {id}" + (handed == Handed.Comment ? $" /*min_gtid='{token}'*/" : ""));
            if (read.Error is not null)
                continue; // No replica has it in time, and the primary had no place: that is told, and no wrong answer.
            var seen = read.FirstValue is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
            if (seen < value)
                violations.Add($"{id} was told of {value} and has read {seen}");
        }
    }

    // As drivers do that prepare everything: the parameter is a string.
    private static RawAnswer Execute(RawClient client, string sql, string value)
    {
        var id = client.Ask(CommandKind.StatementPrepare, Encoding.UTF8.GetBytes(sql)).StatementId;
        return client.Ask(CommandKind.StatementExecute, [.. BitConverter.GetBytes(id), 0, 1, 0, 0, 0, 0, 1, 0xFD, 0,
            (byte)value.Length, .. Encoding.UTF8.GetBytes(value)]);
    }

    private static async Task FaultsAsync(ReplicaSet set, CancellationToken isOver)
    {
        var replicas = set.Replicas.ToArray();
        try
        {
            for (var i = 0; ; i++)
            {
                var replica = replicas[i % replicas.Length];
                await set.PauseAsync(replica, isOver);
                await Task.Delay(200, isOver);
                await set.ResumeAsync(replica, isOver);
                await set.LagAsync(replica, 1, isOver);
                await Task.Delay(1_200, isOver);
                await set.ResumeAsync(replica, isOver);
            }
        }
        catch (Exception) when (isOver.IsCancellationRequested)
        {
            // It is over, in the middle of whatever it was about.
        }
    }

    private static Task<SeawallUnderTest> StartAsync(ReplicaSet set, CancellationToken cancel) =>
        SeawallUnderTest.StartAsync(set, new ReadOptions { From = ReadsFrom.Replicas, SpillShare = 25 }, cancel);
}
