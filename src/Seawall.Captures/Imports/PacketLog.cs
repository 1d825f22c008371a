using System.Net;
using Seawall.Captures.Files;

namespace Seawall.Captures.Imports;

/// <summary>
/// Reads a packet capture (pcap, pcapng) of what clients and a server said, where it is not encrypted. Whatever cannot be followed is counted
/// and passed over; nothing throws but the stream.
/// </summary>
public sealed class PacketLog
{
    /// <summary>Connections at one time: more than a server has.</summary>
    private const int FlowsMax = 65_536;

    private readonly ImportLedger _ledger;
    private readonly ImportReport _report;
    private readonly int _port;
    private readonly Dictionary<(IPEndPoint Client, IPEndPoint Server), Flow> _flows = [];
    private ulong _number;
    private long _atUs;

    private PacketLog(ImportLedger ledger, ImportReport report, int port) => (_ledger, _report, _port) = (ledger, report, port);

    /// <summary>Reads it into a capture: what goes to and comes from <paramref name="port"/>.</summary>
    public static ImportReport Import(Stream packets, CaptureWriter writer, bool keepsLiterals, int port = 3306)
    {
        var report = new ImportReport
        {
            Missing = ["connections under TLS or compressed", "the plugin of accounts", "logins of connections that began before it"],
        };
        new PacketLog(new ImportLedger(writer, report, keepsLiterals), report, port).Read(packets);
        return report;
    }

    private void Read(Stream packets)
    {
        if (PacketFile.Open(packets) is not { } file)
        {
            _report.Miss("files that are no packet captures");
            return;
        }
        while (file.Next())
        {
            _atUs = file.AtUs;
            var kind = TcpSegment.Read(file.Link, file.Frame, out var segment);
            switch (kind)
            {
                case FrameKind.Tcp or FrameKind.CutShort when segment.From.Port == _port || segment.To.Port == _port:
                    if (kind == FrameKind.CutShort)
                        _report.Miss("segments that were captured in part (tcpdump -s 0 captures all of them)");
                    Take(segment);
                    break;
                case FrameKind.Fragment:
                    _report.Miss("IP fragments");
                    break;
                case FrameKind.UnknownLink:
                    _report.Miss("frames of an unknown kind");
                    break;
                case FrameKind.Tcp or FrameKind.CutShort:
                    _report.Miss("segments of other ports");
                    break;
                case FrameKind.Other:
                    break;
            }
        }
        if (file.Problem is { } problem)
            _report.Miss(problem);
        foreach (var flow in _flows.Values)
            flow.Flush();
    }

    private void Take(in TcpSegment segment)
    {
        var isClient = segment.To.Port == _port && !(segment.From.Port == _port && segment is { IsSyn: true, HasAck: true });
        var key = isClient ? (segment.From, segment.To) : (segment.To, segment.From);
        if (segment is { IsSyn: true, HasAck: false } && _flows.Remove(key, out var before))
            before.End(_atUs); // The same port again.
        if (!_flows.TryGetValue(key, out var flow))
        {
            if (segment.Data.IsEmpty && !segment.IsSyn)
                return;
            if (_flows.Count >= FlowsMax)
            {
                _report.Miss("segments of more connections at one time than are followed");
                return;
            }
            flow = _flows[key] = new Flow(new WireTalk(_ledger, _report, ++_number, key.Item1.Address.ToString()));
        }
        var stream = isClient ? flow.Client : flow.Server;
        if (segment.IsSyn)
        {
            stream.Begin(segment.Sequence + 1);
            if (isClient)
                flow.Talk.Begin(_atUs);
        }
        stream.Take(segment.IsSyn ? segment.Sequence + 1 : segment.Sequence, segment.Data, _atUs);
        if (!segment.Ends)
            return;
        flow.End(_atUs);
        _flows.Remove(key);
    }

    private sealed class Flow
    {
        internal Flow(WireTalk talk)
        {
            Talk = talk;
            Client = new TcpStream(talk.FromClient, talk.Miss);
            Server = new TcpStream(talk.FromServer, talk.Miss);
        }

        internal WireTalk Talk { get; }

        internal TcpStream Client { get; }

        internal TcpStream Server { get; }

        internal void Flush()
        {
            Client.End();
            Server.End();
        }

        internal void End(long atUs)
        {
            Flush();
            Talk.End(atUs);
        }
    }
}
