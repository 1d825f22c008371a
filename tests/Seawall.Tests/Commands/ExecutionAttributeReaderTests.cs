using System.Text;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Xunit;

namespace Seawall.Tests.Commands;

public sealed class ExecutionAttributeReaderTests
{
    [Fact]
    public void Attributes_are_behind_the_parameters_of_whatever_type()
    {
        var payload = Execution(
            (1, "", [5]), (2, "", [1, 2]), (3, "", [1, 2, 3, 4]), (8, "", new byte[8]), (6, "", []), (7, "", [4, 1, 2, 3, 4]),
            (253, "", [2, (byte)'p', (byte)'p']), (253, "first", [1, (byte)'a']), (0x8008, "second", [7, 0, 0, 0, 0, 0, 0, 0]),
            (254, "", [0]));
        Assert.Equal(["first=61", "second=0700000000000000", "="], Read(payload, 7));
        Assert.Equal(10, Read(payload, 0).Count);
        Assert.Empty(Read(payload, 10));
        Assert.Empty(Read(payload, 11));
    }

    [Fact]
    public void What_is_null_has_no_value()
    {
        var payload = Execution((253, "", []), (253, "a", []), (253, "b", [1, (byte)'x']));
        payload[ExecutionHead.CountAt + 1] = 0b011; // Both have no bytes among the values.
        Assert.Equal(["a=", "b=78"], Read(payload, 1));
    }

    [Fact]
    public void Without_types_there_are_none()
    {
        byte[] payload = [0x17, 1, 0, 0, 0, 8, 1, 0, 0, 0, 2, 0, 0, 1, (byte)'a', 1, (byte)'b'];
        Assert.Empty(Read(payload, 1));
        Assert.Empty(Read(payload[..11], 0));
    }

    [Fact]
    public void What_is_cut_off_or_nonsense_ends_them_and_nothing_throws()
    {
        var payload = Execution((253, "", [1, (byte)'p']), (253, "a", [1, (byte)'x']), (8, "b", new byte[8]));
        for (var length = 0; length < payload.Length; length++)
            Assert.InRange(Read(payload[..length], 1).Count, 0, 1);
        Assert.Equal(2, Read(payload, 1).Count);
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var torn = (byte[])payload.Clone();
            for (var change = random.Next(1, 4); change > 0; change--)
                torn[random.Next(ExecutionHead.CountAt, torn.Length)] = (byte)random.Next(256);
            _ = Read(torn, random.Next(4));
        }
    }

    private static List<string> Read(byte[] payload, int parameters)
    {
        var reader = new ExecutionAttributeReader(payload, ExecutionHead.Read(payload, parameters, hasNames: true), parameters);
        var all = new List<string>();
        while (reader.MoveNext())
            all.Add($"{Encoding.ASCII.GetString(reader.Name)}={Convert.ToHexString(reader.Value)}");
        return all;
    }

    private static byte[] Execution(params (ushort Type, string Name, byte[] Value)[] values)
    {
        var writer = new PacketWriter().Begin(0).Int1((byte)CommandKind.StatementExecute).Int4(1).Int1(ExecutionHead.CountsValues).Int4(1)
            .LengthEncoded((ulong)values.Length).Zeros((values.Length + 7) / 8).Int1(1);
        foreach (var (type, name, _) in values)
            writer.Int2(type).LengthEncodedText(name);
        foreach (var (_, _, value) in values)
            writer.Raw(value);
        return writer.OpenPayload.ToArray();
    }
}
