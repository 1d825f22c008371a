using Seawall.Control.Admin;
using Xunit;

namespace Seawall.Tests.Admin;

public sealed class AdminTextTests
{
    [Theory]
    [InlineData("SHOW POOLS", "SHOW|POOLS")]
    [InlineData("  show\tpools ;; ", "show|pools")]
    [InlineData("/* from a driver */ SHOW -- the rest\n POOLS # and more", "SHOW|POOLS")]
    [InlineData("SHOW STATS LIKE 'a\\'b''c'", "SHOW|STATS|LIKE|a'b'c")]
    [InlineData("SHOW STATS LIKE \"log\\_in%\"", "SHOW|STATS|LIKE|log\\_in%")]
    [InlineData("select @@session.sql_mode,1", "select|@@session.sql_mode|,|1")]
    [InlineData("SHOW 'open", "SHOW|open")]
    [InlineData("/* open", "")]
    [InlineData("--", "")]
    [InlineData("\\", "\\")]
    public void A_command_is_taken_apart_into_words_texts_and_signs(string source, string pieces) =>
        Assert.Equal(pieces, string.Join('|', AdminText.Read(source).Tokens.Select(token => token.Text)));

    [Fact]
    public void Nothing_that_is_typed_makes_it_throw_or_lose_its_place()
    {
        CsCheck.Check.Sample(CsCheck.Gen.String, source =>
        {
            var end = 0;
            foreach (var token in AdminText.Read(source).Tokens)
            {
                Assert.InRange(token.Start, end, source.Length);
                Assert.InRange(token.End, token.Start + 1, source.Length);
                end = token.End;
            }
        });
    }

    [Theory]
    [InlineData("pool.size", "pool%", true)]
    [InlineData("pool.size", "POOL.SIZE", true)]
    [InlineData("pool.size", "pool", false)]
    [InlineData("pool.size", "%size", true)]
    [InlineData("pool.size", "%o%o%s%", true)]
    [InlineData("pool.size", "p__l.size", true)]
    [InlineData("pool.size", "p_l.size", false)]
    [InlineData("max_rows", "max\\_rows", true)]
    [InlineData("maxarows", "max\\_rows", false)]
    [InlineData("100%", "100\\%", true)]
    [InlineData("1000", "100\\%", false)]
    [InlineData("", "%", true)]
    [InlineData("", "", true)]
    [InlineData("a", "", false)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "%a%a%a%a%a%a%a%a%a%a%a%a%c", false)]
    public void Like_is_that_of_sql(string text, string pattern, bool fits) => Assert.Equal(fits, LikePattern.Matches(text, pattern));
}
