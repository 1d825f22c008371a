using System.Buffers.Text;

namespace Seawall.Engine.Flow.Decisions;

/// <summary>
/// Reads what a session or a statement says that replicas must have: <c>session</c>, <c>any</c>, <c>primary</c>, <c>bounded</c> or
/// <c>bounded:500</c>, and behind a comma or alone how old an answer may be that nobody else can give, <c>stale_ok:5000</c>.
/// </summary>
internal static class FreshnessWord
{
    /// <summary>The longest time that is believed to be meant, in milliseconds: an hour.</summary>
    internal const int BoundMsMax = 60 * 60 * 1000;

    private static ReadOnlySpan<byte> Bounded => "bounded:"u8;

    private static ReadOnlySpan<byte> StaleOk => "stale_ok:"u8;

    /// <summary>Reads it; nothing takes back what was said. False when it is no such word.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> text, out ReadWord word)
    {
        word = default;
        if (text.IsEmpty)
            return true;
        var comma = text.IndexOf((byte)',');
        var first = (comma < 0 ? text : text[..comma]).Trim((byte)' ');
        var rest = (comma < 0 ? default : text[(comma + 1)..]).Trim((byte)' ');
        if (comma < 0 && first.StartsWith(StaleOk))
        {
            rest = first;
            first = default;
        }
        int? boundMs = null, staleMs = null;
        if (!first.IsEmpty && !TryReadLevel(first, out boundMs, out word))
            return false;
        if (comma >= 0 || !rest.IsEmpty)
        {
            if (!TryReadMs(rest, StaleOk, 0, out var ms))
                return false;
            staleMs = ms;
        }
        word = word with { BoundMs = boundMs, StaleMsMax = staleMs };
        return true;
    }

    private static bool TryReadLevel(ReadOnlySpan<byte> text, out int? boundMs, out ReadWord word)
    {
        boundMs = null;
        FreshnessLevel? level = text switch
        {
            _ when text.SequenceEqual("session"u8) => FreshnessLevel.Session,
            _ when text.SequenceEqual("any"u8) => FreshnessLevel.Any,
            _ when text.SequenceEqual("primary"u8) => FreshnessLevel.Primary,
            _ when text.SequenceEqual("bounded"u8) => FreshnessLevel.Bounded,
            _ => null,
        };
        if (level is null && TryReadMs(text, Bounded, 1, out var ms))
            (level, boundMs) = (FreshnessLevel.Bounded, ms);
        word = new(level, null, null);
        return level is not null;
    }

    private static bool TryReadMs(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, int min, out int ms)
    {
        ms = 0;
        return text.StartsWith(name) && Utf8Parser.TryParse(text[name.Length..], out ms, out var used)
            && used == text.Length - name.Length && ms >= min && ms <= BoundMsMax;
    }
}
