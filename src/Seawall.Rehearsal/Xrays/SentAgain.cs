using System.Globalization;
using Seawall.Rehearsal.Logins;

namespace Seawall.Rehearsal.Xrays;

/// <summary>Segments that were sent again in logins to one server, each way.</summary>
/// <param name="Logins">Logins that succeeded, over TCP.</param>
/// <param name="Here">Sent again by this side.</param>
/// <param name="Looked">Of so many logins the server's own socket told.</param>
/// <param name="There">Sent again by the server, in those.</param>
/// <param name="OutOfOrder">Segments of the server that came here out of order.</param>
internal readonly record struct SentAgain(int Logins, int Here, int Looked, int There, int OutOfOrder)
{
    /// <summary>Of all logins to one server.</summary>
    public static SentAgain Of(IEnumerable<LoginTrace> traces)
    {
        var all = traces.Where(trace => trace.Outcome.IsIn && trace.Tcp.IsKnown).ToArray();
        return new(all.Length, all.Sum(one => one.Tcp.Retransmits), all.Count(one => one.PeerTcp.IsKnown), all.Sum(one => one.PeerTcp.Retransmits),
            all.Sum(one => one.Tcp.OutOfOrder));
    }

    /// <summary>Whether it is known of each login what the server sent again.</summary>
    public bool IsKnown => Logins > 0 && Looked == Logins;

    /// <summary>This side's and the server's; what is known of some logins is at least so many.</summary>
    public string Shown => Logins == 0 ? "no TCP" : string.Create(CultureInfo.InvariantCulture,
        $"{Here} + {(IsKnown ? "" : There > 0 ? "at least " : "")}{(IsKnown || There > 0 ? $"{There}" : "unknown")}");

    /// <summary>What is missing of it; null when nothing is.</summary>
    public string? Missing(string server) => Logins == 0 || IsKnown ? null : string.Create(CultureInfo.InvariantCulture,
        $"segments that the {server} server sent again: its end of {Logins - Looked} of {Logins} logins is not seen on this machine; {OutOfOrder} ")
        + $"{(OutOfOrder == 1 ? "segment" : "segments")} of it came out of order, as they do behind one that was lost";
}
