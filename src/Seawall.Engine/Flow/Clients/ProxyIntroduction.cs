using System.Net;
using Seawall.Engine.Loops;
using Seawall.MySql.Handshakes;

namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// Hears out a proxy that says, ahead of the greeting, whom it speaks for. Bounded in time by whoever asks, and in length by
/// what is believed of such a header.
/// </summary>
internal static class ProxyIntroduction
{
    /// <summary>How it ended; no problem, and nobody in, when the proxy only looked whether somebody listens.</summary>
    internal readonly record struct Outcome(bool IsIn, string? Problem);

    /// <summary>Reads the header; from then on the wire's peer is the client.</summary>
    internal static async LoopTask<Outcome> Hear(Session session)
    {
        var wire = session.Wire;
        byte[] before = [];
        while (true)
        {
            var count = wire.Receive(wire.Loop.Buffer);
            if (count == WireResult.Later)
            {
                await wire.Readable();
                if (wire.Heed() && session.Wishes != SessionWishes.None)
                    return default; // Seawall is going down: nobody is let in any more.
                continue;
            }
            if (count <= 0)
                return new(false, before.Length == 0 || wire.IsClosed ? null : "it ended in the middle of its PROXY header");
            var bytes = before.Length == 0 ? wire.Loop.Buffer.AsSpan(0, count) : [.. before, .. wire.Loop.Buffer.AsSpan(0, count)];
            switch (ProxyHeader.Read(bytes, out var header))
            {
                case ProxyHeaderResult.Header:
                    wire.Peer = Client(header, wire.Peer);
                    if (header.Length < bytes.Length)
                        session.Inbox.PutBack(bytes[header.Length..]);
                    return new(true, null);
                case ProxyHeaderResult.Incomplete:
                    before = bytes.ToArray();
                    break;
                case ProxyHeaderResult.Malformed:
                    return new(false, "what it sent first is no PROXY header, or one that makes no sense");
            }
        }
    }

    // A client on the proxy's own machine comes, as seen from here, from the proxy's address: taken at its word it would
    // pass for somebody on this machine, and match accounts of 'localhost'.
    private static PeerAddress Client(ProxyHeader header, PeerAddress proxy) =>
        header.Source is not { } source || IPAddress.IsLoopback(source) || source.Equals(IPAddress.Any) || source.Equals(IPAddress.IPv6Any)
            ? proxy
            : PeerAddress.From(source, header.Port);
}
