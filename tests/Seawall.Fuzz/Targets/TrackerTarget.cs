using System.Globalization;
using System.Text;
using Seawall.Fuzz.Inputs;
using Seawall.Fuzz.Run;
using Seawall.MySql.Results;

namespace Seawall.Fuzz.Targets;

/// <summary>
/// Where an answer ends must not depend on the pieces in which it arrives: the same bytes, whole and in pieces, must come to the
/// same events at the same places, and go on to the client as the same bytes.
/// </summary>
internal static class TrackerTarget
{
    private const int Choices = 3;

    internal static FuzzTarget It { get; } = new("tracker", Follow, () => [.. Seeds.Recordings.SelectMany(SeedsOf),
        .. Seeds.Kept("tracker")])
    {
        PacketsFrom = Choices,
        Words = [[0xFE, 0, 0, 2, 0], [0xFE, 0, 0, 10, 0], [0, 0, 0, 10, 0, 0, 0], [0xFF, 0x15, 4], [0xFB], [1, 0, 0, 1, 1]],
        ShortRun = 20_000,
    };

    private static void Follow(byte[] input)
    {
        if (input.Length < Choices)
            return;
        var bytes = input[Choices..];
        var random = new Random((input[1] << 8) | input[2]);
        var whole = Run(input[0], (byte[])bytes.Clone(), _ => int.MaxValue);
        var inPieces = Run(input[0], (byte[])bytes.Clone(), left => random.Next(1, Math.Min(left, 1 << random.Next(1, 10)) + 1));
        Rule.Holds(whole == inPieces, $"whole:\n{whole}\nin pieces:\n{inPieces}");
    }

    // What happened, with the places counted from the answer's first byte.
    private static string Run(byte choices, byte[] bytes, Func<int, int> pieceOf)
    {
        var deprecatesEof = (choices & 8) != 0;
        var tracker = new ResponseTracker();
        tracker.Begin((ResponseShape)(choices % 6), deprecatesEof);
        tracker.ReportsColumnsEnd = deprecatesEof && (choices & 16) != 0;
        tracker.SequenceShift = (byte)(choices >> 5);
        var said = new StringBuilder();
        int from = 0, to = 0;
        while (!tracker.IsDone && to < bytes.Length)
        {
            to += Math.Min(bytes.Length - to, pieceOf(bytes.Length - to));
            var used = 0;
            var piece = bytes.AsSpan(from, to - from);
            while (!tracker.IsDone)
            {
                var seen = tracker.Next(piece, ref used);
                if (seen == ResponseEvent.NeedMore)
                    break;
                Rule.Holds(tracker.PacketStart <= tracker.PacketEnd && tracker.PacketEnd <= used && used <= piece.Length,
                    "a place outside");
                said.Append(CultureInfo.InvariantCulture, $"{seen} {from + tracker.PacketStart}-{from + tracker.PacketEnd} after {tracker.Rows}\n");
                if (seen == ResponseEvent.Malformed)
                    return End(from + used);
                Settle(ref tracker, seen, piece[tracker.PacketStart..tracker.PacketEnd], deprecatesEof);
            }
            Rule.Holds(used <= piece.Length, "more used than there is");
            from += used;
        }
        return End(from);

        string End(int at) => said.Append(CultureInfo.InvariantCulture,
            $"at {at}: {tracker.IsDone} {tracker.IsBetweenPackets} {tracker.Rows} ")
            .Append(tracker.LastSequence).Append(' ').Append(Convert.ToHexString(bytes)).ToString();
    }

    private static void Settle(ref ResponseTracker tracker, ResponseEvent seen, ReadOnlySpan<byte> packet, bool deprecatesEof)
    {
        var payload = packet.Length > 4 ? packet[4..] : default;
        var isEof = payload is [OkPacket.EndHeader, ..] && !deprecatesEof;
        if (seen == ResponseEvent.End)
            tracker.Ended(isEof ? EofPacket.Read(payload).Status : OkPacket.Read(payload, tracksSession: true).Status);
        else if (seen == ResponseEvent.ColumnsEnd)
            tracker.ColumnsEnded(payload.IsEmpty ? ServerStatus.None : EofPacket.Read(payload).Status);
    }

    private static IEnumerable<byte[]> SeedsOf(Recording recording)
    {
        foreach (var (command, answer) in recording.Commands)
        {
            var shape = ResponseShapes.Of((MySql.Commands.CommandKind)command[4]);
            yield return Seeds.With([(byte)((byte)shape | 8), 7, 7], answer);
            yield return Seeds.With([(byte)shape, 1, 1], answer);
        }
    }
}
