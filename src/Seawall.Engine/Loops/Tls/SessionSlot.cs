namespace Seawall.Engine.Loops.Tls;

/// <summary>
/// The last session that a server gave, for the next connection to it: resuming one spares both sides the public-key
/// cryptography. Thread-safe, since all loops dial the same server.
/// </summary>
internal sealed class SessionSlot
{
    private readonly Lock _lock = new();
    private SslSession? _session;
    private int _group;

    /// <summary>
    /// The group that the server has chosen last, or 0. A client's hello carries a key for one group of its own choice; a
    /// server that wants another one, as MySQL 9 does, asks for a second hello, in every handshake, resumed or not. So the
    /// next hello offers what this server takes, and nothing else: the system's policy may forbid the others.
    /// </summary>
    internal int Group => Volatile.Read(ref _group);

    /// <summary>A handshake has ended in this group; 0 when it has failed, so that the next one offers all again.</summary>
    internal void NoteGroup(int group) => Volatile.Write(ref _group, group);

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
