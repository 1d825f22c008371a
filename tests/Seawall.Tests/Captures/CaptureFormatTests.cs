using System.Text;
using Seawall.Captures;
using Seawall.Captures.Files;
using Seawall.Captures.Records;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Captures;

/// <summary>What is written is read again; what is damaged is passed over, and said.</summary>
public sealed class CaptureFormatTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("capture").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Everything_that_was_written_is_read_again(bool isPacked, bool isEncrypted)
    {
        using var key = new CaptureKey(new byte[CaptureKey.Bytes]);
        var records = Examples();
        using (var writer = new CaptureWriter(Form("all") with { IsPacked = isPacked, Key = isEncrypted ? key : null }))
        {
            foreach (var record in records)
            {
                writer.Append(record);
                writer.Flush();
            }
        }

        using var reader = CaptureReader.Open(CaptureFiles.Find(Path.Combine(_folder, "all")), isEncrypted ? key : null);
        var read = reader.Rest().ToArray();

        Assert.True(reader.Damage.IsNone, reader.Damage.ToString());
        Assert.Equal(new CaptureHead { Name = "all", Segment = 1, KeepsLiterals = true, BeganUs = 17 }, read[0]);
        Assert.Equal(records.Select(Text), read.Skip(1).Select(Text));
        var bytes = File.ReadAllBytes(Assert.Single(CaptureFiles.Find(Path.Combine(_folder, "all"))));
        // What is packed and this short still has it.
        Assert.Equal(!isEncrypted, bytes.AsSpan().IndexOf("SELECT name"u8) >= 0);
    }

    [Fact]
    public void A_capture_that_breaks_off_anywhere_is_read_up_to_its_last_whole_block()
    {
        var bytes = Written(Examples(), out var ends);

        for (var length = 0; length <= bytes.Length; length++)
        {
            using var reader = CaptureReader.Over(new MemoryStream(bytes, 0, length));
            var read = reader.Rest().Count();

            Assert.Equal(ends.Count(end => end <= length), read);
            Assert.Equal(length < SegmentForm.HeadBytes, reader.Damage.Problem is not null);
            Assert.Equal(length >= SegmentForm.HeadBytes && length != SegmentForm.HeadBytes && !ends.Contains(length),
                reader.Damage.TornEnds == 1);
        }
    }

    [Fact]
    public void A_byte_that_has_changed_costs_one_block_and_is_reported()
    {
        var examples = Examples();
        var bytes = Written(examples, out _);

        for (var at = SegmentForm.HeadBytes; at < bytes.Length; at++)
        {
            var changed = bytes.ToArray();
            changed[at] ^= 0x11;
            using var reader = CaptureReader.Over(new MemoryStream(changed));

            Assert.Equal(examples.Length, reader.Rest().Count());
            Assert.False(reader.Damage.IsNone);
        }
    }

    [Fact]
    public void Another_key_or_none_opens_nothing()
    {
        using var key = new CaptureKey(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());
        using var other = new CaptureKey(new byte[32]);
        using (var writer = new CaptureWriter(Form("locked") with { Key = key }))
        {
            writer.Append(Examples()[1]);
            writer.Flush();
        }
        var files = CaptureFiles.Find(Path.Combine(_folder, "locked"));

        using var wrong = CaptureReader.Open(files, other);
        Assert.Empty(wrong.Rest());
        Assert.Contains("another key", wrong.Damage.Problem, StringComparison.Ordinal);
        using var without = CaptureReader.Open(files);
        Assert.Empty(without.Rest());
        Assert.Contains("no key file", without.Damage.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Segments_follow_one_another_and_end_where_there_may_be_no_more_bytes()
    {
        using (var writer = new CaptureWriter(Form("long") with { SegmentBytesMax = 1000, BytesMax = 6000, IsPacked = false }))
        {
            while (!writer.IsFull)
            {
                writer.Append(Command("SELECT 1", 1));
                writer.Flush();
            }
            Assert.InRange(writer.Bytes, 5000, 6000);
        }
        var files = CaptureFiles.Find(Path.Combine(_folder, "long"));
        Assert.InRange(files.Count, 4, 8);
        using var reader = CaptureReader.Open(files);
        var read = reader.Rest().ToArray();
        Assert.Equal(Enumerable.Range(1, files.Count).Select(i => (uint)i), read.OfType<CaptureHead>().Select(head => head.Segment));
        Assert.True(reader.Damage.IsNone);
        Assert.Equal(files.Sum(file => new FileInfo(file).Length), Assert.Single(CaptureFiles.List(_folder)).Bytes);
    }

    [Fact]
    public void Only_its_owner_may_read_a_capture()
    {
        using var writer = new CaptureWriter(Form("mine"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite,
            OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(CaptureFiles.Find(Path.Combine(_folder, "mine"))[0]));
    }

    [Fact]
    public void What_is_too_long_is_cut_and_says_so()
    {
        var long_ = Command(new string('x', CaptureLimits.TextBytes + 1), 1);
        using (var writer = new CaptureWriter(Form("cut")))
        {
            writer.Append(long_);
            writer.Append(new ConnectionEvent { User = new string('u', 5000), Attributes = [.. Enumerable.Repeat(Pair("a", "b"), 500)] });
            writer.Flush();
        }
        using var reader = CaptureReader.Open(CaptureFiles.Find(Path.Combine(_folder, "cut")));
        var read = reader.Rest().ToArray();
        Assert.Equal(TextState.Cut, Assert.IsType<CommandEvent>(read[1]).Figures.Text);
        var connection = Assert.IsType<ConnectionEvent>(read[2]);
        Assert.Equal(CaptureLimits.WordBytes, connection.User.Length);
        Assert.Equal(CaptureLimits.Pairs, connection.Attributes.Length);
    }

    [Fact]
    public void A_key_is_read_from_bytes_or_digits()
    {
        var file = Path.Combine(_folder, "key");
        File.WriteAllBytes(file, new byte[32]);
        Assert.NotNull(CaptureKey.Read(file, out _));
        File.WriteAllText(file, new string('a', 64) + "\n");
        Assert.NotNull(CaptureKey.Read(file, out _));
        File.WriteAllText(file, "short");
        Assert.Null(CaptureKey.Read(file, out var problem));
        Assert.Contains(file, problem, StringComparison.Ordinal);
        Assert.Null(CaptureKey.Read(file + "-none", out problem));
        Assert.NotNull(problem);
    }

    private byte[] Written(CaptureRecord[] records, out HashSet<long> ends)
    {
        using var writer = new CaptureWriter(Form("torn"));
        ends = [writer.Bytes];
        foreach (var record in records)
        {
            writer.Append(record);
            writer.Flush();
            ends.Add(writer.Bytes);
        }
        writer.Dispose();
        return File.ReadAllBytes(CaptureFiles.PathOf(_folder, "torn", 1));
    }

    private CaptureForm Form(string name) => new()
    {
        Folder = _folder,
        Head = new CaptureHead { Name = name, KeepsLiterals = true, BeganUs = 17 },
    };

    private static KeyValuePair<string, string> Pair(string name, string value) => new(name, value);

    private static CommandEvent Command(string text, ulong connection) => new()
    {
        Schema = "shop",
        Text = Encoding.UTF8.GetBytes(text),
        Parameters = new byte[] { 0, 1, 3, 0, 7, 0, 0, 0 },
        SqlState = "42S02",
        Gtid = "0-1-77",
        Figures = new CommandFigures
        {
            Connection = connection,
            StartUs = 1_700_000_000_000_000,
            FirstByteUs = uint.MaxValue,
            DurationUs = 300,
            Command = CommandKind.StatementExecute,
            Verb = StatementKind.Update,
            Digest = 0xFEDC_BA98_7654_3210,
            Transaction = 3,
            Marks = TransactionMarks.IsOpen,
            StatementId = 5,
            ParameterCount = 1,
            Text = TextState.Kept,
            End = CommandEnd.ServerLost,
            Results = 2,
            Rows = ulong.MaxValue,
            Affected = 1,
            InsertId = 2,
            Warnings = 3,
            Status = ServerStatus.InTransaction,
            ErrorCode = 1146,
            RowsInOrder = 1,
            RowsInAnyOrder = 2,
            Columns = 3,
            RequestBytes = 40,
            ResponseBytes = 50,
            ResponsePackets = 6,
            Sample = SampleReason.Reservoir,
            StandsFor = 9,
        },
    };

    private static CaptureRecord[] Examples() =>
    [
        new ConnectionEvent
        {
            Source = "10.0.0.7",
            Listener = "127.0.0.1:6033",
            User = "app",
            Schema = "shop",
            FirstPlugin = "caching_sha2_password",
            AccountPlugin = "mysql_native_password",
            Attributes = [Pair("_client_name", "libmysql"), Pair("program_name", "mysql")],
            Settings = [Pair("sql_mode", "")],
            Figures = new ConnectionFigures
            {
                Connection = 1, AcceptUs = 1_700_000_000_000_000, TlsUs = 5, LoginUs = 6, Capabilities = ulong.MaxValue, Collation = 255,
                RoundTrips = 4, PacketsIn = 2, PacketsOut = 3, BytesIn = 200, BytesOut = 100, TlsVersion = 12288, TlsCipher = 0x1301,
                TlsResumed = true, IsLocal = true, WasThere = true, End = LoginEnd.Refused, ErrorCode = 1045,
            },
        },
        Command("SELECT name FROM items WHERE id = 7 AND name = 'x'", 1),
        new CaptureGap { AtUs = 5, Dropped = 6 },
        new CaptureWindow { AtUs = 5, Begins = true, OneIn = 10 },
        new ConnectionEnd
        {
            Figures = new EndFigures { Connection = 1, FirstCommandUs = 2, CloseUs = 3, Commands = 4, Reason = CloseReason.HungUp },
        },
        new CaptureEnd { AtUs = 9, Reason = "stopped", Connections = 1, Commands = 2, Dropped = 6 },
    ];

    // Records have arrays in them, which are compared by what they are and not by what is in them.
    private static string Text(CaptureRecord record) => record switch
    {
        CommandEvent command => $"{command.Figures} {command.Schema} {Convert.ToHexString(command.Text.Span)} "
            + $"{Convert.ToHexString(command.Parameters.Span)} {command.SqlState} {command.Gtid}",
        ConnectionEvent connection => $"{connection.Figures} {connection.Source} {connection.Listener} {connection.User} "
            + $"{connection.Schema} {connection.FirstPlugin} {connection.AccountPlugin} "
            + string.Join(",", connection.Attributes) + string.Join(",", connection.Settings),
        _ => record.ToString(),
    };
}
