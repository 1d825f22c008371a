using System.Buffers.Text;

namespace Seawall.Engine.Flow.Decisions;

/// <summary>Reads what a session says that replicas must have: <c>session</c>, <c>any</c>, <c>primary</c>, <c>bounded</c>, <c>bounded:500</c>.</summary>
internal static class FreshnessWord
{
    /// <summary>The longest bound that is believed to be meant, in milliseconds: an hour.</summary>
    internal const int BoundMsMax = 60 * 60 * 1000;

    private static ReadOnlySpan<byte> Bounded => "bounded:"u8;

    /// <summary>Reads it; nothing takes back what was said. False when it is no such word.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> word, out FreshnessLevel? level, out int? boundMs)
    {
        boundMs = null;
        level = word switch
        {
            _ when word.SequenceEqual("session"u8) => FreshnessLevel.Session,
            _ when word.SequenceEqual("any"u8) => FreshnessLevel.Any,
            _ when word.SequenceEqual("primary"u8) => FreshnessLevel.Primary,
            _ when word.SequenceEqual("bounded"u8) => FreshnessLevel.Bounded,
            _ => null,
        };
        if (level is not null || word.IsEmpty)
            return true;
        if (!word.StartsWith(Bounded) || !Utf8Parser.TryParse(word[Bounded.Length..], out int ms, out var used)
            || used != word.Length - Bounded.Length || ms is < 1 or > BoundMsMax)
        {
            return false;
        }
        (level, boundMs) = (FreshnessLevel.Bounded, ms);
        return true;
    }
}
