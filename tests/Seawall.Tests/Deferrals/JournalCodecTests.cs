using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Seawall.Engine.Deferrals;
using Xunit;

namespace Seawall.Tests.Deferrals;

/// <summary>The bytes of a journal: what was written is read again, and nothing else is ever read.</summary>
public sealed class JournalCodecTests
{
    private static readonly DeferredStatement s_statement = new()
    {
        Number = 77,
        AcceptedUs = 1_700_000_000_123_456,
        Rule = "mail",
        Key = "customer-7",
        User = "app",
        Schema = "shop",
        TableSchema = "shop",
        Table = "orders",
        Settings = [new("sql_mode", "ANSI"), new("time_zone", "+02:00")],
        Text = "INSERT INTO orders VALUES (1, 'é')"u8.ToArray(),
    };

    private static readonly JournalRecord[] s_records =
    [
        new SegmentHead(0xFEDC_BA98_7654_3210, 3, 78),
        new Accepted(s_statement),
        new Accepted(s_statement with { Number = 79, Execution = new byte[] { 1, 0, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8 } }),
        new Accepted(s_statement with { Number = 80, Execution = new byte[] { 0, 0 } }),
        new Settled(77, DeferralEnd.Failed, 1062, 1_700_000_001_000_000, "Duplicate entry"),
        new Accepted(s_statement with { Number = 78, Schema = null, Settings = [], Text = Array.Empty<byte>() }),
    ];

    [Fact]
    public void What_was_written_is_read_again()
    {
        ReadOnlySpan<byte> bytes = Written(s_records);
        foreach (var record in s_records)
        {
            AssertSame(record, JournalCodec.Read(bytes, out var length));
            bytes = bytes[length..];
        }
        Assert.True(bytes.IsEmpty);
    }

    [Fact]
    public void A_record_that_is_cut_anywhere_is_no_record()
    {
        foreach (var record in s_records)
        {
            var bytes = Written(record);
            for (var length = 0; length < bytes.Length; length++)
                Assert.Null(JournalCodec.Read(bytes.AsSpan(0, length), out _));
            Assert.NotNull(JournalCodec.Read([.. bytes, 1, 2, 3], out var read));
            Assert.Equal(bytes.Length, read);
        }
    }

    [Fact]
    public void A_record_in_which_any_bit_has_turned_is_no_record()
    {
        foreach (var record in s_records)
        {
            var bytes = Written(record);
            for (var bit = 0; bit < bytes.Length * 8; bit++)
            {
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.Null(JournalCodec.Read([.. bytes, .. new byte[64]], out _));
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            }
            Assert.NotNull(JournalCodec.Read(bytes, out _)); // The control: as it was, it is one.
        }
    }

    [Fact]
    public void Lengths_are_not_believed()
    {
        foreach (var length in (int[])[0, -1, int.MinValue, int.MaxValue, JournalCodec.RecordBytesMax + 1])
        {
            var bytes = new byte[JournalCodec.RecordBytesMax + 64];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
            Assert.Null(JournalCodec.Read(bytes, out var read));
            Assert.Equal(0, read);
        }
    }

    [Fact]
    public void Bytes_by_chance_are_read_as_nothing_and_throw_nothing()
    {
        var random = new Random(7);
        var bytes = new byte[200];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(bytes);
            BinaryPrimitives.WriteInt32LittleEndian(bytes, random.Next(200));
            Assert.Null(JournalCodec.Read(bytes, out _));
        }
    }

    [Fact]
    public void A_record_of_any_content_throws_nothing_even_when_its_checksum_is_right()
    {
        var random = new Random(11);
        var whole = Written(s_records[1]);
        for (var i = 0; i < 20_000; i++)
        {
            var content = whole[JournalCodec.FrameBytes..];
            for (var turns = random.Next(1, 6); turns > 0; turns--)
                content[random.Next(content.Length)] = (byte)random.Next(256);
            JournalCodec.Read(Framed(content[..random.Next(1, content.Length + 1)]), out _);
        }
    }

    [Fact]
    public void A_long_message_is_cut_and_a_statement_that_does_not_fit_is_known()
    {
        var settled = Assert.IsType<Settled>(JournalCodec.Read(
            Written(new Settled(1, DeferralEnd.Failed, 1, 2, new string('x', 5_000))), out _));

        Assert.Equal(JournalCodec.WordBytesMax, settled.Message.Length);
        Assert.True(JournalCodec.Fits(s_statement));
        Assert.False(JournalCodec.Fits(s_statement with { Key = new string('x', 2_000) }));
        Assert.False(JournalCodec.Fits(s_statement with { Text = new byte[JournalCodec.RecordBytesMax] }));
        Assert.False(JournalCodec.Fits(s_statement with { Settings = [new("a", new string('x', 5_000))] }));
        var largest = s_statement with
        {
            Text = new byte[64 * 1024 - 4096],
            Settings = [new("a", new string('x', 4_096)), new("b", new string('x', 4_096))],
        };
        Assert.True(JournalCodec.Fits(largest));
        Assert.NotNull(JournalCodec.Read(Written(new Accepted(largest)), out _));
    }

    private static byte[] Written(params JournalRecord[] records)
    {
        var writer = new ArrayBufferWriter<byte>();
        foreach (var record in records)
            JournalCodec.Write(writer, record);
        return writer.WrittenSpan.ToArray();
    }

    // As the codec does it, so that what is inside is looked at.
    private static byte[] Framed(byte[] content)
    {
        byte[] bytes = [.. new byte[JournalCodec.FrameBytes], .. content];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, content.Length);
        var sum = uint.MaxValue;
        foreach (var one in bytes[..4].Concat(content))
            sum = System.Numerics.BitOperations.Crc32C(sum, one);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), ~sum);
        return bytes;
    }

    private static void AssertSame(JournalRecord expected, JournalRecord? actual)
    {
        if (expected is not Accepted { Statement: var wanted })
        {
            Assert.Equal(expected, actual);
            return;
        }
        var read = Assert.IsType<Accepted>(actual).Statement;
        Assert.Equal(Encoding.UTF8.GetString(wanted.Text.Span), Encoding.UTF8.GetString(read.Text.Span));
        Assert.Equal<KeyValuePair<string, string>>(wanted.Settings, read.Settings);
        Assert.Equal(wanted.Execution?.ToArray(), read.Execution?.ToArray());
        Assert.Equal(
            wanted with { Text = default, Settings = [], Execution = null }, read with { Text = default, Settings = [], Execution = null });
    }
}
