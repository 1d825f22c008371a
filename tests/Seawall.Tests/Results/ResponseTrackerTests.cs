using CsCheck;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Xunit;

namespace Seawall.Tests.Results;

public sealed class ResponseTrackerTests
{
    public static MatrixTheoryData<bool, CommandKind> Shapes =>
        new([true, false], [CommandKind.Query, CommandKind.StatementPrepare, CommandKind.FieldList, CommandKind.InitDb]);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void It_sees_the_same_whole_and_cut_at_every_byte(bool deprecatesEof, CommandKind kind)
    {
        var answer = AnswerTo(kind, deprecatesEof);
        var whole = Follow(answer, kind, deprecatesEof, answer.Length);
        Assert.EndsWith("done", whole, StringComparison.Ordinal);
        for (var cut = 1; cut < answer.Length; cut++)
            Assert.Equal(whole, Follow(answer, kind, deprecatesEof, cut));
        Assert.Equal(whole, Follow(answer, kind, deprecatesEof, 1, every: true));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void It_is_not_done_before_the_last_byte(bool deprecatesEof, CommandKind kind)
    {
        var answer = AnswerTo(kind, deprecatesEof);
        for (var length = 0; length < answer.Length; length++)
            Assert.DoesNotContain("done", Follow(answer[..length], kind, deprecatesEof, length), StringComparison.Ordinal);
    }

    // As MySQL 9.7 writes them: where definitions are left out their EOF packets remain, for clients that want those.
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Definitions_may_be_left_out_where_that_was_agreed_on(bool deprecatesEof, bool follow)
    {
        var text = new PacketWriter().Begin(1).LengthEncoded(2).Int1(follow ? (byte)1 : (byte)0).End();
        Definitions(text, follow ? 2 : 0, deprecatesEof);
        text.BeginNext().Raw("\u0001a\u0001b"u8).End().BeginNext();
        End(text, deprecatesEof, default);
        var prepared = new PacketWriter().Begin(1).Int1(0).Int4(9).Int2(1).Int2(2).Int1(0).Int2(0).Int1(follow ? (byte)1 : (byte)0).End();
        Definitions(prepared, follow ? 2 : 0, deprecatesEof);
        Definitions(prepared, follow ? 1 : 0, deprecatesEof);

        foreach (var (answer, kind) in ((byte[], CommandKind)[])
            [(text.Bytes.ToArray(), CommandKind.Query), (prepared.Bytes.ToArray(), CommandKind.StatementPrepare)])
        {
            var whole = Follow(answer, kind, deprecatesEof, answer.Length, mayOmit: true);
            Assert.EndsWith("done", whole, StringComparison.Ordinal);
            Assert.Equal(whole, Follow(answer, kind, deprecatesEof, 1, every: true, mayOmit: true));
            for (var length = 0; length < answer.Length; length++)
                Assert.EndsWith("open", Follow(answer[..length], kind, deprecatesEof, length, mayOmit: true), StringComparison.Ordinal);
        }
    }

    // MariaDB says how far a statement has come in packets that look like errors.
    [Fact]
    public void Reports_of_progress_end_nothing()
    {
        var writer = new PacketWriter().Begin(1).Raw([0xFF, 0xFF, 0xFF, 1, 1, 1, 0, 0, 0, 0]).End().BeginNext()
            .Raw([0xFF, 0xFF, 0xFF, 1, 1, 1, 9, 0, 0, 0]).End().BeginNext();
        OkPacket.Write(writer, OkPacket.Header, 0, 0, ServerStatus.Autocommit, 0, default, default, Capabilities.None);
        var answer = writer.End().Bytes.ToArray();

        Assert.Equal("Progress after 0, Progress after 0, End after 0, done",
            Follow(answer, CommandKind.Query, deprecatesEof: true, answer.Length));
    }

    // MariaDB, without a schema, after a statement that began WITH.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_list_of_fields_may_be_nothing_but_OK(bool deprecatesEof)
    {
        var answer = AnswerTo(CommandKind.InitDb, deprecatesEof);

        Assert.Equal("End after 0, done", Follow(answer, CommandKind.FieldList, deprecatesEof, answer.Length));
    }

    [Fact]
    public void The_end_of_a_call_follows_its_out_parameters_whatever_the_end_of_their_row_says()
    {
        const ServerStatus behindColumns = ServerStatus.OutParameters | ServerStatus.MoreResults;
        var writer = new PacketWriter().Begin(1).LengthEncoded(1).End().BeginNext().Raw("def0123456"u8).End().BeginNext();
        End(writer, deprecatesEof: false, behindColumns);
        writer.BeginNext().Raw("\u00001"u8).End().BeginNext();
        End(writer, deprecatesEof: false, ServerStatus.Autocommit);
        var row = writer.Bytes.ToArray();
        var tracker = default(ResponseTracker);
        tracker.Begin(ResponseShape.Results, deprecatesEof: false);
        var position = 0;

        while (tracker.Next(row, ref position) is not ResponseEvent.NeedMore and var seen)
        {
            if (seen == ResponseEvent.ColumnsEnd)
                tracker.ColumnsEnded(behindColumns);
            else if (seen == ResponseEvent.End)
                tracker.Ended(ServerStatus.Autocommit);
        }

        Assert.Equal(row.Length, position);
        Assert.False(tracker.IsDone);
    }

    [Fact]
    public void Bytes_of_strangers_do_not_make_it_throw() => Gen.Select(Gen.Byte.Array[0, 300], Gen.Int[0, 5], Gen.Bool, Gen.Bool)
        .Sample((bytes, shape, deprecatesEof, mayOmit) =>
        {
            var tracker = default(ResponseTracker);
            tracker.Begin((ResponseShape)shape, deprecatesEof, mayOmitMetadata: mayOmit);
            var position = 0;
            for (var steps = 0; steps < 1_000 && !tracker.IsDone; steps++)
            {
                var seen = tracker.Next(bytes, ref position);
                Assert.InRange(position, 0, bytes.Length);
                if (seen is ResponseEvent.NeedMore or ResponseEvent.Malformed)
                    return;
                if (seen == ResponseEvent.End)
                    tracker.Ended(ServerStatus.MoreResults);
            }
        });

    private static byte[] AnswerTo(CommandKind kind, bool deprecatesEof)
    {
        var writer = new PacketWriter().Begin(1);
        switch (kind)
        {
            case CommandKind.StatementPrepare:
                writer.Int1(0).Int4(9).Int2(1).Int2(2).Int1(0).Int2(0).End();
                Definitions(writer, 2, deprecatesEof);
                Definitions(writer, 1, deprecatesEof);
                break;
            case CommandKind.FieldList:
                writer.Raw("def0123456"u8).End().BeginNext().Raw("def0123456"u8).End().BeginNext();
                End(writer, deprecatesEof, default);
                break;
            case CommandKind.InitDb:
                OkPacket.Write(writer, OkPacket.Header, 0, 0, ServerStatus.Autocommit, 0, default, default, Capabilities.None);
                writer.End();
                break;
            default:
                writer.LengthEncoded(2).End();
                Definitions(writer, 2, deprecatesEof);
                // A row that begins with 0xFE is one when it is too long for an end.
                writer.BeginNext().Raw("\u0001a\u0001b"u8).End().BeginNext().Int1(0xFB).Raw("\u0001c"u8).End().BeginNext();
                End(writer, deprecatesEof, ServerStatus.MoreResults);
                writer.BeginNext();
                OkPacket.Write(writer, OkPacket.Header, 1, 2, ServerStatus.Autocommit, 0, default, default, Capabilities.None);
                writer.End();
                break;
        }
        return writer.Bytes.ToArray();
    }

    private static void Definitions(PacketWriter writer, int count, bool deprecatesEof)
    {
        for (var i = 0; i < count; i++)
            writer.BeginNext().LengthEncodedBytes("def"u8).Zeros(20).End();
        if (deprecatesEof)
            return;
        EofPacket.Write(writer.BeginNext(), 0, default);
        writer.End();
    }

    private static void End(PacketWriter writer, bool deprecatesEof, ServerStatus status)
    {
        if (deprecatesEof)
            OkPacket.Write(writer, OkPacket.EndHeader, 0, 0, status, 0, default, default, Capabilities.DeprecateEof);
        else
            EofPacket.Write(writer, 0, status);
        writer.End();
    }

    // What is seen, in words: events and the rows between them, and whether all of it was followed.
    private static string Follow(byte[] answer, CommandKind kind, bool deprecatesEof, int cut, bool every = false, bool mayOmit = false)
    {
        var tracker = default(ResponseTracker);
        tracker.Begin(ResponseShapes.Of(kind), deprecatesEof, mayOmitMetadata: mayOmit);
        var seen = new List<string>();
        int start = 0, end = Math.Min(cut, answer.Length);
        while (true)
        {
            var data = answer[start..end];
            var position = 0;
            while (!tracker.IsDone && tracker.Next(data, ref position) is var found and not ResponseEvent.NeedMore)
            {
                seen.Add($"{found} after {tracker.Rows}");
                if (found == ResponseEvent.End)
                    tracker.Ended(OkPacket.Read(data.AsSpan()[(tracker.PacketStart + 4)..tracker.PacketEnd], false) is { IsValid: true } ok
                        && (data[tracker.PacketStart + 4] == 0 || deprecatesEof) ? ok.Status
                        : EofPacket.Read(data.AsSpan()[(tracker.PacketStart + 4)..tracker.PacketEnd]).Status);
                else if (found == ResponseEvent.ColumnsEnd)
                    tracker.ColumnsEnded(default);
            }
            start += position;
            if (tracker.IsDone || end == answer.Length)
                return string.Join(", ", seen) + (tracker.IsDone ? ", done" : ", open");
            end = every ? end + 1 : answer.Length;
        }
    }
}
