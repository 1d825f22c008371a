using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Seawall.Engine.Loops;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// A conversation with a real server cut at bytes all over it, on either side of Seawall and in either direction: what was
/// acknowledged is there once, what "did not run" is not, nothing reaches anybody else, and nothing is left.
/// <c>SEAWALL_LONG=1</c> cuts at every byte; with <c>SEAWALL_CUTS=3/4</c> as well at every fourth one, beginning with the third.
/// </summary>
public sealed class CutTests(LabServers lab, ITestOutputHelper output)
{
    private const string DidNotRun = "the statement did not run]";

    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(60);

    // A prime: shorter than any packet of the conversation but the shortest.
    private static (int First, int Step) Where
    {
        get
        {
            if (Environment.GetEnvironmentVariable("SEAWALL_LONG") != "1")
                return (0, 13);
            var part = (Environment.GetEnvironmentVariable("SEAWALL_CUTS") ?? "1/1").Split('/');
            return (int.Parse(part[0], CultureInfo.InvariantCulture) - 1, int.Parse(part[1], CultureInfo.InvariantCulture));
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static MatrixTheoryData<LabKind, bool> KindsAndSides => new(Enum.GetValues<LabKind>(), [true, false]);

    [Theory]
    [MemberData(nameof(KindsAndSides))]
    public async Task Nothing_is_lost_silently_wherever_a_conversation_is_cut(LabKind kind, bool isClients)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        foreach (var sql in (string[])["create database torn", "create table torn.ledger (id int not null) engine=innodb",
            "create user torn identified by 'right'", "grant all on torn.* to torn"])
        {
            await server.ExecuteAsync(sql, Cancel);
        }
        await using var beforeServer = new Cutter(server.Port, "torn");
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Servers = [SeawallUnderTest.ServerOptions(server) with
            {
                Endpoint = Endpoint.Tcp(IPAddress.Loopback, beforeServer.Port), Dial = new(PerSecond: 1_000, Burst: 100),
            }],
            Pools = options.Pools with { SizeMax = 1, WaitMsMax = 20_000 },
        });
        await using var beforeSeawall = new Cutter(seawall.Port, "torn");
        var cutter = isClients ? beforeSeawall : beforeServer;
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Assert.Null(other.Query("set time_zone = '+07:00'").Error);

        var book = new Book();
        cutter.Begin();
        Converse(beforeSeawall.Port, book);
        Assert.Equal(3, book.Acknowledged.Count); // The control: with nobody cutting, all goes well.
        var (towards, back) = cutter.Passed;
        var cuts = 0;
        var (first, step) = Where;
        foreach (var (length, answers) in ((long, bool)[])[(towards, false), (back, true)])
        {
            for (long at = first; at < length; at += step, cuts++)
            {
                await BeginAnewAsync(seawall, isClients ? null : cutter);
                cutter.Begin(at, answers, resets: cuts % 2 == 0);
                try
                {
                    Converse(beforeSeawall.Port, book);
                }
                catch (SocketException late)
                {
                    Assert.Fail($"{late.Message} at {at} of {length} (answers: {answers}, cut {cuts}); passed {cutter.Passed}; "
                        + $"{seawall.ServerConnections} connections, {seawall.IdleServerConnections} idle; {cutter}\n"
                        + string.Join('\n', seawall.Log.TakeLast(15)));
                }
                Assert.Equal("+07:00", other.Query("select @@time_zone").FirstValue);
            }
        }
        Assert.True(book.Acknowledged.Count < 3 * cuts, "nothing was cut");
        cutter.Begin();
        Converse(beforeSeawall.Port, book);
        output.WriteLine($"{cuts} cuts of {towards} + {back} bytes: {book.Acknowledged.Count} writes acknowledged, "
            + $"{book.Refused.Count} refused, {book.Unknown.Count} unknown");

        await ReconcileAsync(server, book);
        other.Dispose();
        await Eventually.TrueAsync(
            () => seawall.Engine.ClientCount == 0 && seawall.IdleServerConnections == seawall.ServerConnections, s_long, Cancel);
        beforeServer.CutAll(); // What the pool keeps is closed as well; then the server has nothing of this account.
        await Eventually.TrueAsync(async () => await server.AskAsync(
            "select count(*) from information_schema.processlist where user = 'torn'", Cancel) == "0", s_long, Cancel);
    }

    // A login at the server is a part of the conversation: each begins without a connection.
    private static async Task BeginAnewAsync(SeawallUnderTest seawall, Cutter? beforeServer)
    {
        if (beforeServer is null)
            return;
        beforeServer.Begin();
        beforeServer.CutAll();
        await Eventually.TrueAsync(
            () => seawall.Engine.Pools.All.Where(pool => pool.Key.User == "torn").Sum(pool => pool.Total) == 0, s_long, Cancel);
    }

    private static void Converse(int port, Book book)
    {
        var writes = book.Begin();
        RawClient? client = null;
        try
        {
            client = RawClient.Connect(port, "torn", "right", schema: "torn");
            if (client.Refusal is not null)
                return;
            _ = Goes(client.Query("set time_zone = '+05:00'")) && Writes(client, book, writes[0])
                && Executes(client, book, writes[1]) && Commits(client, book, writes[2]) && Goes(client.Query("select repeat('x', 300)"));
            client.Send(CommandKind.Quit, default);
        }
        catch (Exception cut) when (cut is EndOfStreamException
            || cut is SocketException { SocketErrorCode: not SocketError.TimedOut and not SocketError.WouldBlock })
        {
            // A client that hears nothing any more knows no more than that. One that waits in vain fails the test.
        }
        finally
        {
            client?.Dispose();
        }
    }

    private static bool Goes(RawAnswer answer)
    {
        Assert.True(answer.Error is null || IsClear(answer.Error), $"{answer.Error}");
        return answer.Error is null;
    }

    private static bool Writes(RawClient client, Book book, int id)
    {
        book.Unknown.Add(id);
        return book.Note(id, client.Query($"insert into ledger values ({id})").Error);
    }

    private static bool Executes(RawClient client, Book book, int id)
    {
        var prepared = client.Ask(CommandKind.StatementPrepare, "insert into ledger values (?)"u8);
        if (!Goes(prepared))
            return false;
        book.Unknown.Add(id);
        var number = PreparedPacket.Read(prepared.Packets[0].Head).StatementId;
        byte[] body = [.. BitConverter.GetBytes(number), 0, 1, 0, 0, 0, 0, 1, 3, 0, .. BitConverter.GetBytes(id)];
        return book.Note(id, client.Ask(CommandKind.StatementExecute, body).Error);
    }

    // Before its COMMIT has been sent nothing of a transaction can stay.
    private static bool Commits(RawClient client, Book book, int id)
    {
        if (!Goes(client.Query("begin")))
            return false;
        book.Refused.Add(id);
        if (!Goes(client.Query($"insert into ledger values ({id})")))
            return false;
        book.Refused.Remove(id);
        book.Unknown.Add(id);
        return book.Note(id, client.Query("commit").Error);
    }

    // Whose side it was, and whether it ran.
    private static bool IsClear(RawError error) => error.Message.Contains("[seawall: ", StringComparison.Ordinal);

    private static async Task ReconcileAsync(LabServer server, Book book)
    {
        Assert.Null(await server.AskAsync("select id from torn.ledger group by id having count(*) > 1 limit 1", Cancel));
        var written = new HashSet<int>();
        await using var connection = await server.ConnectAsRootAsync(Cancel);
        await using var command = new MySqlConnector.MySqlCommand("select id from torn.ledger", connection);
        await using var row = await command.ExecuteReaderAsync(Cancel);
        while (await row.ReadAsync(Cancel))
            written.Add(row.GetInt32(0));
        Assert.Empty(book.Acknowledged.Except(written));
        Assert.Empty(book.Refused.Intersect(written));
        Assert.Empty(written.Except(book.Acknowledged).Except(book.Unknown));
    }

    /// <summary>What was written, as far as those who wrote it know.</summary>
    private sealed class Book
    {
        private int _last;

        internal HashSet<int> Acknowledged { get; } = [];

        internal HashSet<int> Refused { get; } = [];

        internal HashSet<int> Unknown { get; } = [];

        internal int[] Begin() => [++_last, ++_last, ++_last];

        internal bool Note(int id, RawError? error)
        {
            Assert.True(error is null || IsClear(error), $"{error}");
            if (error is not null && !error.Message.Contains(DidNotRun, StringComparison.Ordinal))
                return false;
            Unknown.Remove(id);
            (error is null ? Acknowledged : Refused).Add(id);
            return error is null;
        }
    }
}
