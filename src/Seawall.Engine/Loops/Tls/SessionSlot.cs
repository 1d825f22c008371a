namespace Seawall.Engine.Loops.Tls;

/// <summary>
/// The last session that a server gave, for the next connection to it: resuming one spares both sides the public-key
/// cryptography. Thread-safe, since all loops dial the same server.
/// </summary>
internal sealed class SessionSlot
{
    private readonly Lock _lock = new();
    private SslSession? _session;

    /// <summary>Keeps a session, whose reference goes over to the slot.</summary>
    internal void Keep(nint session)
    {
        var kept = new SslSession(session);
        SslSession? before;
        lock (_lock)
            (before, _session) = (_session, kept);
        before?.Dispose(); // Somebody who offers it just now has a reference of his own.
    }

    /// <summary>Lets a new connection try to resume.</summary>
    internal void OfferTo(SslChannel channel)
    {
        lock (_lock)
        {
            if (_session is not null)
                _ = LibSsl.SSL_set_session(channel, _session);
        }
    }
}
