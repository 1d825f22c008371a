using System.Collections.Immutable;
using System.Text;
using Seawall.Captures.Records;

namespace Seawall.Captures.Files;

/// <summary>
/// Writes records: a length of four bytes, the kind, the fields. Fields may be added at the end of a kind: a reader takes what it knows and
/// leaves the rest.
/// </summary>
internal static class RecordWriter
{
    private const int LengthBytes = 4;

    /// <summary>Writes any record.</summary>
    internal static void Write(FieldBytes to, CaptureRecord record)
    {
        switch (record)
        {
            case CaptureHead head:
                Head(to, head);
                break;
            case CaptureGap gap:
                Gap(to, gap);
                break;
            case CaptureWindow window:
                Window(to, window);
                break;
            case CaptureEnd end:
                CaptureEnd(to, end);
                break;
            case ConnectionEvent connection:
                Connection(to, connection);
                break;
            case ConnectionEnd connectionEnd:
                ConnectionEnd(to, connectionEnd.Figures);
                break;
            case CommandEvent command:
                Command(to, command.Figures, Encoding.UTF8.GetBytes(command.Schema), command.Text.Span, command.Parameters.Span,
                    Encoding.UTF8.GetBytes(command.SqlState), Encoding.UTF8.GetBytes(command.Gtid));
                break;
        }
    }

    /// <summary>Writes a connection's end.</summary>
    internal static void ConnectionEnd(FieldBytes to, in EndFigures end)
    {
        var at = Begin(to, RecordKind.ConnectionEnd);
        to.Number(end.Connection);
        to.Number((ulong)end.FirstCommandUs);
        to.Number((ulong)end.CloseUs);
        to.Number(end.Commands);
        to.Byte((byte)end.Reason);
        End(to, at);
    }

    /// <summary>Writes a command, without an object for it; what is too long is cut, and said to be.</summary>
    internal static void Command(
        FieldBytes to, CommandFigures figures, ReadOnlySpan<byte> schema, ReadOnlySpan<byte> text, ReadOnlySpan<byte> parameters,
        ReadOnlySpan<byte> sqlState, ReadOnlySpan<byte> gtid)
    {
        if (figures.Text == TextState.Kept && Math.Max(text.Length, parameters.Length) > CaptureLimits.TextBytes)
            figures.Text = TextState.Cut;
        var at = Begin(to, RecordKind.Command);
        Figures(to, figures);
        to.Bytes(schema, CaptureLimits.WordBytes);
        to.Bytes(text, CaptureLimits.TextBytes);
        to.Bytes(parameters, CaptureLimits.TextBytes);
        to.Bytes(sqlState, CaptureLimits.WordBytes);
        to.Bytes(gtid, CaptureLimits.WordBytes);
        End(to, at);
    }

    private static void Figures(FieldBytes to, in CommandFigures of)
    {
        to.Number(of.Connection);
        to.Number((ulong)of.StartUs);
        to.Number(of.FirstByteUs);
        to.Number(of.DurationUs);
        to.Byte((byte)of.Command);
        to.Byte((byte)of.Verb);
        to.Whole(of.Digest);
        to.Number(of.Transaction);
        to.Byte((byte)of.Marks);
        to.Number(of.StatementId);
        to.Number(of.ParameterCount);
        to.Byte((byte)of.Text);
        to.Byte((byte)of.End);
        to.Number(of.Results);
        to.Number(of.Rows);
        to.Number(of.Affected);
        to.Number(of.InsertId);
        to.Number(of.Warnings);
        to.Number((ushort)of.Status);
        to.Number(of.ErrorCode);
        to.Whole(of.RowsInOrder);
        to.Whole(of.RowsInAnyOrder);
        to.Whole(of.Columns);
        to.Number(of.RequestBytes);
        to.Number(of.ResponseBytes);
        to.Number(of.ResponsePackets);
        to.Byte((byte)of.Sample);
        to.Number(of.StandsFor);
    }

    private static void Connection(FieldBytes to, ConnectionEvent connection)
    {
        var of = connection.Figures;
        var at = Begin(to, RecordKind.Connection);
        to.Number(of.Connection);
        to.Number((ulong)of.AcceptUs);
        to.Number(of.TlsUs);
        to.Number(of.LoginUs);
        to.Number(of.Capabilities);
        to.Number(of.Collation);
        to.Number(of.RoundTrips);
        to.Number(of.PacketsIn);
        to.Number(of.PacketsOut);
        to.Number(of.BytesIn);
        to.Number(of.BytesOut);
        to.Number(of.TlsVersion);
        to.Number(of.TlsCipher);
        to.Flag(of.TlsResumed);
        to.Flag(of.IsLocal);
        to.Flag(of.WasThere);
        to.Byte((byte)of.End);
        to.Number(of.ErrorCode);
        to.Word(connection.Source);
        to.Word(connection.Listener);
        to.Word(connection.User);
        to.Word(connection.Schema);
        to.Word(connection.FirstPlugin);
        to.Word(connection.AccountPlugin);
        Pairs(to, connection.Attributes);
        Pairs(to, connection.Settings);
        End(to, at);
    }

    private static void Pairs(FieldBytes to, ImmutableArray<KeyValuePair<string, string>> pairs)
    {
        var count = Math.Min(pairs.IsDefault ? 0 : pairs.Length, CaptureLimits.Pairs);
        to.Number((ulong)count);
        for (var i = 0; i < count; i++)
        {
            to.Word(pairs[i].Key);
            to.Word(pairs[i].Value, CaptureLimits.ValueBytes);
        }
    }

    private static void Head(FieldBytes to, CaptureHead head)
    {
        var at = Begin(to, RecordKind.Head);
        to.Word(head.Name);
        to.Number((ulong)head.BeganUs);
        to.Number(head.Segment);
        to.Byte((byte)head.Origin);
        to.Flag(head.KeepsLiterals);
        to.Word(head.Seawall);
        to.Word(head.Server);
        End(to, at);
    }

    private static void Gap(FieldBytes to, CaptureGap gap)
    {
        var at = Begin(to, RecordKind.Gap);
        to.Number((ulong)gap.AtUs);
        to.Number(gap.Dropped);
        End(to, at);
    }

    private static void Window(FieldBytes to, CaptureWindow window)
    {
        var at = Begin(to, RecordKind.Window);
        to.Number((ulong)window.AtUs);
        to.Flag(window.Begins);
        to.Number(window.OneIn);
        End(to, at);
    }

    private static void CaptureEnd(FieldBytes to, CaptureEnd end)
    {
        var at = Begin(to, RecordKind.End);
        to.Number((ulong)end.AtUs);
        to.Word(end.Reason);
        to.Number(end.Connections);
        to.Number(end.Commands);
        to.Number(end.Dropped);
        End(to, at);
    }

    private static int Begin(FieldBytes to, RecordKind kind)
    {
        var at = to.Reserve4();
        to.Byte((byte)kind);
        return at;
    }

    private static void End(FieldBytes to, int at) => to.Fill4(at, (uint)(to.Length - at - LengthBytes));
}
