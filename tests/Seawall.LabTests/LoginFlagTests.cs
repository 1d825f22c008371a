using System.Text;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>What the flags and the character set of a login do to a session, and limits that a client sets itself.</summary>
public sealed class LoginFlagTests(LabServers lab)
{
    private const Capabilities Flags = RawClient.Usual | Capabilities.Interactive | Capabilities.IgnoreSpace;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<LabKind> Kinds => [LabKind.MariaDb, LabKind.MySql97, LabKind.MySql56];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Flags_of_a_login_set_what_they_set_at_the_server(LabKind kind)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        await server.ExecuteAsync("set global interactive_timeout = 7777", Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, Flags);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        void Look()
        {
            Assert.Equal("28800 0", other.Query("select concat(@@wait_timeout, ' ', @@sql_mode like '%IGNORE_SPACE%')").FirstValue);
            twins.SameQuery("select @@wait_timeout, @@sql_mode, count (*) from people");
            twins.SamePrepared("select @@wait_timeout, @@sql_mode, count (*) from people", []);
        }
        Look();
        twins.SameQuery("set wait_timeout = 99");
        Look();
        if (kind != LabKind.MySql56)
        {
            twins.Same(CommandKind.ResetConnection, "");
            twins.SameQuery("select @@wait_timeout, @@sql_mode");
        }
        twins.SameQuery("set wait_timeout = default, sql_mode = default");
        twins.SameQuery("select @@wait_timeout, @@sql_mode");
        twins.SameQuery("set sql_mode = 'ansi'");
        twins.SameQuery("select @@wait_timeout, @@sql_mode");
        twins.AssertSame();
    }

    // MySQL from 8.0.24 says why, the others close.
    [Theory]
    [InlineData(LabKind.MySql97, false)]
    [InlineData(LabKind.MySql97, true)]
    [InlineData(LabKind.MySql56, false)]
    [InlineData(LabKind.MySql56, true)]
    public async Task A_silent_client_is_sent_away_by_its_own_limit(LabKind kind, bool isInteractive)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        if (isInteractive)
            await server.ExecuteAsync("set global interactive_timeout = 1", Cancel);
        await using var seawall = await StartAsync(server);
        var ends = new List<string>();
        foreach (var port in (int[])[server.Port, seawall.Port])
        {
            using var client = RawClient.Connect(port, "seawall", "seawall", isInteractive ? Flags : RawClient.Usual);
            if (!isInteractive)
                Assert.Null(client.Query("set wait_timeout = 1").Error);
            ends.Add($"{client.NextOrEnd()} {client.NextOrEnd()}");
        }
        Assert.Equal(ends[0], ends[1]);
        Assert.Equal(kind == LabKind.MySql97, ends[1].Contains("because of inactivity", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Schemas_with_names_in_another_character_set_are_found_again(LabKind kind)
    {
        const byte latin1 = 8; // latin1_swedish_ci
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        var name = Encoding.Latin1.GetBytes("zwölf_ß");
        await server.ExecuteAsync("drop database if exists `zwölf_ß`; create database `zwölf_ß`; create database if not exists `Ελλάς`", Cancel);
        try
        {
            using var direct = RawClient.Connect(server.Port, "seawall", "seawall", collation: latin1);
            using var through = RawClient.Connect(seawall.Port, "seawall", "seawall", collation: latin1);
            using var other = RawClient.Connect(seawall.Port, "seawall", "seawall", schema: "Ελλάς");
            using var begins = RawClient.Connect(seawall.Port, "seawall", "seawall", collation: latin1, rawSchema: name);
            using var gone = RawClient.Connect(seawall.Port, "seawall", "seawall", collation: latin1, rawSchema: [0xE4, 0xE4]);
            Assert.Equal(1049, gone.Refusal?.Code);
            const string look = "select hex(database()), @@character_set_client, @@collation_connection";
            void Same(CommandKind kind, byte[] body)
            {
                Assert.Equal("CE95CEBBCEBBCEACCF82", other.Query(look).FirstValue);
                Assert.Equal("7A77C3B66C665FC39F", begins.Query(look).FirstValue);
                Assert.Equal(direct.Ask(kind, body).Shown(kind), through.Ask(kind, body).Shown(kind));
            }
            Same(CommandKind.InitDb, name);
            Same(CommandKind.Query, Encoding.UTF8.GetBytes(look));
            Same(CommandKind.InitDb, [.. name, .. name]); // 1049
            Same(CommandKind.Query, [.. "use `"u8, .. name, .. "`"u8]);
            Same(CommandKind.Query, Encoding.UTF8.GetBytes(look));
            Same(CommandKind.Query, Encoding.UTF8.GetBytes("set names utf8mb4"));
            Same(CommandKind.Query, Encoding.UTF8.GetBytes(look));
            Same(CommandKind.InitDb, Encoding.UTF8.GetBytes("zwölf_ß"));
            Same(CommandKind.Query, Encoding.UTF8.GetBytes(look));
        }
        finally
        {
            await server.ExecuteAsync("drop database `zwölf_ß`; drop database `Ελλάς`", Cancel);
        }
    }

    private static Task<SeawallUnderTest> StartAsync(LabServer server) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with { Pools = options.Pools with { SizeMax = 1, WaitMsMax = 15_000 } });
}
