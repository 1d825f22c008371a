using System.Text;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Statements;

/// <summary>What to count statements by: the same for those that differ in their values alone.</summary>
public sealed class StatementShapeTests
{
    [Theory]
    [InlineData("SELECT c FROM t WHERE id = 7", "select  c from t\nwhere id = 42")]
    [InlineData("SELECT c FROM t WHERE id = 7", "SELECT c FROM t WHERE id = ?")]
    [InlineData("SELECT c FROM t WHERE id = 7", "SELECT c FROM t WHERE id = 'it''s \\' here'")]
    [InlineData("SELECT c FROM t WHERE id = 7", "SELECT c FROM t WHERE id = 0x1F /*traceparent='00-1'*/")]
    [InlineData("SELECT c FROM t WHERE id = 7", "/*app='a'*/ SELECT c FROM t -- why\n WHERE id = 1.5e3 # end")]
    [InlineData("SELECT c FROM t WHERE id IN (1)", "SELECT c FROM t WHERE id IN (1, 2, 3, 'four')")]
    [InlineData("INSERT INTO t (a, b) VALUES (1, 'x')", "INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y'), (3, ?)")]
    public void Values_comments_and_blanks_do_not_count(string one, string other) => Assert.Equal(Of(one), Of(other));

    [Theory]
    [InlineData("SELECT c FROM t WHERE id = 7", "SELECT c FROM u WHERE id = 7")]
    [InlineData("SELECT c FROM t WHERE id = 7", "SELECT c FROM t WHERE id > 7")]
    [InlineData("SELECT ab FROM t", "SELECT a b FROM t")]
    [InlineData("SELECT sbtest1 FROM t", "SELECT sbtest2 FROM t")]
    [InlineData("SELECT c FROM t WHERE a = 1", "SELECT c FROM t WHERE a = 1 AND b = 2")]
    [InlineData("SELECT c FROM t", "SELECT /*+ NO_INDEX_MERGE(t) */ c FROM t")]
    [InlineData("SELECT f(1, 2), a FROM t", "SELECT f(1, 2), g(1), a FROM t")]
    public void Everything_else_does(string one, string other) => Assert.NotEqual(Of(one), Of(other));

    [Fact]
    public void Whatever_the_bytes_it_ends_and_allocates_nothing()
    {
        var random = new Random(3);
        var bytes = new byte[3_000];
        var signs = "'\"`\\/*#-( ,)?a1\n"u8.ToArray();
        for (var i = 0; i < 300; i++)
        {
            random.GetItems<byte>(signs, bytes);
            _ = StatementShape.Of(bytes.AsSpan(0, random.Next(bytes.Length)));
        }
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            _ = StatementShape.Of(bytes);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static ulong Of(string text) => StatementShape.Of(Encoding.UTF8.GetBytes(text));
}
