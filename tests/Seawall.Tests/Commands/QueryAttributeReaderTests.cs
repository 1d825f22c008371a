using System.Text;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Xunit;

namespace Seawall.Tests.Commands;

public sealed class QueryAttributeReaderTests
{
    private static readonly byte[] s_text = "SELECT 1"u8.ToArray();

    [Fact]
    public void Values_of_every_form_are_stepped_over_to_the_text()
    {
        (ushort Type, string Name, byte[] Value)[] attributes =
        [
            (1, "tiny", [5]), (2, "short", [1, 2]), (3, "long", [1, 2, 3, 4]), (4, "float", [1, 2, 3, 4]),
            (5, "double", new byte[8]), (0x8008, "longlong", new byte[8]), (6, "null", []), (7, "timestamp", [4, 1, 2, 3, 4]),
            (10, "date", [0]), (11, "time", [8, 1, 2, 3, 4, 5, 6, 7, 8]), (12, "datetime", [7, 1, 2, 3, 4, 5, 6, 7]),
            (253, "", [2, (byte)'a', (byte)'b']), (246, "decimal", [1, (byte)'7']), (254, "string", [0xFC, 1, 0, (byte)'c']),
        ];
        var body = Body(attributes);
        Assert.True(QueryAttributeReader.TryFindText(body, isWhole: true, out var textAt));
        Assert.Equal(s_text, body[textAt..]);
        var reader = new QueryAttributeReader(body);
        var names = new List<string>();
        while (reader.MoveNext())
        {
            names.Add(Encoding.ASCII.GetString(reader.Name));
            if (reader.Type == FieldType.LongLong)
                Assert.True(reader.IsUnsigned);
            if (reader.Name.SequenceEqual("string"u8))
                Assert.Equal("c", Encoding.ASCII.GetString(reader.Value));
        }
        Assert.Equal(attributes.Select(attribute => attribute.Name), names);
    }

    [Fact]
    public void An_attribute_that_is_null_has_a_type_and_no_value()
    {
        byte[] body = [2, 1, 0b01, 1, 253, 0, 1, (byte)'a', 1, 0, 1, (byte)'b', 9, .. s_text];
        var reader = new QueryAttributeReader(body);
        Assert.True(reader.MoveNext());
        Assert.True(reader.IsNull);
        Assert.True(reader.MoveNext());
        Assert.Equal([9], reader.Value.ToArray());
        Assert.False(reader.MoveNext());
        Assert.True(reader.IsValid);
        Assert.Equal(s_text, reader.Rest.ToArray());
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 0, 2 })] // Two sets.
    [InlineData(new byte[] { 1, 0, 0, 1, 1, 0, 0, 7 })] // No set.
    [InlineData(new byte[] { 1, 1, 0, 0, 7 })] // No types.
    [InlineData(new byte[] { 1, 1, 0, 1, 244, 0, 0, 7 })] // BOOL.
    [InlineData(new byte[] { 1, 1, 0, 1, 3, 0, 0, 7, 7, 7 })] // Cut.
    [InlineData(new byte[] { 0xFD, 0, 0, 1, 1, 0, 1 })] // 65,536 of them.
    public void What_makes_no_sense_is_told(byte[] body) => Assert.False(QueryAttributeReader.TryFindText(body, isWhole: true, out _));

    [Fact]
    public void What_is_not_here_as_a_whole_is_not_guessed()
    {
        byte[] body = [1, 1, 0, 1, 253, 0, 1, (byte)'a', 3, 1, 2, 3, .. s_text];
        for (var length = 0; length <= 12; length++)
            Assert.False(QueryAttributeReader.TryFindText(body.AsSpan(0, length), isWhole: false, out _));
        Assert.True(QueryAttributeReader.TryFindText(body.AsSpan(0, 13), isWhole: false, out var textAt));
        Assert.Equal(12, textAt);
        // A server takes a string that is cut for what there is of it, and finds no text.
        Assert.True(QueryAttributeReader.TryFindText(body.AsSpan(0, 10), isWhole: true, out textAt));
        Assert.Equal(10, textAt);
    }

    [Fact]
    public void Bytes_of_strangers_do_no_harm()
    {
        var random = new Random(7);
        var body = new byte[64];
        for (var i = 0; i < 100_000; i++)
        {
            random.NextBytes(body);
            (body[0], body[1], body[3]) = ((byte)random.Next(8), 1, 1);
            var length = random.Next(body.Length);
            if (QueryAttributeReader.TryFindText(body.AsSpan(0, length), isWhole: true, out var textAt))
                Assert.InRange(textAt, 2, length);
            var head = ExecutionHead.Read(body.AsSpan(0, length), random.Next(20), hasNames: random.Next(2) == 0);
            Assert.InRange(head.ValuesAt, 0, length);
            if (head is not { IsValid: true, HasTypes: true })
                continue;
            Assert.Equal(head.Count * 2, head.CopyTypes(head.Count).Length);
            Assert.True(head.TypesAre(head.CopyTypes(head.Count)));
        }
    }

    // In one form and back in the other: what comes out is what went in, as far as the form can say it.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(300)]
    public void An_execution_keeps_its_meaning_in_the_other_form(int parameters)
    {
        byte[] start = [0x17, 1, 0, 0, 0, 1, 1, 0, 0, 0];
        byte[] types = [.. Enumerable.Range(0, parameters).SelectMany(i => (byte[])[(byte)(i % 2 == 0 ? 3 : 253), 0])];
        byte[] tail = parameters == 0 ? [] : [.. new byte[(parameters + 7) / 8], 1, .. types, 42, 43];
        byte[] plain = [.. start, .. tail];

        var head = ExecutionHead.Read(plain, parameters, hasNames: false);
        var named = new PacketWriter().Begin(0);
        head.Write(named, head.Count, withNames: true, default);
        named.Raw(plain.AsSpan(head.ValuesAt));
        var namedHead = ExecutionHead.Read(named.OpenPayload, parameters, hasNames: true);
        Assert.True(namedHead.IsValid);
        Assert.Equal((parameters, parameters > 0), (namedHead.Count, namedHead.HasTypes));
        var back = new PacketWriter().Begin(0);
        namedHead.Write(back, parameters, withNames: false, default);
        back.Raw(named.OpenPayload[namedHead.ValuesAt..]);

        Assert.Equal(plain, back.OpenPayload.ToArray());
    }

    private static byte[] Body((ushort Type, string Name, byte[] Value)[] attributes)
    {
        var writer = new PacketWriter().Begin(0).LengthEncoded((ulong)attributes.Length).Int1(1)
            .Zeros((attributes.Length + 7) / 8).Int1(1);
        foreach (var (type, name, _) in attributes)
            writer.Int2(type).LengthEncodedText(name);
        foreach (var (_, _, value) in attributes)
            writer.Raw(value);
        return writer.Raw(s_text).OpenPayload.ToArray();
    }
}
