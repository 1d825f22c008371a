using System.Buffers.Binary;
using System.Text;
using Seawall.Captures.Files;
using Seawall.Captures.Records;
using Seawall.MySql.Commands;

namespace Seawall.LabTests.Rehearsal;

/// <summary>A capture as the front door writes one, of clients that a test makes up.</summary>
internal sealed class MadeCapture : IDisposable
{
    // Any moment will do; captures count from it.
    private const long BeganUs = 1_790_000_000_000_000;

    private readonly CaptureWriter _writer;
    private readonly string _folder;
    private readonly Dictionary<ulong, string> _schemas = [];
    private ulong _connections;

    public MadeCapture(string folder)
    {
        _folder = folder;
        _writer = new CaptureWriter(new CaptureForm { Folder = folder, Head = new CaptureHead { Name = "made", BeganUs = BeganUs, KeepsLiterals = true } });
    }

    /// <summary>A connection that began so many seconds after the capture.</summary>
    public ulong Connect(double at, string schema = "", string user = "seawall", string driver = "MySqlConnector", string plugin = "mysql_native_password")
    {
        _writer.Append(new ConnectionEvent
        {
            Figures = new() { Connection = ++_connections, AcceptUs = Us(at), End = LoginEnd.In },
            User = user,
            Schema = schema,
            FirstPlugin = plugin,
            AccountPlugin = plugin,
            Attributes = [new("_client_name", driver)],
        });
        _schemas[_connections] = schema;
        return _connections;
    }

    /// <summary>A statement as text.</summary>
    public void Query(ulong connection, double at, string sql, bool inTransaction = false, double took = 0.001, TextState state = TextState.Kept) =>
        Append(connection, at, CommandKind.Query, sql, [], 0, inTransaction, took, state);

    /// <summary>A prepared statement, executed with numbers.</summary>
    public void Execute(ulong connection, double at, uint id, string sql, params long[] values)
    {
        const byte bigInt = 8;
        var nulls = (values.Length + 7) / 8;
        var bytes = new byte[nulls + 1 + (values.Length * 10)];
        bytes[nulls] = 1;
        for (var i = 0; i < values.Length; i++)
        {
            bytes[nulls + 1 + (i * 2)] = bigInt;
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(nulls + 1 + (values.Length * 2) + (i * 8)), values[i]);
        }
        Append(connection, at, CommandKind.StatementExecute, sql, values.Length == 0 ? [] : bytes, id, false, 0.001, TextState.Kept);
    }

    /// <summary>The preparation of a statement.</summary>
    public void Prepare(ulong connection, double at, uint id, string sql) =>
        Append(connection, at, CommandKind.StatementPrepare, sql, [], id, false, 0.001, TextState.Kept);

    /// <summary>Rows of a cursor.</summary>
    public void Fetch(ulong connection, double at, uint id, string sql, uint rows) =>
        Append(connection, at, CommandKind.StatementFetch, sql, BitConverter.GetBytes(rows), id, false, 0.001, TextState.Kept);

    /// <summary>Another user on the same connection.</summary>
    public void ChangeUser(ulong connection, double at, string user) =>
        Append(connection, at, CommandKind.ChangeUser, user, [], 0, false, 0.001, TextState.Kept);

    /// <summary>Its end.</summary>
    public void Close(ulong connection, double at) => _writer.Append(new ConnectionEnd
    {
        Figures = new() { Connection = connection, CloseUs = Us(at), Reason = CloseReason.Goodbye },
    });

    /// <summary>Ends the capture; says where it is.</summary>
    public string Finish()
    {
        _writer.Flush();
        Dispose();
        return Directory.GetFiles(_folder).Order().First();
    }

    public void Dispose() => _writer.Dispose();

    private void Append(
        ulong connection, double at, CommandKind kind, string sql, byte[] parameters, uint id, bool inTransaction, double took, TextState state) =>
        _writer.Append(new CommandEvent
        {
            Figures = new()
            {
                Connection = connection,
                StartUs = Us(at),
                DurationUs = (uint)(took * 1e6),
                Command = kind,
                StatementId = id,
                Text = state,
                Marks = inTransaction ? TransactionMarks.WasOpen | TransactionMarks.IsOpen : TransactionMarks.None,
            },
            Schema = _schemas[connection],
            Text = Encoding.UTF8.GetBytes(sql),
            Parameters = parameters,
        });

    private static long Us(double at) => BeganUs + (long)(at * 1e6);
}
