using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;

namespace Seawall.LabTests.Equivalence;

/// <summary>What a side said to a step.</summary>
/// <param name="Packets">All that came.</param>
/// <param name="IsClosed">Whether the connection ended instead of a further packet.</param>
internal sealed record SideAnswer(RawAnswer Packets, bool IsClosed);

/// <summary>One session on one side: straight at the server, or through Seawall.</summary>
internal sealed class Side : IDisposable
{
    // Nobody has prepared so many.
    private const uint NoStatement = 99_999_999;

    // With a pool of one, a statement may wait for all that the sessions before it do.
    private const int PatienceMs = 60_000;

    private readonly RawClient _client;
    private readonly string _schema;
    private readonly uint?[] _statements = new uint?[Model.SlotCount];
    private readonly HashSet<int>[] _pieces = [.. Enumerable.Range(0, Model.SlotCount).Select(_ => new HashSet<int>())];
    private SideAnswer? _early;
    private Task<RawPacket>? _changing;

    internal Side(int port, string schema, Script script)
    {
        _schema = schema;
        _client = RawClient.Connect(port, Accounts.Users[script.Number % 2], Accounts.Password, script.Dialect, schema);
        _client.PatienceMs = PatienceMs;
    }

    internal RawError? Refusal => _client.Refusal;

    /// <summary>Sends the step; the answer is read by <see cref="Read"/>.</summary>
    internal void Send(Step step)
    {
        try
        {
            switch (step.Kind)
            {
                case CommandKind.Connect:
                    break; // It is.
                case CommandKind.ChangeUser:
                    // Several packets each way.
                    _changing = Task.Run(() => _client.ChangeUser(
                        Accounts.Users[step.Slot], Accounts.Password, Own(step.Text), (ushort)step.Flag));
                    break;
                case CommandKind.StatementPrepare:
                    Close(step.Slot);
                    _client.Send(step.Kind, Bytes(step.Text));
                    break;
                case CommandKind.StatementClose:
                    Close(step.Slot);
                    break;
                case CommandKind.SetOption:
                    _client.Send(step.Kind, [(byte)step.Flag, 0]);
                    break;
                default:
                    _client.Send(step.Kind, Body(step));
                    break;
            }
        }
        catch (SocketException)
        {
            _early = new SideAnswer(new RawAnswer(_client), IsClosed: true);
        }
    }

    /// <summary>Whether the answer to what was sent begins within this time.</summary>
    internal bool HasAnswer(int waitMs)
    {
        if (_changing is null)
            return _early is not null || _client.Poll(waitMs);
        return Task.WaitAny([_changing], waitMs) >= 0;
    }

    /// <summary>Reads the answer to the step that was sent.</summary>
    internal SideAnswer Read(Step step)
    {
        if (_early is not null)
            return _early;
        var answer = new RawAnswer(_client);
        try
        {
            if (step.Kind == CommandKind.Connect)
            {
                answer.Add(_client.LoginEnd!);
                return new SideAnswer(answer, IsClosed: false);
            }
            if (step.Kind == CommandKind.ChangeUser)
            {
                answer.Add(_changing!.GetAwaiter().GetResult());
                _changing = null;
                ForgetStatements();
                return new SideAnswer(answer, IsClosed: false);
            }
            if (step.Kind != CommandKind.StatementClose)
                _client.Read(step.Kind, answer);
        }
        catch (Exception e) when (e is EndOfStreamException or SocketException { SocketErrorCode: not SocketError.TimedOut and not SocketError.TryAgain })
        {
            return new SideAnswer(answer, IsClosed: true);
        }
        if (step.Kind == CommandKind.StatementPrepare && answer.Error is null)
            _statements[step.Slot] = answer.StatementId;
        if (step.Kind == CommandKind.ResetConnection)
            ForgetStatements();
        return new SideAnswer(answer, IsClosed: false);
    }

    public void Dispose() => _client.Dispose();

    private void ForgetStatements()
    {
        Array.Clear(_statements);
        foreach (var pieces in _pieces)
            pieces.Clear();
    }

    private void Close(int slot)
    {
        if (_statements[slot] is not { } id)
            return;
        _client.Send(CommandKind.StatementClose, Number(id));
        _statements[slot] = null;
        _pieces[slot].Clear();
    }

    private string Own(string text) => text.Replace($"{Step.Own}", _schema, StringComparison.Ordinal);

    private byte[] Bytes(string text) => Encoding.UTF8.GetBytes(Own(text));

    private byte[] Body(Step step)
    {
        var id = Number(_statements[step.Slot] ?? NoStatement);
        switch (step.Kind)
        {
            case CommandKind.StatementExecute:
                return Execution(id, step);
            case CommandKind.StatementFetch:
                return [.. id, .. Number((uint)step.Flag)];
            case CommandKind.StatementReset:
                _pieces[step.Slot].Clear();
                return id;
            case CommandKind.StatementSendLongData:
                _pieces[step.Slot].Add(step.Flag);
                return [.. id, (byte)step.Flag, 0, .. Bytes(step.Text)];
            default:
                return Bytes(step.Text);
        }
    }

    private byte[] Execution(byte[] id, Step step)
    {
        var values = step.Values ?? [];
        var body = new MemoryStream();
        body.Write([.. id, (byte)step.Flag, 1, 0, 0, 0]);
        if (values.Length > 0)
        {
            var inPieces = _pieces[step.Slot];
            var nulls = new byte[(values.Length + 7) / 8];
            for (var i = 0; i < values.Length; i++)
                nulls[i / 8] |= (byte)(values[i] is null && !inPieces.Contains(i) ? 1 << (i % 8) : 0);
            body.Write(nulls);
            body.WriteByte(1);
            const byte isLong = 3, isString = 0xFD;
            foreach (var value in values)
                body.Write([value is int ? isLong : isString, 0]);
            for (var i = 0; i < values.Length; i++)
            {
                if (inPieces.Contains(i))
                    continue;
                if (values[i] is int number)
                    body.Write(Number((uint)number));
                else if (values[i] is string text)
                    body.Write(new PacketWriter().Begin(0).LengthEncodedText(text).OpenPayload);
            }
        }
        _pieces[step.Slot].Clear();
        return body.ToArray();
    }

    private static byte[] Number(uint id)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, id);
        return bytes;
    }
}
