using System.Buffers.Binary;
using Seawall.MySql.Framing;

namespace Seawall.Rehearsal.Logins;

/// <summary>What a server's part of a TLS handshake says in clear: RFC 8446 and RFC 5246.</summary>
/// <param name="Version">0x0304 for TLS 1.3, 0x0303 for 1.2.</param>
/// <param name="Cipher">The number of the cipher suite.</param>
/// <param name="IsResumed">Whether an earlier session goes on.</param>
/// <param name="IsAskedAgain">Whether the server wanted another hello first, for another group: an exchange more.</param>
internal readonly record struct TlsFacts(int Version, int Cipher, bool IsResumed, bool IsAskedAgain)
{
    private const byte HandshakeRecord = 22, ServerHello = 2, Certificate = 11, PreSharedKey = 41, SupportedVersions = 43;
    private const int RecordHeader = 5, MessageHeader = 4, RandomLength = 32;

    // SHA-256 of "HelloRetryRequest", which stands where the random bytes would (RFC 8446, 4.1.3); its beginning is enough.
    private static ReadOnlySpan<byte> RetryRandom => [0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11];

    /// <summary>In words: <c>TLS 1.3, resumed</c>.</summary>
    public override string ToString() => $"TLS 1.{Math.Max(Version - 0x0301, 0)}{(IsResumed ? ", resumed" : "")}";

    /// <summary>Reads the first bytes that a server sent; null when they are no beginning of TLS. Never throws.</summary>
    public static TlsFacts? Read(ReadOnlySpan<byte> sent)
    {
        TlsFacts? facts = null;
        var hasCertificate = false;
        while (sent.Length >= RecordHeader)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(sent[3..]);
            var isWhole = RecordHeader + length <= sent.Length;
            var record = sent.Slice(RecordHeader, Math.Min(length, sent.Length - RecordHeader));
            if (sent[0] == HandshakeRecord)
            {
                ReadMessages(record, ref facts, ref hasCertificate);
            }
            else if (facts is null)
            {
                return null;
            }
            if (!isWhole)
                break;
            sent = sent[(RecordHeader + length)..];
        }
        // In 1.2 a server that takes up a session sends no certificate; in 1.3 it says so in its hello.
        return facts is { Version: < 0x0304 } old ? old with { IsResumed = !hasCertificate } : facts;
    }

    private static void ReadMessages(ReadOnlySpan<byte> record, ref TlsFacts? facts, ref bool hasCertificate)
    {
        while (record.Length >= MessageHeader)
        {
            var length = (record[1] << 16) | (record[2] << 8) | record[3];
            var message = record.Slice(MessageHeader, Math.Min(length, record.Length - MessageHeader));
            if (record[0] == ServerHello && ReadHello(message) is { } read)
                facts = read with { IsAskedAgain = read.IsAskedAgain || facts is { IsAskedAgain: true } };
            hasCertificate |= record[0] == Certificate;
            if (MessageHeader + length > record.Length)
                return;
            record = record[(MessageHeader + length)..];
        }
    }

    private static TlsFacts? ReadHello(ReadOnlySpan<byte> hello)
    {
        var reader = new FieldReader(hello);
        var version = Int2(ref reader);
        var random = reader.Bytes(RandomLength);
        _ = reader.Bytes(reader.Int1());
        var cipher = Int2(ref reader);
        _ = reader.Int1();
        if (!reader.IsValid)
            return null;
        var isResumed = false;
        var extensions = new FieldReader(reader.Bytes(Int2(ref reader)));
        while (!extensions.IsAtEnd && extensions.IsValid)
        {
            var kind = Int2(ref extensions);
            var value = extensions.Bytes(Int2(ref extensions));
            if (kind == SupportedVersions && value.Length == 2)
                version = BinaryPrimitives.ReadUInt16BigEndian(value);
            isResumed |= kind == PreSharedKey;
        }
        return new TlsFacts(version, cipher, isResumed, random.StartsWith(RetryRandom));
    }

    private static int Int2(ref FieldReader reader) => BinaryPrimitives.ReverseEndianness(reader.Int2());
}
