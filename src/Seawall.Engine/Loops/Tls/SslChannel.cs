using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace Seawall.Engine.Loops.Tls;

/// <summary>How far a handshake has come.</summary>
internal enum SslStep : byte
{
    /// <summary>It is over, and all is well.</summary>
    Done,

    /// <summary>More must come from the peer.</summary>
    WantsBytes,

    /// <summary>It is over; what was to be said about it to the peer has been pushed.</summary>
    Failed,
}

/// <summary>
/// One connection's TLS: an <c>SSL</c>. One thread at a time: a worker during the handshake, its loop afterwards. As a
/// handle it is freed exactly once, whoever lets go of it last.
/// </summary>
internal sealed unsafe class SslChannel : SafeHandle
{
    /// <summary>Besides what <see cref="WireResult"/> says: ciphertext must go out first, and the peer does not take it.</summary>
    internal const int WantsRoom = -3;

    // Set by OpenSSL in the number of a group that it has no object for, and which cannot be asked for by number.
    private const int UnknownGroup = 0x0100_0000;

    private SslChannel(nint ssl)
        : base(0, ownsHandle: true) => SetHandle(ssl);

    public override bool IsInvalid => handle == 0;

    /// <summary>The protocol's version, as <c>TLSv1.3</c>.</summary>
    internal string Version => LibSsl.Text(LibSsl.SSL_get_version(this)) ?? "";

    /// <summary>The cipher's name.</summary>
    internal string Cipher => LibSsl.Text(LibSsl.SSL_CIPHER_get_name(LibSsl.SSL_get_current_cipher(this))) ?? "";

    /// <summary>The cipher suite's number in the protocol.</summary>
    internal ushort CipherNumber => LibSsl.SSL_get_current_cipher(this) is var cipher and not 0 ? LibSsl.SSL_CIPHER_get_protocol_id(cipher) : (ushort)0;

    /// <summary>Whether an earlier session was resumed.</summary>
    internal bool IsResumed => LibSsl.SSL_session_reused(this) != 0;

    /// <summary>The group that both sides made their secret in, by OpenSSL's number; 0 when it has none.</summary>
    internal int Group => (int)LibSsl.SSL_ctrl(this, LibSsl.SSL_CTRL_GET_NEGOTIATED_GROUP, 0, null) is var group
        && (group & UnknownGroup) == 0 ? group : 0;

    /// <summary>Whether ciphertext or plaintext of what was pulled is left.</summary>
    internal bool HasPending => LibSsl.SSL_has_pending(this) != 0;

    /// <summary>The side that was connected to; null when there is no memory.</summary>
    internal static SslChannel? ForServer(SslContext context)
    {
        var channel = Make(context);
        if (channel is not null)
            LibSsl.SSL_set_accept_state(channel);
        return channel;
    }

    /// <summary>
    /// The side that connects. <paramref name="name"/> is what the peer should be, a name or an address, or empty;
    /// it is only verified when <paramref name="verifiesIdentity"/>.
    /// </summary>
    internal static SslChannel? ForClient(SslContext context, string name, bool verifiesIdentity, SessionSlot sessions)
    {
        var channel = Make(context);
        if (channel is null)
            return null;
        LibSsl.SSL_set_connect_state(channel);
        if (!channel.Name(name, verifiesIdentity))
        {
            channel.Dispose();
            return null;
        }
        sessions.OfferTo(channel);
        if (sessions.Group is var group and not 0)
            _ = LibSsl.SSL_ctrl(channel, LibSsl.SSL_CTRL_SET_GROUPS, 1, (byte*)&group);
        return channel;
    }

    /// <summary>Goes on with the handshake as far as what <paramref name="below"/> has allows.</summary>
    internal SslStep Handshake(ICiphertext below)
    {
        var before = Begin(below);
        var result = LibSsl.SSL_do_handshake(this);
        SslBio.Enter(before);
        if (result == 1)
            return SslStep.Done;
        // Only wanting bytes is no failure: what is pushed during a handshake is always taken.
        return LibSsl.SSL_get_error(this, result) == LibSsl.SSL_ERROR_WANT_READ ? SslStep.WantsBytes : SslStep.Failed;
    }

    /// <summary>Decrypts at most one record: a count above zero, <see cref="WantsRoom"/> or a <see cref="WireResult"/>.</summary>
    internal int Read(ICiphertext below, Span<byte> into)
    {
        var before = Begin(below);
        int result;
        fixed (byte* to = into)
            result = LibSsl.SSL_read(this, to, into.Length);
        SslBio.Enter(before);
        return result > 0 ? result : ResultOf(result);
    }

    /// <summary>Whether <see cref="Read"/> would give something: above zero, or as <see cref="Read"/>. Tickets and the like are dealt with.</summary>
    internal int Peek(ICiphertext below)
    {
        var before = Begin(below);
        byte one;
        var result = LibSsl.SSL_peek(this, &one, 1);
        SslBio.Enter(before);
        return result > 0 ? result : ResultOf(result);
    }

    /// <summary>
    /// Encrypts one record and pushes it: how many bytes it holds, <see cref="WantsRoom"/> or a <see cref="WireResult"/>. After
    /// <see cref="WantsRoom"/> the same bytes must come again first, perhaps with more behind them.
    /// </summary>
    internal int Write(ICiphertext below, ReadOnlySpan<byte> bytes)
    {
        var before = Begin(below);
        int result;
        fixed (byte* from = bytes)
            result = LibSsl.SSL_write(this, from, bytes.Length);
        SslBio.Enter(before);
        return result > 0 ? result : ResultOf(result);
    }

    /// <summary>Tells the peer that nothing more will come, if it can be told without waiting.</summary>
    internal void SayGoodbye(ICiphertext below)
    {
        var before = Begin(below);
        _ = LibSsl.SSL_shutdown(this);
        SslBio.Enter(before);
        LibSsl.ERR_clear_error();
    }

    /// <summary>The peer's certificate, if it has shown one and it was verified: its subject as servers write it, <c>/CN=x</c>.</summary>
    internal string? PeerSubject()
    {
        var certificate = LibSsl.SSL_get1_peer_certificate(this);
        if (certificate == 0)
            return null;
        // Longer subjects are cut; nobody is admitted by them.
        const int LengthMax = 512;
        var buffer = stackalloc byte[LengthMax];
        _ = LibSsl.X509_NAME_oneline(LibSsl.X509_get_subject_name(certificate), buffer, LengthMax);
        LibSsl.X509_free(certificate);
        return LibSsl.SSL_get_verify_result(this) == 0 ? LibSsl.Text((nint)buffer) : null;
    }

    protected override bool ReleaseHandle()
    {
        LibSsl.SSL_free(handle);
        return true;
    }

    private static SslChannel? Make(SslContext context)
    {
        LibSsl.ERR_clear_error();
        var channel = new SslChannel(LibSsl.SSL_new(context));
        var bio = channel.IsInvalid ? 0 : SslBio.Make();
        if (bio == 0)
        {
            channel.Dispose();
            return null;
        }
        LibSsl.SSL_set_bio(channel, bio, bio);
        LibSsl.SSL_set_read_ahead(channel, 1); // One read gets a whole record, or several, instead of header and body.
        return channel;
    }

    private bool Name(string name, bool verifiesIdentity)
    {
        if (IPAddress.TryParse(name, out var address))
        {
            Span<byte> bytes = stackalloc byte[16];
            address.TryWriteBytes(bytes, out var length);
            fixed (byte* pointer = bytes)
            {
                return !verifiesIdentity || LibSsl.X509_VERIFY_PARAM_set1_ip(
                    LibSsl.SSL_get0_param(this), pointer, (nuint)length) == 1;
            }
        }
        if (name.Length == 0)
            return !verifiesIdentity;
        fixed (byte* pointer = Encoding.UTF8.GetBytes(name + '\0'))
            _ = LibSsl.SSL_ctrl(this, LibSsl.SSL_CTRL_SET_TLSEXT_HOSTNAME, 0, pointer);
        return !verifiesIdentity || LibSsl.SSL_set1_host(this, name) == 1;
    }

    // Errors that other cryptography has left on this thread would be taken for this call's.
    private static ICiphertext? Begin(ICiphertext below)
    {
        LibSsl.ERR_clear_error();
        return SslBio.Enter(below);
    }

    private int ResultOf(int result) => LibSsl.SSL_get_error(this, result) switch
    {
        LibSsl.SSL_ERROR_WANT_READ => WireResult.Later,
        LibSsl.SSL_ERROR_WANT_WRITE => WantsRoom,
        LibSsl.SSL_ERROR_ZERO_RETURN => WireResult.End,
        _ => WireResult.Broken,
    };
}
