using Seawall.MySql.Compression;
using Seawall.MySql.Framing;
using Xunit;

namespace Seawall.Tests.Compression;

/// <summary>Numbers of frames and of packets in them, as real servers and clients were seen to count.</summary>
public sealed class FrameNumbersTests
{
    [Fact]
    public void An_answer_goes_on_from_the_frames_of_its_command()
    {
        var server = new FrameNumbers(isServer: true);
        var command = Packet(0, 100);

        Assert.Equal([0], Read(ref server, 0, command[..50], 1, command[50..]));
        Assert.Equal([2, 3, 4], Write(ref server, 2, [.. Packet(1), .. Packet(2), .. Packet(3)]));

        // The next command begins anew, whatever the count was.
        Assert.Equal([0], Read(ref server, 0, Packet(0)));
        Assert.Equal([1], Write(ref server, 1, Packet(1)));
    }

    [Fact]
    public void Whatever_number_a_clients_command_has_it_is_0_above()
    {
        var server = new FrameNumbers(isServer: true);
        Assert.Equal([0], Read(ref server, 0, Packet(7)));
    }

    [Fact]
    public void A_second_command_in_the_same_frame_is_one_and_frames_go_on_counting()
    {
        var server = new FrameNumbers(isServer: true);
        Assert.Equal([0, 0], Read(ref server, 0, [.. Packet(0), .. Packet(0)]));
        Assert.Equal([1], Write(ref server, 1, Packet(1)));
        Assert.Equal([2], Write(ref server, 2, Packet(1)));
    }

    [Fact]
    public void A_header_may_lie_in_two_frames()
    {
        var server = new FrameNumbers(isServer: true);
        Assert.Equal([0], Read(ref server, 0, Packet(0), 0, []));
        Write(ref server, 1, Packet(1));
        for (var cut = 1; cut < PacketHeader.Size + 5; cut++)
        {
            var packet = Packet(0);
            Assert.Equal([0], Read(ref server, 0, packet[..cut], 1, packet[cut..]));
            Assert.Equal([2], Write(ref server, 2, Packet(1)));
        }
    }

    [Fact]
    public void A_frame_with_a_wrong_number_is_refused()
    {
        var server = new FrameNumbers(isServer: true);
        Assert.False(server.Begin(5));
        Assert.True(server.Begin(0));
        server.Receive(Packet(0).AsSpan(0, 3));
        Assert.False(server.Begin(0)); // In the middle of a packet nothing begins anew.
        Assert.False(server.Begin(2));
        Assert.True(server.Begin(1));

        var client = new FrameNumbers(isServer: false);
        Write(ref client, 0, Packet(0));
        Assert.False(client.Begin(0));
        Assert.True(client.Begin(1));
        Assert.False(client.Begin(1));
    }

    [Fact]
    public void An_answer_about_a_password_belongs_to_the_command_before()
    {
        var server = new FrameNumbers(isServer: true);
        Read(ref server, 0, Packet(0));
        Write(ref server, 1, Packet(1));

        Assert.Equal([2], Read(ref server, 2, Packet(2)));
        Assert.Equal([3], Write(ref server, 3, Packet(3)));
    }

    [Fact]
    public void A_file_of_many_frames_is_counted_on_and_ends_with_the_answer()
    {
        var (server, client) = (new FrameNumbers(isServer: true), new FrameNumbers(isServer: false));
        Read(ref server, 0, Packet(0));
        Assert.Equal([1], Write(ref server, 1, Packet(1)));
        Write(ref client, 0, Packet(0));
        Assert.Equal([1], Read(ref client, 1, Packet(1)));
        server.BeginFile();
        client.BeginFile();
        for (var i = 2; i < 700; i++)
        {
            var (above, below) = ((byte)i, (byte)i);
            Assert.Equal([above], Read(ref server, below, Packet(99)));
            Assert.Equal([below], Write(ref client, below, Packet(above)));
        }
        Assert.Equal([700 % 256], Write(ref server, 700 % 256, Packet(700 % 256)));
        Assert.Equal([700 % 256], Read(ref client, 700 % 256, Packet(99)));

        Assert.Equal([0], Read(ref server, 0, Packet(0)));
        Assert.Equal([0], Write(ref client, 0, Packet(0)));
    }

    [Fact]
    public void Commands_sent_ahead_go_in_frames_of_their_own_and_each_answer_is_counted_by_itself()
    {
        var client = new FrameNumbers(isServer: false);
        byte[] ahead = [.. Packet(0, 10), .. Packet(0, 20)];

        Assert.Equal(PacketHeader.Size + 10, client.Send(ahead));
        Assert.Equal(0, client.NextFrame());
        Assert.Equal([0], Write(ref client, 0, Packet(0, 20)));

        Assert.Equal([1], Read(ref client, 1, Packet(77)));
        Assert.Equal([1, 2], Read(ref client, 1, [.. Packet(77), .. Packet(78)]));
        Assert.Equal([3], Read(ref client, 2, Packet(5)));
    }

    [Fact]
    public void A_long_command_behind_others_is_answered_by_its_own_count()
    {
        var client = new FrameNumbers(isServer: false);
        Write(ref client, 0, Packet(0)); // A statement is closed: no answer.
        Write(ref client, 0, Packet(0));
        Write(ref client, 0, Packet(0));
        var statement = Packet(0, 40_000);
        for (var (at, frame) = (0, (byte)0); at < statement.Length; at += 16_000, frame++)
        {
            Assert.InRange(client.Send(statement.AsSpan(at, Math.Min(16_000, statement.Length - at))), 1, 16_000);
            Assert.Equal(frame, client.NextFrame());
        }

        Assert.Equal([1], Read(ref client, 1, Packet(9)));
        Assert.Equal([1], Read(ref client, 1, Packet(9)));
        Assert.Equal([1, 2], Read(ref client, 3, [.. Packet(9), .. Packet(9)]));
        Assert.Equal([3], Read(ref client, 4, Packet(9)));
        Assert.False(client.Begin(3));
    }

    [Fact]
    public void Several_results_that_a_server_counts_by_its_frames_are_counted_on_above()
    {
        var client = new FrameNumbers(isServer: false);
        Write(ref client, 0, Packet(0));
        Assert.Equal([1, 2, 3, 4], Read(ref client, 1, [.. Packet(1), .. Packet(2), .. Packet(3), .. Packet(4)]));
        Assert.Equal([5, 6], Read(ref client, 2, [.. Packet(2), .. Packet(3)])); // Seen of MySQL and MariaDB.
    }

    [Fact]
    public void A_packet_of_full_length_goes_on_in_the_next()
    {
        var (server, client) = (new FrameNumbers(isServer: true), new FrameNumbers(isServer: false));
        byte[] full = [0xFF, 0xFF, 0xFF, 0, .. new byte[PacketHeader.LengthMax], .. Packet(1, 0)];
        Assert.True(server.Begin(0));
        Assert.Equal(full.Length, client.Send(full));
        server.Receive(full);

        Assert.True(server.IsBetweenCommands);
        Assert.Equal([0], Write(ref client, 0, Packet(0)));
        Assert.Equal([1], Write(ref server, 1, Packet(2)));
        Assert.Equal([0], Read(ref server, 0, Packet(0)));
    }

    private static byte[] Packet(byte sequence, int length = 5)
    {
        var bytes = new byte[PacketHeader.Size + length];
        PacketHeader.Write(bytes, length, sequence);
        return bytes;
    }

    private static byte[] Read(ref FrameNumbers numbers, byte frame, byte[] bytes) => Read(ref numbers, frame, bytes, 0, null);

    private static byte[] Read(ref FrameNumbers numbers, byte frame, byte[] bytes, byte second, byte[]? rest)
    {
        Assert.True(numbers.Begin(frame));
        var first = (byte[])bytes.Clone();
        numbers.Receive(first);
        if (rest is null || rest.Length == 0)
            return SequencesOf(first);
        Assert.True(numbers.Begin(second));
        rest = (byte[])rest.Clone();
        numbers.Receive(rest);
        return SequencesOf([.. first, .. rest]);
    }

    private static byte[] Write(ref FrameNumbers numbers, byte frame, byte[] bytes)
    {
        Assert.Equal(bytes.Length, numbers.Send(bytes));
        Assert.Equal(frame, numbers.NextFrame());
        return SequencesOf(bytes);
    }

    private static byte[] SequencesOf(byte[] bytes)
    {
        var seen = new List<byte>();
        for (var at = 0; at < bytes.Length; at += PacketHeader.Size + PacketHeader.LengthOf(bytes.AsSpan(at)))
            seen.Add(PacketHeader.SequenceOf(bytes.AsSpan(at)));
        return [.. seen];
    }
}
