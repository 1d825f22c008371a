using Seawall.Captures;
using Seawall.Captures.Files;
using Seawall.Captures.Records;
using Seawall.Fuzz.Inputs;
using Seawall.Fuzz.Run;

namespace Seawall.Fuzz.Targets;

/// <summary>Files that are said to be captures, and texts that are to be written into one.</summary>
internal static class CaptureTargets
{
    private static readonly byte[] s_segment = Segment();

    internal static IReadOnlyList<FuzzTarget> List { get; } =
    [
        new("capture-files", ReadSegment, () => [s_segment, .. Seeds.Kept("capture-files")])
        {
            Words = [[.. "SWB1"u8], [.. "SWCAPTUR"u8], [1, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0x7F], [0x28, 0xB5, 0x2F, 0xFD]],
            ShortRun = 20_000,
        },
        new("capture-records", ReadRecords, () => [s_segment[(SegmentForm.HeadBytes + SegmentForm.BlockHeadBytes)..],
            .. Seeds.Kept("capture-records")])
        {
            Words = [[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], [0x80], [7], [5], [0, 0, 0, 0]],
        },
        new("secret-words", LookForSecrets, () => [[.. "SET PASSWORD = 'x'; /*!1 GRANT */ -- IDENTIFIED\n"u8]])
        {
            Words = [[.. "password"u8], [.. "PASSWORD ("u8], [.. "/*!"u8], [.. "*/"u8], [.. ";"u8], [.. "alter table"u8]],
        },
    ];

    private static void ReadSegment(byte[] input)
    {
        using var reader = CaptureReader.Over(new MemoryStream(input));
        var count = reader.Rest().Count();
        Rule.Holds(count == 0 || input.Length >= SegmentForm.HeadBytes + SegmentForm.BlockHeadBytes, "records out of nothing");
    }

    // Behind a checksum that is right no byte would be tried: here there is none.
    private static void ReadRecords(byte[] input)
    {
        ReadOnlySpan<byte> rest = input;
        var written = new FieldBytes();
        while (RecordReader.TryTake(rest, out var length, out var record))
        {
            Rule.Holds(length > 4 && length <= rest.Length, "a record that is longer than its bytes");
            rest = rest[length..];
            if (record is null)
                continue;
            written.Clear();
            RecordWriter.Write(written, record);
            Rule.Holds(RecordReader.TryTake(written.Span, out var again, out var same) && again == written.Length && same is not null
                && same.GetType() == record.GetType(), "a record that was read cannot be written and read again");
        }
    }

    private static void LookForSecrets(byte[] input)
    {
        if (SecretWords.MayBeIn(input))
            Rule.Holds(SecretWords.MayBeIn([.. input, .. " x"u8]), "a secret that is none any more when something follows");
    }

    private static byte[] Segment()
    {
        var folder = Directory.CreateTempSubdirectory("capture-seed").FullName;
        try
        {
            using (var writer = new CaptureWriter(new CaptureForm { Folder = folder, Head = new CaptureHead { Name = "seed" }, IsPacked = false }))
            {
                writer.Append(new ConnectionEvent { User = "app", Attributes = [new("a", "b")], Settings = [new("sql_mode", "")] });
                writer.Append(new CommandEvent { Schema = "shop", Text = "SELECT 1"u8.ToArray(), SqlState = "42000" });
                writer.Append(new ConnectionEnd());
                writer.Append(new CaptureEnd { Reason = "stopped" });
                writer.Flush();
            }
            return File.ReadAllBytes(CaptureFiles.PathOf(folder, "seed", 1));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
