using System.Globalization;
using System.Text;
using CsCheck;
using Seawall.MySql.Gtids;
using Xunit;

namespace Seawall.Tests.Gtids;

/// <summary>Positions as servers write them, and what nobody writes.</summary>
public sealed class GtidReaderTests
{
    private const string A = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    private const string B = "8f234f5c-e9bf-11f1-baa9-02fc00000001";

    private static readonly string[] s_pieces = [A, B, ":", "-", ",", "1", "42", "tag", " ", "\n", "0", "9999999999999999999"];

    [Theory]
    [InlineData("", "")]
    [InlineData(" \n", "")]
    [InlineData(A + ":1", A + "::1-1")]
    [InlineData(A + ":1-5", A + "::1-5")]
    [InlineData(A + ":1-5:8:11-18", A + "::1-5 " + A + "::8-8 " + A + "::11-18")]
    [InlineData(A + ":1-5,\n" + B + ":7", A + "::1-5 " + B + "::7-7")]
    [InlineData(A + ":1-5 , " + B + " : 7 - 9 ,", A + "::1-5 " + B + "::7-9")]
    [InlineData(A + ":tag_1:1-3:5", A + ":tag_1:1-3 " + A + ":tag_1:5-5")]
    [InlineData(A + ":1-3:5:a:1-2:b:9," + B + ":1", A + "::1-3 " + A + "::5-5 " + A + ":a:1-2 " + A + ":b:9-9 " + B + "::1-1")]
    [InlineData("3E11FA4771CA11E19E33C80AA9429562:1-9223372036854775807", A + "::1-9223372036854775807")]
    public void A_set_is_its_intervals(string text, string expected) => Assert.Equal(expected, Read(text));

    [Theory]
    [InlineData(A)]
    [InlineData(A + ":")]
    [InlineData(A + ":0")]
    [InlineData(A + ":5-4")]
    [InlineData(A + ":1-")]
    [InlineData(A + ":1;2")]
    [InlineData(A + ":tag")]
    [InlineData(A + ":tag:")]
    [InlineData(A + ":a23456789012345678901234567890123:1")]
    [InlineData(A + ":9223372036854775808")]
    [InlineData("3e11fa47-71ca-11e1-9e33-c80aa942956:1")]
    [InlineData("xyz:1")]
    [InlineData("0-1-42")]
    public void What_is_no_set_is_said_to_be_none(string text) => Assert.Null(Read(text));

    [Theory]
    [InlineData("", "")]
    [InlineData("0-1-42", "0-1-42")]
    [InlineData("0-1-42,7-4294967295-18446744073709551615", "0-1-42 7-4294967295-18446744073709551615")]
    [InlineData(" 0-1-42, 1-2-3 ", "0-1-42 1-2-3")]
    public void A_position_is_its_domains(string text, string expected) => Assert.Equal(expected, ReadMariaDb(text));

    [Theory]
    [InlineData("0")]
    [InlineData("0-1")]
    [InlineData("0-1-")]
    [InlineData("0-1-2-3")]
    [InlineData("0-1-2,")]
    [InlineData("0-1-2,,1-1-1")]
    [InlineData("-1-1-2")]
    [InlineData("0-+1-2")]
    [InlineData("4294967296-1-2")]
    [InlineData("0-4294967296-2")]
    [InlineData("0-1-18446744073709551616")]
    [InlineData(A + ":1")]
    public void What_is_no_position_is_said_to_be_none(string text) => Assert.Null(ReadMariaDb(text));

    [Fact]
    public void No_bytes_are_too_odd() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        Walk(bytes);
    });

    [Fact]
    public void Nearly_right_texts_are_read_to_an_end() =>
        Gen.Int[0, s_pieces.Length - 1].Array[0, 12].Sample(parts =>
            Walk(Encoding.ASCII.GetBytes(string.Concat(parts.Select(part => s_pieces[part])))));

    [Fact]
    public void What_was_written_is_read() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Int[1, 20].Array[1, 8]).Array[1, 6].Sample(sources =>
        {
            var text = new StringBuilder();
            var expected = new List<string>();
            foreach (var (high, low, steps) in sources)
            {
                var uuid = new UInt128(high, low);
                text.Append(text.Length == 0 ? "" : ",\n").Append(Spell(uuid));
                long at = 0;
                foreach (var step in steps)
                {
                    var first = at + step;
                    at = first + (step % 3);
                    text.Append(':').Append(first);
                    if (at > first)
                        text.Append('-').Append(at);
                    expected.Add($"{Spell(uuid)}::{first}-{at}");
                    at++;
                }
            }
            return Read(text.ToString()) == string.Join(' ', expected);
        });

    private static void Walk(byte[] bytes)
    {
        var set = new GtidSetReader(bytes);
        for (var steps = 0; set.MoveNext(); steps++)
            Assert.True(steps <= bytes.Length && set.Current.First >= 1 && set.Current.Last >= set.Current.First);
        var position = new MariaDbGtidReader(bytes);
        for (var steps = 0; position.MoveNext(); steps++)
            Assert.True(steps <= bytes.Length);
    }

    private static string? Read(string text)
    {
        var parts = new List<string>();
        var reader = new GtidSetReader(Encoding.ASCII.GetBytes(text));
        while (reader.MoveNext())
        {
            var now = reader.Current;
            parts.Add(string.Create(CultureInfo.InvariantCulture,
                $"{Spell(now.Uuid)}:{Encoding.ASCII.GetString(now.Tag)}:{now.First}-{now.Last}"));
        }
        return reader.IsValid ? string.Join(' ', parts) : null;
    }

    private static string? ReadMariaDb(string text)
    {
        var parts = new List<string>();
        var reader = new MariaDbGtidReader(Encoding.ASCII.GetBytes(text));
        while (reader.MoveNext())
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{reader.Current.Domain}-{reader.Current.Server}-{reader.Current.Sequence}"));
        return reader.IsValid ? string.Join(' ', parts) : null;
    }

    private static string Spell(UInt128 uuid)
    {
        var digits = uuid.ToString("x32", CultureInfo.InvariantCulture);
        return $"{digits[..8]}-{digits[8..12]}-{digits[12..16]}-{digits[16..20]}-{digits[20..]}";
    }
}
