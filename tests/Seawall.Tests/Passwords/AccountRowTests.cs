using System.Text;
using CsCheck;
using Seawall.MySql.Passwords;
using Xunit;

namespace Seawall.Tests.Passwords;

public sealed class AccountRowTests
{
    private const string NativeTide = "*9459D320A3B295CAD66BDD3405716CD28FA2E927";
    private const string NativeOther = "*023494FBCDFBF9C93B6B2663B348A1C4A939B247";

    // Rows of mysql.user in MySQL 5.6.24, and who was admitted: the Password column decides for native accounts. Only
    // the third row differs on purpose, see the method.
    [Theory]
    [InlineData("mysql_native_password", "", NativeTide, "tide")]
    [InlineData("mysql_native_password", NativeOther, NativeTide, "tide")]
    [InlineData("mysql_native_password", NativeTide, "", "tide")]
    [InlineData("", "", NativeTide, "tide")]
    [InlineData("MySQL_Native_Password", "", NativeTide, "tide")]
    [InlineData("mysql_native_password", "", "", "")]
    public void A_row_with_a_Password_column_is_read_as_MySQL_56_reads_it(
        string plugin, string authenticationString, string column, string password)
    {
        var account = AccountRow.ReadWithPasswordColumn(Bytes(plugin), Bytes(authenticationString), Bytes(column));
        Assert.Equal(PasswordKind.Native, account.Kind);
        Assert.True(account.Matches(Bytes(password)));
        Assert.False(account.Matches("other"u8));
    }

    [Theory]
    [InlineData("mysql_old_password", "", "3981dc4c2417dac8", PasswordKind.Unsupported)]
    [InlineData("", "", "3981dc4c2417dac8", PasswordKind.Unsupported)]
    [InlineData("sha256_password", "", NativeTide, PasswordKind.Sha256)]
    public void Other_plugins_of_such_a_row_do_not_look_at_a_native_Password(
        string plugin, string authenticationString, string column, PasswordKind kind) =>
        Assert.Equal(
            kind, AccountRow.ReadWithPasswordColumn(Bytes(plugin), Bytes(authenticationString), Bytes(column)).Kind);

    [Fact]
    public void An_account_under_rotation_has_two_passwords()
    {
        // MySQL 9.7.4: IDENTIFIED BY 'ebb', then IDENTIFIED BY 'flow' RETAIN CURRENT PASSWORD.
        var stored = Convert.FromHexString(
            "244124303035246B1C366F7C0D2951106C272D572C2C4E36254B57656947744B3051784338754E38777863566D48723955657043"
            + "71365163616150677962557A705031375638");
        const string Attributes = """
            {"additional_password":
            "$A$005$\u0010H\u000f\u0011,6iqZCN\u00152\u00142Y_[\u0005#tcZqXp7vagaCwnRNwkTLtlO3f6gLqNYuv2M6bemBZNA"}
            """;

        Assert.True(AccountRow.TryReadMySql(
            "caching_sha2_password"u8, stored, Encoding.UTF8.GetBytes(Attributes), out var passwords));
        Assert.Equal(2, passwords.Length);
        Assert.True(passwords[0].Matches("flow"u8));
        Assert.False(passwords[0].Matches("ebb"u8));
        Assert.True(passwords[1].Matches("ebb"u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("""{"metadata": {"x": "y", "additional_password": "no"}}""")]
    [InlineData("""{"additional_password": ""}""")]
    [InlineData("""{"Password_locking": {"failed_login_attempts": 3, "password_lock_time_days": 1}}""")]
    public void Other_attributes_leave_one_password(string attributes)
    {
        Assert.True(AccountRow.TryReadMySql(
            "mysql_native_password"u8, Bytes(NativeTide), Bytes(attributes), out var passwords));
        Assert.Equal([Known.Account("", NativeTide)], passwords);
    }

    [Fact]
    public void An_account_with_a_second_factor_is_not_admitted_by_its_first()
    {
        // MySQL 9.7.4: IDENTIFIED BY 'tide' AND IDENTIFIED WITH auth_socket AS 'x'.
        const string Attributes = """
            {"multi_factor_authentication": [
                {"plugin": "auth_socket", "passwordless": 0, "authentication_string": "x", "requires_registration": 0}]}
            """;

        Assert.True(AccountRow.TryReadMySql(
            "mysql_native_password"u8, Bytes(NativeTide), Bytes(Attributes), out var passwords));
        var only = Assert.Single(passwords);
        Assert.Equal((PasswordKind.Unsupported, "multi_factor_authentication"), (only.Kind, only.Plugin));
        Assert.False(only.Matches("tide"u8));
    }

    // VIA ed25519 … OR mysql_native_password … OR unix_socket: the top stands where the empty object is.
    private const string ThreeMethods = """
        {"access":0,"version_id":101119,"plugin":"mysql_native_password",
        "authentication_string":"*9459D320A3B295CAD66BDD3405716CD28FA2E927",
        "auth_or":[{"plugin":"ed25519","authentication_string":"ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY"},
        {},{"plugin":"unix_socket"}],"password_last_changed":1795449139}
        """;

    // Priv of mysql.global_priv in MariaDB 10.11.19, with line ends of ours; what was asked for stands before each.
    public static TheoryData<string, string> MariaDbRows => new()
    {
        // IDENTIFIED BY 'tide'.
        {
            """
            {"access":0,"version_id":101119,"plugin":"mysql_native_password",
            "authentication_string":"*9459D320A3B295CAD66BDD3405716CD28FA2E927","password_last_changed":1795449139}
            """,
            "mysql_native_password (Native)"
        },
        {
            ThreeMethods,
            "ed25519 (Ed25519), mysql_native_password (Native), unix_socket (Unsupported)"
        },

        // VIA unix_socket OR mysql_native_password USING 'invalid' OR ed25519 USING PASSWORD('').
        {
            """
            {"access":0,"version_id":101119,"plugin":"mysql_native_password","authentication_string":"invalid",
            "auth_or":[{"plugin":"unix_socket"},{},{"plugin":"ed25519"}],"password_last_changed":1795449139}
            """,
            "unix_socket (Unsupported), mysql_native_password (Unmatchable), ed25519 (Unmatchable)"
        },

        // CREATE ROLE.
        { """{"access":0,"version_id":101119,"is_role":true}""", "" },

        // root of a server that was initialised without authentication.
        { """{"access":18446744073709551615}""", "mysql_native_password (Native)" },

        // IDENTIFIED VIA mysql_old_password USING …
        {
            """
            {"access":0,"version_id":101119,"plugin":"mysql_old_password","authentication_string":"5d2e19393cc5ef67"}
            """,
            "mysql_old_password (Unsupported)"
        },
    };

    [Theory]
    [MemberData(nameof(MariaDbRows))]
    public void A_row_of_MariaDB_lists_its_methods_in_order(string priv, string methods)
    {
        Assert.True(AccountRow.TryReadMariaDb(Encoding.UTF8.GetBytes(priv), out var passwords));
        Assert.Equal(methods, string.Join(", ", passwords));
    }

    [Fact]
    public void The_methods_of_MariaDB_keep_their_passwords()
    {
        Assert.True(AccountRow.TryReadMariaDb(Bytes(ThreeMethods), out var passwords));
        Assert.True(passwords[0].Matches("secret"u8));
        Assert.True(passwords[1].Matches("tide"u8));
        Assert.False(passwords[1].Matches("secret"u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}{}")]
    [InlineData("""{"plugin":5}""")]
    [InlineData("""{"plugin":"ed25519"} x""")]
    [InlineData("""{"auth_or":{}}""")]
    [InlineData("""{"auth_or":[5]}""")]
    [InlineData("""{"auth_or":[{}""")]
    [InlineData("""{"auth_or":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}""")]
    [InlineData("""{"plugin":"\ud800"}""")]
    public void Text_that_is_no_such_row_is_refused(string json)
    {
        Assert.False(AccountRow.TryReadMariaDb(Bytes(json), out var passwords));
        Assert.Empty(passwords);
        if (json.Length > 0 && json[0] != '{')
            Assert.False(AccountRow.TryReadMySql("mysql_native_password"u8, [], Bytes(json), out _));
    }

    [Fact]
    public void A_row_that_is_cut_short_or_changed_is_taken_or_refused_without_an_exception()
    {
        var row = Bytes(ThreeMethods);
        for (var length = 0; length < row.Length; length++)
            Assert.False(AccountRow.TryReadMariaDb(row.AsSpan(0, length), out _));

        Gen.Select(Gen.Int[0, row.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            var changed = row.ToArray();
            changed[at] = value;
            AccountRow.TryReadMariaDb(changed, out _);
            AccountRow.TryReadMySql("ed25519"u8, [], changed, out _);
        });
        Gen.Byte.Array[0, 64].Sample(bytes => !AccountRow.TryReadMariaDb(bytes, out _));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
