using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Seawall.Captures;
using Seawall.Captures.Files;
using Seawall.Captures.Records;
using Seawall.MySql.Commands;

namespace Seawall.Engine.Captures;

/// <summary>Takes entries out of rings and writes them down: finds digests, leaves out values and passwords. One thread.</summary>
internal sealed class CaptureDrain(CaptureWriter writer, IReadOnlyList<CaptureRing> rings, bool keepsLiterals) : IDisposable
{
    /// <summary>From one ring before the others get their turn.</summary>
    private const int InARow = 4096;

    private readonly Redactor _redactor = new();
    private long _toldDropped;
    private long _commands;
    private long _connections;
    private long _bytes;

    /// <summary>Commands that were written. Any thread, as the others.</summary>
    internal long Commands => Volatile.Read(ref _commands);

    /// <summary>Connections that were written.</summary>
    internal long Connections => Volatile.Read(ref _connections);

    /// <summary>Bytes in files.</summary>
    internal long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Entries that were lost.</summary>
    internal long Dropped => rings.Sum(ring => ring.Dropped);

    /// <summary>Whether no more may be written.</summary>
    internal bool IsFull => writer.IsFull;

    /// <summary>Takes what is there; false when there was nothing.</summary>
    internal bool Take()
    {
        var took = false;
        bool again;
        do
        {
            again = false;
            foreach (var ring in rings)
            {
                for (var i = 0; i < InARow && !writer.IsFull; i++)
                {
                    var entry = ring.Peek();
                    if (entry.IsEmpty)
                        break;
                    Write(entry);
                    ring.Consume();
                    again |= i == InARow - 1;
                    took = true;
                }
            }
        }
        while (again);
        Volatile.Write(ref _bytes, writer.Bytes);
        return took;
    }

    /// <summary>Hands everything to the system, and says what was lost meanwhile.</summary>
    internal void Flush(long nowUs)
    {
        var dropped = Dropped;
        if (dropped != _toldDropped)
            writer.Append(new CaptureGap { AtUs = nowUs, Dropped = (ulong)(dropped - _toldDropped) });
        _toldDropped = dropped;
        writer.Flush();
        Volatile.Write(ref _bytes, writer.Bytes);
    }

    /// <summary>Writes the last record, and hands all to the disk.</summary>
    internal void End(long nowUs, string reason)
    {
        Flush(nowUs);
        writer.AppendLast(new CaptureEnd
        {
            AtUs = nowUs,
            Reason = reason,
            Connections = (ulong)Connections,
            Commands = (ulong)Commands,
            Dropped = (ulong)Dropped,
        });
        Volatile.Write(ref _bytes, writer.Bytes);
    }

    /// <inheritdoc/>
    public void Dispose() => writer.Dispose();

    private void Write(ReadOnlySpan<byte> entry)
    {
        switch (entry[0])
        {
            case CaptureEntry.Connection:
                writer.Fields.Raw(entry[1..]);
                Volatile.Write(ref _connections, _connections + 1);
                break;
            case CaptureEntry.ConnectionEnd:
                writer.Fields.Raw(entry[1..]);
                break;
            case CaptureEntry.Command:
                WriteCommand(entry[1..]);
                Volatile.Write(ref _commands, _commands + 1);
                break;
        }
        writer.Settle();
    }

    private void WriteCommand(ReadOnlySpan<byte> entry)
    {
        var head = MemoryMarshal.Read<CommandHead>(entry);
        var rest = entry[Unsafe.SizeOf<CommandHead>()..];
        var schema = Take(ref rest, head.Schema);
        var text = Take(ref rest, head.Text);
        var parameters = Take(ref rest, head.Parameters);
        var state = Take(ref rest, head.SqlState);
        var gtid = Take(ref rest, head.Gtid);
        ref var figures = ref head.Figures;
        switch (head.Role)
        {
            case TextRole.Statement:
                figures.Text = _redactor.Read(text, head.Dialect, keepsLiterals, head.IsWhole, out text, out var digest);
                figures.Digest = digest;
                break;
            case TextRole.Prepared:
                // Its session may read quotes otherwise by now than when it was prepared; as a value nothing is shown that is none.
                figures.Text = _redactor.Read(
                    text, head.Dialect with { AnsiQuotes = false }, keepsLiterals, isWhole: true, out text, out digest, isDialectSure: false);
                figures.Digest = digest;
                if (figures.Text == TextState.Kept && !head.IsWhole)
                    figures.Text = TextState.Cut;
                if (figures.Text is not (TextState.Kept or TextState.Cut) && figures.Command != CommandKind.StatementFetch)
                    parameters = default;
                break;
            case TextRole.Name:
                figures.Text = TextState.Kept;
                break;
            case TextRole.None:
                break;
        }
        RecordWriter.Command(writer.Fields, figures, schema, text, parameters, state, gtid);
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int length)
    {
        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }
}
