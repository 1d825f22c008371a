using System.Buffers.Binary;
using System.Text;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests.Lab;

/// <summary>
/// The same session twice, at the server and through Seawall, each in a schema of its own with the same content: whatever is
/// done is done to both, and every packet of every answer is compared.
/// </summary>
public sealed class TwinSessions(RawClient direct, RawClient through, int port) : IDisposable
{
    /// <summary>The session through Seawall.</summary>
    public RawClient Through => through;

    private readonly List<string> _differences = [];

    private static readonly string[] s_content =
    [
        "create table people (id int primary key auto_increment, name varchar(40) not null, age int) engine=innodb",
        "insert into people (name, age) values ('Ann', 30), ('Bob', null), ('Cid', 12), ('Dee', 99)",
        """
        create table types (id int primary key, c_tiny tinyint, c_small smallint unsigned, c_medium mediumint,
          c_big bigint unsigned, c_bit bit(12), c_decimal decimal(20, 6), c_float float, c_double double,
          c_date date, c_time time(3), c_datetime datetime(6), c_timestamp timestamp null, c_year year,
          c_char char(5), c_varchar varchar(20) character set latin1, c_binary binary(4), c_varbinary varbinary(9),
          c_text text, c_blob blob, c_enum enum('a', 'b'), c_set set('x', 'y', 'z')) engine=innodb
        """,
        """
        insert into types values (1, -128, 65535, -8388608, 18446744073709551615, b'101010101010', -1234567.654321,
          1.5, -2.25e100, '2024-02-29', '-837:59:59.5', '2024-02-29 23:59:59.123456', '2020-01-01 00:00:00', 2024,
          'ab', 'héllo', 'ab', x'00ff00', 'text', x'fe00fb', 'b', 'x,z')
        """,
        "insert into types (id) values (2)",
        "create procedure two_results(n int) begin select n, n + 1; select 'second' as s; update people set age = n where id = 1; end",
        "create procedure has_cursor() begin declare c cursor for select 1; open c; close c; select 'rows'; end",
        "create procedure fails_midway() begin select 'before'; select * from no_such_table; end",
    ];

    public static TwinSessions Open(LabServer server, SeawallUnderTest seawall, Capabilities dialect)
    {
        var direct = RawClient.Connect(server.Port, "seawall", "seawall", dialect);
        var through = RawClient.Connect(seawall.Port, "seawall", "seawall", dialect);
        Assert.Null(through.Refusal);
        Assert.Equal(direct.ServerVersion, through.ServerVersion);
        Assert.Equal(direct.Agreed, through.Agreed);
        // The same name twice would be the same schema: one after the other.
        foreach (var (client, name) in ((RawClient, string)[])[(direct, "fidelity_d"), (through, "fidelity_s")])
        {
            foreach (var sql in (string[])[$"drop database if exists {name}", $"create database {name} character set utf8mb4", $"use {name}", .. s_content])
                Assert.Null(client.Query(sql).Error);
        }
        return new TwinSessions(direct, through, server.Port);
    }

    /// <summary>Whether the flag that says that a prepared statement's columns have changed is left out of the comparison.</summary>
    public void HideMetadataChange(bool hides) => direct.HidesMetadataChange = through.HidesMetadataChange = hides;

    public void AssertSame()
    {
        Assert.True(_differences.Count == 0, string.Join('\n', _differences));
        Assert.Null(direct.Problem);
        Assert.Null(through.Problem);
    }

    public void SameQuery(string sql)
    {
        Same(CommandKind.Query, sql);
        if (sql.StartsWith("use ", StringComparison.Ordinal))
        {
            direct.Query("use fidelity_d");
            through.Query("use fidelity_s");
        }
    }

    /// <summary>
    /// Sends a command to both; where the server does not know it (<paramref name="isKnown"/>), to Seawall alone.
    /// </summary>
    public void Same(CommandKind kind, string body, bool isKnown = true)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        if (isKnown)
            Same(kind, bytes, Encoding.UTF8.GetBytes(body.Replace("fidelity_d", "fidelity_s")), body);
        else
            through.Ask(kind, bytes);
    }

    /// <summary>
    /// Prepares, executes twice, the second time without the types, as drivers do, and closes. <paramref name="between"/>
    /// happens between the two.
    /// </summary>
    public async Task SamePreparedAsync(string sql, object?[] parameters, Func<Task> between)
    {
        var text = Encoding.UTF8.GetBytes(sql);
        if (Same(CommandKind.StatementPrepare, text, text, sql) is not var (directId, throughId))
            return;
        foreach (var withTypes in (bool[])[true, false])
        {
            Same(CommandKind.StatementExecute, Execution(directId, parameters, withTypes),
                Execution(throughId, parameters, withTypes), $"execution of {sql}");
            if (withTypes)
                await between();
        }
        direct.Send(CommandKind.StatementClose, Number(directId));
        through.Send(CommandKind.StatementClose, Number(throughId));
    }

    public void SamePrepared(string sql, object?[] parameters) =>
        SamePreparedAsync(sql, parameters, () => Task.CompletedTask).GetAwaiter().GetResult();

    /// <summary>
    /// Prepares and, without waiting for the number, executes "the statement that was prepared last", as MariaDB's drivers do.
    /// </summary>
    public void SameAhead(string sql, object?[] parameters)
    {
        foreach (var client in (RawClient[])[direct, through])
        {
            client.Send(CommandKind.StatementPrepare, Encoding.UTF8.GetBytes(sql));
            client.Send(CommandKind.StatementExecute, Execution(uint.MaxValue, parameters, withTypes: true));
        }
        foreach (var kind in (CommandKind[])[CommandKind.StatementPrepare, CommandKind.StatementExecute])
            Compare($"{kind} of {sql}", direct.ReadNext(kind).Shown(kind), [.. through.ReadNext(kind).Shown(kind).Select(Alike)]);
    }

    /// <summary>Sends a COM_QUERY with this body, attributes included, to both.</summary>
    public void SameAsIs(byte[] body, string what) => Compare(what, direct.QueryAsIs(body).Shown(CommandKind.Query),
        [.. through.QueryAsIs(body).Shown(CommandKind.Query).Select(Alike)]);

    /// <summary>Prepares, and executes with these bodies, which lack only the number.</summary>
    public void SameExecutions(string sql, params byte[][] bodies)
    {
        var text = Encoding.UTF8.GetBytes(sql);
        if (Same(CommandKind.StatementPrepare, text, text, sql) is not var (directId, throughId))
            return;
        foreach (var body in bodies)
        {
            Same(CommandKind.StatementExecute, [.. Number(directId), .. body], [.. Number(throughId), .. body],
                $"execution of {sql} with {Convert.ToHexString(body)}");
        }
        direct.Send(CommandKind.StatementClose, Number(directId));
        through.Send(CommandKind.StatementClose, Number(throughId));
    }

    /// <summary>
    /// Prepares, executes in bulk with these bodies, which lack only the number, and closes. <paramref name="between"/> happens
    /// between two of them.
    /// </summary>
    public async Task SameBulkAsync(string sql, Func<Task> between, params byte[][] bodies)
    {
        var text = Encoding.UTF8.GetBytes(sql);
        if (Same(CommandKind.StatementPrepare, text, text, sql) is not var (directId, throughId))
            return;
        foreach (var body in bodies)
        {
            if (!ReferenceEquals(body, bodies[0]))
                await between();
            Same(CommandKind.StatementBulkExecute, [.. Number(directId), .. body], [.. Number(throughId), .. body],
                $"bulk execution of {sql} with {Convert.ToHexString(body.AsSpan(0, Math.Min(body.Length, 100)))}");
        }
        direct.Send(CommandKind.StatementClose, Number(directId));
        through.Send(CommandKind.StatementClose, Number(throughId));
    }

    /// <summary>Executes "the statement that was prepared last" once more.</summary>
    public void SameLast(params object?[] parameters)
    {
        var execution = Execution(uint.MaxValue, parameters, withTypes: true);
        Same(CommandKind.StatementExecute, execution, execution, "the last statement again");
    }

    /// <summary>Prepares, sends the pieces of each parameter, executes twice, the second time without pieces, and closes.</summary>
    public void SamePieces(string sql, params byte[][][] pieces)
    {
        var text = Encoding.UTF8.GetBytes(sql);
        if (Same(CommandKind.StatementPrepare, text, text, sql) is not var (directId, throughId))
            return;
        foreach (var (client, id) in ((RawClient, uint)[])[(direct, directId), (through, throughId)])
        {
            for (var parameter = 0; parameter < pieces.Length; parameter++)
            {
                foreach (var piece in pieces[parameter])
                    client.Send(CommandKind.StatementSendLongData, [.. Number(id), (byte)parameter, 0, .. piece]);
            }
        }
        // A parameter that came in pieces has a type and no value here.
        byte[] count = direct.SendsAttributes ? [(byte)pieces.Length] : [];
        byte[] types = [.. count, 0, 1, .. pieces.SelectMany(_ => (byte[])[0xFC, 0, .. direct.SendsAttributes ? (byte[])[0] : []])];
        Same(CommandKind.StatementExecute, [.. Number(directId), 0, 1, 0, 0, 0, .. types],
            [.. Number(throughId), 0, 1, 0, 0, 0, .. types], $"execution of {sql} in pieces");
        var values = new object?[pieces.Length];
        Array.Fill(values, "now whole");
        Same(CommandKind.StatementExecute, Execution(directId, values, withTypes: true),
            Execution(throughId, values, withTypes: true), $"execution of {sql}");
    }

    public void Dispose()
    {
        direct.Dispose();
        through.Dispose();
        using var cleaner = RawClient.Connect(port, "seawall", "seawall");
        cleaner.Query("drop database if exists fidelity_d");
        cleaner.Query("drop database if exists fidelity_s");
    }

    private (uint Direct, uint Through)? Same(CommandKind kind, byte[] toServer, byte[] toSeawall, string what)
    {
        var expected = direct.Ask(kind, toServer);
        var actual = through.Ask(kind, toSeawall);
        // Names of the two schemas have the same length, so that only their letters differ.
        Compare($"{kind} {(what.Length > 200 ? $"{what[..200]}... ({what.Length})" : what)}", expected.Shown(kind), [.. actual.Shown(kind).Select(Alike)]);
        return kind == CommandKind.StatementPrepare && expected.Error is null ? (expected.StatementId, actual.StatementId) : null;
    }

    private void Compare(string what, string[] expected, string[] actual)
    {
        if (expected.SequenceEqual(actual))
            return;
        var at = expected.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count();
        _differences.Add($"{what}: {expected.Length} packets, {actual.Length} through Seawall; the first that differs\n"
            + $"  server:  {expected.ElementAtOrDefault(at)}\n  Seawall: {actual.ElementAtOrDefault(at)}");
    }

    private static string Alike(string shown) =>
        shown.Replace("fidelity_s", "fidelity_d").Replace("666964656C6974795F73", "666964656C6974795F64");

    private static byte[] Number(uint id)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, id);
        return bytes;
    }

    private byte[] Execution(uint id, object?[] parameters, bool withTypes)
    {
        var body = new MemoryStream();
        body.Write([.. Number(id), direct.SendsAttributes ? (byte)8 : (byte)0, 1, 0, 0, 0]);
        if (direct.SendsAttributes)
            body.Write(new PacketWriter().Begin(0).LengthEncoded((ulong)parameters.Length).OpenPayload);
        if (parameters.Length == 0)
            return body.ToArray();
        var nulls = new byte[(parameters.Length + 7) / 8];
        for (var i = 0; i < parameters.Length; i++)
            nulls[i / 8] |= (byte)(parameters[i] is null ? 1 << (i % 8) : 0);
        body.Write(nulls);
        body.WriteByte(withTypes ? (byte)1 : (byte)0);
        const byte isLong = 3, isString = 0xFD;
        byte[] noName = direct.SendsAttributes ? [0] : [];
        foreach (var parameter in withTypes ? parameters : [])
            body.Write([parameter is string ? isString : isLong, 0, .. noName]);
        foreach (var parameter in parameters)
        {
            if (parameter is int number)
                body.Write(Number((uint)number));
            else if (parameter is string text)
                body.Write(new PacketWriter().Begin(0).LengthEncodedText(text).OpenPayload);
        }
        return body.ToArray();
    }
}
