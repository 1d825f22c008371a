using System.Buffers.Binary;
using Seawall.Captures.Files;
using Seawall.Captures.Imports;
using Seawall.Captures.Records;
using Seawall.Fuzz.Inputs;
using Seawall.Fuzz.Run;

namespace Seawall.Fuzz.Targets;

/// <summary>Logs and packet captures, from which captures are made. What is made of them can be read, whatever they are.</summary>
internal static class ImportTargets
{
    private const string Slow = """
        /usr/sbin/mysqld, Version: 5.6.24-log (MySQL Community Server (GPL)). started with:
        # Time: 231126 21:00:00
        # User@Host: app[app] @ web1 [10.0.0.7]  Id:     2
        # Query_time: 0.000161  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 3
        use shop;
        SET timestamp=1700000000;
        select 'it''s', name from items;
        # Time: 2023-11-26T21:00:00.500000Z
        # User@Host: app[app] @ localhost []
        # Thread_id: 9  Schema: shop  QC_hit: No
        # Query_time: 0.000204  Lock_time: 0.000051  Rows_sent: 2  Rows_affected: 0  Bytes_sent: 90 Errno: 1062
        SET timestamp=1700000000;
        # administrator command: Quit;
        """;

    private const string General =
        "231126 21:00:00\t    2 Connect\tapp@web1 on shop\n\t\t    2 Query\tselect 1,\n  2\n\t\t    2 Init DB\tother\n\t\t    2 Execute\tselect 7\n"
        + "231126 21:00:01\t    3 Connect\tAccess denied for user 'evil'@'web2' (using password: YES)\n\t\t    2 Quit\t\n"
        + "2023-11-26T21:00:00.000001Z\t    8 Connect\tapp@localhost on shop using Socket\n2023-11-26T21:00:00.000002Z\t    8 Ping\t\n";

    private const ushort ServerPort = 3306;

    private static readonly Lazy<CaptureWriter> s_writer = new(OpenWriter);

    internal static IReadOnlyList<FuzzTarget> List { get; } =
    [
        new("slow-log", input => Import(input, SlowLog.Import), () => [[.. System.Text.Encoding.ASCII.GetBytes(Slow)], .. Seeds.Kept("slow-log")])
        {
            Words = [[.. "# Time: "u8], [.. "# User@Host: "u8], [.. "Query_time: "u8], [.. "use "u8], [.. ";\n"u8], [.. "timestamp="u8], [.. "1e400"u8]],
            ShortRun = 12_000,
        },
        new("general-log", input => Import(input, GeneralLog.Import),
            () => [[.. System.Text.Encoding.ASCII.GetBytes(General)], .. Seeds.Kept("general-log")])
        {
            Words = [[.. "\t\t    2 "u8], [.. "Connect\t"u8], [.. "Quit\t"u8], [.. " on "u8], [.. "@"u8], [.. "\n"u8], [.. "Access denied for user '"u8]],
            ShortRun = 12_000,
        },
        new("packets", input => Import(input, (from, to, keeps) => PacketLog.Import(from, to, keeps, ServerPort)),
            () => [.. Seeds.Recordings.Select(PcapOf), .. Seeds.Kept("packets")])
        {
            Words = [[0x80, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0x50, 0x12], [0x0A, 0x0D, 0x0D, 0x0A], [0x0C, 0xEA], [0x45, 0]],
            ShortRun = 30_000,
        },
    ];

    private static void Import(byte[] input, Func<Stream, CaptureWriter, bool, ImportReport> import)
    {
        var fields = s_writer.Value.Fields;
        fields.Clear();
        import(new MemoryStream(input), s_writer.Value, (input.Length & 1) == 0);
        var rest = fields.Span;
        while (RecordReader.TryTake(rest, out var length, out var record))
        {
            Rule.Holds(record is not null, "a record that an import has written and nobody can read");
            rest = rest[length..];
        }
        Rule.Holds(rest.IsEmpty, "bytes behind the last record");
    }

    // Its file is gone at once, and full from the beginning: what counts is what would have been written.
    private static CaptureWriter OpenWriter()
    {
        var folder = Directory.CreateTempSubdirectory("import-seed").FullName;
        var writer = new CaptureWriter(new CaptureForm { Folder = folder, Head = new CaptureHead { Name = "seed" }, IsPacked = false, BytesMax = 1 });
        Directory.Delete(folder, recursive: true);
        return writer;
    }

    // A conversation in bare IP: the SYNs, then each packet as a segment.
    private static byte[] PcapOf(Recording recording)
    {
        var file = new MemoryStream();
        Span<byte> head = stackalloc byte[24];
        head.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(head, 0xA1B2C3D4);
        BinaryPrimitives.WriteUInt32LittleEndian(head[20..], 101);
        file.Write(head);
        uint client = 1000, server = uint.MaxValue - 100; // Numbers run over.
        Say(isServers: false, 0x02, []);
        Say(isServers: true, 0x12, []);
        foreach (var packet in recording.Packets)
            Say(packet.IsServers, 0x10, packet.Bytes);
        return file.ToArray();

        void Say(bool isServers, byte flags, byte[] data)
        {
            ref var sequence = ref isServers ? ref server : ref client;
            var frame = new byte[16 + 40];
            BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(8), 40 + data.Length);
            var packet = frame.AsSpan(16);
            packet[0] = 0x45;
            packet[9] = 6;
            BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(40 + data.Length));
            (packet[15], packet[19]) = isServers ? ((byte)1, (byte)2) : ((byte)2, (byte)1);
            BinaryPrimitives.WriteUInt16BigEndian(packet[20..], isServers ? ServerPort : (ushort)50000);
            BinaryPrimitives.WriteUInt16BigEndian(packet[22..], isServers ? (ushort)50000 : ServerPort);
            BinaryPrimitives.WriteUInt32BigEndian(packet[24..], sequence);
            (packet[32], packet[33]) = (0x50, flags);
            sequence += (uint)data.Length + ((flags & 0x02) != 0 ? 1u : 0);
            file.Write(frame);
            file.Write(data);
        }
    }
}
