using System.Security.Cryptography;
using Seawall.Captures.Records;
using Seawall.MySql.Compression;

namespace Seawall.Captures.Files;

/// <summary>What a capture is written as.</summary>
public sealed record CaptureForm
{
    /// <summary>The folder; made when it is not there.</summary>
    public required string Folder { get; init; }

    /// <summary>What the first record of each segment says; its segment number is filled in.</summary>
    public required CaptureHead Head { get; init; }

    /// <summary>The key to encrypt under; null: not encrypted. Belongs to the caller.</summary>
    public CaptureKey? Key { get; init; }

    /// <summary>Whether blocks are packed with zstd, where this machine has it.</summary>
    public bool IsPacked { get; init; } = true;

    /// <summary>How long a segment may become before another is begun.</summary>
    public long SegmentBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>How long all segments together may become.</summary>
    public long BytesMax { get; init; } = long.MaxValue;
}

/// <summary>
/// Writes a capture. One thread at a time. Records are gathered in a block, which goes to the file when it is long enough or by
/// <see cref="Flush"/>: what was not flushed is lost with the process. Throws <see cref="IOException"/> or
/// <see cref="UnauthorizedAccessException"/> when the system says no.
/// </summary>
public sealed class CaptureWriter : IDisposable
{
    /// <summary>A block of this length is written; what is packed becomes hardly shorter by more.</summary>
    private const int BlockWanted = 256 * 1024;

    /// <summary>zstd's own usual level is 3; 1 takes half the time, and leaves a tenth more.</summary>
    private const int PackLevel = 1;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly CaptureForm _form;
    private readonly ZstdBlock? _zstd;
    private readonly byte[] _segmentHead = new byte[SegmentForm.HeadBytes];
    private byte[] _packed = [];
    private byte[] _stored = [];
    private FileStream? _file;
    private AesGcm? _cipher;
    private uint _segment;
    private long _segmentBytes;
    private ulong _block;
    private bool _isLast;

    /// <summary>Begins a capture: no file of that name may be there yet.</summary>
    public CaptureWriter(CaptureForm form)
    {
        _form = form;
        _zstd = form.IsPacked && ZstdBlock.IsThere ? new ZstdBlock() : null;
        Directory.CreateDirectory(form.Folder);
        Open();
    }

    /// <summary>Bytes in files.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether there are as many bytes as there may be: what comes now is not written.</summary>
    public bool IsFull { get; private set; }

    /// <summary>What will be in the next block. The one who writes records by itself (without objects) calls <see cref="Settle"/> after each.</summary>
    internal FieldBytes Fields { get; } = new();

    /// <summary>Adds a record.</summary>
    public void Append(CaptureRecord record)
    {
        RecordWriter.Write(Fields, record);
        Settle();
    }

    /// <summary>A record is complete.</summary>
    internal void Settle()
    {
        if (Fields.Length >= BlockWanted)
            Flush();
    }

    /// <summary>Hands everything so far to the operating system: the end of the process loses nothing of it.</summary>
    public void Flush()
    {
        if (Fields.Length == 0 || _file is null)
            return;
        if (_segmentBytes >= _form.SegmentBytesMax)
            NextSegment();
        WriteBlock();
        Fields.Clear();
    }

    /// <summary>Hands everything to the disk: a crash of the machine loses nothing of it.</summary>
    public void FlushToDisk()
    {
        Flush();
        _file?.Flush(flushToDisk: true);
    }

    /// <summary>The last record is written even where nothing else may be.</summary>
    internal void AppendLast(CaptureRecord record)
    {
        if (IsFull)
            Fields.Clear();
        _isLast = true;
        Append(record);
        FlushToDisk();
    }

    /// <summary>Closes the files. What was not flushed is gone.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
        _cipher?.Dispose();
        _zstd?.Dispose();
    }

    private void NextSegment()
    {
        _file!.Dispose();
        _file = null;
        _cipher?.Dispose();
        Open();
    }

    private void Open()
    {
        _segment++;
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        _file = new FileStream(CaptureFiles.PathOf(_form.Folder, _form.Head.Name, _segment), options);
        _block = 0;
        _segmentBytes = 0;
        Span<byte> salt = stackalloc byte[SegmentForm.SaltBytes];
        RandomNumberGenerator.Fill(salt);
        SegmentForm.WriteHead(_segmentHead, _form.Key is null ? SegmentForm.Flags.None : SegmentForm.Flags.Encrypted, salt);
        _cipher = _form.Key?.CipherOf(salt);
        Put(_segmentHead);
        // Before what has been gathered: it is the first record of its segment.
        var gathered = Fields.Span.ToArray();
        Fields.Clear();
        RecordWriter.Write(Fields, _form.Head with { Segment = _segment });
        WriteBlock();
        Fields.Clear();
        Fields.Raw(gathered);
    }

    private void WriteBlock()
    {
        var plain = Fields.Span;
        var flags = SegmentForm.Flags.None;
        var body = plain;
        if (_zstd is not null)
        {
            Grow(ref _packed, plain.Length);
            var packed = _zstd.Pack(plain, _packed.AsSpan(0, plain.Length - 1), PackLevel);
            if (packed > 0)
            {
                flags |= SegmentForm.Flags.Packed;
                body = _packed.AsSpan(0, packed);
            }
        }
        var tag = _cipher is null ? 0 : SegmentForm.TagBytes;
        if (_cipher is not null)
            flags |= SegmentForm.Flags.Encrypted;
        var length = SegmentForm.BlockHeadBytes + tag + body.Length;
        if (Bytes + length > _form.BytesMax && !_isLast)
        {
            IsFull = true;
            return;
        }
        Grow(ref _stored, length);
        var stored = _stored.AsSpan(0, length);
        var head = stored[..SegmentForm.BlockHeadBytes];
        var place = stored[SegmentForm.BlockHeadBytes..];
        SegmentForm.WriteBlockHead(head, new SegmentForm.Block(tag + body.Length, plain.Length, flags, _block));
        if (_cipher is null)
            body.CopyTo(place);
        else
            Encrypt(_cipher, head, body, place);
        SegmentForm.WriteChecksum(head, place);
        Put(stored);
        _block++;
    }

    private void Encrypt(AesGcm cipher, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body, Span<byte> place)
    {
        Span<byte> nonce = stackalloc byte[12];
        SegmentForm.WriteNonce(nonce, _block);
        Span<byte> bound = stackalloc byte[SegmentForm.HeadBytes + SegmentForm.BlockChecksumAt];
        _segmentHead.CopyTo(bound);
        head[..SegmentForm.BlockChecksumAt].CopyTo(bound[SegmentForm.HeadBytes..]);
        cipher.Encrypt(nonce, body, place[SegmentForm.TagBytes..], place[..SegmentForm.TagBytes], bound);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _file!.Write(bytes);
        Bytes += bytes.Length;
        _segmentBytes += bytes.Length;
    }

    private static void Grow(ref byte[] array, int length)
    {
        if (array.Length < length)
            array = new byte[Math.Max(length, array.Length * 2)];
    }
}
