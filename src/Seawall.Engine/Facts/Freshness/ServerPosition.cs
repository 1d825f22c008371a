using System.Runtime.CompilerServices;
using Seawall.MySql.Gtids;

namespace Seawall.Engine.Facts.Freshness;

/// <summary>
/// What a server had applied at one moment: of each source, all transactions from the first to a certain one. What came before its turn
/// does not count. Immutable.
/// </summary>
public sealed class ServerPosition
{
    private readonly long[] _applied;
    private readonly byte[] _text;

    private ServerPosition(long[] applied, byte[] text, long begun, long begunMs)
    {
        _applied = applied;
        _text = text;
        Begun = begun;
        BegunMs = begunMs;
    }

    /// <summary>Which question it answers, by <see cref="FreshnessBoard.Tick"/>: what was there before that, it has.</summary>
    public long Begun { get; }

    /// <summary>When the question was sent, in the loops' milliseconds.</summary>
    public long BegunMs { get; }

    /// <summary>The last of the transactions of a source that it has without a gap; 0 for none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Of(int source) => (uint)source < (uint)_applied.Length ? _applied[source] : 0;

    /// <summary>How many of the sources it has something of.</summary>
    public int Sources => _applied.Count(applied => applied > 0);

    /// <summary>Whether it has a transaction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Has(GtidToken token) => Of(token.Source) >= token.Sequence;

    /// <summary>Whether it has everything that the other has.</summary>
    public bool Covers(ServerPosition other)
    {
        var theirs = other._applied;
        for (var i = 0; i < theirs.Length; i++)
        {
            if (Of(i) < theirs[i])
                return false;
        }
        return true;
    }

    /// <summary>Whether it is the very same set of transactions.</summary>
    public bool IsSameAs(ServerPosition other) => Covers(other) && other.Covers(this);

    /// <summary>The last transaction of each source.</summary>
    public IEnumerable<GtidToken> Tokens =>
        Enumerable.Range(0, _applied.Length).Where(source => _applied[source] > 0).Select(source => new GtidToken(source, _applied[source]));

    /// <summary>
    /// Reads what a server says of itself; null when that makes no sense. When it is what <paramref name="before"/> was made of, nothing
    /// is read again.
    /// </summary>
    public static ServerPosition? Read(
        ReadOnlySpan<byte> text, bool isMariaDb, GtidSources sources, ServerPosition? before, long begun, long begunMs)
    {
        if (before is not null && text.SequenceEqual(before._text))
            return new ServerPosition(before._applied, before._text, begun, begunMs);
        var applied = isMariaDb ? ReadDomains(text, sources) : ReadSet(text, sources);
        return applied is null ? null : new ServerPosition(applied, text.ToArray(), begun, begunMs);
    }

    private static long[]? ReadDomains(ReadOnlySpan<byte> text, GtidSources sources)
    {
        long[] applied = [];
        var reader = new MariaDbGtidReader(text);
        while (reader.MoveNext())
        {
            var source = sources.Find(reader.Current.Domain);
            if (source < 0)
                return null;
            ref var last = ref At(ref applied, source);
            last = Math.Max(last, (long)Math.Min(reader.Current.Sequence, long.MaxValue));
        }
        return reader.IsValid ? applied : null;
    }

    private static long[]? ReadSet(ReadOnlySpan<byte> text, GtidSources sources)
    {
        long[] applied = [];
        var reader = new GtidSetReader(text);
        while (reader.MoveNext())
        {
            var source = sources.Find(reader.Current.Uuid, reader.Current.Tag);
            if (source < 0)
                return null;
            ref var last = ref At(ref applied, source);
            if (reader.Current.First <= last + 1)
                last = Math.Max(last, reader.Current.Last);
        }
        return reader.IsValid ? applied : null;
    }

    private static ref long At(ref long[] applied, int source)
    {
        if (source >= applied.Length)
            Array.Resize(ref applied, source + 1);
        return ref applied[source];
    }
}
