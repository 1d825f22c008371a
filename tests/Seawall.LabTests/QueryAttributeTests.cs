using MySqlConnector;
using Seawall.LabTests.Lab;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// What is said of a statement besides its text reaches MySQL, whose component shows it; and clients that say nothing share
/// the connection with those that do.
/// </summary>
public sealed class QueryAttributeTests(LabServers lab)
{
    private const Capabilities Named = RawClient.Usual | Capabilities.QueryAttributes;

    private const string Ask = "select mysql_query_attribute_string('tenant'), mysql_query_attribute_string('no')";

    private static readonly TimeSpan ProgramTimeMax = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Attributes_of_texts_and_executions_are_what_the_server_sees()
    {
        await using var server = await StartServerAsync();
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, Named);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal("1", other.Query("select 1").FirstValue);
            twins.SameQuery(Ask);
            twins.SameAsIs(Text(Ask, ("tenant", "seven")), "one attribute");
            twins.SameAsIs(Text(Ask, ("", "x"), ("tenant", null), ("no", "yes")), "three attributes");
            twins.SameAsIs(Text(Ask + " -- " + new string('x', 70_000), ("tenant", "long")), "a long text");
            twins.SameExecutions(Ask, [8, 1, 0, 0, 0, 0], [8, 1, 0, 0, 0, .. Values(("tenant", "eight"))], [0, 1, 0, 0, 0]);
            twins.SameExecutions("select ?, mysql_query_attribute_string('tenant')",
                [8, 1, 0, 0, 0, .. Values(("", "value"), ("tenant", "nine"))],
                [8, 1, 0, 0, 0, 1, 0, 0, 5, .. "again"u8],
                [0, 1, 0, 0, 0, 1, 0, 0, 5, .. "plain"u8],
                [8, 1, 0, 0, 0, .. Values(("tenant", "a name that is a parameter"))],
                [8, 1, 0, 0, 0, 0], // Too few.
                [8, 1, 0, 0, 0, 2, 0, 0, 1, (byte)'a', 1, (byte)'b'], // Two, and no types.
                [8, 1, 0, 0, 0, .. Values(("", "value"), ("", "no name"))]);
        }
        twins.AssertSame();
    }

    // Clients tell types once, and names with them: an execution that has attributes and tells no types is refused by the server.
    [Fact]
    public async Task Attributes_of_an_execution_without_types_are_what_the_server_sees()
    {
        await using var server = await StartServerAsync();
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, Named);
        twins.SameExecutions("select ?, mysql_query_attribute_string('tenant'), mysql_query_attribute_string('no')",
            [8, 1, 0, 0, 0, .. Values(("", "value"), ("tenant", "nine"))],
            [8, 1, 0, 0, 0, 2, 0, 0, 5, .. "again"u8, 3, .. "ten"u8],
            [8, 1, 0, 0, 0, 1, 0, 0, 4, .. "less"u8],
            [8, 1, 0, 0, 0, 2, 0, 0, 5, .. "again"u8, 3, .. "two"u8],
            [8, 1, 0, 0, 0, 3, 0, 0, 5, .. "again"u8, 3, .. "two"u8, 5, .. "three"u8],
            [8, 1, 0, 0, 0, .. Values(("", "value"), ("no", "yes"), ("tenant", "both"))],
            [8, 1, 0, 0, 0, 3, 0, 0, 5, .. "again"u8, 3, .. "one"u8, 3, .. "two"u8],
            [8, 1, 0, 0, 0, 3, 2, 0, 5, .. "again"u8, 3, .. "two"u8]);
        twins.SameExecutions("select mysql_query_attribute_string('tenant')",
            [8, 1, 0, 0, 0, .. Values(("tenant", "nine"))],
            [8, 1, 0, 0, 0, 1, 0, 0, 3, .. "ten"u8]);
        twins.AssertSame();
    }

    // Every one of these is refused by the server as it is here, and the conversation goes on.
    [Fact]
    public async Task Attributes_that_make_no_sense_are_refused_as_the_server_refuses_them()
    {
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, Named);
        byte[][] bodies =
        [
            [], [0], [0, 0], [0, 2], [7], [1, 1], [1, 1, 0, 0, 5, .. "select 1"u8], [1, 1, 0, 1, 3, 0, 0, 7],
            [1, 1, 0, 1, 253, 0, 200, (byte)'a'], [1, 1, 0, 1, 244, 0, 1, (byte)'a', 1], [0xFD, 0, 0, 1, 1, 0, 1],
            [0, 1], [0, 1, .. "select 2"u8],
        ];
        foreach (var body in bodies)
            twins.SameAsIs(body, Convert.ToHexString(body));
        twins.AssertSame();
    }

    // The types that drivers have, and those that the server reads as strings.
    [Fact]
    public async Task Values_of_every_type_end_where_the_server_ends_them()
    {
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, Named);
        byte[] value = [4, 1, 1, 1, 1, 1, 1, 1, 1];
        for (var type = 0; type < 256; type++)
        {
            for (var length = 0; length <= 8; length++)
            {
                twins.SameAsIs([1, 1, 0, 1, (byte)type, 0, 1, (byte)'a', .. value[..length], .. "select 1"u8],
                    $"type {type}, {length} bytes");
            }
        }
        byte[][] lengths =
        [
            [0xFB], [0xFC], [0xFC, 1], [0xFC, 1, 0], [0xFD, 1], [0xFD, 1, 0, 0], [0xFE, 1], [0xFE, 1, 0, 0, 0, 0, 0, 0, 0], [0xFF],
        ];
        foreach (var type in (byte[])[0, 7, 10, 11, 12, 246, 253])
        {
            foreach (var length in lengths)
            {
                foreach (byte[] rest in (byte[][])[[], [.. "select 1"u8]])
                {
                    twins.SameAsIs([1, 1, 0, 1, type, 0, 1, (byte)'a', .. length, .. rest],
                        $"type {type}, {Convert.ToHexString(length)}");
                }
            }
        }
        twins.AssertSame();
    }

    [Fact]
    public async Task The_mysql_client_and_MySqlConnector_hand_theirs_on()
    {
        await lab.RequireAsync("mysql97", Cancel);
        await using var server = await StartServerAsync();
        await using var seawall = await StartAsync(server);
        var client = new LabCommand(LabFolders.Script("mysql97"),
            "mysql", "-h127.0.0.1", $"-P{seawall.Port}", "-useawall", "-pseawall", "--get-server-public-key", "--commands",
            "-N", "-B", "-e", $"query_attributes tenant cli; {Ask}; query_attributes tenant again no yes; {Ask}; {Ask};");
        Assert.Equal("cli\tNULL\nagain\tyes\nNULL\tNULL",
            (await LabProgram.RunAsync(client, ProgramTimeMax, Cancel)).ShouldSucceed().Output);

        await using var connection = await seawall.ConnectAsync(Cancel);
        foreach (var prepared in (bool[])[false, true])
        {
            foreach (var tenant in (string[])["seven", "eight"])
            {
                await using var command = new MySqlCommand("select concat(mysql_query_attribute_string('tenant'), @value)", connection);
                command.Parameters.AddWithValue("@value", "!");
                command.Attributes.SetAttribute("tenant", tenant);
                if (prepared)
                    await command.PrepareAsync(Cancel);
                Assert.Equal(tenant + "!", await command.ExecuteScalarAsync(Cancel));
                Assert.Equal(tenant + "!", await command.ExecuteScalarAsync(Cancel));
            }
        }
    }

    private async Task<LabServer> StartServerAsync()
    {
        var server = await lab.StartAsync(LabKind.MySql97, Cancel);
        await server.ExecuteAsync("install component 'file://component_query_attributes'", Cancel);
        return server;
    }

    private static Task<SeawallUnderTest> StartAsync(LabServer server) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with { Pools = options.Pools with { SizeMax = 2, WaitMsMax = 30_000 } });

    private static byte[] Text(string sql, params (string Name, string? Value)[] attributes)
    {
        var values = Values(attributes);
        return [values[0], 1, .. values[1..], .. System.Text.Encoding.UTF8.GetBytes(sql)];
    }

    private static byte[] Values(params (string Name, string? Value)[] values)
    {
        var nulls = values.Select((value, i) => value.Value is null ? 1 << i : 0).Sum();
        var writer = new PacketWriter().Begin(0).Int1((byte)values.Length).Int1((byte)nulls).Int1(1);
        foreach (var (name, _) in values)
            writer.Int2(0xFD).LengthEncodedText(name);
        foreach (var (_, value) in values)
        {
            if (value is not null)
                writer.LengthEncodedText(value);
        }
        return writer.OpenPayload.ToArray();
    }
}
