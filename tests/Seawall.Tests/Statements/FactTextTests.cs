using System.Text;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Statements;

/// <summary>Values in the place of questions, and names of columns that do not show it.</summary>
public sealed class FactTextTests
{
    private const AskedFacts All = AskedFacts.RowCount | AskedFacts.FoundRows | AskedFacts.WarningCount | AskedFacts.ErrorCount;

    [Theory]
    [InlineData("select row_count() + 1", "select if(1,7,row_count()) + 1")]
    [InlineData("SELECT /* x */ ROW_COUNT ( ) AS `n`;", "SELECT /* x */ if(1,7,ROW_COUNT ( )) AS `n`;")]
    [InlineData("select if(found_rows() > 10, row_count(), 'x') from t", "select if(if(1,7,found_rows()) > 10, if(1,7,row_count()), 'x') from t")]
    [InlineData("SET @a = ROW_COUNT() + @@session.warning_count",
        "SET @a = if(1,7,ROW_COUNT()) + if(1,cast(7 as unsigned),@@session.warning_count)")]
    [InlineData("select @@error_count e, @@local.error_count",
        "select if(1,cast(7 as unsigned),@@error_count) e, if(1,cast(7 as unsigned),@@local.error_count)")]
    [InlineData("select row_count() as row_count, t.found_rows from t", "select if(1,7,row_count()) as row_count, t.found_rows from t")]
    [InlineData("select row_count() `row_count`, 'found_rows()', row_counts()",
        "select if(1,7,row_count()) `row_count`, 'found_rows()', row_counts()")]
    [InlineData("select row_count() into @my_row_count", "select if(1,7,row_count()) into @my_row_count")]
    [InlineData("select @row_count, row_count(), @@row_count", "select @row_count, if(1,7,row_count()), @@row_count")]
    [InlineData("do row_count(); do row_count()", "do if(1,7,row_count()); do row_count()")]
    [InlineData("insert into t values (row_count(), 'row_count') returning a", "insert into t values (if(1,7,row_count()), 'row_count') returning a")]
    [InlineData("select row_count() /* row_count */", null)]
    [InlineData("insert into t values (row_count/**/())", null)]
    [InlineData("insert into t values (s.row_count())", null)]
    [InlineData("select @@global.warning_count", null)]
    [InlineData("select row_count() + 'it\\'s row_count'", null)]
    [InlineData("select 1", null)]
    [InlineData("select row_count() 'x", null)]
    public void Values_stand_in_the_place_of_questions(string text, string? expected)
    {
        FactTraces? traces = null;
        var written = FactText.Put(Encoding.UTF8.GetBytes(text), Dialects.MariaDb, All, _ => 7, ref traces);
        Assert.Equal(expected, written is null ? null : Encoding.UTF8.GetString(written));
    }

    [Fact]
    public void The_number_of_the_connection_is_meant_in_each_statement_of_a_text()
    {
        FactTraces? traces = null;
        var written = FactText.Put("select connection_id(); select @@pseudo_thread_id, row_count()"u8, Dialects.MySql97,
            AskedFacts.ConnectionId, _ => 2_147_483_650, ref traces);
        Assert.Equal("select if(1,cast(2147483650 as unsigned),connection_id()); "
            + "select if(1,cast(2147483650 as unsigned),@@pseudo_thread_id), row_count()", Encoding.UTF8.GetString(written!));
    }

    [Theory]
    [InlineData("select * from information_schema.processlist where id = connection_id()", true)]
    [InlineData("select * from `performance_schema`.threads where processlist_id = connection_id()", true)]
    [InlineData("select is_used_lock('a') = connection_id()", true)]
    [InlineData("select * from jobs where owner = connection_id()", false)]
    [InlineData("select connection_id(), 'sys'", false)]
    public void Lists_of_connections_are_known(string text, bool expected) =>
        Assert.Equal(expected, FactText.ReadsConnections(Encoding.UTF8.GetBytes(text), Dialects.MySql97));

    [Fact]
    public void A_value_that_nobody_knows_is_not_put_anywhere()
    {
        FactTraces? traces = null;
        Assert.Null(FactText.Put("select row_count(), found_rows()"u8, Dialects.MySql97, All,
            fact => fact == AskedFacts.RowCount ? 5 : null, ref traces));
    }

    [Fact]
    public void Names_of_columns_and_errors_are_as_the_client_wrote_them()
    {
        FactTraces? traces = null;
        FactText.Put("select row_count() + if(1,7,row_count())"u8, Dialects.MySql97, All, _ => 7, ref traces);
        var put = "if(1,7,row_count()) + if(1,7,if(1,7,row_count()))";
        var definition = new PacketWriter().Begin(0).LengthEncodedText("def").LengthEncodedText("").LengthEncodedText("t").LengthEncodedText("")
            .LengthEncodedText(put).LengthEncodedText(put).Int1(12).Raw([63, 0, 21, 0, 0, 0, 8, 129, 0, 0, 0, 0]).OpenPayload.ToArray();
        Assert.True(traces!.AreIn(definition));
        var writer = new PacketWriter().Begin(0);
        traces.WriteDefinition(writer, definition);
        Assert.Equal(new PacketWriter().Begin(0).LengthEncodedText("def").LengthEncodedText("").LengthEncodedText("t").LengthEncodedText("")
            .LengthEncodedText("row_count() + if(1,7,row_count())").LengthEncodedText("row_count() + if(1,7,row_count())").Int1(12)
            .Raw([63, 0, 21, 0, 0, 0, 8, 129, 0, 0, 0, 0]).OpenPayload.ToArray(), writer.OpenPayload.ToArray());

        writer = new PacketWriter().Begin(0);
        traces.WriteError(writer, Encoding.UTF8.GetBytes($"near '{put} frm'"));
        Assert.Equal("near 'row_count() + if(1,7,row_count()) frm'", Encoding.UTF8.GetString(writer.OpenPayload));
    }

    [Fact]
    public void A_definition_that_makes_no_sense_stays()
    {
        FactTraces? traces = null;
        FactText.Put("select row_count()"u8, Dialects.MySql97, All, _ => 7, ref traces);
        foreach (var definition in (byte[][])[[], [200], [.. "if(1,7,row_count())"u8], [3, .. "def"u8, 252, 255]])
        {
            var writer = new PacketWriter().Begin(0);
            traces!.WriteDefinition(writer, definition);
            Assert.Equal(definition, writer.OpenPayload.ToArray());
        }
    }
}
