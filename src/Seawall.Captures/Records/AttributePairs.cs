using System.Collections.Immutable;
using System.Text;
using Seawall.MySql.Handshakes;

namespace Seawall.Captures.Records;

/// <summary>Connection attributes as a capture has them.</summary>
internal static class AttributePairs
{
    /// <summary>Reads what a client has sent of itself, as far as there is room.</summary>
    internal static ImmutableArray<KeyValuePair<string, string>> Of(ReadOnlySpan<byte> attributes)
    {
        var pairs = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        var reader = new AttributeReader(attributes);
        while (pairs.Count < CaptureLimits.Pairs && reader.MoveNext())
            pairs.Add(new(Encoding.UTF8.GetString(reader.Name), Encoding.UTF8.GetString(reader.Value)));
        return pairs.ToImmutable();
    }
}
