using System.Buffers.Binary;
using System.Text;
using Seawall.Captures.Files;
using Seawall.Captures.Imports;
using Seawall.Captures.Records;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Captures;

/// <summary>Packet captures: of a whole conversation, with segments doubled, out of order and lost, and of nothing that makes sense.</summary>
public sealed class PacketImportTests : IDisposable
{
    private const Capabilities Spoken = Capabilities.Protocol41 | Capabilities.SecureConnection | Capabilities.PluginAuth | Capabilities.DeprecateEof
        | Capabilities.ConnectWithSchema;

    private readonly string _folder = Directory.CreateTempSubdirectory("packets").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_conversation_is_read(bool isNanoseconds)
    {
        var read = Import(PcapOf(Conversation(), isNanoseconds), out var report);

        var login = Assert.Single(read.OfType<ConnectionEvent>());
        Assert.Equal(("app", "shop", LoginEnd.In, false), (login.User, login.Schema, login.Figures.End, login.Figures.WasThere));
        var commands = read.OfType<CommandEvent>().ToArray();
        Assert.Equal(["begin", "select 'a'", "select nowhere"], commands.Select(Text));
        Assert.Equal([StatementKind.Begin, StatementKind.Select, StatementKind.Select], commands.Select(command => command.Figures.Verb));
        Assert.Equal([1u, 1u, 1u], commands.Select(command => command.Figures.Transaction));
        Assert.Equal((1ul, true, 1054), (commands[1].Figures.Rows, commands[1].Figures.RowsInOrder != 0, (int)commands[2].Figures.ErrorCode));
        Assert.Equal(CloseReason.Goodbye, Assert.Single(read.OfType<ConnectionEnd>()).Figures.Reason);
        Assert.Empty(report.Unread);
    }

    [Fact]
    public void Segments_that_are_doubled_or_out_of_order_change_nothing()
    {
        var whole = Import(PcapOf(Conversation()), out _).OfType<CommandEvent>().Select(command => (Text(command), command.Figures.RowsInOrder)).ToArray();
        var random = new Random(5);
        for (var i = 0; i < 50; i++)
        {
            var segments = Conversation();
            for (var j = 2; j + 1 < segments.Count - 1; j++)
            {
                if (random.Next(3) == 0)
                    segments.Insert(j, segments[j]);
                // Of one direction only: what the other side says depends on what it has heard.
                if (random.Next(2) == 0 && segments[j].IsClient == segments[j + 1].IsClient && segments[j + 1].Flags == 0x10)
                    (segments[j], segments[j + 1]) = (segments[j + 1], segments[j]);
            }
            Assert.Equal(whole, Import(PcapOf(segments), out _).OfType<CommandEvent>().Select(command => (Text(command), command.Figures.RowsInOrder)));
        }
    }

    [Fact]
    public void After_what_is_lost_it_goes_on_with_the_next_command()
    {
        // Without the beginning; without one segment of the answer in the middle.
        var late = Import(PcapOf(Conversation()[7..]), out _).OfType<CommandEvent>().Select(Text).ToArray();
        Assert.Equal(["select 'a'", "select nowhere"], late);
        var segments = Conversation();
        var answer = segments.FindIndex(segment => segment is { IsClient: false } && segment.Data.AsSpan().IndexOf("def"u8) > 0);
        segments.RemoveAt(answer);
        var read = Import(PcapOf(segments), out var report);
        Assert.Contains("begin", read.OfType<CommandEvent>().Select(Text));
        Assert.NotEmpty(report.Unread);
    }

    [Fact]
    public void Commands_that_are_sent_without_waiting_have_their_own_answers()
    {
        var segments = Conversation();
        var (begin, first) = (segments.FindIndex(segment => segment.Data.AsSpan().IndexOf("begin"u8) > 0), segments.FindIndex(Asks));
        var ask = segments[first];
        segments.RemoveAt(first);
        segments.Insert(begin + 1, ask); // Before the answer to the one before.
        // Both answers in one segment, but for their last bytes.
        var answers = segments.FindIndex(begin, segment => !segment.IsClient);
        segments[answers] = segments[answers] with { Data = [.. segments[answers].Data, .. segments[answers + 1].Data, .. segments[answers + 2].Data] };
        segments.RemoveRange(answers + 1, 2);

        var commands = Import(PcapOf(segments), out var report).OfType<CommandEvent>().ToArray();

        Assert.Equal(["begin", "select 'a'", "select nowhere"], commands.Select(Text));
        Assert.Equal([0ul, 1ul, 0ul], commands.Select(command => command.Figures.Rows));
        Assert.Equal([0, 0, 1054], commands.Select(command => (int)command.Figures.ErrorCode));
        Assert.Equal(11ul, commands[0].Figures.ResponseBytes);
        Assert.Empty(report.Unread);

        static bool Asks(Segment segment) => segment.Data.AsSpan().IndexOf("select 'a'"u8) > 0;
    }

    [Fact]
    public void A_segment_as_far_away_as_numbers_go_is_passed_over()
    {
        var segments = Conversation();
        var last = segments[^1];
        segments.Insert(segments.Count - 1, new Segment(true, last.Sequence + 0x8000_0000, 0x10, [1, 2, 3]));

        Assert.Equal(["begin", "select 'a'", "select nowhere"], Import(PcapOf(segments), out _).OfType<CommandEvent>().Select(Text));
    }

    [Fact]
    public void What_makes_no_sense_breaks_nothing()
    {
        var random = new Random(11);
        var whole = PcapOf(Conversation());
        for (var i = 0; i < 600; i++)
        {
            var bytes = whole.ToArray();
            for (var j = 0; j < 1 + (i % 12); j++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            Import(bytes[..random.Next(bytes.Length)], out _);
        }
        Import([], out var none);
        Assert.Equal(1, none.Unread["files that are no packet captures"]);
        Import([0x0A, 0x0D, 0x0D, 0x0A, 28, 0, 0, 0, 0x4D, 0x3C, 0x2B, 0x1A, .. new byte[16], 6, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0], out _);
    }

    private sealed record Segment(bool IsClient, uint Sequence, byte Flags, byte[] Data);

    private static List<Segment> Conversation()
    {
        var (client, server) = (1000u, uint.MaxValue - 20); // Numbers run over.
        var all = new List<Segment>();
        void Say(bool isClient, byte[] data, byte flags = 0x10)
        {
            ref var at = ref isClient ? ref client : ref server;
            all.Add(new Segment(isClient, at, flags, data));
            at += (uint)data.Length + ((flags & 0x03) != 0 ? 1u : 0);
        }
        Say(true, [], 0x02);
        Say(false, [], 0x12);
        Say(false, Greet());
        Say(true, Login());
        Say(false, Packet(2, [0, 0, 0, 2, 0, 0, 0]));
        Say(true, Packet(0, [3, .. "begin"u8]));
        Say(false, Packet(1, [0, 0, 0, 3, 0, 0, 0]));
        Say(true, Packet(0, [3, .. "select 'a'"u8]));
        byte[] rows = [.. Packet(1, [1]), .. Packet(2, [3, .. "def"u8, 0, 0, 0, 1, (byte)'a', 0, 12, 45, 0, 4, 0, 0, 0, 253, 0, 0, 0, 0, 0]),
            .. Packet(3, [1, (byte)'a']), .. Packet(4, [0xFE, 0, 0, 3, 0, 0, 0])];
        Say(false, rows[..9]);
        Say(false, rows[9..30]);
        Say(false, rows[30..]);
        Say(true, Packet(0, [3, .. "select nowhere"u8]));
        Say(false, Packet(1, [0xFF, 0x1E, 0x04, .. "#42S22Unknown column"u8]));
        Say(true, Packet(0, [1]));
        Say(true, [], 0x11);
        return all;
    }

    private static byte[] Packet(byte sequence, byte[] payload) => [(byte)payload.Length, (byte)(payload.Length >> 8), 0, sequence, .. payload];

    private static byte[] Greet()
    {
        var writer = new PacketWriter().Begin(0);
        Greeting.Write(writer, "9.7.4"u8, 8, new byte[20], Spoken, 45, MySql.Results.ServerStatus.Autocommit, "mysql_native_password"u8);
        return writer.End().Bytes.ToArray();
    }

    private static byte[] Login()
    {
        var writer = new PacketWriter().Begin(1);
        writer.Int4((uint)Spoken).Int4(1 << 24).Int1(45).Raw(new byte[23]).NulTerminated("app"u8).Int1(0).NulTerminated("shop"u8)
            .NulTerminated("mysql_native_password"u8);
        return writer.End().Bytes.ToArray();
    }

    private static byte[] PcapOf(List<Segment> segments, bool isNanoseconds = false)
    {
        var file = new MemoryStream();
        Span<byte> head = stackalloc byte[24];
        BinaryPrimitives.WriteUInt32LittleEndian(head, isNanoseconds ? 0xA1B23C4D : 0xA1B2C3D4);
        BinaryPrimitives.WriteUInt32LittleEndian(head[16..], 262144);
        BinaryPrimitives.WriteUInt32LittleEndian(head[20..], 101);
        file.Write(head);
        for (var i = 0; i < segments.Count; i++)
        {
            var segment = segments[i];
            var packet = new byte[40 + segment.Data.Length];
            packet[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
            packet[9] = 6;
            (segment.IsClient ? (byte[])[10, 0, 0, 7, 10, 0, 0, 1] : [10, 0, 0, 1, 10, 0, 0, 7]).CopyTo(packet, 12);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), segment.IsClient ? (ushort)50000 : (ushort)3306);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), segment.IsClient ? (ushort)3306 : (ushort)50000);
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(24), segment.Sequence);
            packet[32] = 0x50;
            packet[33] = segment.Flags;
            segment.Data.CopyTo(packet, 40);
            var record = new byte[16];
            BinaryPrimitives.WriteUInt32LittleEndian(record, 1_700_000_000);
            BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), (uint)(i * (isNanoseconds ? 1_000_000 : 1_000)));
            BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(8), packet.Length);
            BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(12), packet.Length);
            file.Write(record);
            file.Write(packet);
        }
        return file.ToArray();
    }

    private CaptureRecord[] Import(byte[] packets, out ImportReport report)
    {
        var name = Guid.NewGuid().ToString("N");
        using (var writer = new CaptureWriter(new CaptureForm { Folder = _folder, Head = new CaptureHead { Name = name } }))
        {
            report = PacketLog.Import(new MemoryStream(packets), writer, keepsLiterals: true);
            writer.Flush();
        }
        using var reader = CaptureReader.Open(CaptureFiles.Find(Path.Combine(_folder, name)));
        var records = reader.Rest().ToArray();
        Assert.True(reader.Damage.IsNone);
        return records;
    }

    private static string Text(CommandEvent command) => Encoding.UTF8.GetString(command.Text.Span);
}
