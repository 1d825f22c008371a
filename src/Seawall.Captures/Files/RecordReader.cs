using System.Buffers.Binary;
using System.Collections.Immutable;
using Seawall.Captures.Records;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Captures.Files;

/// <summary>Reads what <see cref="RecordWriter"/> has written. Never throws, whatever the bytes are.</summary>
internal static class RecordReader
{
    /// <summary>
    /// Takes the record that <paramref name="bytes"/> begins with; false when there is none. <paramref name="record"/> is null for one of a kind
    /// that is not known here, or that makes no sense.
    /// </summary>
    internal static bool TryTake(ReadOnlySpan<byte> bytes, out int length, out CaptureRecord? record)
    {
        length = 0;
        record = null;
        if (bytes.Length < 5)
            return false;
        var content = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (content is 0 or > CaptureLimits.RecordBytes || content > bytes.Length - 4)
            return false;
        length = 4 + (int)content;
        var fields = new FieldsOf(bytes[5..length]);
        record = (RecordKind)bytes[4] switch
        {
            RecordKind.Head => Head(ref fields),
            RecordKind.Gap => new CaptureGap { AtUs = Time(ref fields), Dropped = fields.Number() },
            RecordKind.Window => new CaptureWindow { AtUs = Time(ref fields), Begins = fields.Flag(), OneIn = fields.Number4() },
            RecordKind.End => End(ref fields),
            RecordKind.Connection => Connection(ref fields),
            RecordKind.ConnectionEnd => new ConnectionEnd { Figures = EndOf(ref fields) },
            RecordKind.Command => Command(ref fields),
            _ => null,
        };
        if (!fields.IsValid)
            record = null;
        return true;
    }

    private static long Time(ref FieldsOf fields) => (long)Math.Min(fields.Number(), long.MaxValue);

    private static CaptureHead Head(ref FieldsOf fields) => new()
    {
        Name = fields.Word(),
        BeganUs = Time(ref fields),
        Segment = fields.Number4(),
        Origin = fields.Named<CaptureOrigin>(),
        KeepsLiterals = fields.Flag(),
        Seawall = fields.Word(),
        Server = fields.Word(),
    };

    private static CaptureEnd End(ref FieldsOf fields) => new()
    {
        AtUs = Time(ref fields),
        Reason = fields.Word(),
        Connections = fields.Number(),
        Commands = fields.Number(),
        Dropped = fields.Number(),
    };

    private static EndFigures EndOf(ref FieldsOf fields) => new()
    {
        Connection = fields.Number(),
        FirstCommandUs = Time(ref fields),
        CloseUs = Time(ref fields),
        Commands = fields.Number(),
        Reason = fields.Named<CloseReason>(),
    };

    private static ConnectionEvent Connection(ref FieldsOf fields) => new()
    {
        Figures = ConnectionOf(ref fields),
        Source = fields.Word(),
        Listener = fields.Word(),
        User = fields.Word(),
        Schema = fields.Word(),
        FirstPlugin = fields.Word(),
        AccountPlugin = fields.Word(),
        Attributes = Pairs(ref fields),
        Settings = Pairs(ref fields),
    };

    private static ConnectionFigures ConnectionOf(ref FieldsOf fields) => new()
    {
        Connection = fields.Number(),
        AcceptUs = Time(ref fields),
        TlsUs = fields.Number4(),
        LoginUs = fields.Number4(),
        Capabilities = fields.Number(),
        Collation = fields.Number2(),
        RoundTrips = fields.Number2(),
        PacketsIn = fields.Number2(),
        PacketsOut = fields.Number2(),
        BytesIn = fields.Number4(),
        BytesOut = fields.Number4(),
        TlsVersion = fields.Number2(),
        TlsCipher = fields.Number2(),
        TlsResumed = fields.Flag(),
        IsLocal = fields.Flag(),
        WasThere = fields.Flag(),
        End = fields.Named<LoginEnd>(),
        ErrorCode = fields.Number2(),
    };

    private static CommandEvent Command(ref FieldsOf fields) => new()
    {
        Figures = FiguresOf(ref fields),
        Schema = fields.Word(),
        Text = fields.Bytes(CaptureLimits.TextBytes).ToArray(),
        Parameters = fields.Bytes(CaptureLimits.TextBytes).ToArray(),
        SqlState = fields.Word(),
        Gtid = fields.Word(),
    };

    private static CommandFigures FiguresOf(ref FieldsOf fields) => new()
    {
        Connection = fields.Number(),
        StartUs = Time(ref fields),
        FirstByteUs = fields.Number4(),
        DurationUs = fields.Number4(),
        Command = (CommandKind)fields.Byte(), // A client may send any.
        Verb = fields.Named<StatementKind>(),
        Digest = fields.Whole(),
        Transaction = fields.Number4(),
        Marks = (TransactionMarks)fields.Byte() & (TransactionMarks.WasOpen | TransactionMarks.IsOpen),
        StatementId = fields.Number4(),
        ParameterCount = fields.Number2(),
        Text = fields.Named<TextState>(),
        End = fields.Named<CommandEnd>(),
        Results = fields.Number2(),
        Rows = fields.Number(),
        Affected = fields.Number(),
        InsertId = fields.Number(),
        Warnings = fields.Number2(),
        Status = (ServerStatus)fields.Number2(),
        ErrorCode = fields.Number2(),
        RowsInOrder = fields.Whole(),
        RowsInAnyOrder = fields.Whole(),
        Columns = fields.Whole(),
        RequestBytes = fields.Number4(),
        ResponseBytes = fields.Number(),
        ResponsePackets = fields.Number4(),
        Sample = fields.Named<SampleReason>(),
        StandsFor = fields.Number4(),
    };

    private static ImmutableArray<KeyValuePair<string, string>> Pairs(ref FieldsOf fields)
    {
        var count = fields.Number();
        if (count is 0 or > CaptureLimits.Pairs)
            return [];
        var pairs = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>((int)count);
        for (var i = 0; i < (int)count && fields.IsValid; i++)
            pairs.Add(new(fields.Word(), fields.Word(CaptureLimits.ValueBytes)));
        return pairs.ToImmutable();
    }
}
