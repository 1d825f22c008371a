using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Seawall.Rehearsal.Answers;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Traffics;

namespace Seawall.Rehearsal.Replays;

/// <summary>Commands on a connection that a <see cref="LoginProbe"/> has logged in; of answers sums are kept. It never tries anything again.</summary>
/// <param name="probe">The connection, which stays its caller's.</param>
/// <param name="own">For statements of the replay's own on it: whether the connection is lost, both know.</param>
/// <param name="time">The clock.</param>
internal sealed class ReplaySession(LoginProbe probe, ProbeSession own, TimeProvider time)
{
    /// <summary>What a statement may take; longer is a lost connection.</summary>
    public static readonly TimeSpan StatementTimeMax = TimeSpan.FromSeconds(120);

    private const int PacketMax = PacketHeader.LengthMax - 1;
    private const int ColumnsMax = 4096;
    private const int WarningsMax = 16;

    // CURSOR_TYPE_READ_ONLY, the only kind that servers have.
    private const byte ReadOnlyCursor = 1;

    // A statement's number on this connection, by the number that the client knew.
    private readonly Dictionary<uint, uint> _prepared = [];

    // What was read of the rows of open cursors, by the same number.
    private readonly Dictionary<uint, AnswerReader> _cursors = [];

    private Capabilities Agreed => probe.Agreed & probe.Offered;

    /// <summary>Whether the connection is lost.</summary>
    public bool IsLost => own.IsLost;

    /// <summary>Nothing more is sent on it.</summary>
    public void GiveUp() => own.GiveUp();

    /// <summary>A statement of the replay's own, whose answer is not measured; false when it failed.</summary>
    public async Task<bool> Own(string sql, CancellationToken cancel) => (await own.Ask(sql, cancel)).IsOk;

    /// <summary>Codes of the warnings that the statement before has left, in their order.</summary>
    public async Task<string?> Warnings(CancellationToken cancel)
    {
        var answer = await own.Ask($"SHOW WARNINGS LIMIT {WarningsMax}", cancel);
        return answer.IsOk ? string.Join(", ", answer.Rows.Where(row => row.Length >= 2).Select(row => $"{row[0]} {row[1]}")) : null;
    }

    /// <summary>Sends one command and reads its answer; null when there is none to it.</summary>
    public async Task<Answer?> Do(ScriptedCommand command, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(StatementTimeMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            return await Send(command, either.Token);
        }
        catch (Exception gone) when (gone is SocketException or IOException or ObjectDisposedException
            || (gone is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return Lose();
        }
    }

    /// <summary>Becomes another user, as a client does on a connection that it has.</summary>
    public async Task<LoginChange> ChangeUser(LoginPlan plan, CancellationToken cancel)
    {
        _prepared.Clear();
        _cursors.Clear();
        var change = await probe.ChangeUser(plan, cancel);
        if (change.Outcome.End is not (LoginEnd.In or LoginEnd.Refused))
            GiveUp(); // In the middle of an exchange no command can follow.
        return change;
    }

    private async Task<Answer?> Send(ScriptedCommand one, CancellationToken cancel)
    {
        var command = one.Command;
        // The capture may have begun when it was prepared already.
        if (command.Kind is CommandKind.StatementExecute or CommandKind.StatementBulkExecute or CommandKind.StatementSendLongData
            && command.Text.Length > 0 && !_prepared.ContainsKey(command.StatementId)
            && await Prepare(command.Text, command.StatementId, cancel) is { IsOk: false } failed)
        {
            return command.Kind == CommandKind.StatementSendLongData ? null : failed;
        }
        if (command.Kind is not CommandKind.StatementFetch)
            _cursors.Remove(command.StatementId);
        switch (command.Kind)
        {
            case CommandKind.StatementPrepare:
                return await Prepare(command.Text, command.StatementId, cancel);
            case CommandKind.StatementExecute:
                Begin(command.Kind).Int4(_prepared[command.StatementId]).Int1(one.OpensCursor ? ReadOnlyCursor : (byte)0).Int4(1)
                    .Raw(command.Parameters.Span);
                break;
            case CommandKind.StatementBulkExecute:
                WriteBulk(command);
                break;
            case CommandKind.StatementFetch:
                return await Fetch(command, cancel);
            case CommandKind.StatementClose:
                if (!_prepared.Remove(command.StatementId, out var closed))
                    return null;
                Begin(command.Kind).Int4(closed);
                await probe.Pipe.Send(cancel);
                return null;
            case CommandKind.StatementSendLongData:
                if (!_prepared.TryGetValue(command.StatementId, out var target))
                    return null;
                Begin(command.Kind).Int4(target).Raw(command.Parameters.Span);
                await probe.Pipe.Send(cancel);
                return null;
            case CommandKind.StatementReset:
                if (!_prepared.TryGetValue(command.StatementId, out var reset))
                    return null;
                Begin(command.Kind).Int4(reset);
                break;
            case CommandKind.ResetConnection:
                _prepared.Clear();
                _cursors.Clear();
                Begin(command.Kind);
                break;
            case CommandKind.Query or CommandKind.InitDb:
                Begin(command.Kind).Raw(command.Text.Span);
                break;
            default:
                Begin(command.Kind).Raw(command.Parameters.Span);
                break;
        }
        await probe.Pipe.Send(cancel);
        var isBinary = command.Kind is CommandKind.StatementExecute or CommandKind.StatementBulkExecute;
        return await Read(isBinary, one.Nature?.Keys, one.OpensCursor ? command.StatementId : null, cancel);
    }

    // That each set of values is answered by itself was not agreed on here.
    private void WriteBulk(TrafficCommand command)
    {
        const int unitResults = 64;
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(command.Parameters.Span) & ~unitResults;
        Begin(command.Kind).Int4(_prepared[command.StatementId]).Int2((ushort)flags).Raw(command.Parameters.Span[2..]);
    }

    // The answer has all that was read of the cursor so far: which rows come with which fetch is no difference where no order was asked for.
    private async Task<Answer?> Fetch(TrafficCommand command, CancellationToken cancel)
    {
        if (!_prepared.TryGetValue(command.StatementId, out var target))
            return null;
        Begin(command.Kind).Int4(target).Raw(command.Parameters.Span);
        await probe.Pipe.Send(cancel);
        return await ReadRows(_cursors.GetValueOrDefault(command.StatementId) ?? new AnswerReader(null), isBinary: true, cancel);
    }

    private PacketWriter Begin(CommandKind kind) => probe.Pipe.BeginCommand().Int1((byte)kind);

    private async Task<Answer> Prepare(ReadOnlyMemory<byte> text, uint number, CancellationToken cancel)
    {
        Begin(CommandKind.StatementPrepare).Raw(text.Span);
        await probe.Pipe.Send(cancel);
        if (await probe.Pipe.Read(PacketMax, cancel) is not { } first)
            return Lose();
        if (first.Span is [ErrPacket.Header, ..])
            return Error(first.Span);
        var prepared = PreparedPacket.Read(first.Span);
        if (!prepared.IsValid)
            return Lose();
        foreach (var count in (int[])[prepared.Parameters, prepared.Columns])
        {
            for (var i = 0; i < (count == 0 ? 0 : count + (EndsWithOk ? 0 : 1)); i++)
            {
                if (await probe.Pipe.Read(PacketMax, cancel) is null)
                    return Lose();
            }
        }
        _prepared[number] = prepared.StatementId;
        return new Answer { Warnings = prepared.Warnings };
    }

    private bool EndsWithOk => Agreed.HasFlag(Capabilities.DeprecateEof);

    private async Task<Answer> Read(bool isBinary, IReadOnlyList<OrderKey>? keys, uint? cursor, CancellationToken cancel)
    {
        var results = new List<Answer>();
        do
        {
            results.Add(await ReadOne(isBinary, keys, cursor, cancel));
        }
        while (results[^1].IsOk && results[^1].Status.HasFlag(ServerStatus.MoreResults));
        var answer = results[^1];
        for (var i = results.Count - 2; i >= 0; i--)
            answer = results[i] with { Next = answer };
        return answer;
    }

    private async Task<Answer> ReadOne(bool isBinary, IReadOnlyList<OrderKey>? keys, uint? cursor, CancellationToken cancel)
    {
        const byte wantsFile = 0xFB;
        if (await probe.Pipe.Read(PacketMax, cancel) is not { } first || first.Span is [wantsFile, ..] or [])
            return Lose();
        if (first.Span is [ErrPacket.Header, ..])
            return Error(first.Span);
        if (first.Span is [OkPacket.Header, ..])
            return Done(first.Span, new Answer());
        var count = new FieldReader(first.Span).LengthEncoded();
        if (count is 0 or > ColumnsMax)
            return Lose();
        var reader = new AnswerReader(keys);
        for (var i = 0UL; i < count; i++)
        {
            if (await probe.Pipe.Read(PacketMax, cancel) is not { } definition || !reader.AddColumn(definition.Span))
                return Lose();
        }
        var answer = new Answer { Columns = reader.Columns };
        if (!EndsWithOk)
        {
            if (await probe.Pipe.Read(PacketMax, cancel) is not { } end)
                return Lose();
            answer = Done(end.Span, answer);
        }
        // With a cursor no rows follow; the newer form of results says so in the only end that there is.
        if (!answer.Status.OpensCursor())
            answer = await ReadRows(reader, isBinary, cancel);
        if (cursor is { } number && answer.Status.OpensCursor())
            _cursors[number] = reader;
        return answer;
    }

    private async Task<Answer> ReadRows(AnswerReader reader, bool isBinary, CancellationToken cancel)
    {
        while (await probe.Pipe.Read(PacketMax, cancel) is { } row)
        {
            if (row.Span is [ErrPacket.Header, ..])
                return Error(row.Span);
            if (row.Span is [OkPacket.EndHeader, ..] && (EndsWithOk || row.Length < EofPacket.LengthLimit))
                return Done(row.Span, new Answer { Columns = reader.Columns, Rows = reader.Rows, Sums = reader.Sums });
            if (!reader.AddRow(row.Span, isBinary))
                return Lose();
        }
        return Lose();
    }

    private Answer Done(ReadOnlySpan<byte> end, Answer answer)
    {
        if (end is [OkPacket.EndHeader, ..] && !EndsWithOk)
        {
            var eof = EofPacket.Read(end);
            return answer with { Status = eof.Status, Warnings = eof.Warnings };
        }
        var ok = OkPacket.Read(end, Agreed.HasFlag(Capabilities.SessionTrack));
        return ok.IsValid
            ? answer with { Status = ok.Status, Warnings = ok.Warnings, AffectedRows = ok.AffectedRows, LastInsertId = ok.LastInsertId }
            : Lose();
    }

    private Answer Lose()
    {
        GiveUp();
        return Answer.Lost;
    }

    private static Answer Error(ReadOnlySpan<byte> payload)
    {
        var error = ErrPacket.Read(payload);
        return new Answer { Code = error.Code, Words = Encoding.UTF8.GetString(error.Message) };
    }
}
