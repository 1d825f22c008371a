using CsCheck;
using Seawall.MySql.Passwords;
using Xunit;

namespace Seawall.Tests.Passwords;

public sealed class StoredPasswordTests
{
    private const string Native = "*9459D320A3B295CAD66BDD3405716CD28FA2E927";
    private const string Crypt = "$A$00A$seawall-salt-20bytesOsQoMtFIsolavY.4RCI1lOSbHhpdWH499.r9Vg0C6H8";
    private const string Plain = "$5$seawall-salt-20bytes$OsQoMtFIsolavY.4RCI1lOSbHhpdWH499.r9Vg0C6H8";
    private const string Ed25519 = "ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY";

    private static readonly byte[][] s_plugins =
    [
        [],
        NativePassword.PluginName.ToArray(),
        CachingSha2Password.PluginName.ToArray(),
        Sha256Password.PluginName.ToArray(),
        Ed25519Password.AccountPluginName.ToArray(),
        "pam"u8.ToArray(),
    ];

    // 'invalid' closes MariaDB's root of a fresh installation, '*THISIS…' the accounts of MySQL 5.7 itself.
    [Theory]
    [InlineData("", Native, PasswordKind.Native)]
    [InlineData("mysql_native_password", Native, PasswordKind.Native)]
    [InlineData("MySQL_Native_Password", Native, PasswordKind.Native)]
    [InlineData("mysql_native_password", "invalid", PasswordKind.Unmatchable)]
    [InlineData("mysql_native_password", "*THISISNOTAVALIDPASSWORDTHATCANBEUSEDHERE", PasswordKind.Unmatchable)]
    [InlineData("mysql_native_password", "3981dc4c2417dac8", PasswordKind.Unsupported)]
    [InlineData("mysql_native_password", "3981dc4c2417dacX", PasswordKind.Unmatchable)]
    [InlineData("mysql_old_password", "3981dc4c2417dac8", PasswordKind.Unsupported)]
    [InlineData("caching_sha2_password", Crypt, PasswordKind.CachingSha2)]
    [InlineData("caching_sha2_password", "", PasswordKind.CachingSha2)]
    [InlineData("caching_sha2_password", Native, PasswordKind.Unmatchable)]
    [InlineData("sha256_password", Plain, PasswordKind.Sha256)]
    [InlineData("sha256_password", Crypt, PasswordKind.Unmatchable)]
    [InlineData("ed25519", Ed25519, PasswordKind.Ed25519)]
    [InlineData("ed25519", "", PasswordKind.Unmatchable)]
    [InlineData("unix_socket", "", PasswordKind.Unsupported)]
    [InlineData("auth_socket", "mysql", PasswordKind.Unsupported)]
    [InlineData("pam", "mariadb", PasswordKind.Unsupported)]
    [InlineData("mysql_no_login", "", PasswordKind.Unsupported)]
    [InlineData("parsec", "P0:anything", PasswordKind.Unsupported)]
    public void An_account_row_is_read_by_its_plugin(string plugin, string stored, PasswordKind kind)
    {
        var account = Known.Account(plugin, stored);
        Assert.Equal(kind, account.Kind);
        Assert.Equal(stored.Length == 0 && kind is PasswordKind.CachingSha2, account.IsEmpty);
    }

    [Theory]
    [InlineData("unix_socket", "")]
    [InlineData("mysql_native_password", "invalid")]
    [InlineData("ed25519", "")]
    [InlineData("mysql_old_password", "")]
    public void What_cannot_be_checked_admits_nobody(string plugin, string stored)
    {
        var account = Known.Account(plugin, stored);
        Assert.False(account.IsEmpty);
        Assert.False(account.AdmitsWithoutPassword([]));
        Gen.Byte.Array[0, 64].Sample(bytes =>
            !account.Matches(bytes)
            && !NativePassword.Verify(bytes, Known.Nonce, account, new byte[20], out _)
            && !Ed25519Password.Verify(bytes, new byte[32], account));
    }

    [Fact]
    public void MySQL_s_own_accounts_have_a_hash_that_no_password_has()
    {
        // authentication_string of mysql.sys in MySQL 9.7.4: 20 letters of salt, 43 of digest.
        var account = Known.Account(
            "caching_sha2_password", "$A$005$THISISACOMBINATIONOFINVALIDSALTANDPASSWORDTHATMUSTNEVERBRBEUSED");
        Assert.False(account.IsEmpty);
        Assert.False(account.Matches([]));
        Assert.False(account.Matches("mysql"u8));
    }

    [Theory]
    [InlineData("mysql_native_password", "", "", true)]
    [InlineData("mysql_native_password", "", "\0", false)]
    [InlineData("caching_sha2_password", "", "", true)]
    [InlineData("caching_sha2_password", "", "\0", true)]
    [InlineData("caching_sha2_password", "", "\u0001", false)]
    [InlineData("caching_sha2_password", "", "\0\0", false)]
    [InlineData("sha256_password", "", "\0", true)]
    [InlineData("mysql_native_password", Native, "", false)]
    [InlineData("caching_sha2_password", Crypt, "", false)]
    [InlineData("caching_sha2_password", Crypt, "\0", false)]
    public void No_password_is_admitted_only_where_there_is_none(
        string plugin, string stored, string proof, bool admitted) =>
        Assert.Equal(
            admitted, Known.Account(plugin, stored).AdmitsWithoutPassword(proof.Select(c => (byte)c).ToArray()));

    [Theory]
    [InlineData("mysql_native_password", Native, "tide")]
    [InlineData("caching_sha2_password", Crypt, "tide")]
    [InlineData("ed25519", Ed25519, "secret")]
    [InlineData("caching_sha2_password", "", "")]
    public void Every_kind_can_be_asked_about_the_password_itself(string plugin, string stored, string password)
    {
        var account = Known.Account(plugin, stored);
        Assert.True(account.Matches(password.Select(c => (byte)c).ToArray()));
        Assert.False(account.Matches("ebb"u8));
        Assert.Equal(stored == Crypt, account.IsSlow);
    }

    [Fact]
    public void A_changed_password_or_plugin_shows_as_inequality()
    {
        Assert.Equal(Known.Account("", Native), Known.Account("mysql_native_password", Native.ToLowerInvariant()));
        Assert.Equal(Known.Account("caching_sha2_password", Crypt), Known.Account("caching_sha2_password", Crypt));
        Assert.Equal(
            Known.Account("caching_sha2_password", Crypt).GetHashCode(),
            Known.Account("Caching_SHA2_password", Crypt).GetHashCode());
        Assert.NotEqual(Known.Account("", Native), Known.Account("", Native.Replace('9', '8')));
        Assert.NotEqual(Known.Account("", Native), Known.Account("", ""));
        Assert.NotEqual(Known.Account("caching_sha2_password", ""), Known.Account("mysql_native_password", ""));
        Assert.NotEqual(
            Known.Account("caching_sha2_password", Crypt),
            Known.Account("caching_sha2_password", Crypt.Replace("00A", "00B", StringComparison.Ordinal)));
        Assert.NotEqual(Known.Account("pam", ""), Known.Account("unix_socket", ""));
    }

    [Fact]
    public void Nothing_of_the_hash_is_printed() =>
        Assert.Equal("caching_sha2_password (CachingSha2)", Known.Account("caching_sha2_password", Crypt).ToString());

    [Fact]
    public void Any_bytes_are_read_without_an_exception() =>
        Gen.Byte.Array[1, 140].Sample(stored => s_plugins.All(plugin =>
            StoredPassword.Read(plugin, stored).Kind is PasswordKind.Unmatchable or PasswordKind.Unsupported));
}
