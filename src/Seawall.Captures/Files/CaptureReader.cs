using System.Security.Cryptography;
using Seawall.Captures.Records;
using Seawall.MySql.Compression;

namespace Seawall.Captures.Files;

/// <summary>What of a capture could not be read.</summary>
/// <param name="Blocks">Blocks that were damaged, and passed over.</param>
/// <param name="Records">Records of kinds that are not known here, or that make no sense.</param>
/// <param name="TornEnds">Segments that end in the middle of a block: the last moment before a crash.</param>
/// <param name="Problem">Why a whole segment could not be read: no capture, another version, no key or a wrong one. Null: nothing.</param>
public sealed record CaptureDamage(int Blocks, int Records, int TornEnds, string? Problem)
{
    /// <summary>Whether everything was read.</summary>
    public bool IsNone => this is { Blocks: 0, Records: 0, TornEnds: 0, Problem: null };
}

/// <summary>
/// Reads captures, record by record, as far as they are whole. Garbage throws nothing: it is counted in <see cref="Damage"/>. The
/// operating system may throw <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
/// </summary>
public sealed class CaptureReader : IDisposable
{
    private const int SearchBytes = 64 * 1024;

    /// <summary>After so many damaged blocks the rest of a segment is not looked at: a disk damages some, a forger as many as fit.</summary>
    private const int DamagedMax = 1000;

    private readonly Queue<Func<Stream>> _segments;
    private readonly CaptureKey? _key;
    private readonly ZstdBlock _zstd = new();
    private readonly byte[] _segmentHead = new byte[SegmentForm.HeadBytes];
    private readonly byte[] _blockHead = new byte[SegmentForm.BlockHeadBytes];
    private Stream? _segment;
    private AesGcm? _cipher;
    private byte[] _stored = [];
    private byte[] _opened = [];
    private byte[] _plain = [];
    private int _plainLength;
    private int _at;

    private CaptureReader(IEnumerable<Func<Stream>> segments, CaptureKey? key)
    {
        _segments = new(segments);
        _key = key;
    }

    /// <summary>What could not be read so far.</summary>
    public CaptureDamage Damage { get; private set; } = new(0, 0, 0, null);

    /// <summary>Reads segments one after another; see <see cref="CaptureFiles.Find"/>. The key belongs to the caller.</summary>
    public static CaptureReader Open(IEnumerable<string> files, CaptureKey? key = null) =>
        new(files.Select(file => (Func<Stream>)(() => File.OpenRead(file))), key);

    /// <summary>Reads one segment from a stream that can be searched, and disposes of it.</summary>
    public static CaptureReader Over(Stream segment, CaptureKey? key = null) => new([() => segment], key);

    /// <summary>The next record, or null at the end.</summary>
    public CaptureRecord? Next()
    {
        while (true)
        {
            while (RecordReader.TryTake(_plain.AsSpan(_at, _plainLength - _at), out var length, out var record))
            {
                _at += length;
                if (record is not null)
                    return record;
                Damage = Damage with { Records = Damage.Records + 1 };
            }
            if (_at < _plainLength)
                Damage = Damage with { Records = Damage.Records + 1 };
            _at = _plainLength = 0;
            if (_segment is not null && NextBlock())
                continue;
            if (!NextSegment())
                return null;
        }
    }

    /// <summary>All records that are left.</summary>
    public IEnumerable<CaptureRecord> Rest()
    {
        while (Next() is { } record)
            yield return record;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _segment?.Dispose();
        _segment = null;
        _cipher?.Dispose();
        _cipher = null;
        _zstd.Dispose();
        CryptographicOperations.ZeroMemory(_plain);
        CryptographicOperations.ZeroMemory(_opened);
    }

    private bool NextSegment()
    {
        _segment?.Dispose();
        _segment = null;
        _cipher?.Dispose();
        _cipher = null;
        if (!_segments.TryDequeue(out var open))
            return false;
        var segment = open();
        if (ProblemOf(segment) is { } problem)
        {
            segment.Dispose();
            Damage = Damage with { Problem = Damage.Problem ?? problem };
            return true;
        }
        _segment = segment;
        return true;
    }

    private string? ProblemOf(Stream segment)
    {
        if (segment.ReadAtLeast(_segmentHead, _segmentHead.Length, throwOnEndOfStream: false) < _segmentHead.Length
            || !SegmentForm.TryReadHead(_segmentHead, out var version, out var flags, out var salt))
        {
            return "it is no capture";
        }
        if (version != SegmentForm.Version)
            return $"it is of version {version} of the format, and this Seawall reads {SegmentForm.Version}";
        if (!flags.HasFlag(SegmentForm.Flags.Encrypted))
            return null;
        if (_key is null)
            return "it is encrypted, and no key file was named";
        _cipher = _key.CipherOf(salt);
        return null;
    }

    // False at the end of the segment.
    private bool NextBlock()
    {
        var segment = _segment!;
        for (var damaged = 0; damaged < DamagedMax; damaged++)
        {
            var from = segment.Position;
            var read = segment.ReadAtLeast(_blockHead, _blockHead.Length, throwOnEndOfStream: false);
            if (read == 0)
                return false;
            var isHead = SegmentForm.TryReadBlockHead(_blockHead.AsSpan(0, read), out var block);
            if (read < _blockHead.Length || (isHead && segment.Length - segment.Position < block.Stored))
            {
                // The end of what was written before a crash, or a length that is wrong: what follows says which.
                if (!Search(from + 1))
                {
                    Damage = Damage with { TornEnds = Damage.TornEnds + 1 };
                    return false;
                }
                Damage = Damage with { Blocks = Damage.Blocks + 1 };
                continue;
            }
            if (isHead && ReadBody(segment, block))
                return true;
            Damage = Damage with { Blocks = Damage.Blocks + 1 };
            if (!Search(from + 1))
                return false;
        }
        return false;
    }

    private bool ReadBody(Stream segment, in SegmentForm.Block block)
    {
        Grow(ref _stored, block.Stored);
        var stored = _stored.AsSpan(0, block.Stored);
        if (segment.ReadAtLeast(stored, stored.Length, throwOnEndOfStream: false) < stored.Length
            || !SegmentForm.ChecksumIsRight(_blockHead, stored)
            || block.Flags.HasFlag(SegmentForm.Flags.Encrypted) != _cipher is not null)
        {
            return false;
        }
        ReadOnlySpan<byte> body = stored;
        if (_cipher is not null)
        {
            if (stored.Length <= SegmentForm.TagBytes)
                return false;
            Grow(ref _opened, stored.Length);
            var opened = _opened.AsSpan(0, stored.Length - SegmentForm.TagBytes);
            if (!Decrypt(_cipher, block.Number, stored, opened))
            {
                Damage = Damage with { Problem = Damage.Problem ?? "it is encrypted under another key, or was changed" };
                return false;
            }
            body = opened;
        }
        Grow(ref _plain, block.Plain);
        var plain = _plain.AsSpan(0, block.Plain);
        if (block.Flags.HasFlag(SegmentForm.Flags.Packed))
        {
            if (!ZstdBlock.IsThere)
                Damage = Damage with { Problem = Damage.Problem ?? "it is packed with zstd, and this machine has no libzstd.so.1" };
            if (!_zstd.Unpack(body, plain))
                return false;
        }
        else if (body.Length != plain.Length)
            return false;
        else
            body.CopyTo(plain);
        _plainLength = plain.Length;
        return true;
    }

    private bool Decrypt(AesGcm cipher, ulong number, ReadOnlySpan<byte> stored, Span<byte> opened)
    {
        Span<byte> nonce = stackalloc byte[12];
        SegmentForm.WriteNonce(nonce, number);
        Span<byte> bound = stackalloc byte[SegmentForm.HeadBytes + SegmentForm.BlockChecksumAt];
        _segmentHead.CopyTo(bound);
        _blockHead.AsSpan(0, SegmentForm.BlockChecksumAt).CopyTo(bound[SegmentForm.HeadBytes..]);
        try
        {
            cipher.Decrypt(nonce, stored[SegmentForm.TagBytes..], stored[..SegmentForm.TagBytes], opened, bound);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    // Goes to the next place where a block may begin.
    private bool Search(long from)
    {
        var segment = _segment!;
        var window = new byte[SearchBytes];
        while (from < segment.Length)
        {
            segment.Position = from;
            var read = segment.ReadAtLeast(window, window.Length, throwOnEndOfStream: false);
            var found = window.AsSpan(0, read).IndexOf(SegmentForm.BlockMagic);
            if (found >= 0)
            {
                segment.Position = from + found;
                return true;
            }
            from += Math.Max(1, read - (SegmentForm.BlockMagic.Length - 1));
        }
        return false;
    }

    private static void Grow(ref byte[] array, int length)
    {
        if (array.Length < length)
            array = new byte[Math.Max(length, array.Length * 2)];
    }
}
