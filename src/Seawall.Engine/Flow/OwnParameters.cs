using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Seawall.Engine.Flow.Clients;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// Puts the values of an execution into the text of a SET of Seawall's own variables, which then reads as if it had come as text.
/// </summary>
internal static class OwnParameters
{
    /// <summary>No value of these variables is longer, escapes included.</summary>
    private const int ValueBytesMax = 8 * 1024;

    /// <summary>The text with its values; null when one of them can be no value of such a variable, or they make no sense.</summary>
    internal static byte[]? Fill(Statement statement, PreparedStatement prepared)
    {
        ReadOnlySpan<byte> text = prepared.Text.Text;
        if (prepared.Parameters == 0)
            return prepared.Text.Text;
        var payload = statement.Packet.Payload;
        var head = ExecutionHead.Read(payload, prepared.Parameters, statement.Session.SendsAttributes);
        if (!head.IsValid || head.Count < prepared.Parameters || prepared.ParameterTypes is not { } types)
            return null;
        var values = new FieldReader(payload[head.ValuesAt..]);
        var filled = new MemoryStream();
        for (var i = 0; i < prepared.Parameters; i++)
        {
            var at = OwnAssignments.FindParameter(text);
            var isNull = (head.Nulls[i / 8] & (1 << (i % 8))) != 0;
            if (at < 0 || (isNull ? "NULL" : Literal(BinaryPrimitives.ReadUInt16LittleEndian(types.AsSpan(i * 2)), ref values)) is not { } literal)
                return null;
            filled.Write(text[..at]);
            filled.Write(Encoding.UTF8.GetBytes(literal));
            text = text[(at + 1)..];
        }
        filled.Write(text);
        return filled.ToArray();
    }

    // As it would stand in a text; null for what cannot be there without having to be decoded again.
    private static string? Literal(ushort type, ref FieldReader values)
    {
        var kind = (FieldType)(type & 0x7FFF);
        var value = kind.ReadBinary(ref values);
        if (!values.IsValid || value.Length > ValueBytesMax)
            return null;
        switch (kind)
        {
            case FieldType.Null:
                return "NULL";
            case FieldType.Tiny or FieldType.Short or FieldType.Long or FieldType.LongLong:
                ulong number = 0;
                for (var i = value.Length - 1; i >= 0; i--)
                    number = (number << 8) | value[i];
                return number.ToString(CultureInfo.InvariantCulture); // One below zero is too large for each of them.
            case FieldType.Double:
                return Whole(BinaryPrimitives.ReadDoubleLittleEndian(value));
            case FieldType.Float:
                return Whole(BinaryPrimitives.ReadSingleLittleEndian(value));
            case FieldType.Timestamp or FieldType.Date or FieldType.Time or FieldType.DateTime or FieldType.Bool:
                return null;
            default:
                return value.IndexOfAny("'\\\0"u8) >= 0 || !System.Text.Unicode.Utf8.IsValid(value) ? null : $"'{Encoding.UTF8.GetString(value)}'";
        }
    }

    private static string? Whole(double number) =>
        number is >= 0 and <= uint.MaxValue && Math.Floor(number) == number ? ((ulong)number).ToString(CultureInfo.InvariantCulture) : null;
}
