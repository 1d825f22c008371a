using System.Text;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Xunit;

namespace Seawall.Tests.Admin;

/// <summary>A result that is written is followed to its end by the tracker that follows those of servers.</summary>
public sealed class ResultSetTests
{
    private static readonly ResultColumn[] s_columns = [new("n", ColumnKind.Number), new("t", ColumnKind.Text)];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_result_is_whole_in_both_dialects(bool deprecatesEof)
    {
        var bytes = Write(deprecatesEof, out var packets).ToArray();
        var tracker = default(ResponseTracker);
        tracker.Begin(ResponseShape.Results, deprecatesEof);
        var (at, events) = (0, 0);
        while (!tracker.IsDone)
        {
            var seen = tracker.Next(bytes, ref at);
            Assert.NotEqual(ResponseEvent.NeedMore, seen);
            Assert.NotEqual(ResponseEvent.Malformed, seen);
            if (seen == ResponseEvent.End)
                tracker.Ended(ServerStatus.Autocommit);
            else if (seen == ResponseEvent.ColumnsEnd)
                tracker.ColumnsEnded(ServerStatus.Autocommit);
            events++;
        }
        Assert.Equal(bytes.Length, at);
        Assert.Equal(deprecatesEof ? 6 : 7, packets);
        Assert.True(events > 0);
    }

    [Fact]
    public void Values_are_text_and_null_is_no_empty_text()
    {
        var bytes = Write(deprecatesEof: true, out _);
        // count, two columns, then the rows: 5 and NULL; empty and ü.
        Assert.True(bytes.IndexOf("\u0001\u0035"u8) > 0);
        byte[] first = [3, 0, 0, 4, 1, (byte)'5', 0xFB];
        byte[] second = [4, 0, 0, 5, 0, 2, .. Encoding.UTF8.GetBytes("ü")];
        Assert.True(bytes.IndexOf(first) > 0);
        Assert.True(bytes.IndexOf(second) > 0);
    }

    private static ReadOnlySpan<byte> Write(bool deprecatesEof, out int packets)
    {
        var writer = new PacketWriter();
        var result = new ResultSetWriter(writer, deprecatesEof ? Capabilities.DeprecateEof : Capabilities.None);
        result.Begin(s_columns, 1, ServerStatus.Autocommit);
        result.Row(["5", null]);
        result.Row(["", "ü"]);
        result.End(ServerStatus.Autocommit, 0);
        packets = writer.NextSequence - 1;
        return writer.Bytes;
    }
}
