using System.Text;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Statements;

public sealed class StatementTagsTests
{
    [Theory]
    [InlineData("SELECT 1", "", "", "")]
    [InlineData("SELECT 1 /*priority='low'*/", "low", "", "")]
    [InlineData("SELECT 1 /* priority='low', tenant='42' */ ;\n", "low", "", "42")]
    [InlineData("/*tenant='42'*/ SELECT 1", "", "", "42")]
    [InlineData("SELECT 1 /*action='x',priority='P3',traceparent='00-abc-def-01'*/", "P3", "00-abc-def-01", "")]
    [InlineData("SELECT '/*priority='low'*/", "low", "", "")]
    [InlineData("SELECT '/*priority=\"low\"*/'", "", "", "")]
    [InlineData("SELECT 1 /*priority='low*/", "", "", "")]
    [InlineData("SELECT 1 /*='low'*/", "", "", "")]
    [InlineData("/*! SELECT priority='low' */", "", "", "")]
    [InlineData("/*+ priority='low' */ SELECT 1", "", "", "")]
    [InlineData("*/", "", "", "")]
    [InlineData("/*", "", "", "")]
    [InlineData("/*/", "", "", "")]
    [InlineData("", "", "", "")]
    public void A_comment_at_either_end_is_read(string text, string priority, string trace, string tenant)
    {
        var tags = StatementTags.Read(Encoding.UTF8.GetBytes(text));

        Assert.Equal((priority, trace, tenant), (Encoding.UTF8.GetString(tags.Priority), Encoding.UTF8.GetString(tags.Trace),
            Encoding.UTF8.GetString(tags.Tenant)));
    }

    [Fact]
    public void How_long_its_program_waits_is_read() =>
        Assert.True(StatementTags.Read("SELECT 1 /*deadline_ms='300',priority='low'*/"u8).Deadline.SequenceEqual("300"u8));

    [Fact]
    public void Each_of_them_has_a_name()
    {
        var tags = StatementTags.Read(
            "SELECT 1 /*min_gtid='8',priority='1',tenant='3', traceparent='2',deadline_ms='4',freshness='7',other='9',defer_key='5',route='6'*/"u8);
        Assert.Equal("12345678", Encoding.UTF8.GetString([.. tags.Priority, .. tags.Trace, .. tags.Tenant, .. tags.Deadline, .. tags.DeferKey,
            .. tags.Route, .. tags.Freshness, .. tags.MinGtid]));
    }

    [Fact]
    public void Nothing_makes_it_throw()
    {
        var random = new Random(7);
        ReadOnlySpan<byte> letters = "/*='priority,low \n;!+M"u8;
        Span<byte> text = stackalloc byte[80];
        for (var i = 0; i < 20_000; i++)
        {
            var length = random.Next(text.Length);
            for (var j = 0; j < length; j++)
                text[j] = letters[random.Next(letters.Length)];
            _ = StatementTags.Read(text[..length]).Priority.Length;
        }
    }
}
