using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Seawall.Engine.Deferrals;

/// <summary>
/// The bytes of a journal: records one behind the other, each with its length and a CRC-32C of length and content before it. Little-endian.
/// Reading never throws: it ends at the first record that is not whole, which is what a crash leaves behind.
/// </summary>
internal static class JournalCodec
{
    /// <summary>Length and checksum before each record.</summary>
    internal const int FrameBytes = 8;

    /// <summary>The longest record that is written or believed: a statement of 60 KiB, and all that is written down beside it.</summary>
    internal const int RecordBytesMax = 128 * 1024;

    /// <summary>Settings of one statement; sessions change a handful.</summary>
    internal const int SettingsMax = 64;

    /// <summary>The longest name, key or message that is kept.</summary>
    internal const int WordBytesMax = 1024;

    /// <summary>The longest value of a setting: an SQL mode of all words has some 600 bytes.</summary>
    internal const int ValueBytesMax = 4096;

    // What stands for null in place of a length.
    private const ushort Null = ushort.MaxValue;

    private enum Kind : byte
    {
        Head = 1,
        Accepted = 2,
        Settled = 3,
        AcceptedExecution = 4,
    }

    private static ReadOnlySpan<byte> Magic => "seawall journal 1"u8;

    /// <summary>Writes one record; its length.</summary>
    internal static int Write(ArrayBufferWriter<byte> to, JournalRecord record)
    {
        var began = to.WrittenCount;
        Advance(to, FrameBytes);
        switch (record)
        {
            case SegmentHead head:
                Int1(to, (byte)Kind.Head);
                to.Write(Magic);
                Int8(to, head.Journal);
                Int8(to, head.Segment);
                Int8(to, head.NextNumber);
                break;
            case Accepted { Statement: var statement }:
                Int1(to, (byte)(statement.Execution is null ? Kind.Accepted : Kind.AcceptedExecution));
                WriteStatement(to, statement);
                break;
            case Settled settled:
                Int1(to, (byte)Kind.Settled);
                Int8(to, settled.Number);
                Int1(to, (byte)settled.End);
                Int2(to, settled.Code);
                Int8(to, (ulong)settled.AtUs);
                Word(to, settled.Message);
                break;
        }
        // What was written is the end of what the writer has.
        var bytes = MemoryMarshal.AsMemory(to.WrittenMemory)[began..].Span;
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length - FrameBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], ChecksumOf(bytes));
        return bytes.Length;
    }

    /// <summary>
    /// Reads the record that <paramref name="bytes"/> begins with, and how long it is; null when there is none, or no whole one.
    /// </summary>
    internal static JournalRecord? Read(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (bytes.Length < FrameBytes)
            return null;
        var content = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (content is <= 0 or > RecordBytesMax || content > bytes.Length - FrameBytes)
            return null;
        bytes = bytes[..(FrameBytes + content)];
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != ChecksumOf(bytes))
            return null;
        var reader = new JournalReader(bytes[FrameBytes..]);
        JournalRecord? record = (Kind)reader.Int1() switch
        {
            Kind.Head => ReadHead(ref reader),
            Kind.Accepted => ReadStatement(ref reader, isExecution: false),
            Kind.AcceptedExecution => ReadStatement(ref reader, isExecution: true),
            Kind.Settled => ReadSettled(ref reader),
            _ => null,
        };
        if (!reader.IsValid || !reader.IsAtEnd)
            return null;
        length = record is null ? 0 : bytes.Length;
        return record;
    }

    /// <summary>Whether a statement can be written down and read again as it is.</summary>
    internal static bool Fits(DeferredStatement statement) =>
        statement.Settings.Length <= SettingsMax
        && FitsWord(statement.Rule) && FitsWord(statement.Key) && FitsWord(statement.User) && FitsWord(statement.Schema ?? "")
        && FitsWord(statement.TableSchema) && FitsWord(statement.Table)
        && statement.Settings.All(setting => FitsWord(setting.Key) && Encoding.UTF8.GetByteCount(setting.Value) <= ValueBytesMax)
        && statement.Bytes + statement.Settings.Sum(setting => setting.Key.Length + Encoding.UTF8.GetByteCount(setting.Value) + 4)
            <= RecordBytesMax - (8 * WordBytesMax);

    private static bool FitsWord(string word) => Encoding.UTF8.GetByteCount(word) <= WordBytesMax;

    private static void WriteStatement(ArrayBufferWriter<byte> to, DeferredStatement statement)
    {
        Int8(to, statement.Number);
        Int8(to, (ulong)statement.AcceptedUs);
        Word(to, statement.Rule);
        Word(to, statement.Key);
        Word(to, statement.User);
        if (statement.Schema is null)
            Int2(to, Null);
        else
            Word(to, statement.Schema);
        Word(to, statement.TableSchema);
        Word(to, statement.Table);
        Int1(to, (byte)statement.Settings.Length);
        foreach (var (name, value) in statement.Settings)
        {
            Word(to, name);
            Word(to, value, ValueBytesMax);
        }
        if (statement.Execution is { } execution)
        {
            Int4(to, execution.Length);
            to.Write(execution.Span);
        }
        to.Write(statement.Text.Span);
    }

    private static SegmentHead? ReadHead(ref JournalReader reader)
    {
        if (!reader.Bytes(Magic.Length).SequenceEqual(Magic))
            return null;
        return new SegmentHead(reader.Int8(), reader.Int8(), reader.Int8());
    }

    private static Accepted? ReadStatement(ref JournalReader reader, bool isExecution)
    {
        var number = reader.Int8();
        var acceptedUs = (long)reader.Int8();
        var (rule, key, user) = (reader.Word(), reader.Word(), reader.Word());
        var schema = reader.WordOrNull(Null);
        var (tableSchema, table) = (reader.Word(), reader.Word());
        var count = reader.Int1();
        if (!reader.IsValid || count > SettingsMax || number == 0)
            return null;
        var settings = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>(count);
        for (var i = 0; i < count; i++)
            settings.Add(new(reader.Word(), reader.Word(ValueBytesMax)));
        var execution = isExecution ? reader.Bytes(reader.Int4()).ToArray() : null;
        return new Accepted(new DeferredStatement
        {
            Number = number,
            AcceptedUs = acceptedUs,
            Rule = rule,
            Key = key,
            User = user,
            Schema = schema,
            TableSchema = tableSchema,
            Table = table,
            Settings = settings.MoveToImmutable(),
            Execution = execution is null ? (ReadOnlyMemory<byte>?)null : execution,
            Text = reader.Rest().ToArray(),
        });
    }

    private static Settled? ReadSettled(ref JournalReader reader)
    {
        var number = reader.Int8();
        var end = (DeferralEnd)reader.Int1();
        return Enum.IsDefined(end) ? new Settled(number, end, reader.Int2(), (long)reader.Int8(), reader.Word()) : null;
    }

    // Of the length as well: a length that is wrong must not make a record of another's bytes.
    private static uint ChecksumOf(ReadOnlySpan<byte> frame)
    {
        var sum = Add(uint.MaxValue, frame[..4]);
        return ~Add(sum, frame[FrameBytes..]);
    }

    private static uint Add(uint sum, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var one in bytes)
            sum = BitOperations.Crc32C(sum, one);
        return sum;
    }

    private static void Advance(ArrayBufferWriter<byte> to, int count)
    {
        to.GetSpan(count)[..count].Clear();
        to.Advance(count);
    }

    private static void Int1(ArrayBufferWriter<byte> to, byte value) => to.Write([value]);

    private static void Int2(ArrayBufferWriter<byte> to, ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(to.GetSpan(2), value);
        to.Advance(2);
    }

    private static void Int4(ArrayBufferWriter<byte> to, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to.GetSpan(4), value);
        to.Advance(4);
    }

    private static void Int8(ArrayBufferWriter<byte> to, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to.GetSpan(8), value);
        to.Advance(8);
    }

    // A message of a server may be longer than what is kept of it.
    private static void Word(ArrayBufferWriter<byte> to, string text, int bytesMax = WordBytesMax)
    {
        var bytes = Encoding.UTF8.GetBytes(text).AsSpan();
        bytes = bytes[..Math.Min(bytes.Length, bytesMax)];
        Int2(to, (ushort)bytes.Length);
        to.Write(bytes);
    }
}

/// <summary>Reads the fields of a record; after one that does not fit, everything reads as zero or empty.</summary>
internal ref struct JournalReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Whether every field so far was there.</summary>
    internal bool IsValid { get; private set; } = true;

    /// <summary>Whether nothing is left.</summary>
    internal readonly bool IsAtEnd => _rest.IsEmpty;

    internal byte Int1() => Bytes(1) is [var value] ? value : (byte)0;

    internal ushort Int2() => Bytes(2) is { Length: 2 } two ? BinaryPrimitives.ReadUInt16LittleEndian(two) : (ushort)0;

    internal int Int4() => Bytes(4) is { Length: 4 } four ? BinaryPrimitives.ReadInt32LittleEndian(four) : 0;

    internal ulong Int8() => Bytes(8) is { Length: 8 } eight ? BinaryPrimitives.ReadUInt64LittleEndian(eight) : 0;

    internal string Word(int bytesMax = JournalCodec.WordBytesMax) => WordOf(Int2(), bytesMax);

    internal string? WordOrNull(ushort nothing)
    {
        var length = Int2();
        return length == nothing ? null : WordOf(length, JournalCodec.WordBytesMax);
    }

    internal ReadOnlySpan<byte> Rest() => Bytes(_rest.Length);

    internal ReadOnlySpan<byte> Bytes(int count)
    {
        if (!IsValid || (uint)count > (uint)_rest.Length)
        {
            IsValid = false;
            _rest = default;
            return default;
        }
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private string WordOf(int length, int bytesMax) => Encoding.UTF8.GetString(Bytes(length <= bytesMax ? length : int.MaxValue));
}
