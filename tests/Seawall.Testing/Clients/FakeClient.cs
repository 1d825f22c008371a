using System.Text;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Compression;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Seawall.Testing.Framing;
using Seawall.Testing.Worlds;

namespace Seawall.Testing.Clients;

/// <summary>
/// A client for tests. Methods that begin with <c>Begin</c> start something and return at once; the others wait for it. One
/// thing at a time, as with every connection.
/// </summary>
public sealed class FakeClient
{
    private readonly PacketStream _stream;
    private readonly Pump _pump;
    private Capabilities _capabilities;
    private ReplyReader _reader;
    private byte[] _nonce = [];

    /// <summary>A client whose connection is being made.</summary>
    public FakeClient(Wire wire, FakeClientOptions options, Pump pump)
    {
        _stream = new PacketStream(wire);
        _pump = pump;
        Options = options;
        _reader = new ReplyReader(_stream, options.Capabilities);
    }

    /// <summary>Who it is.</summary>
    public FakeClientOptions Options { get; }

    /// <summary>Its connection.</summary>
    public Wire Wire => _stream.Wire;

    /// <summary>The version that it was greeted with.</summary>
    public string Version { get; private set; } = "";

    /// <summary>The number that it was greeted with.</summary>
    public uint ConnectionId { get; private set; }

    /// <summary>What was offered.</summary>
    public Capabilities Offered { get; private set; }

    /// <summary>What was wrong with what it got.</summary>
    public string? Problem => Options.TakesAnything ? null : _stream.Problem ?? _reader.Problem;

    /// <summary>How its connection ended.</summary>
    public StreamEnd End => _stream.End;

    /// <summary>The packets of its last login after the first proof: see <see cref="ClientProof.Trace"/>.</summary>
    public IReadOnlyList<string> LoginTrace { get; private set; } = [];

    /// <summary>Bytes of the connection, as a simulated network counts them.</summary>
    public Link Link => ((SimulatedWire)Wire).Link;

    /// <summary>Logs in.</summary>
    public LoginReply LogIn() => BeginLogIn().Value;

    /// <summary>Logs in.</summary>
    public Pending<LoginReply> BeginLogIn() => Start($"login of {Options.User}", LogInNow);

    /// <summary>Runs a statement as text.</summary>
    public Reply Query(string sql) => BeginQuery(sql).Value;

    /// <summary>Runs a statement as text.</summary>
    public Pending<Reply> BeginQuery(string sql) => BeginQuery(sql, []);

    /// <summary>Runs a statement as text, with attributes where they were agreed on.</summary>
    public Pending<Reply> BeginQuery(string sql, params (string Name, string? Value)[] attributes) => Start(
        sql.Length > 60 ? sql[..60] : sql,
        () => Command(CommandKind.Query, [.. Written(attributes), .. Encoding.UTF8.GetBytes(sql)]));

    /// <summary>Sends a command that has an ordinary answer.</summary>
    public Reply Command(CommandKind kind, string text = "") => BeginCommand(kind, Encoding.UTF8.GetBytes(text)).Value;

    /// <summary>Sends a command that has an ordinary answer.</summary>
    public Pending<Reply> BeginCommand(CommandKind kind, byte[] body) => Start($"{kind}", () => Command(kind, body));

    /// <summary>Prepares a statement.</summary>
    public PrepareReply Prepare(string sql) => BeginPrepare(sql).Value;

    /// <summary>Prepares a statement.</summary>
    public Pending<PrepareReply> BeginPrepare(string sql) => Start($"prepare {sql}", async LoopTask<PrepareReply> () =>
    {
        await Say(CommandKind.StatementPrepare, Encoding.UTF8.GetBytes(sql));
        return await _reader.ReadPrepared();
    });

    /// <summary>Executes a prepared statement; with types unless told otherwise.</summary>
    public Reply Execute(uint id, params string?[] parameters) => BeginExecute(id, parameters).Value;

    /// <inheritdoc cref="Execute"/>
    public Pending<Reply> BeginExecute(uint id, string?[] parameters, bool withTypes = true, byte cursor = 0) =>
        BeginExecute(ExecuteBody(id, parameters, withTypes, cursor));

    /// <summary>Executes with a body of one's own.</summary>
    public Pending<Reply> BeginExecute(byte[] body) => Start("execute", async LoopTask<Reply> () =>
    {
        await Say(CommandKind.StatementExecute, body);
        return await _reader.Read(isBinary: true);
    });

    /// <summary>Fetches rows of a cursor.</summary>
    public Reply Fetch(uint id, int rows, int columns) => Start($"fetch {id}", async LoopTask<Reply> () =>
    {
        await Say(CommandKind.StatementFetch, [.. BitConverter.GetBytes(id), .. BitConverter.GetBytes(rows)]);
        return await _reader.ReadFetched(columns);
    }).Value;

    /// <summary>The columns of a table.</summary>
    public Reply FieldList(string table) => Start($"fields of {table}", async LoopTask<Reply> () =>
    {
        await Say(CommandKind.FieldList, [.. Encoding.UTF8.GetBytes(table), 0]);
        return await _reader.ReadFields();
    }).Value;

    /// <summary>Sends a command that is answered with one packet of words.</summary>
    public string Ask(CommandKind kind) => Start($"{kind}", async LoopTask<string> () =>
    {
        await Say(kind, []);
        return Encoding.UTF8.GetString(await _stream.Read() ?? []);
    }).Value;

    /// <summary>Sends a command that has no answer.</summary>
    public void Tell(CommandKind kind, byte[] body) =>
        _ = Start($"{kind}", () => Say(kind, body)).Value;

    /// <summary>
    /// Logs in as somebody else on the same connection. With a <paramref name="plugin"/> it sends a proof at once, made with
    /// the nonce that it was greeted with, as drivers do; without one it waits for another nonce.
    /// </summary>
    public Reply ChangeUser(string user, string password, string? schema = null, byte collation = 45, string? plugin = null) =>
        Start($"change to {user}", () => ChangeUserNow(user, password, schema, collation, plugin)).Value;

    /// <summary>Sends bytes as they are.</summary>
    public void Send(byte[] bytes) =>
        Start("bytes", async LoopTask<bool> () => Wire.Send(bytes) && await Wire.Flushed());

    /// <summary>Reads an answer to what was sent with <see cref="Send"/>; its first packet has this number.</summary>
    public Pending<Reply> BeginRead(byte sequence = 1, bool isBinary = false) => Start("an answer", () =>
    {
        _stream.Restart(sequence);
        return _reader.Read(isBinary);
    });

    /// <summary>Reads one packet of this number; null when there is none any more.</summary>
    public Pending<byte[]?> BeginReadPacket(byte sequence) => Start("a packet", () =>
    {
        _stream.Restart(sequence);
        return _stream.Read();
    });

    /// <summary>Leaves as clients should.</summary>
    public void Quit() => Start("quit", async LoopTask<bool> () =>
    {
        await Say(CommandKind.Quit, []);
        Wire.Close();
        return true;
    });

    /// <summary>Leaves as clients should not.</summary>
    public void Cut() => Wire.Close();

    /// <summary>A command as bytes, for <see cref="Send"/>.</summary>
    public static byte[] Bytes(CommandKind kind, string text, byte sequence = 0)
    {
        var body = Encoding.UTF8.GetBytes(text);
        var bytes = new byte[PacketHeader.Size + 1 + body.Length];
        PacketHeader.Write(bytes, 1 + body.Length, sequence);
        bytes[PacketHeader.Size] = (byte)kind;
        body.CopyTo(bytes, PacketHeader.Size + 1);
        return bytes;
    }

    /// <summary>The body of an execution; all parameters are strings.</summary>
    public static byte[] ExecuteBody(uint id, string?[] parameters, bool withTypes, byte cursor)
    {
        var writer = new PacketWriter().Begin(0).Int4(id).Int1(cursor).Int4(1);
        if (parameters.Length == 0)
            return writer.OpenPayload.ToArray();
        var nulls = new byte[(parameters.Length + 7) / 8];
        for (var i = 0; i < parameters.Length; i++)
            nulls[i / 8] |= (byte)(parameters[i] is null ? 1 << (i % 8) : 0);
        writer.Raw(nulls).Int1(withTypes ? (byte)1 : (byte)0);
        for (var i = 0; withTypes && i < parameters.Length; i++)
            writer.Int2(0xFD);
        foreach (var value in parameters.OfType<string>())
            writer.LengthEncodedText(value);
        return writer.OpenPayload.ToArray();
    }

    /// <summary>The body of an execution in the form with names, with attributes behind the parameters; all of them are strings.</summary>
    public static byte[] NamedBody(uint id, string[] parameters, params (string Name, string Value)[] attributes)
    {
        var all = parameters.Select(value => (Name: "", Value: value)).Concat(attributes).ToArray();
        var writer = new PacketWriter().Begin(0).Int4(id).Int1(ExecutionHead.CountsValues).Int4(1).LengthEncoded((ulong)all.Length)
            .Zeros((all.Length + 7) / 8).Int1(1);
        foreach (var (name, _) in all)
            writer.Int2(0xFD).LengthEncodedText(name);
        foreach (var (_, value) in all)
            writer.LengthEncodedText(value);
        return writer.OpenPayload.ToArray();
    }

    private byte[] Written((string Name, string? Value)[] attributes)
    {
        if (!_capabilities.HasFlag(Capabilities.QueryAttributes))
            return [];
        var writer = new PacketWriter().Begin(0).LengthEncoded((ulong)attributes.Length).Int1(1);
        if (attributes.Length == 0)
            return writer.OpenPayload.ToArray();
        var nulls = new byte[(attributes.Length + 7) / 8];
        for (var i = 0; i < attributes.Length; i++)
            nulls[i / 8] |= (byte)(attributes[i].Value is null ? 1 << (i % 8) : 0);
        writer.Raw(nulls).Int1(1);
        foreach (var (name, _) in attributes)
            writer.Int2(0xFD).LengthEncodedText(name);
        foreach (var (_, value) in attributes)
        {
            if (value is not null)
                writer.LengthEncodedText(value);
        }
        return writer.OpenPayload.ToArray();
    }

    internal async LoopTask<LoginReply> LogInNow()
    {
        await Wire.Writable();
        if (await _stream.Read() is not { } greeting)
            return new LoginReply(null, "", 0, IsCut: true);
        if (greeting[0] == ErrPacket.Header)
            return new LoginReply(_reader.ReadOk(greeting).Error, "", 0, false);
        (var plugin, _nonce) = ReadGreeting(greeting);
        var proof = new ClientProof(_stream, Options.Password, Options.IsProtected);
        LoginTrace = proof.Trace;
        var first = Options.Plugin ?? plugin;
        WriteLogin(first, Options.WaitsForNonce && first != plugin ? [] : proof.Make(first, _nonce));
        var end = await _stream.Flush() ? await proof.Finish() : null;
        if (end is [OkPacket.Header, ..])
            _stream.Compress(CompressionKinds.AgreedIn(_capabilities));
        return new LoginReply(end is null ? null : _reader.ReadOk(end).Error, plugin, _stream.PacketsWritten, end is null);
    }

    internal async LoopTask<Reply> Command(CommandKind kind, byte[] body)
    {
        await Say(kind, body);
        return await _reader.Read(isBinary: false);
    }

    private (string Plugin, byte[] Nonce) ReadGreeting(byte[] packet)
    {
        var nonce = new byte[Greeting.NonceLength];
        var greeting = Greeting.Read(packet, nonce);
        if (!greeting.IsValid)
            throw new InvalidOperationException("a greeting that makes no sense");
        Version = Encoding.ASCII.GetString(greeting.ServerVersion);
        ConnectionId = greeting.ConnectionId;
        Offered = greeting.Capabilities;
        _capabilities = Options.Capabilities & (Offered | Capabilities.ClientMySql);
        if (Options.Schema is not null)
            _capabilities |= Capabilities.ConnectWithSchema;
        _reader = new ReplyReader(_stream, _capabilities);
        return (Encoding.ASCII.GetString(greeting.AuthPlugin), nonce);
    }

    private void WriteLogin(string plugin, byte[] proof)
    {
        var attributes = new PacketWriter().Begin(0);
        foreach (var (name, value) in Options.Attributes)
            attributes.LengthEncodedText(name).LengthEncodedText(value);
        LoginRequest.Write(_stream.Begin(), _capabilities, Options.Collation, Encoding.UTF8.GetBytes(Options.User), proof,
            Encoding.UTF8.GetBytes(Options.Schema ?? ""), Encoding.ASCII.GetBytes(plugin), attributes.OpenPayload,
            Options.ZstdLevel);
        _stream.Finish();
    }

    private async LoopTask<Reply> ChangeUserNow(string user, string password, string? schema, byte collation, string? plugin)
    {
        var proof = new ClientProof(_stream, password, Options.IsProtected);
        var first = plugin is null ? [] : proof.Make(plugin, _nonce);
        plugin ??= Options.WaitsForNonce ? Options.Plugin ?? "" : "mysql_clear_password";
        _stream.Restart();
        ChangeUserRequest.Write(_stream.Begin(), _capabilities, Encoding.UTF8.GetBytes(user), first,
            Encoding.UTF8.GetBytes(schema ?? ""), collation, Encoding.ASCII.GetBytes(plugin), default);
        _stream.Finish();
        var end = await _stream.Flush() ? await proof.Finish() : null;
        return end is null ? new Reply([], IsCut: true) : new Reply([_reader.ReadOk(end)], false);
    }

    private LoopTask<bool> Say(CommandKind kind, byte[] body)
    {
        _stream.Restart();
        _stream.Begin().Int1((byte)kind).Raw(body);
        _stream.Finish();
        var sent = _stream.Flush();
        return sent;
    }

    private Pending<T> Start<T>(string what, Func<LoopTask<T>> work) => Pending<T>.Start(Wire.Loop, _pump, what, work);
}
