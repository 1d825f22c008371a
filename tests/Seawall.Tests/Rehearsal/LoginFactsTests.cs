using System.Buffers.Binary;
using System.Net;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Logins;
using Xunit;

namespace Seawall.Tests.Rehearsal;

/// <summary>What servers and the kernel say of a login is read without trust.</summary>
public sealed class LoginFactsTests
{
    private static readonly byte[] s_retry =
        [0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, .. new byte[24]];

    [Fact]
    public void A_hello_says_version_and_whether_a_session_goes_on()
    {
        var whole = TlsFacts.Read(Record(Hello(0x0304, new byte[32])));
        var resumed = TlsFacts.Read(Record(Hello(0x0304, new byte[32], preShared: true)));
        var again = TlsFacts.Read([.. Record(Hello(0x0304, s_retry)), .. Record(Hello(0x0304, new byte[32]))]);

        Assert.Equal((0x0304, 0x1302, false, false), Parts(whole));
        Assert.Equal((0x0304, 0x1302, true, false), Parts(resumed));
        Assert.Equal((0x0304, 0x1302, false, true), Parts(again));
    }

    [Fact]
    public void An_old_handshake_without_certificate_goes_on_with_an_earlier_session()
    {
        byte[] certificate = [11, 0, 0, 3, 0, 0, 0];

        Assert.True(TlsFacts.Read(Record(Hello(0x0303, new byte[32])))!.Value.IsResumed);
        Assert.False(TlsFacts.Read(Record([.. Hello(0x0303, new byte[32]), .. certificate]))!.Value.IsResumed);
    }

    [Fact]
    public void Whatever_bytes_come_in_place_of_TLS_are_no_TLS_and_do_no_harm()
    {
        var record = Record(Hello(0x0304, new byte[32], preShared: true));
        for (var length = 0; length < record.Length; length++)
            _ = TlsFacts.Read(record.AsSpan(0, length));
        var random = new Random(7);
        var noise = new byte[200];
        for (var turn = 0; turn < 2_000; turn++)
        {
            random.NextBytes(noise);
            noise[0] = 22;
            _ = TlsFacts.Read(noise);
        }

        Assert.Null(TlsFacts.Read("HTTP/1.1 400 Bad Request"u8));
        Assert.Null(TlsFacts.Read(default));
    }

    [Fact]
    public void The_kernels_counts_are_read_where_it_has_them()
    {
        var info = new byte[232];
        BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(100), 2);
        BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(136), 5);
        BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(140), 6);
        BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(152), 4);
        BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(156), 3);

        Assert.Equal(new TcpFacts(true, 5, 6, 3, 4, 2, 0), TcpFacts.Read(info));
        Assert.False(TcpFacts.Read(info.AsSpan(0, 104)).IsKnown); // A kernel of before 4.6 has fewer.
    }

    [Fact]
    public void The_other_end_is_asked_for_by_its_own_addresses()
    {
        var request = new byte[72];
        PeerSocket.Write(request, IPEndPoint.Parse("127.0.0.1:3306"), IPEndPoint.Parse("127.0.0.2:50000"));

        Assert.Equal((72, 20, 1), (request[0], request[4], request[6]));
        Assert.Equal("02060200FFFFFFFF", Convert.ToHexString(request, 16, 8));
        Assert.Equal("0CEAC350", Convert.ToHexString(request, 24, 4)); // 3306, 50000.
        Assert.Equal((0x7F000001u, 0x7F000002u),
            (BinaryPrimitives.ReadUInt32BigEndian(request.AsSpan(28)), BinaryPrimitives.ReadUInt32BigEndian(request.AsSpan(44))));
        Assert.Equal("00000000FFFFFFFFFFFFFFFF", Convert.ToHexString(request, 60, 12));
    }

    [Fact]
    public void What_the_kernel_tells_of_the_other_end_is_read_if_it_is_of_that_connection()
    {
        var answer = Told(3306, 50000);
        var listener = Told(3306, 0);
        byte[] noSuchSocket = [36, 0, 0, 0, 2, 0, 0, 0, .. new byte[8], 0xFE, 0xFF, 0xFF, 0xFF, .. new byte[72]];

        Assert.Equal(7, PeerSocket.Read(answer, 3306, 50000).Retransmits);
        Assert.True(PeerSocket.Read(answer, 3306, 50000).IsKnown);
        Assert.False(PeerSocket.Read(listener, 3306, 50000).IsKnown);
        Assert.False(PeerSocket.Read(answer, 50000, 3306).IsKnown);
        Assert.False(PeerSocket.Read(noSuchSocket, 3306, 50000).IsKnown);
    }

    [Fact]
    public void Whatever_the_kernel_tells_does_no_harm()
    {
        var answer = Told(3306, 50000);
        for (var length = 0; length < answer.Length; length++)
            Assert.False(PeerSocket.Read(answer.AsSpan(0, length), 3306, 50000).IsKnown);
        var random = new Random(13);
        for (var turn = 0; turn < 20_000; turn++)
        {
            var noise = answer.ToArray();
            for (var i = 0; i < 8; i++)
                noise[random.Next(noise.Length)] = (byte)random.Next(256);
            // Sizes of messages and attributes, of all numbers the likeliest to lead astray.
            noise[random.Next(2) == 0 ? 88 : 0] = (byte)random.Next(256);
            _ = PeerSocket.Read(noise, 3306, 50000);
        }
    }

    // An attribute that nobody asked for, of a length that is no multiple of four, before the one that counts.
    private static byte[] Told(ushort own, ushort other)
    {
        var (answer, info) = (new byte[16 + 72 + 8 + 4 + 232], 16 + 72 + 8);
        BinaryPrimitives.WriteInt32LittleEndian(answer, answer.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(answer.AsSpan(4), 20);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(20), own);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(22), other);
        (answer[88], answer[90]) = (5, 8);
        BinaryPrimitives.WriteUInt16LittleEndian(answer.AsSpan(info), 236);
        BinaryPrimitives.WriteUInt16LittleEndian(answer.AsSpan(info + 2), 2);
        BinaryPrimitives.WriteUInt32LittleEndian(answer.AsSpan(info + 4 + 100), 7);
        return answer;
    }

    [Fact]
    public void Nothing_that_a_server_sends_during_a_login_makes_the_proof_throw()
    {
        var random = new Random(11);
        foreach (var profile in DriverProfiles.All)
        {
            for (var turn = 0; turn < 500; turn++)
            {
                var proof = new ProofMaker(profile, new LoginPassword("secret"u8), mayAskForKey: turn % 2 == 0);
                proof.Begin(turn % 3 == 0 ? "caching_sha2_password" : "mysql_native_password", new byte[20]);
                for (var step = 0; step < 4; step++)
                {
                    var payload = new byte[random.Next(80)];
                    random.NextBytes(payload);
                    if (payload.Length > 0)
                        payload[0] = (byte)random.Next(0, 4) switch { 0 => 0xFE, 1 => 0x01, 2 => 0xFF, _ => payload[0] };
                    _ = proof.Answer(payload);
                }
            }
        }
    }

    [Fact]
    public void A_switch_is_answered_with_the_new_plugin_or_not_at_all()
    {
        var proof = new ProofMaker(DriverProfiles.Find("mysql2")!, new LoginPassword("secret"u8), mayAskForKey: false);
        proof.Begin("caching_sha2_password", new byte[20]);
        Assert.Equal(32, proof.Reply.Length);

        Assert.Equal(ProofStep.Send, proof.Answer(Switch("mysql_native_password")));
        Assert.Equal((20, true, "mysql_native_password"), (proof.Reply.Length, proof.IsSwitched, proof.Plugin));

        Assert.Equal(ProofStep.GiveUp, proof.Answer(Switch("auth_gssapi_client")));
        Assert.Equal(new LoginOutcome(LoginEnd.UnknownPlugin, 0, "auth_gssapi_client"), proof.Outcome);
    }

    [Fact]
    public void No_words_of_a_login_have_the_password_in_them()
    {
        var password = new LoginPassword("marker-81c2"u8);

        Assert.DoesNotContain("marker", password.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("marker", new LoginPlan
        {
            Address = new System.Net.IPEndPoint(0, 1),
            User = "u",
            Password = password,
            Profile = DriverProfiles.All[0],
        }.ToString(), StringComparison.Ordinal);
    }

    private static byte[] Switch(string plugin)
    {
        var writer = new PacketWriter().Begin(2);
        AuthSwitchRequest.Write(writer, System.Text.Encoding.ASCII.GetBytes(plugin), new byte[20]);
        return writer.OpenPayload.ToArray();
    }

    private static (int, int, bool, bool) Parts(TlsFacts? facts) =>
        (facts!.Value.Version, facts.Value.Cipher, facts.Value.IsResumed, facts.Value.IsAskedAgain);

    private static byte[] Hello(int version, byte[] random, bool preShared = false)
    {
        byte[] extensions = version == 0x0304 ? [0, 43, 0, 2, 3, 4] : [];
        if (preShared)
            extensions = [.. extensions, 0, 41, 0, 2, 0, 0];
        byte[] body = [3, 3, .. random, 0, 0x13, 0x02, 0, 0, (byte)extensions.Length, .. extensions];
        return [2, 0, 0, (byte)body.Length, .. body];
    }

    private static byte[] Record(byte[] messages) => [22, 3, 3, 0, (byte)messages.Length, .. messages];
}
