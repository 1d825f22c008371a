namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// How many logins are under way on all loops, from each source, and how many bytes they hold. A source is remembered only
/// as long as one of its logins is under way, so there are never more than logins. Thread-safe.
/// </summary>
internal sealed class LoginTally
{
    /// <summary>Parts with a lock each: loops that let clients in at the same time seldom want the same one.</summary>
    private const int PartCount = 16;

    private readonly Dictionary<ClientSource, int>[] _parts = [.. Enumerable.Range(0, PartCount).Select(_ => new Dictionary<ClientSource, int>())];
    private int _count;
    private long _bytes;

    /// <summary>Logins under way.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Sources that are remembered.</summary>
    internal int Sources
    {
        get
        {
            var count = 0;
            foreach (var part in _parts)
            {
                lock (part)
                    count += part.Count;
            }
            return count;
        }
    }

    /// <summary>Bytes that they hold beyond what each may, see <see cref="LoginRoom"/>.</summary>
    internal long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>One more; how many there are then.</summary>
    internal int Enter() => Interlocked.Increment(ref _count);

    /// <summary>One less.</summary>
    internal void Leave() => Interlocked.Decrement(ref _count);

    /// <summary>So many bytes more, or less; how many there are then.</summary>
    internal long Hold(int bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>One more of a source; false when it has as many as it may.</summary>
    internal bool TryEnter(ClientSource source, int max)
    {
        var part = PartOf(source);
        lock (part)
        {
            var count = part.GetValueOrDefault(source);
            if (count >= max)
                return false;
            part[source] = count + 1;
            return true;
        }
    }

    /// <summary>One less of a source.</summary>
    internal void Leave(ClientSource source)
    {
        var part = PartOf(source);
        lock (part)
        {
            if (part.GetValueOrDefault(source) is var count and > 1)
                part[source] = count - 1;
            else
                part.Remove(source);
        }
    }

    // The hash is the process's own, so nobody outside can choose addresses that meet in one part.
    private Dictionary<ClientSource, int> PartOf(ClientSource source) =>
        _parts[(uint)HashCode.Combine(source.High, source.Low, source.IsUnix) % PartCount];
}
