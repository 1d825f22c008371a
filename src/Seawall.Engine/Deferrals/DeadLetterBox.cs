using System.Buffers;

namespace Seawall.Engine.Deferrals;

/// <summary>
/// Statements that were acknowledged and could not be run: kept in a file beside the segments, for people to look at. Of two files, the
/// older is dropped when the newer is full.
/// </summary>
internal sealed class DeadLetterBox : IDisposable
{
    /// <summary>The size at which a file is put aside: some ten thousand statements of a usual size.</summary>
    private const long FileBytesMax = 16L << 20;

    private readonly JournalFiles _files;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private JournalFiles.JournalFile _file;

    internal DeadLetterBox(JournalFiles files)
    {
        _files = files;
        Letters = [.. Read(OldPath).Concat(Read(NewPath)).DistinctBy(letter => letter.Settlement.Statement.Number)];
        _file = files.Open(NewPath, isNew: false);
    }

    /// <summary>What is there, the oldest first, when it was opened. The journal's number is not kept: it is the journal's own.</summary>
    internal IReadOnlyList<(Settlement Settlement, long AtUs)> Letters { get; }

    private string NewPath => Path.Combine(_files.Folder, "failed");

    private string OldPath => Path.Combine(_files.Folder, "failed.old");

    /// <summary>Keeps one.</summary>
    internal void Add(Settlement settlement, long atUs)
    {
        if (_file.Length > FileBytesMax)
            PutAside();
        _buffer.ResetWrittenCount();
        JournalCodec.Write(_buffer, new Accepted(settlement.Statement));
        JournalCodec.Write(_buffer, new Settled(settlement.Statement.Number, settlement.End, settlement.Code, atUs, settlement.Message));
        _file.Append(_buffer.WrittenSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void PutAside()
    {
        _file.Dispose();
        File.Move(NewPath, OldPath, overwrite: true);
        _file = _files.Open(NewPath, isNew: true);
        _files.Flush();
    }

    private static List<(Settlement Settlement, long AtUs)> Read(string path)
    {
        var letters = new List<(Settlement, long)>();
        if (!File.Exists(path) || new FileInfo(path).Length > 4 * FileBytesMax)
            return letters;
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(path);
        DeferredStatement? last = null;
        while (JournalCodec.Read(bytes, out var length) is { } record)
        {
            if (record is Accepted { Statement: var statement })
                last = statement;
            else if (record is Settled settled && last?.Number == settled.Number)
                letters.Add((new Settlement(last, settled.End, settled.Code, settled.Message), settled.AtUs));
            bytes = bytes[length..];
        }
        return letters;
    }
}
