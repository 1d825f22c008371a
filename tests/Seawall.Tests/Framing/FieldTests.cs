using CsCheck;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Xunit;

namespace Seawall.Tests.Framing;

public sealed class FieldTests
{
    [Fact]
    public void What_was_written_is_read_again() => Gen.Select(Gen.ULong, Gen.Byte.Array[0, 300], Gen.UInt, Gen.UShort)
        .Sample((number, bytes, four, two) =>
        {
            var written = new PacketWriter().Begin(3).LengthEncoded(number).LengthEncodedBytes(bytes).Int4(four).Int2(two)
                .Int3((int)(four & 0xFFFFFF)).Int8(number).End().Bytes;

            Assert.Equal(written.Length - PacketHeader.Size, PacketHeader.LengthOf(written));
            Assert.Equal(3, PacketHeader.SequenceOf(written));
            var reader = new FieldReader(written[PacketHeader.Size..]);
            Assert.Equal(number, reader.LengthEncoded());
            Assert.Equal(bytes, reader.LengthEncodedBytes().ToArray());
            Assert.Equal((four, two), (reader.Int4(), reader.Int2()));
            Assert.Equal(((int)(four & 0xFFFFFF), number), (reader.Int3(), reader.Int8()));
            Assert.True(reader.IsValid && reader.IsAtEnd);
        });

    [Fact]
    public void Bytes_of_strangers_do_not_make_any_reader_throw() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        var ok = OkPacket.Read(bytes, tracksSession: true);
        var changes = new SessionChangeReader(ok.IsValid ? ok.SessionChanges : bytes);
        for (var steps = 0; changes.MoveNext(); steps++)
            Assert.True(steps < 200, "it does not end");
        _ = OkPacket.Read(bytes, tracksSession: false).IsValid;
        _ = ErrPacket.Read(bytes).IsValid;
        _ = EofPacket.Read(bytes);
        _ = PreparedPacket.Read(bytes).IsValid;
        _ = LoginRequest.Read(bytes).IsValid;
        _ = Greeting.Read(bytes, stackalloc byte[Greeting.NonceLength]).IsValid;
        _ = AuthSwitchRequest.Read(bytes).IsValid;
        _ = ChangeUserRequest.Read(bytes, Capabilities.PluginAuth | Capabilities.ConnectAttributes).IsValid;
        var attributes = new AttributeReader(bytes);
        for (var steps = 0; attributes.MoveNext(); steps++)
            Assert.True(steps < 200, "it does not end");
    });

    [Fact]
    public void A_reader_that_has_failed_reads_nothing_more()
    {
        var reader = new FieldReader([1, 2, 3]);

        Assert.Equal(0U, reader.Int4());
        Assert.Equal(0, reader.Int1());

        Assert.False(reader.IsValid);
        Assert.True(reader.IsAtEnd);
    }
}
