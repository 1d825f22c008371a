using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Xunit;

namespace Seawall.Tests.Results;

public sealed class OkPacketTests
{
    // As MariaDB 10.11.19, MySQL 9.7.4 and MySQL 5.6.24 send it to a client without session tracking.
    private static ReadOnlySpan<byte> ThreeRows => [0x00, 0x03, 0x07, 0x02, 0x00, 0x00, 0x00, 0x02, (byte)'h', (byte)'i'];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_words_have_a_length_whether_the_session_is_tracked_or_not(bool tracksSession)
    {
        var ok = OkPacket.Read(ThreeRows, tracksSession);
        Assert.True(ok.IsValid);
        Assert.Equal("hi"u8, ok.Info);

        var writer = new PacketWriter().Begin(1);
        OkPacket.Write(writer, OkPacket.Header, 3, 7, ServerStatus.Autocommit, 0, "hi"u8, default,
            tracksSession ? Capabilities.SessionTrack : Capabilities.None);
        Assert.Equal(ThreeRows, writer.OpenPayload);
    }

    [Fact]
    public void A_length_beyond_the_packet_makes_it_invalid()
    {
        byte[] payload = [.. ThreeRows];
        payload[^3] = 9;
        Assert.False(OkPacket.Read(payload, tracksSession: false).IsValid);
    }

    // MySQL ends so what an error has interrupted inside a procedure that handles it: Protocol_classic::end_partial_result_set.
    [Fact]
    public void Rows_that_were_interrupted_end_in_the_old_form()
    {
        var end = OkPacket.Read([0xFE, 0, 0, 0x0A, 0], tracksSession: true);

        Assert.True(end.IsValid);
        Assert.Equal(ServerStatus.Autocommit | ServerStatus.MoreResults, end.Status);
        Assert.Equal(0, end.Warnings);
        Assert.False(OkPacket.Read([0x00, 0, 0, 0x0A, 0], tracksSession: true).IsValid);
    }
}
