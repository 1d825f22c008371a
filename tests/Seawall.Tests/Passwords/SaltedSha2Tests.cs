using System.Text;
using CsCheck;
using Seawall.MySql.Passwords;
using Xunit;

namespace Seawall.Tests.Passwords;

public sealed class SaltedSha2Tests
{
    private const string Salt = "seawall-salt-20bytes";

    // What MySQL 9.7.4 stored for CREATE USER … IDENTIFIED BY 'tide' under caching_sha2_password_storage_format and
    // _digest_rounds of its own choice (10,000), 5,000 and 512,000: HEX(authentication_string) of mysql.user.
    private const string Crypt10000 =
        "2441243030412457100B4D5C34057B133519586256193E3A7007774D58496F4D4666302E477169536F754C555158763355514F67"
        + "64576A74675856794E38722E355666516843";

    private const string Crypt5000 =
        "2441243030352421163F15346B373F2560445072052A44580B6F3735773944774245614D5A4C4F3368684A526548717561474B39"
        + "51444B6966704D716649776F4962412E7832";

    private const string Crypt512000 =
        "244124323030246B732D6A3043581A722A5A574E60546E432B6833556D616B2E594C692E49762F464E414E513830424C70517147"
        + "554662366C6D3456513333512F624C6E7A41";

    private const string Pbkdf2Of5000 =
        "244224303035246E724C696F13326C093F323165051C3B2E783A394231544B53523650485738762F5473304B71525A644E2F3677"
        + "6A496C396E6247336166326A4637753465684B58427768707A6A45737A716B5735617577624264546F61364D3377547A67436731"
        + "4971574A6A585270673D3D";

    private const string Pbkdf2Of512000 =
        "24422432303024154C17232F36253C3F5264360E03103E3D4C67126F7148397153522B76584B5A45644954596B36474353313458"
        + "3633337062704D696268443657576D6C4B567755727255366C32546264306B4F7468447966647A412F757438504E4E44354C4D62"
        + "63434B5874306246773D3D";

    // sha256_password of 'tide' in MySQL 5.6.24 and in 9.7.4.
    private const string Sha256Of56 =
        "243524227B04567B127A6845313F7C1C1549585D267579244935566134477555687A3075776D6166444564633944417558484B55"
        + "4C504E7A7130772F4C41582E582F42";

    private const string Sha256Of97 =
        "243524441C6C0F033B3649502B3C7469077F147F0B0A5924385336616973465561734A5A396A5234414F71355162645975787254"
        + "734F3572704F47415364414D6C4631";

    [Theory]
    [InlineData(Crypt10000, SaltedSha2Scheme.Crypt, 10_000)]
    [InlineData(Crypt5000, SaltedSha2Scheme.Crypt, 5_000)]
    [InlineData(Crypt512000, SaltedSha2Scheme.Crypt, 512_000)]
    [InlineData(Pbkdf2Of5000, SaltedSha2Scheme.Pbkdf2, 5_000)]
    [InlineData(Pbkdf2Of512000, SaltedSha2Scheme.Pbkdf2, 512_000)]
    [InlineData(Sha256Of56, SaltedSha2Scheme.Sha256Password, 5_000)]
    [InlineData(Sha256Of97, SaltedSha2Scheme.Sha256Password, 5_000)]
    public void What_real_servers_stored_matches_its_password_and_no_other(
        string hex, SaltedSha2Scheme scheme, int rounds)
    {
        var stored = Convert.FromHexString(hex);
        var salted = Parse(stored);

        Assert.NotNull(salted);
        Assert.Equal((scheme, rounds), (salted.Scheme, salted.Rounds));
        Assert.True(salted.Matches(Known.Tide));
        Assert.False(salted.Matches("tidf"u8));
        Assert.Equal(stored, salted.ToStored());
    }

    [Fact]
    public void Passwords_of_255_bytes_and_of_two_byte_letters_match_what_a_real_server_stored()
    {
        // MySQL 9.7.4: the sentence ten times, cut at 255; and a word in Cyrillic letters.
        var longest = Parse(Convert.FromHexString(
            "2441243030352458776E7C3C0A361B49115C2D5F6B714D0D0F5A2C62786C76694D53416F32666A71374C383251675743662F5261"
            + "497A31472F71505662624F5061494A427441"));
        var letters = Parse(Convert.FromHexString(
            "244124303035246B4A65373A703C3B5B557409441B1552224D3D0D586A2E326C412E6955596541376A5A366A535743504C634D68"
            + "5142666C443934546170414B546D3976792F"));
        var sentences = string.Concat(Enumerable.Repeat("The tide waits for nobody. ", 10))[..255];

        Assert.True(longest!.Matches(Encoding.ASCII.GetBytes(sentences)));
        Assert.True(letters!.Matches(Encoding.UTF8.GetBytes("прилив")));
    }

    // Digests from an independent implementation in Python (hashlib).
    [Theory]
    [InlineData(SaltedSha2Scheme.Crypt, 10_000, "$A$00A$" + Salt + "OsQoMtFIsolavY.4RCI1lOSbHhpdWH499.r9Vg0C6H8")]
    [InlineData(
        SaltedSha2Scheme.Pbkdf2,
        16_000,
        "$B$010$" + Salt + "ahsptC7pAzUY44q0TbOwW8qMyKNVT7uZ23uiICjrcdcWb2gaFgIQr58T1ZYV2C4Kh1WrybJIxVDFVQfufwnzaQ==")]
    public void A_stored_form_is_made_as_a_server_makes_it(SaltedSha2Scheme scheme, int rounds, string stored)
    {
        var made = SaltedSha2.Create(scheme, Known.Tide, Encoding.ASCII.GetBytes(Salt), rounds);
        Assert.Equal(stored, Encoding.ASCII.GetString(made.ToStored()));
    }

    [Theory]
    [InlineData(SaltedSha2Scheme.Crypt)]
    [InlineData(SaltedSha2Scheme.Pbkdf2)]
    [InlineData(SaltedSha2Scheme.Sha256Password)]
    public void Every_scheme_survives_a_round_trip_with_any_salt(SaltedSha2Scheme scheme) =>
        Gen.Select(Gen.Byte.Array[1, 256], Gen.Byte.Array[20]).Sample(
            (password, salt) =>
            {
                var made = SaltedSha2.Create(scheme, password, salt);
                var read = Parse(made.ToStored());
                return made.Equals(read) && read.Matches(password) && !read.Matches(password.AsSpan(1));
            },
            iter: 20);

    [Fact]
    public void A_password_longer_than_servers_take_matches_nothing() =>
        Assert.False(Parse(Convert.FromHexString(Crypt5000))!.Matches(new byte[257]));

    [Theory]
    [InlineData("$A$000$")]
    [InlineData("$A$00G$")]
    [InlineData("$A$ 05$")]
    [InlineData("$A$-05$")]
    [InlineData("$A$+05$")]
    [InlineData("$A$0x5$")]
    [InlineData("$C$005$")]
    [InlineData("$A$0005")]
    [InlineData("$A_005$")]
    [InlineData("_A$005$")]
    [InlineData("$a$005$")]
    public void Rounds_of_none_and_other_prefixes_are_refused(string prefix) =>
        Assert.Null(Parse([.. Encoding.ASCII.GetBytes(prefix), .. Convert.FromHexString(Crypt5000)[7..]]));

    [Fact]
    public void The_most_rounds_that_three_digits_hold_are_the_most_that_are_read()
    {
        byte[] stored = [.. "$A$FFF$"u8, .. Convert.FromHexString(Crypt5000)[7..]];
        Assert.Equal(4_095_000, Parse(stored)!.Rounds);
    }

    [Theory]
    [InlineData(Crypt5000)]
    [InlineData(Pbkdf2Of5000)]
    [InlineData(Sha256Of56)]
    public void A_stored_form_that_is_cut_short_or_too_long_is_refused(string hex)
    {
        var stored = Convert.FromHexString(hex);
        for (var length = 0; length < stored.Length; length++)
            Assert.Null(Parse(stored[..length]));
        Assert.Null(Parse([.. stored, (byte)'x']));
    }

    [Fact]
    public void Any_bytes_are_refused_without_an_exception() =>
        Gen.Byte.Array[0, 140].Sample(bytes => Parse(bytes) is null);

    [Fact]
    public void Nothing_of_the_digest_is_printed() =>
        Assert.Equal("Crypt, 5000 rounds", Parse(Convert.FromHexString(Crypt5000))!.ToString());

    private static SaltedSha2? Parse(byte[] stored) =>
        SaltedSha2.TryParseCaching(stored, out var caching) ? caching
        : SaltedSha2.TryParseSha256Password(stored, out var plain) ? plain
        : null;
}
