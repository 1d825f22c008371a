using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using MySqlConnector;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Statements that are acknowledged before they run, while the program and the server are killed (<c>kill -9</c>) at moments by chance: every
/// one that was acknowledged has run exactly once in the end, in the order of its key, and none that was refused has.
/// <c>SEAWALL_LONG=1</c> kills more often.
/// </summary>
public sealed class DeferralKillTests(LabServers lab, ITestOutputHelper output)
{
    private const string AdminPassword = "admin-marker-77d0";

    private const string Words = "seawall deferred id=";

    /// <summary>Statements that are acknowledged between two kills, at least.</summary>
    private const int ProgressMin = 50;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private static int Kills => Environment.GetEnvironmentVariable("SEAWALL_LONG") == "1" ? 40 : 7;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Whatever_was_acknowledged_has_run_once_and_in_order_whoever_is_killed_when(LabKind kind)
    {
        var run = await RunAsync(kind, "PRIMARY KEY");

        Assert.Empty(run.Missing);
        Assert.Empty(run.Twice);
        Assert.Empty(run.RefusedAndRun);
        Assert.Empty(run.OutOfOrder);
        Assert.Empty(run.Failed);
        Assert.True(run.Acknowledged > 200, $"only {run.Acknowledged} were acknowledged: too few to prove anything");
        Assert.True(run.RowsLeft < 1_000, $"{run.RowsLeft} rows of {run.Acknowledged} are left in seawall.applied");
    }

    /// <summary>The control: when the server does not keep ids apart, the same kills must make statements run twice.</summary>
    [Fact]
    public async Task Without_the_row_at_the_server_the_same_kills_make_statements_run_twice()
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var run = await RunAsync(LabKind.MariaDb, "");
            Assert.Empty(run.Missing);
            if (run.Twice.Count > 0)
                return;
        }
        Assert.Fail("nothing ran twice: this test cannot tell what the row at the server is for");
    }

    private async Task<Outcome> RunAsync(LabKind kind, string uniqueness)
    {
        var seed = Environment.ProcessId + (int)kind;
        var random = new Random(seed);
        await using var server = await lab.StartAsync(kind, Cancel);
        foreach (var sql in (string[])["create database seawall", "create database book",
            $"create table seawall.applied (id varchar(40) character set ascii collate ascii_bin not null {uniqueness}, "
                + "at timestamp not null default current_timestamp) engine=innodb",
            "create table book.lines (at bigint auto_increment primary key, mark varchar(40) not null) engine=innodb"])
        {
            await server.ExecuteAsync(sql, Cancel);
        }
        await using var seawall = new Stage(lab.NewFolder(), server);
        await seawall.StartAsync();
        var book = new Book();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var writers = Enumerable.Range(0, 6).Select(writer => Task.Factory.StartNew(
            () => Write(seawall.Port, writer, book, over.Token), Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        for (var kill = 0; kill < Kills; kill++)
        {
            var before = book.Acknowledged.Count;
            await Eventually.TrueAsync(() => book.Acknowledged.Count >= before + ProgressMin, s_patience, Cancel, () => seawall.Log);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1_000)), TimeProvider.System, Cancel); // Any moment will do.
            var (killsSeawall, killsServer) = random.Next(5) switch { < 3 => (true, false), 3 => (false, true), _ => (true, true) };
            output.WriteLine($"seed {seed}, kill {kill}: Seawall {killsSeawall}, server {killsServer}; {book.Acknowledged.Count} acknowledged");
            if (killsSeawall)
                await seawall.KillAsync();
            if (killsServer)
            {
                await server.KillAsync(Cancel);
                await server.StartAsync(Cancel);
            }
            if (killsSeawall)
                await seawall.StartAsync();
        }
        await over.CancelAsync();
        await Task.WhenAll(writers);
        await Eventually.TrueAsync(async () => await seawall.WaitingAsync() == 0, s_patience, Cancel, () => seawall.Log);
        var failed = await seawall.AskAsync("SHOW DEFERRALS FAILED");
        var left = int.Parse((await server.AskAsync("select count(*) from seawall.applied", Cancel))!, CultureInfo.InvariantCulture);
        return book.Compare(await MarksAsync(server), failed, left, output);
    }

    private static void Write(int port, int writer, Book book, CancellationToken over)
    {
        var key = writer % 3;
        for (var number = 0; !over.IsCancellationRequested;)
        {
            try
            {
                using var client = RawClient.Connect(port, "seawall", "seawall", schema: "book");
                // Half of them execute what they have prepared; of each key there are some of either kind.
                var prepared = writer < 3 ? null : client.Ask(CommandKind.StatementPrepare,
                    System.Text.Encoding.UTF8.GetBytes($"insert into `lines` (mark) values (?) /*defer_key='{key}'*/"));
                if (prepared is { Error: not null })
                    continue;
                while (!over.IsCancellationRequested)
                {
                    var mark = $"{key}-{writer}-{number++}";
                    book.Doubtful[mark] = true;
                    var answer = prepared is null
                        ? client.Query($"insert into `lines` (mark) values ('{mark}') /*defer_key='{key}'*/")
                        : client.Ask(CommandKind.StatementExecute, ExecutionOf(prepared.StatementId, mark));
                    if (answer.Error is { } error)
                    {
                        Assert.Contains("did not run", error.Message, StringComparison.Ordinal);
                        book.Refused[mark] = error.Message;
                    }
                    else
                    {
                        var info = System.Text.Encoding.ASCII.GetString(
                            OkPacket.Read(answer.Packets[0].Head, client.Agreed.HasFlag(Capabilities.SessionTrack)).Info);
                        Assert.StartsWith(Words, info, StringComparison.Ordinal);
                        book.Acknowledged[mark] = info[Words.Length..];
                    }
                    book.Doubtful.TryRemove(mark, out _);
                }
            }
            catch (Exception gone) when (gone is SocketException or IOException or InvalidOperationException or InvalidDataException)
            {
                over.WaitHandle.WaitOne(20); // Until somebody listens there again; the statement's outcome stays unknown.
            }
        }
    }

    // One value, of type VAR_STRING.
    private static byte[] ExecutionOf(uint id, string mark) =>
        [.. BitConverter.GetBytes(id), 0, 1, 0, 0, 0, 0, 1, 0xFD, 0, (byte)mark.Length, .. System.Text.Encoding.ASCII.GetBytes(mark)];

    private static async Task<List<string>> MarksAsync(LabServer server)
    {
        await using var connection = await server.ConnectAsRootAsync(Cancel);
        await using var command = new MySqlCommand("select mark from book.lines order by at", connection);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var marks = new List<string>();
        while (await reader.ReadAsync(Cancel))
            marks.Add(reader.GetString(0));
        return marks;
    }

    private sealed record Outcome(
        int Acknowledged, IReadOnlyList<string> Missing, IReadOnlyList<string> Twice, IReadOnlyList<string> RefusedAndRun,
        IReadOnlyList<string> OutOfOrder, IReadOnlyList<string> Failed, int RowsLeft);

    /// <summary>What clients were told.</summary>
    private sealed class Book
    {
        internal ConcurrentDictionary<string, string> Acknowledged { get; } = new();

        internal ConcurrentDictionary<string, string> Refused { get; } = new();

        internal ConcurrentDictionary<string, bool> Doubtful { get; } = new();

        internal Outcome Compare(
            List<string> marks, IReadOnlyList<Dictionary<string, object?>> failed, int rowsLeft, ITestOutputHelper output)
        {
            var counts = marks.CountBy(mark => mark).ToDictionary();
            var outcome = new Outcome(
                Acknowledged.Count,
                [.. Acknowledged.Keys.Where(mark => !counts.ContainsKey(mark))],
                [.. counts.Where(count => count.Value > 1).Select(count => count.Key)],
                [.. Refused.Keys.Where(counts.ContainsKey)],
                [.. marks.GroupBy(mark => mark[0]).SelectMany(OutOfOrder)],
                [.. failed.Select(row => $"{row["id"]}: {row["message"]}")],
                rowsLeft);
            output.WriteLine($"{Acknowledged.Count} acknowledged, {Refused.Count} refused, {Doubtful.Count} cut off, of which "
                + $"{Doubtful.Keys.Count(counts.ContainsKey)} ran; {marks.Count} lines, {outcome.Twice.Count} twice, {outcome.Missing.Count} missing, "
                + $"{outcome.OutOfOrder.Count} out of order, {rowsLeft} rows left");
            return outcome;
        }

        // By the numbers that clients were told; of those that were cut off nobody knows one.
        private IEnumerable<string> OutOfOrder(IEnumerable<string> marks)
        {
            var last = 0L;
            foreach (var mark in marks)
            {
                if (!Acknowledged.TryGetValue(mark, out var id))
                    continue;
                var number = long.Parse(id[(id.IndexOf('-', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);
                if (number < last)
                    yield return $"{mark} ({id}) after {last}";
                last = Math.Max(last, number);
            }
        }
    }

    /// <summary>The program itself, as an operator runs it, on its ports and with its journal from start to start.</summary>
    private sealed class Stage : IAsyncDisposable
    {
        private readonly LabPort _clients = new();
        private readonly LabPort _admin = new();
        private readonly string _settings;
        private LabProgram? _program;

        internal Stage(string folder, LabServer server)
        {
            _settings = Path.Combine(folder, "seawall.toml");
            LabFolders.WritePrivate(_settings, string.Create(CultureInfo.InvariantCulture, $"""
                [clients]
                listen = ["127.0.0.1:{Port}"]
                [[servers]]
                name = "primary"
                address = "127.0.0.1:{server.Port}"
                tls = "off"
                [monitor]
                user = "seawall"
                password = "seawall"
                [[accounts]]
                user = "seawall"
                password = "seawall"
                [admin]
                listen = "127.0.0.1:{_admin.Number}"
                password = "{AdminPassword}"
                [metrics]
                listen = "off"
                [process]
                loops = 2
                [deferral]
                folder = "{Path.Combine(folder, "deferral")}"
                bytes_max = 8000000
                [[deferrals]]
                name = "lines"
                schema = "book"

                """));
        }

        internal int Port => _clients.Number;

        internal string Log => _program?.Errors ?? "";

        internal async Task StartAsync()
        {
            _program = LabProgram.Start(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), "run", "-c", _settings));
            await _program.WaitForLineAsync(line => line.Contains("is up", StringComparison.Ordinal), s_patience, Cancel);
        }

        internal async Task KillAsync()
        {
            await _program!.DisposeAsync();
            _program = null;
        }

        internal async Task<long> WaitingAsync() =>
            (await AskAsync("SHOW DEFERRALS")).Sum(row => Convert.ToInt64(row["waiting"], CultureInfo.InvariantCulture));

        internal async Task<IReadOnlyList<Dictionary<string, object?>>> AskAsync(string command)
        {
            await using var connection = new MySqlConnection(new MySqlConnectionStringBuilder
            {
                Server = "127.0.0.1",
                Port = (uint)_admin.Number,
                UserID = "admin",
                Password = AdminPassword,
                SslMode = MySqlSslMode.None,
                Pooling = false,
            }.ConnectionString);
            await connection.OpenAsync(Cancel);
            return await ProcessUnderTest.AskAsync(connection, command, Cancel);
        }

        public async ValueTask DisposeAsync()
        {
            if (_program is not null)
                await _program.DisposeAsync();
            _clients.Dispose();
            _admin.Dispose();
        }
    }
}
