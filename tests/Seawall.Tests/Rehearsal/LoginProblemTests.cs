using System.Text;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Targets;
using Xunit;

namespace Seawall.Tests.Rehearsal;

/// <summary>What is said when Seawall itself cannot log in: what happened, whose side it is, the option with its value, and whether to try again.</summary>
public sealed class LoginProblemTests
{
    private static readonly Target s_target = new("old", new Dsn
    {
        User = "dba",
        Password = new LoginPassword("marker"u8),
        Host = "db1",
        Option = "--old",
        PasswordBasis = "that of SEAWALL_OLD_PASSWORD",
        Tls = DsnTls.Required,
    });

    [Fact]
    public void A_wrong_password_is_told_with_where_it_is_from_and_that_servers_count_them()
    {
        var words = LoginProblem.Words(s_target, new(LoginEnd.Refused, 1045, "Access denied for user 'dba'@'h'"));

        Assert.StartsWith("cannot log in to the old server (db1:3306) as 'dba': refused: 1045 Access denied", words, StringComparison.Ordinal);
        Assert.Contains("--old says the user, the password is that of SEAWALL_OLD_PASSWORD", words, StringComparison.Ordinal);
        Assert.Contains("servers may lock accounts", words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Refused", 1040, "takes no more connections now", "is safe: a login changes nothing")]
    [InlineData("Refused", 1129, "FLUSH HOSTS", "until that is changed")]
    [InlineData("Refused", 3159, "--old with ?tls=required", "until that is changed")]
    [InlineData("Refused", 1862, "the server's words", "until that is changed")]
    [InlineData("Unreachable", 0, "--old says where (db1:3306)", "is safe: a login changes nothing")]
    [InlineData("TimedOut", 0, "does not answer", "is safe: a login changes nothing")]
    [InlineData("Closed", 0, "hung up", "is safe: a login changes nothing")]
    [InlineData("NoTls", 0, "--old asks for tls=required", "until that is changed")]
    [InlineData("Malformed", 0, "does not speak as MySQL or MariaDB do", "until that is changed")]
    public void Each_end_names_its_side_and_whether_trying_again_is_safe(string end, int code, string cause, string again)
    {
        var words = LoginProblem.Words(s_target, new(Enum.Parse<LoginEnd>(end), code, "words"));

        Assert.Contains(cause, words, StringComparison.Ordinal);
        Assert.Contains(again, words, StringComparison.Ordinal);
    }

    [Fact]
    public void No_end_is_left_out_and_none_tells_the_password() => Assert.All(Enum.GetValues<LoginEnd>(), end =>
    {
        var words = LoginProblem.Words(s_target, new(end));

        Assert.Contains("Trying again", words, StringComparison.Ordinal);
        Assert.DoesNotContain(Encoding.ASCII.GetString(s_target.Dsn.Password!.Bytes), words, StringComparison.Ordinal);
    });
}
