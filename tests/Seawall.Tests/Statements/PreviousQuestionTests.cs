using System.Text;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Statements;

/// <summary>Questions about the statement before: which they are, and how they are answered.</summary>
public sealed class PreviousQuestionTests
{
    [Theory]
    [InlineData("show warnings", "Warnings 0 2147483647")]
    [InlineData("SHOW ERRORS LIMIT 5", "Errors 0 5")]
    [InlineData("show warnings limit 2 , 3", "Warnings 2 3")]
    [InlineData("show warnings limit 3 offset 2;", "Warnings 2 3")]
    [InlineData("show count(*) warnings", "WarningCount 0 1")]
    [InlineData("show count(*) errors", "ErrorCount 0 1")]
    [InlineData("show warnings limit ?", null)]
    [InlineData("show warnings limit 1 -- 2", null)]
    [InlineData("show tables", null)]
    [InlineData("select row_count()", null)]
    public void A_question_is_read_exactly_or_not_at_all(string text, string? expected)
    {
        var isRead = PreviousQuestion.TryRead(Encoding.UTF8.GetBytes(text), Dialects.MariaDb, out var question);
        Assert.Equal((expected, expected is not null), (question is null ? null : $"{question.Kind} {question.Offset} {question.Count}", isRead));
    }

    [Theory]
    [InlineData("insert into t (a, b) values ('x', 5), (null, now())", true)]
    [InlineData("INSERT t VALUE (199, '12', '200', 2.5)", false)]
    [InlineData("insert into t values (200)", false)]
    [InlineData("insert into t values (0200)", false)]
    [InlineData("insert into t values ('200abc')", false)]
    [InlineData("insert into t values (199.6)", false)]
    [InlineData("insert into t values (2e2)", false)]
    [InlineData("insert into t values ('2e2')", false)]
    [InlineData("insert into t values (0xC8)", false)]
    [InlineData("insert into t values (100 + 100)", false)]
    [InlineData("insert into t values (f())", false)]
    [InlineData("insert into t values (@a)", false)]
    [InlineData("insert into t set a = 5", false)]
    [InlineData("insert into t values ('a\\'200')", false)]
    [InlineData("insert into t values ('x' /* 1 */)", false)]
    [InlineData("insert into `values` (`a`) values ('it''s')", true)]
    public void A_number_was_made_by_the_server_when_it_is_no_value_of_the_statement(string text, bool isSure) =>
        Assert.Equal(isSure, MadeNumber.IsSure(Encoding.UTF8.GetBytes(text), 200));

    [Theory]
    [InlineData("insert into t (a, b) values ('x', 5)", true)]
    [InlineData("insert t values (f(1, (2)), '(1), (2)') on duplicate key update a = 1", true)]
    [InlineData("insert into t (a) values (1), (2)", false)]
    [InlineData("insert into t (a) values ('\\'), (2), (\\'')", false)]
    [InlineData("insert into t (a) values (1 /* ) */)", false)]
    [InlineData("insert into t (a) values (1", false)]
    [InlineData("insert into t select 1", false)]
    [InlineData("insert into t values ('", false)]
    public void One_row_of_values_is_told_from_several(string text, bool isOne) =>
        Assert.Equal(isOne, MadeNumber.IsOneRow(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData(127)]
    [InlineData(4294967295)]
    [InlineData(18446744073709551611)]
    public void A_limit_of_a_type_may_stand_for_a_larger_value(ulong number) =>
        Assert.False(MadeNumber.IsSure("insert into t values (5)"u8, number));

    [Fact]
    public void Parameters_are_values_as_well()
    {
        byte[] types = [8, 0, 253, 0, 5, 0];
        byte[] Values(long whole, string text, double real) =>
            [.. BitConverter.GetBytes(whole), (byte)text.Length, .. Encoding.UTF8.GetBytes(text), .. BitConverter.GetBytes(real)];
        Assert.True(MadeNumber.IsSure([0], types, Values(5, "abc", 7.5), 200));
        Assert.False(MadeNumber.IsSure([0], types, Values(200, "abc", 7.5), 200));
        Assert.False(MadeNumber.IsSure([0], types, Values(5, " 200", 7.5), 200));
        Assert.False(MadeNumber.IsSure([0], types, Values(5, "abc", 199.7), 200));
        Assert.True(MadeNumber.IsSure([1], types, Values(200, "abc", 7.5).AsSpan(8), 200));
        Assert.False(MadeNumber.IsSure([0], types, Values(5, "abc", 7.5).AsSpan(0, 19), 200)); // Cut off.
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rows_are_others_and_the_packets_are_numbered_anew(bool endsWithOk)
    {
        var writer = new PacketWriter();
        writer.Begin(1).Int1(2).End().BeginNext().Raw("first"u8).End().BeginNext().Raw("second"u8).End();
        if (!endsWithOk)
            writer.BeginNext().Raw([0xFE, 0, 0, 2, 0]).End();
        writer.BeginNext().LengthEncodedText("-1").Int1(0xFB).End().BeginNext().Raw([0xFE, 0, 0, 2, 0]).End();
        var result = writer.Bytes.ToArray();
        var columns = endsWithOk ? 3 : 4;

        new ResultRecast(result, endsWithOk).ReplaceRows(writer.Clear(), [["Note"u8.ToArray(), "7"u8.ToArray(), "x"u8.ToArray()],
            ["Error"u8.ToArray(), "8"u8.ToArray(), "y"u8.ToArray()]], isBinary: false);
        var changed = Packets(writer.Bytes);
        Assert.Equal(columns + 3, changed.Count);
        Assert.Equal([4, .. "Note"u8, 1, (byte)'7', 1, (byte)'x'], changed[columns]);
        Assert.Equal(0xFE, changed[^1][0]);
    }

    [Fact]
    public void Nothing_but_rows_is_changed()
    {
        var writer = new PacketWriter();
        var error = writer.Begin(1).Raw([0xFF, 1, 0, (byte)'#']).End().Bytes.ToArray();
        new ResultRecast(error, endsWithOk: true).ReplaceRows(writer.Clear(), [], isBinary: false);
        Assert.Equal(error, writer.Bytes.ToArray());
    }

    [Fact]
    public void Fewer_columns_than_announced_and_numbers_that_are_none_throw_nothing()
    {
        var writer = new PacketWriter();
        var result = writer.Begin(1).Int1(200).End().BeginNext().Raw("first"u8).End().Bytes.ToArray();
        new ResultRecast(result, endsWithOk: true).ReplaceRows(writer.Clear(), [], isBinary: false);
        Assert.Equal(result, writer.Bytes.ToArray());

        result = writer.Clear().Begin(1).Int1(1).End().BeginNext().Raw("first"u8).End().BeginNext().Raw([0xFE, 0, 0, 2, 0]).End()
            .Bytes.ToArray();
        byte[]?[] row = ["Note"u8.ToArray(), "none"u8.ToArray(), null];
        new ResultRecast(result, endsWithOk: true).ReplaceRows(writer.Clear(), [row], isBinary: true);
        Assert.Equal([0, 0, 4, .. "Note"u8, 0, 0, 0, 0, 0], Packets(writer.Bytes)[2]);
    }

    private static List<byte[]> Packets(ReadOnlySpan<byte> bytes)
    {
        var packets = new List<byte[]>();
        while (bytes.Length > 0)
        {
            Assert.Equal(packets.Count + 1, bytes[3]);
            var length = PacketHeader.LengthOf(bytes);
            packets.Add(bytes.Slice(PacketHeader.Size, length).ToArray());
            bytes = bytes[(PacketHeader.Size + length)..];
        }
        return packets;
    }
}
