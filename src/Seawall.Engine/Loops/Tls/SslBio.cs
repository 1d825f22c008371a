using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Seawall.Engine.Loops.Tls;

/// <summary>What lies below TLS: a socket, or on a worker the bytes that a loop has received for it. Never waits.</summary>
internal interface ICiphertext
{
    /// <summary>Gives ciphertext: a count above zero, or a <see cref="WireResult"/>.</summary>
    int Pull(Span<byte> into);

    /// <summary>Takes ciphertext: a count above zero, or a <see cref="WireResult"/>.</summary>
    int Push(ReadOnlySpan<byte> bytes);

    /// <summary>A server has given a session to resume; true when it is kept, and the reference with it.</summary>
    bool Keep(nint session);
}

/// <summary>
/// OpenSSL's way down to an <see cref="ICiphertext"/>. A memory BIO would keep a buffer of 17 KiB for each connection;
/// this one keeps nothing: bytes go straight from the socket into OpenSSL's record buffer, which is released whenever it
/// is empty, and back.
/// </summary>
internal static unsafe class SslBio
{
    // Calls into OpenSSL come back on the same thread before they return; so whose call it is need not be kept anywhere.
    [ThreadStatic]
    private static ICiphertext? t_below;

    // Whether the read before found the end: OpenSSL asks for it next, before anything else can happen on the thread.
    [ThreadStatic]
    private static bool t_ended;

    /// <summary>The table of functions, made once; immutable.</summary>
    private static readonly nint s_method = MakeMethod();

    /// <summary>A new BIO; the <c>SSL</c> that gets it frees it.</summary>
    internal static nint Make()
    {
        var bio = LibSsl.BIO_new(s_method);
        if (bio != 0)
            LibSsl.BIO_set_init(bio, 1);
        return bio;
    }

    /// <summary>Calls on this thread now concern <paramref name="below"/>; returns whom they concerned before.</summary>
    internal static ICiphertext? Enter(ICiphertext? below)
    {
        var before = t_below;
        t_below = below;
        return before;
    }

    /// <summary>For <c>SSL_CTX_sess_set_new_cb</c>.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int KeepSession(nint ssl, nint session) => t_below?.Keep(session) == true ? 1 : 0;

    private static nint MakeMethod()
    {
        var method = LibSsl.BIO_meth_new(LibSsl.BIO_TYPE_SOURCE_SINK, "seawall wire");
        _ = LibSsl.BIO_meth_set_read(method, &Read);
        _ = LibSsl.BIO_meth_set_write(method, &Write);
        _ = LibSsl.BIO_meth_set_ctrl(method, &Control);
        return method;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Read(nint bio, byte* into, int length)
    {
        LibSsl.BIO_clear_flags(bio, LibSsl.BIO_FLAGS_RWS | LibSsl.BIO_FLAGS_SHOULD_RETRY);
        var count = t_below?.Pull(new Span<byte>(into, length)) ?? WireResult.Broken;
        t_ended = count == WireResult.End;
        if (count == WireResult.Later)
            LibSsl.BIO_set_flags(bio, LibSsl.BIO_FLAGS_READ | LibSsl.BIO_FLAGS_SHOULD_RETRY);
        return Math.Max(count, -1);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(nint bio, byte* bytes, int length)
    {
        LibSsl.BIO_clear_flags(bio, LibSsl.BIO_FLAGS_RWS | LibSsl.BIO_FLAGS_SHOULD_RETRY);
        var count = t_below?.Push(new ReadOnlySpan<byte>(bytes, length)) ?? WireResult.Broken;
        if (count == WireResult.Later)
            LibSsl.BIO_set_flags(bio, LibSsl.BIO_FLAGS_WRITE | LibSsl.BIO_FLAGS_SHOULD_RETRY);
        return Math.Max(count, -1);
    }

    // Nothing is ever buffered here, so flushing has always succeeded; everything else does not apply.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Control(nint bio, int command, nint number, nint pointer) => command switch
    {
        LibSsl.BIO_CTRL_FLUSH => 1,
        LibSsl.BIO_CTRL_EOF => t_ended ? 1 : 0,
        _ => 0,
    };
}
