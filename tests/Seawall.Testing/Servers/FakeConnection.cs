using System.Text;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Compression;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Seawall.Testing.Framing;
using Seawall.Testing.Worlds;

namespace Seawall.Testing.Servers;

/// <summary>A command that reached a <see cref="FakeServer"/>.</summary>
/// <param name="Kind">Its first byte.</param>
/// <param name="Text">Its text, when it has one.</param>
/// <param name="Attributes">Its attributes, as <c>name=value</c>, a comma between two.</param>
public sealed record FakeCommand(CommandKind Kind, string Text, string Attributes = "")
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Text}";
}

/// <summary>One connection of a <see cref="FakeServer"/>.</summary>
public sealed class FakeConnection
{
    private readonly FakeServer _server;
    private readonly PacketStream _stream;
    private readonly FakeLogin _login;
    private readonly FakeStatements _statements;
    private readonly FakeReplies _replies;

    internal FakeConnection(FakeServer server, Wire wire, uint id)
    {
        _server = server;
        _stream = new PacketStream(wire);
        Session = new FakeSession(server, id);
        _login = new FakeLogin(server, Session, _stream);
        _replies = new FakeReplies(Session, _stream);
        _statements = new FakeStatements(server, Session, _replies);
    }

    /// <summary>What it has set.</summary>
    public FakeSession Session { get; }

    /// <summary>Whether it is there.</summary>
    public bool IsLive => !_stream.Wire.IsClosed;

    /// <summary>Whether somebody has logged in on it.</summary>
    public bool IsLoggedIn { get; private set; }

    /// <summary>What the other end can.</summary>
    public Capabilities Capabilities => _login.Capabilities;

    /// <summary>The other end's attributes.</summary>
    public IReadOnlyDictionary<string, string> Attributes => _login.Attributes;

    /// <summary>Packets of the login, both ways, with the greeting.</summary>
    public int LoginPackets { get; private set; }

    /// <summary>Everything that came since the login.</summary>
    public List<FakeCommand> Commands { get; } = [];

    /// <summary>The texts among <see cref="Commands"/>.</summary>
    public IEnumerable<string> Queries =>
        Commands.Where(command => command.Kind == CommandKind.Query).Select(command => command.Text);

    /// <summary>Whether it has ended statements of others, and done nothing else.</summary>
    public bool OnlyKills => Commands.Count > 0
        && Commands.TrueForAll(command => command.Text.StartsWith("KILL QUERY", StringComparison.Ordinal));

    /// <summary>Prepared statements that are open.</summary>
    public int PreparedCount => _statements.Count;

    /// <summary>The connection as the network sees it.</summary>
    public Wire Wire => _stream.Wire;

    /// <summary>Says an error that nobody asked for, as servers do before they close an idle connection.</summary>
    public void SayUnasked(ushort code, string message, bool closes = true)
    {
        var writer = new PacketWriter().Begin(0);
        ErrPacket.Write(writer, new SqlError(code, "HY000"), message);
        Wire.Send(writer.End().Bytes);
        if (closes)
            Wire.Close();
    }

    /// <summary>What it runs over.</summary>
    public Link Link => ((SimulatedWire)Wire).Link;

    /// <summary>Drops the connection without a word.</summary>
    public void Cut() => Wire.Close();

    internal async LoopTask Serve(bool isFull)
    {
        try
        {
            if (isFull)
                await _login.RefuseFull();
            else if (Sabotage(FakeMoment.Greeting) is { } words)
                await Say(words, isAll: true);
            else if (await _login.Run(SaysOther))
                await Converse();
        }
        finally
        {
            if (_stream.Problem is { } problem)
                _server.Violations.Add($"connection {Session.Id}: {problem}");
            Wire.Close();
        }
    }

    private async LoopTask Converse()
    {
        IsLoggedIn = true;
        _stream.Compress(CompressionKinds.AgreedIn(_login.Capabilities));
        _replies.Capabilities = _login.Capabilities;
        LoginPackets = _stream.PacketsRead + _stream.PacketsWritten;
        while (true)
        {
            _stream.Restart();
            if (await _stream.Read() is not { Length: > 0 } packet || !await AnswerPatiently(packet))
                return;
            if (!await _stream.Flush())
                return;
        }
    }

    private FakeSabotage? Sabotage(FakeMoment moment) => _server.Sabotage?.Invoke(this, moment);

    private async LoopTask<bool> SaysOther()
    {
        if (Sabotage(FakeMoment.Login) is not { } words)
            return false;
        await Say(words, isAll: true);
        return true;
    }

    // Whoever has said all hears out the other side, which may have something to say yet.
    private async LoopTask<bool> Say(FakeSabotage words, bool isAll)
    {
        var isSent = Wire.Send(words.Bytes) && await Wire.Flushed();
        var unread = new byte[1024];
        while (isSent && isAll && !words.Closes)
        {
            var count = Wire.ReadReady ? Wire.Receive(unread) : WireResult.Later;
            if (count is WireResult.End or WireResult.Broken)
                return false;
            if (count == WireResult.Later)
                await Wire.Readable();
        }
        return isSent && !words.Closes;
    }

    private async LoopTask<bool> AnswerPatiently(byte[] packet)
    {
        try
        {
            return await Answer(packet);
        }
        catch (Exception unreadable) when (_server.IsPatient
            && unreadable is ArgumentException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            return await _replies.Send(new FakeError(1835, "Malformed communication packet"));
        }
    }

    private async LoopTask<bool> Answer(byte[] packet)
    {
        var kind = (CommandKind)packet[0];
        var body = packet.AsSpan(1);
        var attributes = "";
        if (kind == CommandKind.Query && Capabilities.HasFlag(Capabilities.QueryAttributes))
        {
            if (FakeAttributes.Read(ref body) is not { } read)
            {
                _server.Violations.Add($"connection {Session.Id}: attributes of a statement that make no sense");
                return await _replies.Send(new FakeError(1835, "Malformed communication packet."));
            }
            attributes = read;
        }
        var sql = kind == CommandKind.Query ? Encoding.UTF8.GetString(body) : "";
        Commands.Add(new FakeCommand(kind, kind is CommandKind.Query or CommandKind.InitDb or CommandKind.StatementPrepare
            ? Encoding.UTF8.GetString(body[..Math.Min(body.Length, 4096)]) : "", attributes));
        if (Sabotage(FakeMoment.Command) is { } words)
            return await Say(words, isAll: false);
        switch (kind)
        {
            case CommandKind.Quit:
                return false;
            case CommandKind.Ping:
                return await _replies.Send(new FakeOk());
            case CommandKind.Query:
                return await RunText(sql);
            case CommandKind.InitDb:
                return await _replies.Send(_server.Run(Session, $"USE {Encoding.UTF8.GetString(packet.AsSpan(1))}"));
            case CommandKind.SetOption:
                Session.MultiStatements = packet[1] == 0;
                return _replies.SendEof();
            case CommandKind.Statistics:
                return _replies.SendRaw("Uptime: 1"u8);
            case CommandKind.FieldList:
                return _replies.SendFieldList();
            case CommandKind.ResetConnection when _server.Kind.CanReset:
                Reset();
                return await _replies.Send(new FakeOk());
            case CommandKind.ChangeUser:
                Reset();
                return await _login.ChangeUser(packet);
            case CommandKind.StatementPrepare or CommandKind.StatementExecute or CommandKind.StatementClose
                or CommandKind.StatementReset or CommandKind.StatementSendLongData or CommandKind.StatementFetch:
                return await _statements.Answer(kind, packet);
            default:
                return await _replies.Send(new FakeError(1047, "Unknown command", "08S01"));
        }
    }

    private async LoopTask<bool> RunText(string sql)
    {
        var parts = FakeSql.Split(sql);
        if (parts.Count > 1 && !Session.MultiStatements)
            return await _replies.Send(FakeSql.Syntax(sql));
        for (var i = 0; i < parts.Count; i++)
        {
            var answer = _server.Run(Session, parts[i].Trim());
            if (!await _replies.Send(answer, moreFollow: i + 1 < parts.Count))
                return false;
            if (answer is FakeError or FakeRows { Then: not null })
                return true; // The rest of the text is not run.
        }
        return true;
    }

    private void Reset()
    {
        Session.Reset(_login.Collation);
        _statements.Clear();
    }
}
