using Seawall.Engine.Flow;
using Seawall.Fuzz.Inputs;
using Seawall.Fuzz.Run;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;

namespace Seawall.Fuzz.Targets;

/// <summary>Packets that begin and end results, and what they tell of the session.</summary>
internal static class ResultTargets
{
    private static readonly byte[][] s_words =
        [[0xFF], [0xFE], [0], [0, 0, 0, 2, 0x40, 0, 0], [.. "#42000"u8], [.. "\x0aautocommit\x02ON"u8],
        [.. "character_set_client"u8]];

    internal static IReadOnlyList<FuzzTarget> List { get; } =
    [
        new("results", ReadResults, () => [.. Seeds.Recordings.SelectMany(Payloads),
            .. Seeds.Kept("results")]) { Words = s_words },
        new("session-changes", ReadChanges, () => [.. Seeds.Recordings.SelectMany(ChangesOf), .. Seeds.Kept("session-changes")])
        {
            Words = s_words,
        },
    ];

    private static void ReadResults(byte[] input)
    {
        var error = ErrPacket.Read(input);
        Rule.Holds(error.Message.Length <= input.Length && error.SqlState.Length <= 5, "an error that is more than its packet");
        _ = EofPacket.Read(input);
        _ = PreparedPacket.Read(input);
        var bare = OkPacket.Read(input, tracksSession: false);
        Rule.Holds(bare.SessionChanges.IsEmpty, "changes that were not agreed on");
        var read = OkPacket.Read(input, tracksSession: true);
        if (!read.IsValid)
            return;
        var capabilities = Capabilities.Protocol41 | Capabilities.SessionTrack;
        var writer = new PacketWriter().Begin(0);
        OkPacket.Write(writer, read.FirstByte, read.AffectedRows, read.LastInsertId, read.Status, read.Warnings, read.Info,
            read.SessionChanges, capabilities);
        var again = OkPacket.Read(writer.OpenPayload, tracksSession: true);
        Rule.Holds(again.IsValid && again.AffectedRows == read.AffectedRows && again.LastInsertId == read.LastInsertId
            && again.Warnings == read.Warnings && again.Info.SequenceEqual(read.Info)
            && again.SessionChanges.SequenceEqual(read.SessionChanges), "an OK packet became another one");
        ReadChanges(read.SessionChanges.ToArray());
    }

    private static void ReadChanges(byte[] input)
    {
        var reader = new SessionChangeReader(input);
        var count = 0;
        while (reader.MoveNext())
            count++;
        Rule.Holds(count <= input.Length, "more changes than bytes");
        Span<byte> shown = stackalloc byte[SessionChangeFilter.LengthMax];
        var length = SessionChangeFilter.Write(input, ClientTracking.Default, shown);
        var filtered = new SessionChangeReader(shown[..length]);
        while (filtered.MoveNext())
            count--;
        Rule.Holds(filtered.IsValid && count >= 0, "what a client gets of session changes makes no sense");
    }

    private static IEnumerable<byte[]> Payloads(Recording recording) =>
        recording.Packets.Where(packet => packet.IsServers).Select(packet => packet.Payload);

    private static IEnumerable<byte[]> ChangesOf(Recording recording) =>
        Payloads(recording).Select(payload => OkPacket.Read(payload, tracksSession: true).SessionChanges.ToArray())
            .Where(changes => changes.Length > 0);
}
