using System.Net.Sockets;
using System.Text;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;

namespace Seawall.Rehearsal.Logins;

/// <summary>What a server answered to one statement.</summary>
/// <param name="Code">The error number; 0 for none; -1 when the connection was lost or made no sense.</param>
/// <param name="Words">The error's words.</param>
/// <param name="Rows">The rows, as text.</param>
internal sealed record ProbeAnswer(int Code, string Words, IReadOnlyList<string?[]> Rows)
{
    /// <summary>Whether it was done.</summary>
    public bool IsOk => Code == 0;

    /// <summary>The first value of the first row; null when it is NULL or there is none.</summary>
    public string? Value => Rows is [[var value, ..], ..] ? value : null;
}

/// <summary>
/// Statements on a connection that a <see cref="LoginProbe"/> has logged in: text in, text out, bounded. After an answer that was not read to its
/// end nothing more is asked: what comes next would be the rest of it.
/// </summary>
internal sealed class ProbeSession(LoginProbe probe, TimeProvider time) : IAsyncDisposable
{
    private const int PacketMax = 1024 * 1024;
    private const int RowsMax = 200_000;
    private const int ColumnsMax = 4096;

    /// <summary>How long a statement may take: these read catalogues, and nothing else.</summary>
    private static readonly TimeSpan s_timeMax = TimeSpan.FromSeconds(30);

    private static readonly ProbeAnswer s_lost = new(-1, "the connection was lost", []);

    /// <summary>What was seen of the login.</summary>
    public LoginTrace Login => probe.Trace;

    /// <summary>The server's number for the connection.</summary>
    public uint ConnectionId => probe.ConnectionId;

    /// <summary>Whether the connection is lost: all answers say so from then on.</summary>
    public bool IsLost { get; private set; }

    private bool EndsWithOk => (probe.Agreed & probe.Offered).HasFlag(Capabilities.DeprecateEof);

    /// <summary>Nothing more is sent on it.</summary>
    public void GiveUp() => IsLost = true;

    /// <summary>Runs one statement; whatever goes wrong is in the answer.</summary>
    public async Task<ProbeAnswer> Ask(string sql, CancellationToken cancel)
    {
        if (IsLost)
            return s_lost;
        using var late = new CancellationTokenSource(s_timeMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            var command = probe.Pipe.BeginCommand().Int1((byte)MySql.Commands.CommandKind.Query);
            if ((probe.Agreed & probe.Offered).HasFlag(Capabilities.QueryAttributes))
                command.Int1(0).Int1(1); // No attributes, in one set of them.
            command.Text(sql);
            await probe.Pipe.Send(either.Token);
            var answer = await Read(either.Token);
            IsLost = answer == s_lost;
            return answer;
        }
        catch (Exception gone) when (gone is SocketException or IOException
            || (gone is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            IsLost = true;
            return s_lost;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await probe.Leave(CancellationToken.None);

    private async Task<ProbeAnswer> Read(CancellationToken cancel)
    {
        if (await probe.Pipe.Read(PacketMax, cancel) is not { } first)
            return s_lost;
        if (first.Span is [ErrPacket.Header, ..])
            return Error(first.Span);
        if (first.Span is [OkPacket.Header, ..])
            return new(0, "", []);
        var columns = Number(first.Span);
        if (columns is 0 or > ColumnsMax)
            return s_lost;
        for (var i = 0; i < columns + (EndsWithOk ? 0 : 1); i++)
        {
            if (await probe.Pipe.Read(PacketMax, cancel) is not { } definition)
                return s_lost;
            if (definition.Span is [ErrPacket.Header, ..])
                return Error(definition.Span);
        }
        var rows = new List<string?[]>();
        while (await probe.Pipe.Read(PacketMax, cancel) is { } packet)
        {
            if (packet.Span is [ErrPacket.Header, ..])
                return Error(packet.Span);
            if (packet.Span is [OkPacket.EndHeader, ..] && packet.Length < (EndsWithOk ? PacketHeader.LengthMax : EofPacket.LengthLimit))
                return new(0, "", rows);
            if (rows.Count == RowsMax || Row(packet.Span, columns) is not { } row)
                return s_lost;
            rows.Add(row);
        }
        return s_lost;
    }

    private static int Number(ReadOnlySpan<byte> payload) => (int)Math.Min(new FieldReader(payload).LengthEncoded(), ColumnsMax + 1);

    private static string?[]? Row(ReadOnlySpan<byte> payload, int columns)
    {
        const byte nothing = 0xFB;
        var row = new string?[columns];
        var reader = new FieldReader(payload);
        for (var i = 0; i < columns; i++)
        {
            if (reader.Rest is [nothing, ..])
                _ = reader.Int1();
            else
                row[i] = Encoding.UTF8.GetString(reader.LengthEncodedBytes());
        }
        return reader.IsValid ? row : null;
    }

    private static ProbeAnswer Error(ReadOnlySpan<byte> payload)
    {
        var error = ErrPacket.Read(payload);
        return new(error.Code, Encoding.UTF8.GetString(error.Message), []);
    }
}
