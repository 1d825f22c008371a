using System.Text;
using Seawall.MySql.Commands;

namespace Seawall.Testing.Servers;

/// <summary>What stands before the text of COM_QUERY when the two ends agreed on attributes.</summary>
internal static class FakeAttributes
{
    /// <summary>Takes them off the front; null when they make no sense.</summary>
    internal static string? Read(ref Span<byte> body)
    {
        var reader = new QueryAttributeReader(body);
        var shown = new List<string>();
        while (reader.MoveNext())
            shown.Add($"{Encoding.UTF8.GetString(reader.Name)}={(reader.IsNull ? "NULL" : Encoding.UTF8.GetString(reader.Value))}");
        body = body[^reader.Rest.Length..];
        return reader.IsValid ? string.Join(',', shown) : null;
    }
}
